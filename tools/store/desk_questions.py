"""Plans and the questions about them: versions with their legs, approval cards, and who still waits for what.

Contract: a version is written with all its legs or not at all, and once; a question is one row however often it is
asked. What was decided is read here and written by another role.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from tools.ports import ApprovalDecision, ApprovalRequest
from tools.store import desk_rows as rows_of
from tools.store.desk_tables import Tables, connection_of


class Questions(Tables):
    """Plans, approval requests, decisions."""

    async def save_plan(self, plan: Plan) -> str:
        async with connection_of(self._pool, "desk") as connection, connection.transaction():
            cursor = await connection.execute(rows_of.INSERT_PLAN, rows_of.plan_row(plan))
            if await cursor.fetchone() is not None:
                async with connection.cursor() as legs:
                    await legs.executemany(rows_of.INSERT_LEG, [rows_of.leg_row(plan, leg) for leg in plan.legs])
            cursor = await connection.execute(
                "SELECT plan_hash FROM desk.plans WHERE plan_id = %(id)s AND version = %(version)s",
                {"id": plan.plan_id, "version": plan.version},
            )
            row = await cursor.fetchone()
        return str(row["plan_hash"]) if row is not None else plan_hash(plan)

    async def plan(self, plan_id: UUID, version: int | None = None) -> Plan | None:
        row = await self._one(
            "SELECT plan_id, version, account_ref, user_id, sleeve, origin, profile_version, strategy_id, created_at,"
            " expires_at FROM desk.plans WHERE plan_id = %(id)s"
            " AND (%(version)s::int IS NULL OR version = %(version)s) ORDER BY version DESC LIMIT 1",
            {"id": plan_id, "version": version},
        )
        if row is None:
            return None
        legs = await self._all(
            "SELECT leg, ticker, side, quantity, order_type, limit_price, not_after, initiative, after_leg, reason"
            " FROM desk.plan_legs WHERE plan_id = %(id)s AND version = %(version)s ORDER BY leg",
            {"id": plan_id, "version": row["version"]},
        )
        return Plan(**{**row, "origin": tuple(row["origin"]), "legs": tuple(rows_of.leg(leg) for leg in legs)})

    async def ask_approval(self, request: ApprovalRequest) -> None:
        await self._do(
            "INSERT INTO desk.approval_requests (approval_id, plan_id, version, plan_hash, account_ref, user_id,"
            " thread_id, card, created_at, expires_at) VALUES (%(id)s, %(plan)s, %(version)s, %(hash)s, %(account)s,"
            " %(user)s, %(thread)s, %(card)s, %(created)s, %(expires)s) ON CONFLICT (approval_id) DO NOTHING",
            {
                "id": request.approval_id,
                "plan": request.plan_id,
                "version": request.version,
                "hash": request.plan_hash,
                "account": request.account_ref,
                "user": request.user_id,
                "thread": request.thread_id,
                "card": Jsonb(dict(request.card)),
                "created": request.created_at,
                "expires": request.expires_at,
            },
        )

    async def approval_request(self, approval_id: UUID) -> ApprovalRequest | None:
        row = await self._one(rows_of.REQUEST + " WHERE r.approval_id = %(id)s", {"id": approval_id})
        return None if row is None else ApprovalRequest(**row)

    async def approval_decision(self, approval_id: UUID) -> ApprovalDecision | None:
        row = await self._one(
            "SELECT approval_id, user_id, decision, quantities, unsuitable_ack, decided_at FROM desk.approvals"
            " WHERE approval_id = %(id)s",
            {"id": approval_id},
        )
        if row is None:
            return None
        quantities = {int(leg): int(quantity) for leg, quantity in row["quantities"].items()}
        return ApprovalDecision(**{**row, "quantities": quantities})

    async def pending_approvals(self, user_id: UUID, now: datetime) -> list[ApprovalRequest]:
        """Open questions about the newest version of their plan."""
        rows = await self._all(
            rows_of.REQUEST
            + " WHERE r.user_id = %(user)s AND r.expires_at > %(now)s"
            + rows_of.UNANSWERED
            + rows_of.NEWEST
            + " ORDER BY r.created_at",
            {"user": user_id, "now": now},
        )
        return [ApprovalRequest(**row) for row in rows]

    async def undelivered_approvals(self, now: datetime) -> list[ApprovalRequest]:
        """Approved and not expired; whether the OMS has them already, only the OMS knows."""
        rows = await self._all(
            rows_of.REQUEST + " JOIN desk.approvals d ON d.approval_id = r.approval_id AND d.decision = 'approve'"
            " WHERE r.expires_at > %(now)s ORDER BY r.created_at",
            {"now": now},
        )
        return [ApprovalRequest(**row) for row in rows]

    async def lapsed_approvals(self, since: datetime, now: datetime) -> list[ApprovalRequest]:
        """Questions that ran out between `since` and `now` without an answer."""
        rows = await self._all(
            rows_of.REQUEST
            + " WHERE r.expires_at BETWEEN %(since)s AND %(now)s"
            + rows_of.UNANSWERED
            + rows_of.NEWEST
            + " ORDER BY r.created_at",
            {"since": since, "now": now},
        )
        return [ApprovalRequest(**row) for row in rows]
