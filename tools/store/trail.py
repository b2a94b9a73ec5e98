"""A decision's trail in the tables: `tools.trail.TrailPort` on psycopg as quartz_graph. Reads only.

Contract: one plan at a time, all of it from one snapshot of the database, so that sums and states belong together. The
ledger is read through the views that leave out the account at the broker.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from domain.orders.types import Plan
from tools.ports import ApprovalRequest, JournalEntry, StoredMandate, StoredProfile, StoredStrategy
from tools.store import desk_rows as rows_of
from tools.store.desk_tables import Tables, connection_of
from tools.trail import Answer, Asked, FillFact, IntentFact, OrderFact, Trail

_PLANS = (
    "SELECT plan_id, version, account_ref, user_id, sleeve, origin, profile_version, strategy_id, created_at,"
    " expires_at, plan_hash FROM desk.plans WHERE plan_id = %(plan)s ORDER BY version"
)
_LEGS = (
    "SELECT version, leg, ticker, side, quantity, order_type, limit_price, not_after, initiative, after_leg, reason"
    " FROM desk.plan_legs WHERE plan_id = %(plan)s ORDER BY version, leg"
)
_PROFILE = (
    "SELECT version, grade, score, content, confirmed_at, expires_at FROM desk.profiles"
    " WHERE user_id = %(user)s AND version = %(profile)s"
)
_STRATEGY = (
    "SELECT strategy_id, version, hash, spec, created_at FROM desk.strategies WHERE strategy_id = %(strategy)s"
    " AND created_at <= %(made)s ORDER BY version DESC LIMIT 1"
)
_ANSWERS = (
    "SELECT d.approval_id, d.decision, d.quantities, d.unsuitable_ack, d.channel, d.decided_at FROM desk.approvals d"
    " JOIN desk.approval_requests r USING (approval_id) WHERE r.plan_id = %(plan)s"
)
_JOURNAL = (
    "SELECT at, kind, subject, summary, detail FROM desk.journal WHERE detail ? 'plan_id'"
    " AND detail ->> 'plan_id' = %(text)s ORDER BY entry_id"
)
# A replacement has a plan of its own and takes over what an intent of this one has left.
_INTENTS = (
    "WITH RECURSIVE mine AS (SELECT i.* FROM desk.receipt_intents i WHERE i.plan_id = %(plan)s"
    " UNION ALL SELECT n.* FROM desk.receipt_intents n JOIN mine m ON n.replaces = m.intent_id)"
    " SELECT * FROM mine ORDER BY created_at, leg"
)
_MANDATES = (
    "SELECT o.mandate_id, o.account_ref, o.kind, o.strategy_hash, o.bounds, m.signed_at, o.expires_at, v.revoked_at"
    " FROM desk.mandate_offers o LEFT JOIN desk.mandates m USING (mandate_id)"
    " LEFT JOIN desk.mandate_revocations v USING (mandate_id) WHERE o.mandate_id = ANY(%(mandates)s)"
)
_MOVED = (
    "SELECT p.plan_id FROM desk.plans p LEFT JOIN LATERAL (SELECT r.line::jsonb #>> '{body,moved}' AS moved"
    " FROM desk.receipts r WHERE r.receipt_id = p.plan_id AND r.kind = 'end' ORDER BY r.seq DESC LIMIT 1) e ON true"
    " WHERE p.version = 1 AND (e.moved IS NULL OR EXISTS (SELECT 1 FROM desk.receipt_intents i"
    " WHERE i.plan_id = p.plan_id AND i.updated_at > e.moved::timestamptz)"
    " OR EXISTS (SELECT 1 FROM desk.plans n WHERE n.plan_id = p.plan_id AND n.created_at > e.moved::timestamptz))"
    " ORDER BY p.created_at DESC LIMIT %(limit)s"
)


class Trails(Tables):
    """TrailPort over a pool of dictionary rows that logs in as quartz_graph."""

    async def trail(self, plan_id: UUID) -> Trail | None:
        async with connection_of(self._pool, "trail") as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return await _read(connection, plan_id)

    async def moved(self, limit: int = 50) -> list[UUID]:
        rows = await self._all(_MOVED, {"limit": limit})
        return [row["plan_id"] for row in reversed(rows)]

    async def recent(self, account_ref: str, limit: int = 20) -> list[Plan]:
        rows = await self._all(
            "SELECT plan_id FROM desk.plans WHERE account_ref = %(account)s AND version = 1"
            " ORDER BY created_at DESC LIMIT %(limit)s",
            {"account": account_ref, "limit": limit},
        )
        found = [await self.trail(row["plan_id"]) for row in rows]
        return [trail.plans[-1] for trail in found if trail is not None]


async def _read(connection: AsyncConnection[DictRow], plan_id: UUID) -> Trail | None:
    async def every(query: str, **values: Any) -> list[DictRow]:
        cursor = await connection.execute(query, {"plan": plan_id, **values})
        return await cursor.fetchall()

    rows = await every(_PLANS)
    if not rows:
        return None
    legs = await every(_LEGS)
    plans = tuple(_plan(row, legs) for row in rows)
    first = plans[0]
    profiles = await every(_PROFILE, user=first.user_id, profile=plans[-1].profile_version)
    strategies = await every(_STRATEGY, strategy=plans[-1].strategy_id, made=plans[-1].created_at)
    questions = await every(rows_of.REQUEST + " WHERE r.plan_id = %(plan)s ORDER BY r.version")
    answers = await every(_ANSWERS)
    asked = await every("SELECT hash, why, bar_end, mandate_id FROM desk.strategy_asks WHERE plan_id = %(plan)s")
    intents = tuple(IntentFact(**_known(IntentFact, row)) for row in await every(_INTENTS))
    ids = [intent.intent_id for intent in intents]
    mandates = [each.authority_id for each in intents if each.authority == "mandate"]
    mandates += [row["mandate_id"] for row in asked]
    orders = await every(
        "SELECT * FROM desk.receipt_orders WHERE intent_id = ANY(%(ids)s) ORDER BY acked_at, number", ids=ids
    )
    fills = await every("SELECT * FROM desk.receipt_fills WHERE intent_id = ANY(%(ids)s) ORDER BY id", ids=ids)
    signed = await every(_MANDATES, mandates=mandates)
    return Trail(
        plans=plans,
        hashes={int(row["version"]): str(row["plan_hash"]) for row in rows},
        profile=StoredProfile(**profiles[0]) if profiles else None,
        strategy=StoredStrategy(**strategies[0]) if strategies else None,
        questions=tuple(ApprovalRequest(**row) for row in questions),
        answers={row["approval_id"]: _answer(row) for row in answers},
        mandates={row["mandate_id"]: StoredMandate(**row) for row in signed},
        journal=tuple(JournalEntry(**row) for row in await every(_JOURNAL, text=str(plan_id))),
        asked=Asked(asked[0]["hash"], asked[0]["why"], asked[0]["bar_end"], asked[0]["mandate_id"]) if asked else None,
        intents=intents,
        orders=tuple(OrderFact(**_known(OrderFact, row)) for row in orders),
        fills=tuple(FillFact(**_known(FillFact, row)) for row in fills),
    )


def _plan(row: DictRow, legs: list[DictRow]) -> Plan:
    mine = [leg for leg in legs if leg["version"] == row["version"]]
    named = {key: value for key, value in row.items() if key != "plan_hash"}
    parts = tuple(rows_of.leg({key: value for key, value in leg.items() if key != "version"}) for leg in mine)
    return Plan(**{**named, "origin": tuple(row["origin"]), "legs": parts})


def _answer(row: DictRow) -> Answer:
    quantities = {int(leg): int(quantity) for leg, quantity in row["quantities"].items()}
    return Answer(**{**row, "quantities": quantities})


def _known(kind: Any, row: DictRow) -> dict[str, Any]:
    """The columns that the fact has; a bigint that came as a decimal is none."""
    return {name: row[name] for name in kind.__dataclass_fields__}
