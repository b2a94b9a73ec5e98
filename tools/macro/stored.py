"""The macro view's figures from the database, and the newest report on them from the lake.

Contract: `MacroPort`. None while nothing was received yet; figures are as known now, with the age of what is old and a
word for what is missing. Publishers are not asked here: that is `tools.macro.collect`.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.clock import Clock
from domain.macro.series import SOURCE_NAMES, Source
from domain.macro.sheet import sheet
from tools.macro.shelf import Shelf
from tools.macro.sources import followed, left_out
from tools.ports import MacroSnapshot
from tools.store.macro import MacroTables


class StoredMacro:
    """`sources` are those that are asked on this machine."""

    def __init__(self, tables: MacroTables, shelf: Shelf, sources: Iterable[Source], clock: Clock) -> None:
        self._tables = tables
        self._shelf = shelf
        self._sources = tuple(sources)
        self._clock = clock

    async def snapshot(self) -> MacroSnapshot | None:
        series = followed(self._sources)
        now = self._clock.now()
        found = sheet(series, await self._tables.rows(series, now), await self._tables.asked(series), now)
        if found.seen_at is None:
            return None
        return MacroSnapshot(
            series=tuple(reading.row() for reading in found.readings),
            as_of=found.seen_at,
            source=", ".join(SOURCE_NAMES[source] for source in self._sources),
            demo=False,
            notes=found.notes,
            left_out=left_out(self._sources),
            report=await self._shelf.latest(),
        )
