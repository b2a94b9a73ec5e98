"""What every publisher of statistics is to us, and what is common to reading them.

Contract of a `MacroSource`: `published` gives the figures of a series between two periods, oldest first, one a period;
periods without a figure are left out, "nothing there" is empty; a broken pipe raises `SourceFailed`
(`tools.macro.errors`). Two different values of one period are no data. Reads only; keys stay inside.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

from domain.macro.series import Series, Source
from domain.macro.vintage import Published
from tools.macro.errors import no_data


class MacroSource(Protocol):
    """See the module's contract."""

    @property
    def source(self) -> Source: ...

    async def published(self, series: Series, since: date, until: date) -> tuple[Published, ...]:
        """`since` and `until` are first days of periods, both included."""
        ...

    async def aclose(self) -> None: ...


def joined(rows: Iterable[Published | None]) -> tuple[Published, ...]:
    """By period, oldest first."""
    found: dict[date, Decimal] = {}
    for row in rows:
        if row is not None and found.setdefault(row.period, row.value) != row.value:
            raise no_data()
    return tuple(Published(period, found[period]) for period in sorted(found))
