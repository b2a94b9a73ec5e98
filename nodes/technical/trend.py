"""Which way a name goes, how firmly, and since when. Pure.

Contract: up while the short average stands above the long one and the long one rises, down while both are the other way
round, flat in between; firmness is ADX(14), which knows no direction. Every day is judged on what was known that day,
so that the past never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import talib
from numpy.typing import NDArray

from domain.bars import Bars
from domain.strategy.timing import day_of

Line = NDArray[np.float64]

SHORT, LONG = 5, 20
SLOPE = 5  # sessions over which the long average must have risen or fallen
ADX_PERIOD = 14
FIRM, FAINT = 25.0, 20.0  # of ADX
UP, FLAT, DOWN = "up", "flat", "down"


@dataclass(frozen=True, slots=True)
class Trend:
    """`sessions` counts the days of this way, the last one included; `since` is the first of them, None when it began
    before the bars do. `adx` is None below its warm-up."""

    way: str
    sessions: int
    since: date | None
    adx: float | None

    @property
    def firm(self) -> bool:
        return self.adx is not None and self.adx >= FIRM

    @property
    def faint(self) -> bool:
        return self.adx is not None and self.adx < FAINT


def trend_of(bars: Bars) -> Trend:
    ways = ways_of(bars.close.astype(np.float64))
    same = ways == ways[-1]
    run = len(ways) if same.all() else int(np.argmax(~same[::-1]))
    begun = len(ways) - run
    # The first days have no averages: a run that reaches them may be older than it looks.
    since = day_of(int(bars.time[begun])) if begun > LONG + SLOPE else None
    return Trend((DOWN, FLAT, UP)[int(ways[-1]) + 1], run, since, adx_of(bars))


def ways_of(close: Line) -> NDArray[np.int64]:
    """1, 0 or -1 a bar: up, flat, down; 0 while the averages are warming up."""
    if len(close) < LONG + SLOPE:
        return np.zeros(len(close), dtype=np.int64)
    short, long = talib.SMA(close, SHORT), talib.SMA(close, LONG)
    slope = np.full(len(close), np.nan)
    slope[SLOPE:] = long[SLOPE:] - long[:-SLOPE]
    rising, falling = (short > long) & (slope > 0), (short < long) & (slope < 0)
    return rising.astype(np.int64) - falling.astype(np.int64)


def adx_of(bars: Bars) -> float | None:
    high, low, close = (column.astype(np.float64) for column in (bars.high, bars.low, bars.close))
    if len(close) < 2 * ADX_PERIOD:
        return None
    found = float(talib.ADX(high, low, close, timeperiod=ADX_PERIOD)[-1])
    return None if np.isnan(found) else found
