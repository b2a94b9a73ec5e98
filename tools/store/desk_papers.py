"""A person's papers: who they are, their profile versions, strategies and the reports made for them.

Contract: insert and read only; versions are numbered by the database, whose primary key is the arbiter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.reports import AnalystReport
from tools.ports import Identity, StoredProfile, StoredStrategy
from tools.store import desk_rows as rows_of
from tools.store.desk_tables import Tables, connection_of


class Papers(Tables):
    """Users, profiles, strategies, reports."""

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

    async def save_reports(self, user_id: UUID | None, reports: Mapping[UUID, AnalystReport]) -> None:
        """By id, all or none. A record of views, which a turn need not wait for a disk to keep: after a power failure
        the last moments of it may be missing, and nothing else is."""
        rows = [
            {
                "id": report_id,
                "user": user_id,
                "analyst": report.analyst,
                "ticker": report.ticker,
                "body": Jsonb(report.model_dump(mode="json")),
                "as_of": report.as_of,
            }
            for report_id, report in reports.items()
        ]
        async with (
            connection_of(self._pool, "desk") as connection,
            connection.pipeline(),
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.execute("SET LOCAL synchronous_commit = off")
            await cursor.executemany(
                "INSERT INTO desk.reports (report_id, user_id, analyst, ticker, body, as_of)"
                " VALUES (%(id)s, %(user)s, %(analyst)s, %(ticker)s, %(body)s, %(as_of)s) ON CONFLICT DO NOTHING",
                rows,
            )

    async def latest_report(self, analyst: str, ticker: str | None) -> AnalystReport | None:
        row = await self._one(
            "SELECT body FROM desk.reports WHERE analyst = %(analyst)s AND ticker IS NOT DISTINCT FROM %(ticker)s"
            " ORDER BY as_of DESC LIMIT 1",
            {"analyst": analyst, "ticker": ticker},
        )
        return None if row is None else AnalystReport.model_validate(row["body"])
