"""The economy in the database: figures as they were learned, when publishers were asked, which reports there are.

Contract: insert and read only. `learn` adds what is new or revised and nothing twice, also when two collectors bring
the same; `rows` gives what was known at a time. A database that does not answer raises PortUnavailable. `turn` is held
by one collector at a time. The pool gives dictionary rows and logs in as quartz_graph, or as any role that only reads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.clock import KST
from domain.macro.due import LastAsked
from domain.macro.series import Series
from domain.macro.vintage import Observation, Published
from tools.store.desk_tables import Tables, connection_of

_TURN = 0x6D6163726F  # "macro"

_LEARN = (
    "INSERT INTO market.macro_observations (source, series, period, revision, value, as_of)"
    " SELECT %(source)s, %(series)s, new.period, coalesce(held.revision, 0) + 1, new.value, %(at)s"
    " FROM unnest(%(periods)s::date[], %(values)s::numeric[]) AS new (period, value)"
    " LEFT JOIN LATERAL (SELECT revision, value FROM market.macro_observations o WHERE o.source = %(source)s"
    " AND o.series = %(series)s AND o.period = new.period ORDER BY revision DESC LIMIT 1) held ON true"
    " WHERE held.value IS DISTINCT FROM new.value ON CONFLICT DO NOTHING"
)
_ASKED = (
    "INSERT INTO market.macro_asks (source, series, at, why, failure, learned)"
    " VALUES (%(source)s, %(series)s, %(at)s, %(why)s, %(failure)s, %(learned)s)"
)


@dataclass(frozen=True, slots=True)
class KeptReport:
    """Where a report lies in the lake, and what its document must hash to."""

    report_id: UUID
    made_at: datetime
    sheet_hash: str
    hint: str
    written_by: str
    folder: str
    digest: str


class MacroTables(Tables):
    """Figures, asks, reports."""

    async def rows(self, series: Iterable[Series], at: datetime | None = None) -> dict[str, list[Observation]]:
        """By series code; `at` None is everything known by now."""
        wanted = list(series)
        found = await self._all(
            "SELECT source, series, period, value, revision, as_of FROM market.macro_observations"
            " WHERE (source, series) IN (SELECT * FROM unnest(%(sources)s::text[], %(keys)s::text[]))"
            " AND (%(at)s::timestamptz IS NULL OR as_of <= %(at)s) ORDER BY period, revision",
            {**_names(wanted), "at": at},
        )
        by_name: dict[tuple[str, str], list[Observation]] = {}
        for row in found:
            made = Observation(row["period"], row["value"], row["revision"], row["as_of"].astimezone(KST))
            by_name.setdefault((row["source"], row["series"]), []).append(made)
        return {each.code: by_name.get((each.source.value, each.key), []) for each in wanted}

    async def asked(self, series: Iterable[Series]) -> dict[str, LastAsked]:
        """The last word on each series that was ever asked, by code."""
        wanted = list(series)
        found = await self._all(
            "SELECT DISTINCT ON (a.source, a.series) a.source, a.series, a.at, a.failure,"
            " (SELECT max(g.at) FROM market.macro_asks g WHERE g.source = a.source AND g.series = a.series"
            " AND g.failure = '') AS good_at,"
            " (SELECT max(o.period) FROM market.macro_observations o WHERE o.source = a.source"
            " AND o.series = a.series) AS newest FROM market.macro_asks a"
            " WHERE (a.source, a.series) IN (SELECT * FROM unnest(%(sources)s::text[], %(keys)s::text[]))"
            " ORDER BY a.source, a.series, a.at DESC, a.ask_id DESC",
            _names(wanted),
        )
        by_name = {(row["source"], row["series"]): row for row in found}
        return {
            each.code: _last(row) for each in wanted if (row := by_name.get((each.source.value, each.key))) is not None
        }

    async def learn(self, series: Series, figures: Sequence[Published], at: datetime, why: str) -> int:
        """What a publisher answered; how many figures were new or revised."""
        name = {"source": series.source.value, "series": series.key, "at": at, "why": why}
        async with connection_of(self._pool, "macro") as connection, connection.transaction():
            cursor = await connection.execute(
                _LEARN,
                {
                    **name,
                    "periods": [row.period for row in figures],
                    "values": [row.value for row in figures],
                },
            )
            learned = cursor.rowcount
            await connection.execute(_ASKED, {**name, "failure": "", "learned": learned})
        return learned

    async def failed(self, series: Series, at: datetime, why: str, failure: str) -> None:
        """A publisher did not answer; `failure` is the code of the reason."""
        name = {"source": series.source.value, "series": series.key, "at": at, "why": why}
        await self._do(_ASKED, {**name, "failure": failure, "learned": 0})

    async def latest_report(self) -> KeptReport | None:
        row = await self._one(
            "SELECT report_id, made_at, sheet_hash, hint, written_by, folder, digest FROM market.macro_reports"
            " ORDER BY made_at DESC LIMIT 1",
            {},
        )
        return None if row is None else KeptReport(**{**row, "made_at": row["made_at"].astimezone(KST)})

    async def keep_report(self, report: KeptReport) -> None:
        """After its files lie in the lake."""
        await self._do(
            "INSERT INTO market.macro_reports (report_id, made_at, sheet_hash, hint, written_by, folder, digest)"
            " VALUES (%(report_id)s, %(made_at)s, %(sheet_hash)s, %(hint)s, %(written_by)s, %(folder)s, %(digest)s)"
            " ON CONFLICT DO NOTHING",
            {name: getattr(report, name) for name in KeptReport.__dataclass_fields__},
        )

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """True for the one collector that may work now; the others should leave it at that."""
        async with connection_of(self._pool, "macro") as connection:
            row = await (await connection.execute("SELECT pg_try_advisory_lock(%s) AS mine", (_TURN,))).fetchone()
            mine = bool(row and row["mine"])
            try:
                yield mine
            finally:
                if mine:
                    await connection.execute("SELECT pg_advisory_unlock(%s)", (_TURN,))


def _names(series: Sequence[Series]) -> Mapping[str, Any]:
    return {"sources": [each.source.value for each in series], "keys": [each.key for each in series]}


def _last(row: Mapping[str, Any]) -> LastAsked:
    good_at = row["good_at"]
    return LastAsked(
        at=row["at"].astimezone(KST),
        failed=bool(row["failure"]),
        good_at=None if good_at is None else good_at.astimezone(KST),
        newest=row["newest"],
        code=row["failure"],
    )
