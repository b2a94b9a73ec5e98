"""Dated rules for the engine: price units, limits, taxes and payment days, from the same tables as the live gate's.

Contract: an era is a stretch of days under the same rows; a backtest over 1 January pays the tax of each day. A day
before the first row of a table is refused, not guessed. Payment is in two sessions of the KRX calendar, on the first
day of the data at or after it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np

from domain.book import SETTLEMENT_SESSIONS
from domain.calendar import Calendar, KrxCalendar
from domain.instruments import Kind, Market
from domain.tables import in_force, table
from simulation.backtest.engine.shapes import NEVER, RULE, STEPS, Ints, Records

KINDS = (Kind.STOCK, Kind.ETF)
CLASSES: tuple[Market | None, ...] = (Market.KOSPI, Market.KOSDAQ, Market.KONEX, None)  # None: not taxed


_KRX = KrxCalendar()


def tax_class(market: Market, kind: Kind) -> int:
    """Column of RULE's tax."""
    exempt = kind.value in table("costs")["tax_exempt_kinds"]["kinds"]
    return CLASSES.index(None if exempt else market)


def rules_for(days: Sequence[date], calendar: Calendar | None = None) -> Records:
    """RULE records of these days, oldest first. ValueError before the first row of a table."""
    begins = _begins(days[0], days[-1])
    eras = np.zeros(len(begins), RULE)
    for era, on in zip(eras, begins, strict=True):
        era["percent"] = _row("ticks", "price_limit", on)["percent"]
        era["tax"] = [_tax(market, on) for market in CLASSES]
        for place, kind in enumerate(KINDS):
            rows = _steps(kind, on)
            era["steps"][place] = rows + [rows[-1]] * (STEPS - len(rows))
    rules = eras[[bisect_right(begins, day) - 1 for day in days]]
    rules["settles"] = _settles(days, calendar or _KRX)
    return rules


def first_day() -> date:
    """The first day that every table knows."""
    known = [table("costs")["sell_tax"], table("ticks")["price_limit"], *(table("ticks")[kind.value] for kind in KINDS)]
    firsts: list[date] = [rows[0]["since"] for rows in known]
    return max(firsts)


def _begins(first: date, last: date) -> list[date]:
    ticks = table("ticks")
    rows = [*table("costs")["sell_tax"], *ticks["price_limit"], *(row for kind in KINDS for row in ticks[kind.value])]
    return [first, *sorted({row["since"] for row in rows if first < row["since"] <= last})]


def _row(name: str, key: str, on: date) -> Any:
    return in_force(table(name)[key], on, lambda row: row["since"], key)


def _steps(kind: Kind, on: date) -> list[tuple[int, int]]:
    return [(NEVER if below is None else below, tick) for below, tick in _row("ticks", kind.value, on)["steps"]]


def _tax(market: Market | None, on: date) -> tuple[int, int]:
    if market is None:
        return 0, 1
    numerator, denominator = _row("costs", "sell_tax", on)["rates"][market.value]
    return int(numerator), int(denominator)


def _settles(days: Sequence[date], calendar: Calendar) -> Ints:
    """Numbers of the payment days; the number after the last where the data end before it."""
    return np.array([bisect_left(days, _paid_on(day, calendar)) for day in days], dtype=np.int64)


def _paid_on(day: date, calendar: Calendar) -> date:
    return _paid_at_krx(day) if calendar is _KRX else calendar.add_sessions(day, SETTLEMENT_SESSIONS)


@lru_cache(maxsize=16_384)
def _paid_at_krx(day: date) -> date:
    return _KRX.add_sessions(day, SETTLEMENT_SESSIONS)
