"""Economy and news of a rehearsed day, each with a switch that silences it.

Contract: `MacroPort` and `NewsPort`. Figures are invented and go through the product's own sheet
(`domain.macro.sheet`). What is switched off is away as a port is (PortUnavailable), or, for the economy's `old`, there
with figures that did not come: the sheet says so itself.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.clock import Clock
from domain.instruments import Asset, Instrument, Instruments
from domain.macro.due import LastAsked
from domain.macro.periods import shifted
from domain.macro.series import Cycle, catalogue
from domain.macro.sheet import sheet
from domain.macro.vintage import Observation
from domain.strategy.spec import StrategySpec
from domain.strategy.trial import Trial
from tools.ports import Headline, MacroSnapshot, PortUnavailable

NO_MACRO = "거시 지표를 받지 못했어요."
NO_NEWS = "뉴스를 받지 못했어요."
NO_PAST = "지난 시세로 시험하는 일은 이 하루에 넣지 않았어요."

_SEEN = timedelta(days=2)
_MONTHS = 30
# calm, last: what a publisher showed for a year and what it shows now
_FIGURES = {
    "base_rate": ("2.75", ("2.5", "2.75", "3.0")),
    "usd_krw": ("1420", ("1390", "1420", "1465")),
    "exports_yoy": ("100", ("108", "101", "94")),
    "us_cpi_yoy": ("100", ("102", "103")),
    "fed_funds": ("4", ("3.75", "4")),
}
_SAID = (
    "{} 신규 수주 확대",
    "{} 3분기 실적 시장 기대 상회",
    "{} 목표주가 하향",
    "{} 자사주 매입 결정",
    "{} 공장 증설 검토",
)


class Economy:
    """`state`: fresh | old | silent."""

    def __init__(self, rng: random.Random, clock: Clock) -> None:
        self._clock = clock
        self._last = {code: rng.choice(choices) for code, (_, choices) in _FIGURES.items()}
        self.state = "fresh"

    async def snapshot(self) -> MacroSnapshot | None:
        if self.state == "silent":
            raise PortUnavailable(NO_MACRO, where="macro")
        now = self._clock.now()
        seen, failed = now - _SEEN, self.state == "old"
        asked = {code: LastAsked(now, failed, seen, date(seen.year, seen.month, 1)) for code in _FIGURES}
        rows = {code: _observations(code, calm, self._last[code], seen) for code, (calm, _) in _FIGURES.items()}
        found = sheet([series for series in catalogue() if series.code in _FIGURES], rows, asked, now)
        return MacroSnapshot(
            series=tuple(reading.row() for reading in found.readings),
            as_of=seen,
            source="한국은행 ECOS, 미국 FRED",
            demo=False,
            notes=found.notes,
        )


def _observations(code: str, calm: str, last: str, as_of: datetime) -> list[Observation]:
    """Thirty months up to the newest that is out, the last one different."""
    series = next(one for one in catalogue() if one.code == code)
    newest = shifted(date(as_of.year, as_of.month, 1), Cycle.MONTH, -2 if series.rhythm.lag > 20 else -1)
    values = [calm] * (_MONTHS - 1) + [last]
    first = shifted(newest, Cycle.MONTH, 1 - _MONTHS)
    return [Observation(shifted(first, Cycle.MONTH, at), Decimal(value), 1, as_of) for at, value in enumerate(values)]


class News:
    """Titles about a few listed names; `more` are titles that somebody smuggled in."""

    def __init__(self, rng: random.Random, clock: Clock, table: Instruments, more: Sequence[str] = ()) -> None:
        self._clock = clock
        stocks = [row for row in table.all() if row.asset is Asset.EQUITY and not row.geared]
        self._rows: list[tuple[str, Instrument]] = [
            (rng.choice(_SAID).format(row.name), row) for row in rng.sample(stocks, 14)
        ]
        self._rows += [(title, row) for title, (_, row) in zip(more, self._rows, strict=False)]
        self.silent = False

    async def headlines(self, limit: int = 100) -> list[Headline]:
        if self.silent:
            raise PortUnavailable(NO_NEWS, where="news")
        at = self._clock.now() - timedelta(hours=1)
        return [Headline(title, "연합뉴스", at, (row.ticker,), False) for title, row in self._rows[:limit]]


class NoPast:
    """`HistoryPort` without prices to try a strategy on."""

    async def trial(self, spec: StrategySpec, cash_krw: int, limits: object, patience_s: float) -> Trial | None:
        raise PortUnavailable(NO_PAST, where="history")
