"""One bar, or one against an earlier one: changes, streaks, where in its range a bar closed.

Contract: kernels `change`, `returns`, `logr`, `consecutive`, `disparity`, `ibs`, `bop`, `augen`. Changes are in
percent, log returns are plain. `bop` has TA-Lib's values. "Day" is the name of the strategy file; it is the bar of the
strategy.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.means import sma, sma_size
from domain.indicators.cells.rings import lag, lag_size, previous, previous_size
from domain.indicators.cells.spreads import deviation, deviation_size, ratio
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, OPEN, kernel

BEFORE = previous_size()


@kernel("change", size=lambda p: BEFORE, warmup=lambda p: 2)
@cell
def daily_change(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 (close / close before - 1), in percent."""
    out[0] = 100.0 * (ratio(bar[CLOSE], previous(state, 0, bar[CLOSE])) - 1.0)


@kernel("returns", period=60, size=lambda p: lag_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def period_return(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 (close / close `period` bars ago - 1), in percent. TA-Lib ROC."""
    out[0] = 100.0 * (ratio(bar[CLOSE], lag(state, 0, bar[CLOSE], int(params[0]))) - 1.0)


@kernel("logr", period=1, size=lambda p: lag_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def log_return(state: Array, bar: Array, params: Array, out: Array) -> None:
    """ln(close / close `period` bars ago)."""
    growth = ratio(bar[CLOSE], lag(state, 0, bar[CLOSE], int(params[0])))
    out[0] = np.log(growth) if growth > 0.0 else np.nan


@kernel("consecutive", direction=0.0, size=lambda p: BEFORE + 1, warmup=lambda p: 2)
@cell
def consecutive_days(state: Array, bar: Array, params: Array, out: Array) -> None:
    """How many bars in a row the close has risen, this one included; falling bars count with a minus; 0 when it has not
    moved. Five risen in a row: 5, five fallen: -5. `direction` 1 counts risen bars alone, -1 fallen ones, without a
    minus (`up` and `down` of the strategy file)."""
    move = bar[CLOSE] - previous(state, 0, bar[CLOSE])
    if np.isnan(move):
        out[0] = np.nan
        return
    streak = state[BEFORE]
    if move > 0.0:
        streak = max(streak, 0.0) + 1.0
    elif move < 0.0:
        streak = min(streak, 0.0) - 1.0
    else:
        streak = 0.0
    state[BEFORE] = streak
    if params[0] > 0.0:
        out[0] = max(streak, 0.0)
    elif params[0] < 0.0:
        out[0] = max(-streak, 0.0)
    else:
        out[0] = streak


@kernel("disparity", period=20, size=lambda p: sma_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def disparity_index(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 close / SMA of `period` closes: 100 on the mean, over 100 above it (이격도)."""
    out[0] = 100.0 * ratio(bar[CLOSE], sma(state, 0, bar[CLOSE], int(params[0])))


@kernel("ibs", size=lambda p: 0, warmup=lambda p: 1)
@cell
def internal_bar_strength(state: Array, bar: Array, params: Array, out: Array) -> None:
    """(close - low) / (high - low): 0 at the low, 1 at the high. NaN for a bar without a range, which has no inside."""
    out[0] = ratio(bar[CLOSE] - bar[LOW], bar[HIGH] - bar[LOW])


@kernel("bop", size=lambda p: 0, warmup=lambda p: 1)
@cell
def balance_of_power(state: Array, bar: Array, params: Array, out: Array) -> None:
    """(close - open) / (high - low), -1 … 1. Igor Livshin (2001). TA-Lib BOP; 0 for a bar without a range."""
    span = bar[HIGH] - bar[LOW]
    out[0] = (bar[CLOSE] - bar[OPEN]) / span if span > 0.0 else 0.0


@kernel("augen", period=3, size=lambda p: BEFORE + deviation_size(int(p[0])) + 1, warmup=lambda p: int(p[0]) + 2)
@cell
def augen_price_spike(state: Array, bar: Array, params: Array, out: Array) -> None:
    """(close - close before) / (close before × deviation of the `period` log returns before this one): the move in
    standard deviations. Jeff Augen, The Volatility Edge in Options Trading (2008). This bar's move is not in its own
    measure. NaN where those returns were all the same."""
    spread = 1 + BEFORE
    before = previous(state, 1, bar[CLOSE])
    growth = ratio(bar[CLOSE], before)
    out[0] = ratio(growth - 1.0, state[0] if state[0] > 0.0 else np.nan)
    known = deviation(state, spread, np.log(growth) if growth > 0.0 else np.nan, int(params[0]))
    if not np.isnan(known):
        state[0] = known
