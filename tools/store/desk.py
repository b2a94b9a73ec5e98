"""The desk's tables for the graph's role: profiles, strategies, reports, plans, questions, offers, the journal.

Contract: `tools.ports.DeskPort` on psycopg as quartz_graph, which may insert and read and never update. The same row
again is a no-op where the id is a function of content (plan versions, questions, offers, reports). A database that does
not answer raises PortUnavailable; a broken constraint is a bug and stays psycopg's error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from psycopg.errors import UniqueViolation
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from domain.mandate import bounds_hash, mandate_of
from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from domain.reports import AnalystReport
from tools.ports import (
    ApprovalDecision,
    ApprovalRequest,
    Identity,
    JournalEntry,
    PortUnavailable,
    StoredMandate,
    StoredProfile,
    StoredStrategy,
)
from tools.store import desk_rows as rows_of

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
_TRIES = 5  # a version number may be taken between look and insert


@asynccontextmanager
async def connection_of(pool: Pool, where: str) -> AsyncIterator[AsyncConnection[DictRow]]:
    """A connection; anything that means "the database is not there" is PortUnavailable."""
    try:
        async with pool.connection() as connection:
            yield connection
    except (OperationalError, PoolTimeout, PoolClosed, TooManyRequests) as gone:
        raise PortUnavailable("기록 저장소에 연결하지 못했어요. 잠시 뒤 다시 시도해 주세요.", where=where) from gone


class Desk:
    """DeskPort over a pool of dictionary rows that logs in as quartz_graph."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def _all(self, query: str, values: Mapping[str, Any]) -> list[DictRow]:
        async with connection_of(self._pool, "desk") as connection:
            cursor = await connection.execute(query, values)
            return await cursor.fetchall()

    async def _one(self, query: str, values: Mapping[str, Any]) -> DictRow | None:
        rows = await self._all(query, values)
        return rows[0] if rows else None

    async def _do(self, query: str, values: Mapping[str, Any]) -> None:
        async with connection_of(self._pool, "desk") as connection:
            await connection.execute(query, values)

    # Who --------------------------------------------------------------------------------------------------------
    async def identity_of(self, account_ref: str) -> Identity | None:
        """Owner and venue of an account."""
        row = await self._one(rows_of.IDENTITY + " WHERE a.account_ref = %(account)s", {"account": account_ref})
        return None if row is None else Identity(**row)

    async def identity_named(self, name: str, venue: str) -> Identity | None:
        """The user of that name at a venue; None for a stranger."""
        where = " WHERE u.name = %(name)s AND a.venue = %(venue)s"
        row = await self._one(rows_of.IDENTITY + where, {"name": name, "venue": venue})
        return None if row is None else Identity(**row)

    async def owner_identity(self, venue: str) -> Identity | None:
        """The owner of this installation; None before the first user."""
        row = await self._one(rows_of.IDENTITY + " WHERE u.is_owner AND a.venue = %(venue)s", {"venue": venue})
        return None if row is None else Identity(**row)

    # Profile and strategy ---------------------------------------------------------------------------------------
    async def latest_profile(self, user_id: UUID) -> StoredProfile | None:
        row = await self._one(
            "SELECT version, grade, score, content, confirmed_at, expires_at FROM desk.profiles"
            " WHERE user_id = %(user)s ORDER BY version DESC LIMIT 1",
            {"user": user_id},
        )
        return None if row is None else StoredProfile(**row)

    async def assessments_since(self, user_id: UUID, since: datetime) -> list[Mapping[str, Any]]:
        rows = await self._all(
            "SELECT at, answers, score, grade FROM desk.assessments"
            " WHERE user_id = %(user)s AND at >= %(since)s ORDER BY at",
            {"user": user_id, "since": since},
        )
        return list(rows)

    async def record_assessment(
        self, user_id: UUID, at: datetime, answers: Mapping[str, Any], score: int, grade: str
    ) -> None:
        await self._do(
            "INSERT INTO desk.assessments (user_id, at, answers, score, grade)"
            " VALUES (%(user)s, %(at)s, %(answers)s, %(score)s, %(grade)s) ON CONFLICT DO NOTHING",
            {"user": user_id, "at": at, "answers": Jsonb(dict(answers)), "score": score, "grade": grade},
        )

    async def save_profile(
        self,
        user_id: UUID,
        grade: str,
        score: int,
        content: Mapping[str, Any],
        confirmed_at: datetime,
        expires_at: datetime,
    ) -> StoredProfile:
        row = await self._numbered(
            "INSERT INTO desk.profiles (user_id, version, grade, score, content, confirmed_at, expires_at)"
            " SELECT %(user)s, coalesce(max(version), 0) + 1, %(grade)s, %(score)s, %(content)s, %(confirmed)s,"
            " %(expires)s FROM desk.profiles WHERE user_id = %(user)s"
            " RETURNING version, grade, score, content, confirmed_at, expires_at",
            {
                "user": user_id,
                "grade": grade,
                "score": score,
                "content": Jsonb(dict(content)),
                "confirmed": confirmed_at,
                "expires": expires_at,
            },
        )
        return StoredProfile(**row)

    async def strategies(self, user_id: UUID, limit: int = 10) -> list[StoredStrategy]:
        rows = await self._all(
            "SELECT strategy_id, version, hash, spec, created_at FROM desk.strategies"
            " WHERE user_id = %(user)s ORDER BY created_at DESC, version DESC LIMIT %(limit)s",
            {"user": user_id, "limit": limit},
        )
        return [StoredStrategy(**row) for row in rows]

    async def save_strategy(
        self, user_id: UUID, strategy_id: UUID, hash_: str, spec: Mapping[str, Any], at: datetime
    ) -> StoredStrategy:
        row = await self._numbered(
            "INSERT INTO desk.strategies (strategy_id, version, user_id, hash, spec, created_at)"
            " SELECT %(id)s, coalesce(max(version), 0) + 1, %(user)s, %(hash)s, %(spec)s, %(at)s"
            " FROM desk.strategies WHERE strategy_id = %(id)s"
            " RETURNING strategy_id, version, hash, spec, created_at",
            {"id": strategy_id, "user": user_id, "hash": hash_, "spec": Jsonb(dict(spec)), "at": at},
        )
        return StoredStrategy(**row)

    async def _numbered(self, insert: str, values: Mapping[str, Any]) -> DictRow:
        """Runs an insert that takes the next version number; the primary key is the arbiter."""
        for _ in range(_TRIES):
            try:
                row = await self._one(insert, values)
            except UniqueViolation:
                continue
            if row is not None:
                return row
        raise PortUnavailable("지금은 저장하지 못했어요. 잠시 뒤 다시 시도해 주세요.", where="desk")

    # Reports ----------------------------------------------------------------------------------------------------
    async def save_report(self, report_id: UUID, user_id: UUID | None, report: AnalystReport) -> None:
        await self._do(
            "INSERT INTO desk.reports (report_id, user_id, analyst, ticker, body, as_of)"
            " VALUES (%(id)s, %(user)s, %(analyst)s, %(ticker)s, %(body)s, %(as_of)s) ON CONFLICT DO NOTHING",
            {
                "id": report_id,
                "user": user_id,
                "analyst": report.analyst,
                "ticker": report.ticker,
                "body": Jsonb(report.model_dump(mode="json")),
                "as_of": report.as_of,
            },
        )

    async def latest_report(self, analyst: str, ticker: str | None) -> AnalystReport | None:
        row = await self._one(
            "SELECT body FROM desk.reports WHERE analyst = %(analyst)s AND ticker IS NOT DISTINCT FROM %(ticker)s"
            " ORDER BY as_of DESC LIMIT 1",
            {"analyst": analyst, "ticker": ticker},
        )
        return None if row is None else AnalystReport.model_validate(row["body"])

    # Plans ------------------------------------------------------------------------------------------------------
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

    # Questions and answers --------------------------------------------------------------------------------------
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

    # Mandates ---------------------------------------------------------------------------------------------------
    async def offer_mandate(self, who: Identity, mandate: StoredMandate) -> None:
        text = mandate_of(
            mandate.mandate_id,
            mandate.account_ref,
            mandate.kind,
            mandate.strategy_hash,
            mandate.bounds,
            mandate.expires_at,
        )
        await self._do(
            "INSERT INTO desk.mandate_offers (mandate_id, account_ref, user_id, kind, strategy_hash, bounds,"
            " bounds_hash, created_at, expires_at) VALUES (%(id)s, %(account)s, %(user)s, %(kind)s, %(strategy)s,"
            " %(bounds)s, %(hash)s, clock_timestamp(), %(expires)s) ON CONFLICT (mandate_id) DO NOTHING",
            {
                "id": mandate.mandate_id,
                "account": mandate.account_ref,
                "user": who.user_id,
                "kind": mandate.kind,
                "strategy": mandate.strategy_hash,
                "bounds": Jsonb(dict(mandate.bounds)),
                "hash": bounds_hash(text),
                "expires": mandate.expires_at,
            },
        )

    async def mandates(self, account_ref: str) -> list[StoredMandate]:
        rows = await self._all(
            "SELECT o.mandate_id, o.account_ref, o.kind, o.strategy_hash, o.bounds, m.signed_at, o.expires_at,"
            " v.revoked_at FROM desk.mandate_offers o LEFT JOIN desk.mandates m USING (mandate_id)"
            " LEFT JOIN desk.mandate_revocations v USING (mandate_id) WHERE o.account_ref = %(account)s"
            " ORDER BY o.created_at DESC",
            {"account": account_ref},
        )
        return [StoredMandate(**row) for row in rows]

    # Journal ----------------------------------------------------------------------------------------------------
    async def note(self, user_id: UUID, entry: JournalEntry) -> None:
        await self._do(
            "INSERT INTO desk.journal (user_id, at, kind, subject, summary, detail)"
            " VALUES (%(user)s, %(at)s, %(kind)s, %(subject)s, %(summary)s, %(detail)s)",
            {
                "user": user_id,
                "at": entry.at,
                "kind": entry.kind,
                "subject": entry.subject,
                "summary": entry.summary,
                "detail": Jsonb(dict(entry.detail)),
            },
        )

    async def journal(self, user_id: UUID, kinds: Sequence[str] = (), limit: int = 10) -> list[JournalEntry]:
        rows = await self._all(
            "SELECT at, kind, subject, summary, detail FROM desk.journal WHERE user_id = %(user)s"
            " AND (%(kinds)s::text[] = '{}' OR kind = ANY(%(kinds)s)) ORDER BY entry_id DESC LIMIT %(limit)s",
            {"user": user_id, "kinds": list(kinds), "limit": limit},
        )
        return [JournalEntry(**row) for row in rows]
