"""Highs and lows of a window, their middles, and the turning points among them.

Contract: kernels `maximum`, `minimum`, `midpoint`, `midprice` with TA-Lib's values, and `pivot`; all in won. The window
ends with this bar and includes it.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.extremes import highest, highest_size, lowest, lowest_size
from domain.indicators.cells.rings import ring_back, ring_full, ring_push, ring_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel


@kernel("maximum", period=20, size=lambda p: highest_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def maximum(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Highest close of the last `period` bars. TA-Lib MAX. (The highest high is `donchian`.)"""
    out[0] = highest(state, 0, bar[CLOSE], int(params[0]))


@kernel("minimum", period=20, size=lambda p: lowest_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def minimum(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Lowest close of the last `period` bars. TA-Lib MIN. (The lowest low is `donchian`.)"""
    out[0] = lowest(state, 0, bar[CLOSE], int(params[0]))


@kernel(
    "midpoint",
    period=14,
    size=lambda p: highest_size(int(p[0])) + lowest_size(int(p[0])),
    warmup=lambda p: int(p[0]),
)
@cell
def midpoint(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Middle of the highest and the lowest close of the last `period` bars. TA-Lib MIDPOINT."""
    n = int(params[0])
    out[0] = (highest(state, 0, bar[CLOSE], n) + lowest(state, 3 + 2 * n, bar[CLOSE], n)) / 2.0


@kernel(
    "midprice",
    period=14,
    size=lambda p: highest_size(int(p[0])) + lowest_size(int(p[0])),
    warmup=lambda p: int(p[0]),
)
@cell
def midprice(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Middle of the highest high and the lowest low of the last `period` bars. TA-Lib MIDPRICE."""
    n = int(params[0])
    out[0] = (highest(state, 0, bar[HIGH], n) + lowest(state, 3 + 2 * n, bar[LOW], n)) / 2.0


@cell
def _turn(state: Array, at: int, x: float, right: int, n: int, sign: float) -> float:
    """The value `right` pushes ago if it is further out than every other of the `n` in the ring, else NaN."""
    ring_push(state, at, x, n)
    if not ring_full(state, at, n):
        return np.nan
    tip = ring_back(state, at, right, n)
    for back in range(n):
        if back != right and ring_back(state, at, back, n) * sign >= tip * sign:
            return np.nan
    return tip


@kernel(
    "pivot",
    left_bars=5,
    right_bars=5,
    outputs=("high", "low"),
    size=lambda p: 2 * ring_size(int(p[0] + p[1]) + 1) + 2,
    warmup=lambda p: int(p[0] + p[1]) + 1,
)
@cell
def pivot_points(state: Array, bar: Array, params: Array, out: Array) -> None:
    """The last turning points: a high over those of `left_bars` bars before and `right_bars` bars after it, a low under
    theirs. A point is known only `right_bars` bars after it was made; it appears there and is kept until the next one.
    NaN until there has been one, which may be later than the warm-up. Equal prices make no point. TA-Lib FRACTAL marks
    the bar at which the point becomes known, the same."""
    right = int(params[1])
    n = int(params[0]) + right + 1
    at = 2
    high = _turn(state, at, bar[HIGH], right, n, 1.0)
    low = _turn(state, at + 2 + n, bar[LOW], right, n, -1.0)
    # Prices are never 0, so 0 is "none yet".
    if not np.isnan(high):
        state[0] = high
    if not np.isnan(low):
        state[1] = low
    out[0] = state[0] if state[0] != 0.0 else np.nan
    out[1] = state[1] if state[1] != 0.0 else np.nan
