"""The technical feature sheet of one name: everything that is read off its daily bars. Pure.

Contract: indicators are TA-Lib's on daily bars; weeks and months are made of the same bars by `domain.bars`, the
running week and month as far as they have come. What there are too few bars for is None, never extrapolated. `sheet`
needs `MIN_BARS`; below that there is nothing to read. A running day at the end counts everywhere but in the volume,
which is compared when it is whole. Prices are won as float: statistics, not money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import talib
from numpy.typing import NDArray

from domain.bars import Bars
from domain.strategy.signals import Timeframe
from domain.strategy.timing import day_of
from nodes.technical.levels import Level, Swing, levels_of, swing_of
from nodes.technical.ranges import (
    Gap,
    Year,
    atr_of,
    halted_since,
    last_gap,
    volatility_of,
    volume_ratio_of,
    year_of,
)
from nodes.technical.trend import Trend, trend_of

Array = NDArray[np.float64]

MIN_BARS = 40  # MACD(12, 26, 9) speaks from bar 34 on
AVERAGES = (5, 10, 20)
MONTH_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Bands:
    """Bollinger(20, 2σ)."""

    lower: float
    middle: float
    upper: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that is read off one name's chart. Averages in the order of AVERAGES; changes are fractions, `day` is
    the last bar's, `end` its end in epoch seconds; `running`: that day is not over yet."""

    day: date
    end: int
    running: bool
    count: int
    close: float
    change_1: float
    change_20: float
    rsi: float
    macd: float
    macd_signal: float
    macd_histogram: float
    bands: Bands
    averages: tuple[float | None, ...]  # daily
    weekly_averages: tuple[float | None, ...]
    monthly_averages: tuple[float | None, ...]
    trend: Trend
    swing: Swing | None
    supports: tuple[Level, ...]  # nearest first
    resistances: tuple[Level, ...]
    year: Year
    atr: float | None
    volatility: float | None  # percent a year
    volume: int  # of the last day that is over
    volume_ratio: float | None
    gap: Gap | None
    halted: date | None  # since when nothing has been traded


def sheet(bars: Bars, *, running: bool = False) -> Sheet | None:
    """None below MIN_BARS."""
    if len(bars) < MIN_BARS:
        return None
    close = bars.close.astype(np.float64)
    macd, signal, histogram = talib.MACD(close, fastperiod=12, slowperiod=26, signalperiod=9)
    upper, middle, lower = talib.BBANDS(close, timeperiod=20, nbdevup=2.0, nbdevdn=2.0)
    over = bars.part(0, len(bars) - 1) if running else bars
    atr = atr_of(bars)
    supports, resistances = levels_of(bars, atr)
    return Sheet(
        day=day_of(int(bars.time[-1])),
        end=int(bars.time[-1]),
        running=running,
        count=len(bars),
        close=float(close[-1]),
        change_1=float(close[-1] / close[-2] - 1.0),
        change_20=float(close[-1] / close[-1 - MONTH_SESSIONS] - 1.0),
        rsi=float(talib.RSI(close, timeperiod=14)[-1]),
        macd=float(macd[-1]),
        macd_signal=float(signal[-1]),
        macd_histogram=float(histogram[-1]),
        bands=Bands(float(lower[-1]), float(middle[-1]), float(upper[-1])),
        averages=averages(close),
        weekly_averages=averages(_closes(bars, Timeframe.WEEK)),
        monthly_averages=averages(_closes(bars, Timeframe.MONTH)),
        trend=trend_of(bars),
        swing=swing_of(bars),
        supports=supports,
        resistances=resistances,
        year=year_of(bars),
        atr=atr,
        volatility=volatility_of(bars),
        volume=int(over.volume[-1]),
        volume_ratio=volume_ratio_of(over),
        gap=last_gap(bars),
        halted=None if running else halted_since(bars),
    )


def averages(close: Array) -> tuple[float | None, ...]:
    return tuple(float(close[-span:].mean()) if len(close) >= span else None for span in AVERAGES)


def _closes(bars: Bars, of: Timeframe) -> Array:
    return bars.resampled(of, last=True).close.astype(np.float64)
