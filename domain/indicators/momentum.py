"""How far and how fast the close has moved: momentum, rate of change, RSI and its relatives.

Contract: kernels `momentum`, `roc`, `rsi`, `cmo`, `stochrsi`, `trix`, `tsi`, all of the close. Values, seeds and
warm-up are TA-Lib's, and so is the answer for a name that has not moved at all: 0, for RSI too. `momentum` is the
difference in won (TA-Lib MOM; the builder's backtester divides it by an average, its live program does not), `roc` and
`trix` are percentages. `stochrsi` smooths: its `k` is the mean of `k_period` raw values, `d` the mean of `d_period` k;
with a `k_period` of 1 it is TA-Lib's STOCHRSI. `tsi` has its `signal` (EMA of TSI) `signal_period` - 1 bars after its
value.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.extremes import highest, highest_size, lowest
from domain.indicators.cells.means import ema, ema_size, sma, sma_size, wilder, wilder_size
from domain.indicators.cells.numbers import NAN
from domain.indicators.cells.rings import lag, lag_size, previous, previous_size
from domain.indicators.cells.spreads import ratio
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, kernel

EMA = ema_size()
PREVIOUS = previous_size()
WILDER = wilder_size()
UPS_AND_DOWNS = PREVIOUS + 2 * WILDER
ROUNDING = 1e-9  # of an index from 0 to 100: less than this between its extremes is the arithmetic, not the market


@kernel("momentum", period=10, size=lambda p: lag_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def momentum(state: Array, bar: Array, params: Array, out: Array) -> None:
    """close - close `period` bars ago, in won. TA-Lib MOM."""
    out[0] = bar[CLOSE] - lag(state, 0, bar[CLOSE], int(params[0]))


@kernel("roc", period=10, size=lambda p: lag_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def rate_of_change(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 (close / close `period` bars ago - 1). TA-Lib ROC."""
    out[0] = (ratio(bar[CLOSE], lag(state, 0, bar[CLOSE], int(params[0]))) - 1.0) * 100.0


@cell
def _ups_and_downs(state: Array, at: int, x: float, n: int) -> tuple[float, float]:
    """Wilder's means of the rises and of the falls of `n` steps; NaN until `n` + 1 values came. Size 6."""
    move = x - previous(state, at, x)
    rise = NAN if np.isnan(move) else max(move, 0.0)
    fall = NAN if np.isnan(move) else max(-move, 0.0)
    return wilder(state, at + PREVIOUS, rise, n), wilder(state, at + PREVIOUS + WILDER, fall, n)


@cell
def _rsi(state: Array, at: int, x: float, n: int) -> float:
    rise, fall = _ups_and_downs(state, at, x, n)
    return 0.0 if rise + fall == 0.0 else 100.0 * (rise / (rise + fall))


@kernel("rsi", period=14, size=lambda p: UPS_AND_DOWNS, warmup=lambda p: int(p[0]) + 1)
@cell
def relative_strength(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 rises / (rises + falls), both Wilder's means over `period` steps; 0 where nothing moved. J. Welles Wilder,
    New Concepts in Technical Trading Systems (1978). TA-Lib RSI."""
    out[0] = _rsi(state, 0, bar[CLOSE], int(params[0]))


@kernel("cmo", period=14, size=lambda p: UPS_AND_DOWNS, warmup=lambda p: int(p[0]) + 1)
@cell
def chande_momentum(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 (rises - falls) / (rises + falls), Wilder's means over `period` steps; 0 where nothing moved. Tushar Chande
    and Stanley Kroll, The New Technical Trader (1994), smoothed as TA-Lib's CMO and the builder's backtester do."""
    rise, fall = _ups_and_downs(state, 0, bar[CLOSE], int(params[0]))
    out[0] = 0.0 if rise + fall == 0.0 else 100.0 * ((rise - fall) / (rise + fall))


@kernel(
    "stochrsi",
    outputs=("k", "d"),
    rsi_period=14,
    stoch_period=14,
    k_period=3,
    d_period=3,
    size=lambda p: UPS_AND_DOWNS + 2 * highest_size(int(p[1])) + sma_size(int(p[2])) + sma_size(int(p[3])),
    warmup=lambda p: int(p.sum()) - 2,
)
@cell
def stochastic_rsi(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 (RSI - its lowest) / (its highest - its lowest) over `stoch_period` values, smoothed twice by plain means; 0
    where RSI stands still. Tushar Chande and Stanley Kroll (1994). Both outputs start together, as in TA-Lib."""
    stoch = int(params[1])
    smooth = int(params[2])
    lows = UPS_AND_DOWNS + 3 + 2 * stoch
    means = lows + 3 + 2 * stoch
    value = _rsi(state, 0, bar[CLOSE], int(params[0]))
    top = highest(state, UPS_AND_DOWNS, value, stoch)
    bottom = lowest(state, lows, value, stoch)
    raw = 0.0 if top - bottom < ROUNDING else 100.0 * ((value - bottom) / (top - bottom))
    k = sma(state, means, raw, smooth)
    d = sma(state, means + 3 + smooth, k, int(params[3]))
    out[0] = NAN if np.isnan(d) else k
    out[1] = d


@kernel("trix", period=15, size=lambda p: 3 * EMA + PREVIOUS, warmup=lambda p: 3 * int(p[0]) - 1)
@cell
def trix(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Rate of change over one bar of EMA(EMA(EMA(close))), in percent. Jack Hutson, Stocks & Commodities 1:5 (1983).
    TA-Lib TRIX."""
    n = int(params[0])
    once = ema(state, 0, bar[CLOSE], n)
    twice = ema(state, EMA, once, n)
    thrice = ema(state, 2 * EMA, twice, n)
    out[0] = (ratio(thrice, previous(state, 3 * EMA, thrice)) - 1.0) * 100.0


@kernel(
    "tsi",
    outputs=("value", "signal"),
    long_period=25,
    short_period=13,
    signal_period=7,
    size=lambda p: PREVIOUS + 5 * EMA,
    warmup=lambda p: int(p[0]) + int(p[1]),
)
@cell
def true_strength(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 EMA(EMA(step)) / EMA(EMA(|step|)), first over `long_period`, then over `short_period`; 0 where nothing moved;
    `signal` is its EMA. William Blau, Stocks & Commodities 9:11 (1991). TA-Lib TSI."""
    long = int(params[0])
    short = int(params[1])
    step = bar[CLOSE] - previous(state, 0, bar[CLOSE])
    way = ema(state, PREVIOUS + EMA, ema(state, PREVIOUS, step, long), short)
    path = ema(state, PREVIOUS + 3 * EMA, ema(state, PREVIOUS + 2 * EMA, abs(step), long), short)
    out[0] = 0.0 if path == 0.0 else 100.0 * way / path
    out[1] = ema(state, PREVIOUS + 4 * EMA, out[0], int(params[2]))
