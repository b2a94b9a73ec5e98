"""How far a name has come and how much it moves: 52 weeks, a usual day, volatility, volume, the last gap. Pure.

Contract: of a name with less than a year of bars the extremes are those of what there is, and `whole` says so. A day
without trading has volume 0 and says nothing about what is usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import talib

from domain.bars import Bars
from domain.strategy.timing import day_of

ATR_PERIOD = 14
USUAL = 20  # sessions
SESSIONS_A_YEAR = 252
YEAR = timedelta(days=365)
NEARLY = timedelta(days=358)  # holidays at the far end
GAP_BACK = 60  # sessions
LEAST_GAP = 0.005  # of the price


@dataclass(frozen=True, slots=True)
class Year:
    """Highest and lowest price of the last 52 weeks, the last day of each."""

    high: int
    high_on: date
    low: int
    low_on: date
    whole: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Prices between two days at which nothing was traded; `filled` once a later day came back through them."""

    rising: bool
    on: date
    lower: int
    upper: int
    filled: bool


def year_of(bars: Bars) -> Year:
    last = day_of(int(bars.time[-1]))
    recent = bars.between(int(bars.time[-1]) - int(YEAR.total_seconds()), int(bars.time[-1]))
    top = len(recent) - 1 - int(np.argmax(recent.high[::-1]))
    bottom = len(recent) - 1 - int(np.argmin(recent.low[::-1]))
    return Year(
        int(recent.high[top]),
        day_of(int(recent.time[top])),
        int(recent.low[bottom]),
        day_of(int(recent.time[bottom])),
        day_of(int(bars.time[0])) <= last - NEARLY,
    )


def atr_of(bars: Bars) -> float | None:
    """ATR(14) in won."""
    if len(bars) <= ATR_PERIOD:
        return None
    high, low, close = (column.astype(np.float64) for column in (bars.high, bars.low, bars.close))
    return float(talib.ATR(high, low, close, timeperiod=ATR_PERIOD)[-1])


def volatility_of(bars: Bars) -> float | None:
    """Of the last 20 daily log returns, a year's, in percent."""
    if len(bars) <= USUAL:
        return None
    returns = np.diff(np.log(bars.close[-USUAL - 1 :].astype(np.float64)))
    return float(returns.std(ddof=1) * np.sqrt(SESSIONS_A_YEAR) * 100.0)


def volume_ratio_of(bars: Bars) -> float | None:
    """The last day's volume against the mean of the 20 days before it that were traded."""
    before = bars.volume[-USUAL - 1 : -1].astype(np.float64)
    usual = before[before > 0]
    return float(bars.volume[-1] / usual.mean()) if len(usual) else None


def last_gap(bars: Bars) -> Gap | None:
    """The newest gap of the last 60 sessions."""
    for at in range(len(bars) - 1, max(0, len(bars) - GAP_BACK), -1):
        if not bars.volume[at] or not bars.volume[at - 1]:
            continue  # where nothing was traded nothing was passed over
        least = float(bars.close[at - 1]) * LEAST_GAP
        if bars.low[at] - bars.high[at - 1] >= least:
            lower, upper, later = int(bars.high[at - 1]), int(bars.low[at]), bars.low[at + 1 :]
            return Gap(True, day_of(int(bars.time[at])), lower, upper, bool((later <= lower).any()))
        if bars.low[at - 1] - bars.high[at] >= least:
            lower, upper, later = int(bars.high[at]), int(bars.low[at - 1]), bars.high[at + 1 :]
            return Gap(False, day_of(int(bars.time[at])), lower, upper, bool((later >= upper).any()))
    return None


def halted_since(bars: Bars) -> date | None:
    """The first of the days without trading that the bars end with."""
    traded = np.flatnonzero(bars.volume > 0)
    first = int(traded[-1]) + 1 if len(traded) else 0
    return day_of(int(bars.time[first])) if first < len(bars) else None
