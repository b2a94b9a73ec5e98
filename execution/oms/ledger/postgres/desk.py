"""What the desk wrote, read from its tables with the OMS's own role."""

from __future__ import annotations

from uuid import UUID

from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from execution.oms.ledger.desk import Decision, DeskAccount, MandateRow, ProfileRow
from execution.oms.ledger.postgres.session import Session


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
            "SELECT account_ref, user_id, sleeve, origin, profile_version, strategy_id, created_at,"
            " expires_at, plan_hash FROM desk.plans WHERE plan_id = %s AND version = %s",
            (plan_id, version),
        )
        head = await cursor.fetchone()
        if head is None:
            return None
        cursor = await self._db.execute(
            "SELECT leg, ticker, side, quantity, order_type, limit_price, not_after, initiative, after_leg, reason"
            " FROM desk.plan_legs WHERE plan_id = %s AND version = %s ORDER BY leg",
            (plan_id, version),
        )
        legs = tuple(
            Leg(
                leg=row[0],
                ticker=row[1],
                side=Side(row[2]),
                quantity=row[3],
                order_type=OrderType(row[4]),
                limit_price=row[5],
                not_after=row[6],
                initiative=Initiative(row[7]),
                after_leg=row[8],
                reason=row[9],
            )
            for row in await cursor.fetchall()
        )
        plan = Plan(
            plan_id=plan_id,
            version=version,
            account_ref=head[0],
            user_id=head[1],
            sleeve=head[2],
            origin=tuple(head[3]),
            legs=legs,
            profile_version=head[4],
            strategy_id=head[5],
            created_at=head[6],
            expires_at=head[7],
        )
        return plan, str(head[8])

    async def latest_version(self, plan_id: UUID) -> int:
        cursor = await self._db.execute(
            "SELECT coalesce(max(version), 0) FROM desk.plans WHERE plan_id = %s", (plan_id,)
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    async def decision(self, approval_id: UUID) -> Decision | None:
        cursor = await self._db.execute(
            "SELECT r.approval_id, r.plan_id, r.version, r.plan_hash, r.account_ref, r.user_id, r.expires_at,"
            " a.decision, a.plan_hash, a.user_id, coalesce(a.quantities, '{}'), coalesce(a.unsuitable_ack, false),"
            " a.decided_at FROM desk.approval_requests r LEFT JOIN desk.approvals a USING (approval_id)"
            " WHERE r.approval_id = %s",
            (approval_id,),
        )
        row = await cursor.fetchone()
        if row is None:
            return None
        values = list(row)
        values[10] = {int(leg): int(quantity) for leg, quantity in row[10].items()}
        return Decision(*values)

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
