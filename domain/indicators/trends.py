"""Whether there is a trend at all, and when it turns: choppiness, mass index, KST, Coppock.

Contract: kernels `chop`, `mass_index`, `kst`, `coppock`. Mass index and Coppock have TA-Lib's values; the other two are
their authors' formulas. Rates of change are in percent.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.extremes import highest, highest_size, lowest, lowest_size
from domain.indicators.cells.means import ema, ema_size, sma, sma_size, total, total_size, weighted, weighted_size
from domain.indicators.cells.rings import ring_back, ring_push, ring_size
from domain.indicators.cells.spreads import ratio, true_range, true_range_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

EMA = ema_size()
RANGE = true_range_size()
SHORT, LONG, SIGNAL = 10, 15, 9
"""Pring's means of the three shorter rates, of the longest, and of the sum."""


@kernel(
    "chop",
    period=14,
    size=lambda p: RANGE + total_size(int(p[0])) + highest_size(int(p[0])) + lowest_size(int(p[0])),
    warmup=lambda p: int(p[0]) + 1,
)
@cell
def choppiness(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 log10(sum of true ranges / (highest high - lowest low)) / log10(period), over `period` bars: near 100
    sideways, near 0 in a trend. E. W. Dreiss. NaN without any range, and for a period of 1."""
    n = int(params[0])
    swings = total(state, RANGE, true_range(state, 0, bar[HIGH], bar[LOW], bar[CLOSE]), n)
    top = highest(state, RANGE + 3 + n, bar[HIGH], n)
    bottom = lowest(state, RANGE + 6 + 3 * n, bar[LOW], n)
    out[0] = 100.0 * ratio(np.log10(ratio(swings, top - bottom)), np.log10(n))


@kernel(
    "mass_index",
    ema_period=9,
    sum_period=25,
    size=lambda p: 2 * EMA + total_size(int(p[1])),
    warmup=lambda p: 2 * int(p[0]) - 2 + int(p[1]),
)
@cell
def mass_index(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Sum over `sum_period` bars of EMA(high - low) / EMA(EMA(high - low)). Donald Dorsey (1992). TA-Lib MASSI;
    without any range each ratio is 1, its limit."""
    once = ema(state, 0, bar[HIGH] - bar[LOW], int(params[0]))
    twice = ema(state, EMA, once, int(params[0]))
    out[0] = total(state, 2 * EMA, once / twice if twice != 0.0 else 1.0, int(params[1]))


@cell
def _rate(state: Array, at: int, bars: int, n: int) -> float:
    """Percent from the close `bars` ago to the newest one in a ring of `n`."""
    return 100.0 * (ratio(ring_back(state, at, 0, n), ring_back(state, at, bars, n)) - 1.0)


@kernel(
    "kst",
    roc1=10,
    roc2=15,
    roc3=20,
    roc4=30,
    outputs=("value", "signal"),
    size=lambda p: ring_size(int(max(p)) + 1) + 3 * sma_size(SHORT) + sma_size(LONG) + sma_size(SIGNAL),
    warmup=lambda p: max(int(max(p[:3])) + SHORT, int(p[3]) + LONG) + SIGNAL - 1,
)
@cell
def know_sure_thing(state: Array, bar: Array, params: Array, out: Array) -> None:
    """value: rates of change over roc1 … roc4 bars, averaged over 10, 10, 10 and 15 bars, weighted 1, 2, 3, 4 and
    added; signal: its mean over 9. Martin Pring (1992). Both begin with the signal."""
    n = int(max(params[0], params[1], params[2], params[3])) + 1
    ring_push(state, 0, bar[CLOSE], n)
    at = 2 + n
    step = 3 + SHORT
    first = sma(state, at, _rate(state, 0, int(params[0]), n), SHORT)
    second = sma(state, at + step, _rate(state, 0, int(params[1]), n), SHORT)
    third = sma(state, at + 2 * step, _rate(state, 0, int(params[2]), n), SHORT)
    fourth = sma(state, at + 3 * step, _rate(state, 0, int(params[3]), n), LONG)
    known = first + 2.0 * second + 3.0 * third + 4.0 * fourth
    signal = sma(state, at + 3 * step + 3 + LONG, known, SIGNAL)
    out[0] = known + 0.0 * signal
    out[1] = signal


@kernel(
    "coppock",
    short_roc=11,
    long_roc=14,
    wma=10,
    size=lambda p: ring_size(int(max(p[:2])) + 1) + weighted_size(int(p[2])),
    warmup=lambda p: int(max(p[:2])) + int(p[2]),
)
@cell
def coppock_curve(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Linearly weighted mean over `wma` bars of the two rates of change added. Edwin Coppock (1962), who counted
    months. TA-Lib COPPOCK."""
    n = int(max(params[0], params[1])) + 1
    ring_push(state, 0, bar[CLOSE], n)
    rates = _rate(state, 0, int(params[0]), n) + _rate(state, 0, int(params[1]), n)
    out[0] = weighted(state, 2 + n, rates, int(params[2]))
