"""Turning points sharpened: Schaff's trend cycle and Ehlers' Fisher transform.

Contract: kernels `schaff`, `fisher`, as their authors wrote them down. Both carry a value forward where their window
has no range to measure in, as the originals do; so a flat series gives 0, not NaN.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.extremes import highest, highest_size, lowest, lowest_size
from domain.indicators.cells.means import ema, ema_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

EMA = ema_size()
STOCHASTIC = 3
"""Started, last place in the range, its running mean."""
LIMIT = 0.999
"""Ehlers' bound that keeps the logarithm finite."""


@cell
def _place(state: Array, at: int, x: float, n: int) -> float:
    """Where x lies between the lowest and the highest of the last `n` values, 0 … 100, smoothed by halves."""
    windows = at + STOCHASTIC
    top = highest(state, windows, x, n)
    bottom = lowest(state, windows + 3 + 2 * n, x, n)
    if np.isnan(top):
        return np.nan
    if top > bottom:
        state[at + 1] = 100.0 * (x - bottom) / (top - bottom)
    if state[at] == 0.0:
        state[at] = 1.0
        state[at + 2] = state[at + 1]
    else:
        state[at + 2] += 0.5 * (state[at + 1] - state[at + 2])
    return float(state[at + 2])


@kernel(
    "schaff",
    cycle=10,
    fast=23,
    slow=50,
    size=lambda p: 2 * EMA + 2 * (STOCHASTIC + highest_size(int(p[0])) + lowest_size(int(p[0]))),
    warmup=lambda p: int(max(p[1:])) + 2 * int(p[0]) - 2,
)
@cell
def schaff_trend_cycle(state: Array, bar: Array, params: Array, out: Array) -> None:
    """EMA(fast) - EMA(slow) of the close, twice put in its range of the last `cycle` bars and smoothed by halves, 0 …
    100; a window without range repeats the place before. Doug Schaff (1999). The means are seeded as TA-Lib's EMA."""
    n = int(params[0])
    line = ema(state, 0, bar[CLOSE], int(params[1])) - ema(state, EMA, bar[CLOSE], int(params[2]))
    once = _place(state, 2 * EMA, line, n)
    out[0] = _place(state, 2 * EMA + STOCHASTIC + 6 + 4 * n, once, n)


@kernel(
    "fisher",
    period=10,
    size=lambda p: highest_size(int(p[0])) + lowest_size(int(p[0])) + 2,
    warmup=lambda p: int(p[0]),
)
@cell
def fisher_transform(state: Array, bar: Array, params: Array, out: Array) -> None:
    """x: the middle (high + low) / 2 of the bar in its range of the last `period` bars, -1 … 1, smoothed .33 new to .67
    old and bounded at 0.999; value: ½ ln((1 + x) / (1 - x)) + ½ value before. John Ehlers, Stocks & Commodities 20:11
    (2002). Without a range the bar counts as the middle of it."""
    n = int(params[0])
    middle = (bar[HIGH] + bar[LOW]) / 2.0
    top = highest(state, 0, middle, n)
    bottom = lowest(state, 3 + 2 * n, middle, n)
    out[0] = np.nan
    if np.isnan(top):
        return
    at = 6 + 4 * n
    place = (middle - bottom) / (top - bottom) - 0.5 if top > bottom else 0.0
    smoothed = 0.33 * 2.0 * place + 0.67 * state[at]
    if smoothed > 0.99:
        smoothed = LIMIT
    elif smoothed < -0.99:
        smoothed = -LIMIT
    state[at] = smoothed
    state[at + 1] = 0.5 * np.log((1.0 + smoothed) / (1.0 - smoothed)) + 0.5 * state[at + 1]
    out[0] = state[at + 1]
