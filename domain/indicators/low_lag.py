"""Moving averages built to follow sooner: Hull's, zero lag, Tillson's T3 and Arnaud Legoux's.

Contract: kernels `hma`, `zlema`, `t3`, `alma`, all of the close, one output `value`. The first three are TA-Lib's;
`alma` follows its authors with the peak on a whole bar (floor), as the backtester of the .kis.yaml format and TA-Lib
after 0.8.1 do; the builder's own live program leaves the peak between two bars.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.means import ema, ema_size, weighted, weighted_size
from domain.indicators.cells.numbers import NAN
from domain.indicators.cells.rings import lag, lag_size, ring_back, ring_full, ring_push, ring_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, kernel

EMA = ema_size()


@kernel(
    "hma",
    period=20,
    size=lambda p: weighted_size(int(p[0])) + weighted_size(int(p[0]) // 2 + 1) + ring_size(int(np.sqrt(p[0]))),
    warmup=lambda p: int(p[0]) + int(np.sqrt(p[0])) - 1,
)
@cell
def hull(state: Array, bar: Array, params: Array, out: Array) -> None:
    """LWMA(2 LWMA(close, period / 2) - LWMA(close, period), root of period), both inner periods cut to whole numbers.
    Alan Hull (2005). TA-Lib HMA. The outer mean is summed anew at each bar: its values are no whole won, and a running
    weighted sum of them drifts (by 4e-10 in 100,000 bars)."""
    n = int(params[0])
    half = max(n // 2, 1)
    root = int(np.sqrt(n))
    values = 8 + n + half
    whole = weighted(state, 0, bar[CLOSE], n)
    sooner = weighted(state, 4 + n, bar[CLOSE], half)
    ring_push(state, values, 2.0 * sooner - whole, root)
    mean = 0.0
    for back in range(root):
        mean += (root - back) * ring_back(state, values, back, root)
    out[0] = mean / (root * (root + 1.0) * 0.5)


@kernel(
    "zlema",
    period=20,
    size=lambda p: EMA + lag_size((int(p[0]) - 1) // 2),
    warmup=lambda p: int(p[0]) + (int(p[0]) - 1) // 2,
)
@cell
def zero_lag(state: Array, bar: Array, params: Array, out: Array) -> None:
    """EMA of close + (close - close (period - 1) / 2 bars ago). John Ehlers and Ric Way, Stocks & Commodities 28:12
    (2010). TA-Lib ZLEMA."""
    n = int(params[0])
    back = (n - 1) // 2
    before = lag(state, EMA, bar[CLOSE], back) if back > 0 else bar[CLOSE]
    out[0] = ema(state, 0, 2.0 * bar[CLOSE] - before, n)


@kernel("t3", period=10, volume_factor=0.7, size=lambda p: 6 * EMA, warmup=lambda p: 6 * (int(p[0]) - 1) + 1)
@cell
def tillson(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Three times GD(x) = (1 + v) EMA(x) - v EMA(EMA(x)), written out over six chained EMAs. Tim Tillson, Stocks &
    Commodities 16:1 (1998). TA-Lib T3."""
    n = int(params[0])
    v = params[1]
    first = ema(state, 0, bar[CLOSE], n)
    second = ema(state, EMA, first, n)
    third = ema(state, 2 * EMA, second, n)
    fourth = ema(state, 3 * EMA, third, n)
    fifth = ema(state, 4 * EMA, fourth, n)
    sixth = ema(state, 5 * EMA, fifth, n)
    heavy = -v * v * v
    out[0] = (
        heavy * sixth
        + 3.0 * (v * v - heavy) * fifth
        + (-6.0 * v * v - 3.0 * (v - heavy)) * fourth
        + (1.0 + 3.0 * v - heavy + 3.0 * v * v) * third
    )


@kernel(
    "alma",
    period=9,
    sigma=6.0,
    offset=0.85,
    size=lambda p: ring_size(int(p[0])) + int(p[0]),
    warmup=lambda p: int(p[0]),
)
@cell
def legoux(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Weights of a bell curve, exp(-(i - m)^2 / (2 s^2)) for i = 0 (oldest) … period - 1, with its peak at m =
    floor(offset * (period - 1)) and s = period / sigma. Arnaud Legoux and Dimitris Kouzis-Loukas (2009)."""
    n = int(params[0])
    weights = 2 + n  # behind the ring; worked out at the first bar, because they hang on nothing but the parameters
    if state[0] == 0.0:
        peak = np.floor(params[2] * (n - 1.0))
        width = n / params[1]
        sum_ = 0.0
        for i in range(n):
            weight = np.exp(-(i - peak) * (i - peak) / (2.0 * width * width))
            state[weights + i] = weight
            sum_ += weight
        for i in range(n):
            state[weights + i] /= sum_
    ring_push(state, 0, bar[CLOSE], n)
    out[0] = NAN
    if ring_full(state, 0, n):
        mean = 0.0
        for i in range(n):
            mean += state[weights + i] * ring_back(state, 0, n - 1 - i, n)
        out[0] = mean
