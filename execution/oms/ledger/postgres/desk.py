"""What the desk wrote, read from its tables with the OMS's own role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from execution.oms.ledger.desk import Decision, DeskAccount, MandateRow, ProfileRow
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.standing import Submitted, Word

_LEGS = (
    "(SELECT json_agg(json_build_array(leg, ticker, side, quantity, order_type, limit_price, not_after, initiative,"
    " after_leg, reason) ORDER BY leg) FROM desk.plan_legs l WHERE l.plan_id = p.plan_id AND l.version = p.version)"
)
_PLAN = (
    "p.plan_hash, p.account_ref, p.user_id, p.sleeve, p.origin, p.profile_version, p.strategy_id, p.created_at,"
    f" p.expires_at, {_LEGS}"
)
DECISION = (
    "r.approval_id, r.plan_id, r.version, r.plan_hash, r.account_ref, r.user_id, r.expires_at, a.decision, a.plan_hash,"
    " a.user_id, coalesce(a.quantities, '{}'), coalesce(a.unsuitable_ack, false), a.decided_at"
)
ANSWER = "LEFT JOIN desk.approvals a ON a.approval_id = r.approval_id"
NEWEST = "(SELECT coalesce(max(version), 0) FROM desk.plans WHERE plan_id = %(plan)s)"
_WORD = (
    f"SELECT {NEWEST}, {DECISION} FROM (SELECT) one"  # noqa: S608
    f" LEFT JOIN desk.approval_requests r ON r.approval_id = %(approval)s {ANSWER}"
)
_SUBMITTED = (
    f"SELECT {_PLAN}, o.account_ref, o.owner, o.venue,"  # noqa: S608
    " (SELECT count(*) FROM ledger.intents i WHERE i.account_ref = p.account_ref AND i.state IN ('NEW', 'NOT_SENT')),"
    " EXISTS (SELECT 1 FROM ledger.intents i WHERE i.plan_id = p.plan_id),"
    f" {NEWEST}, {DECISION} FROM desk.plans p LEFT JOIN desk.accounts o ON o.account_ref = p.account_ref"
    f" LEFT JOIN desk.approval_requests r ON r.approval_id = %(approval)s {ANSWER}"
    " WHERE p.plan_id = %(plan)s AND p.version = %(version)s"
)


def _plan(plan_id: UUID, version: int, row: Sequence[Any]) -> Plan:
    """Of the columns of `_PLAN`; the first is the hash beside it."""
    account_ref, user_id, sleeve, origin, profile_version, strategy_id, created_at, expires_at, legs = row[1:10]
    return Plan(
        plan_id=plan_id,
        version=version,
        account_ref=account_ref,
        user_id=user_id,
        sleeve=sleeve,
        origin=tuple(origin),
        legs=tuple(_leg(*leg) for leg in legs or ()),
        profile_version=profile_version,
        strategy_id=strategy_id,
        created_at=created_at,
        expires_at=expires_at,
    )


def _leg(leg: int, ticker: str, side: str, quantity: int, order_type: str, *rest: Any) -> Leg:
    limit_price, not_after, initiative, after_leg, reason = rest
    until = datetime.fromisoformat(not_after)
    kind, who = OrderType(order_type), Initiative(initiative)
    return Leg(leg, ticker, Side(side), quantity, kind, limit_price, until, who, after_leg, reason)


def decision_of(row: Sequence[Any]) -> Decision | None:
    """Of the columns of `DECISION`; None where nothing was asked."""
    if row[0] is None:
        return None
    values = list(row)
    values[10] = {int(leg): int(quantity) for leg, quantity in row[10].items()}
    return Decision(*values)


class Desk:
    def __init__(self, session: Session) -> None:
        self._db = session

    async def account(self, account_ref: str) -> DeskAccount | None:
        cursor = await self._db.execute(
            "SELECT account_ref, owner, venue FROM desk.accounts WHERE account_ref = %s", (account_ref,)
        )
        row = await cursor.fetchone()
        return None if row is None else DeskAccount(*row)

    async def accounts_at(self, venue: str) -> list[DeskAccount]:
        cursor = await self._db.execute(
            "SELECT account_ref, owner, venue FROM desk.accounts WHERE venue = %s ORDER BY created_at", (venue,)
        )
        return [DeskAccount(*row) for row in await cursor.fetchall()]

    async def is_owner(self, user_id: UUID) -> bool:
        """Is this the installation's owner?"""
        cursor = await self._db.execute("SELECT is_owner FROM chat.users WHERE user_id = %s", (user_id,))
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def plan(self, plan_id: UUID, version: int) -> tuple[Plan, str] | None:
        """The plan and the hash written beside it."""
        cursor = await self._db.execute(
            f"SELECT {_PLAN} FROM desk.plans p WHERE p.plan_id = %s AND p.version = %s",  # noqa: S608
            (plan_id, version),
        )
        row = await cursor.fetchone()
        return None if row is None else (_plan(plan_id, version, row), str(row[0]))

    async def submitted(self, plan_id: UUID, version: int, approval_id: UUID | None) -> Submitted | None:
        """The plan with what stands around it, in one statement."""
        cursor = await self._db.execute(_SUBMITTED, {"plan": plan_id, "version": version, "approval": approval_id})
        row = await cursor.fetchone()
        if row is None:
            return None
        account = None if row[10] is None else DeskAccount(*row[10:13])
        queued, started, newest = row[13:16]
        word = Word(newest, decision_of(row[16:]))
        return Submitted(_plan(plan_id, version, row), str(row[0]), account, word, started, queued)

    async def word(self, plan_id: UUID, approval_id: UUID | None) -> Word:
        """In one statement."""
        cursor = await self._db.execute(_WORD, {"plan": plan_id, "approval": approval_id})
        row = await cursor.fetchone()
        assert row is not None
        return Word(row[0], decision_of(row[1:]))

    async def latest_version(self, plan_id: UUID) -> int:
        cursor = await self._db.execute(
            "SELECT coalesce(max(version), 0) FROM desk.plans WHERE plan_id = %s", (plan_id,)
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def decision(self, approval_id: UUID) -> Decision | None:
        cursor = await self._db.execute(
            f"SELECT {DECISION} FROM desk.approval_requests r {ANSWER} WHERE r.approval_id = %s",  # noqa: S608
            (approval_id,),
        )
        row = await cursor.fetchone()
        return None if row is None else decision_of(row)

    async def mandate(self, mandate_id: UUID) -> MandateRow | None:
        cursor = await self._db.execute(
            "SELECT o.mandate_id, o.account_ref, o.user_id, o.kind, o.strategy_hash, o.bounds, o.bounds_hash,"
            " o.created_at, o.expires_at, m.signed_at, m.user_id, v.revoked_at FROM desk.mandate_offers o"
            " LEFT JOIN desk.mandates m USING (mandate_id)"
            " LEFT JOIN desk.mandate_revocations v USING (mandate_id) WHERE o.mandate_id = %s",
            (mandate_id,),
        )
        row = await cursor.fetchone()
        return None if row is None else MandateRow(*row)

    async def profile(self, user_id: UUID) -> ProfileRow | None:
        cursor = await self._db.execute(
            "SELECT version, grade, score, content, confirmed_at, expires_at FROM desk.profiles"
            " WHERE user_id = %s ORDER BY version DESC LIMIT 1",
            (user_id,),
        )
        row = await cursor.fetchone()
        return None if row is None else ProfileRow(*row)

    async def strategy_hash(self, strategy_id: UUID) -> str | None:
        cursor = await self._db.execute(
            "SELECT hash FROM desk.strategies WHERE strategy_id = %s ORDER BY version DESC LIMIT 1", (strategy_id,)
        )
        row = await cursor.fetchone()
        return None if row is None else str(row[0])
