"""Cells of sums, means and the line through the last values.

Contract: that of `domain.indicators.cells`. Seeds and the order of additions are TA-Lib's. What runs is exact for whole
won; `weighted` is summed anew once round its ring, so that other numbers do not drift, and `line` at every bar.
"""

# mypy: no-warn-return-any
# (an element of an array of an unknown shape is Any to mypy; numba checks the types of what is compiled)

from __future__ import annotations

import numpy as np

from domain.indicators.cells.numbers import NAN, NOT_NEGATIVE
from domain.indicators.cells.rings import ring_back, ring_push
from domain.indicators.compiled import Array, cell


@cell
def total(state: Array, at: int, x: float, n: int) -> float:
    """Sum of the last `n` values, running: exact for whole numbers, TA-Lib's order of additions for others."""
    if np.isnan(x):
        return NAN
    # The place stays a float from bar to bar: turning it into a whole number and back would be the longest way through
    # this cell, and every indicator waits for it.
    place = state[at + 1]
    after = place + 1.0
    # While, not if: the compiler makes a jump of it, which the processor foresees. Of an if it makes a choice, and that
    # would be the longest way again.
    while after >= n:
        after -= n
    state[at + 1] = after
    sum_ = state[at + 2] + x
    state[at + 3 + (int(place) & NOT_NEGATIVE)] = x
    seen = state[at] + 1.0
    if seen < n:
        state[at] = seen
        state[at + 2] = sum_
        return NAN
    # The oldest leaves after the answer, as in TA-Lib; its place is the next one in the ring.
    state[at + 2] = sum_ - state[at + 3 + (int(after) & NOT_NEGATIVE)]
    return sum_


def total_size(n: int) -> int:
    return 3 + n


@cell
def sma(state: Array, at: int, x: float, n: int) -> float:
    """Mean of the last `n` values."""
    return total(state, at, x, n) / n


def sma_size(n: int) -> int:
    return 3 + n


@cell
def smooth(state: Array, at: int, x: float, n: int, weight: float) -> float:
    """Exponential mean with this weight of the newest, seeded with the plain mean of the first `n` values."""
    if np.isnan(x):
        return NAN
    seen = state[at]
    if seen >= n:
        state[at + 1] += (x - state[at + 1]) * weight
        return state[at + 1]
    seen += 1.0
    state[at] = seen
    state[at + 1] += x
    if seen < n:
        return NAN
    state[at + 1] /= n
    return state[at + 1]


@cell
def ema(state: Array, at: int, x: float, n: int) -> float:
    """Exponential mean, weight 2/(n+1), seeded as TA-Lib does: the plain mean of the first `n` values."""
    return smooth(state, at, x, n, 2.0 / (n + 1.0))


def ema_size() -> int:
    return 2


@cell
def wilder(state: Array, at: int, x: float, n: int) -> float:
    """Wilder's smoothing: mean of the first `n`, then (before x (n-1) + x) / n."""
    if np.isnan(x):
        return NAN
    seen = state[at]
    if seen >= n:
        state[at + 1] = (state[at + 1] * (n - 1.0) + x) / n
        return state[at + 1]
    seen += 1.0
    state[at] = seen
    state[at + 1] += x
    if seen < n:
        return NAN
    state[at + 1] /= n
    return state[at + 1]


def wilder_size() -> int:
    return 2


@cell
def wilder_total(state: Array, at: int, x: float, n: int) -> float:
    """Wilder's running total as TA-Lib's directional movement keeps it: the first `n - 1` values summed, from then on
    before - before/n + x. A number from the `n`-th value on."""
    if np.isnan(x):
        return NAN
    seen = state[at] + 1.0
    if seen >= n:
        state[at + 1] = state[at + 1] - state[at + 1] / n + x
        return state[at + 1]
    state[at] = seen
    state[at + 1] += x
    return NAN


def wilder_total_size() -> int:
    return 2


@cell
def weighted(state: Array, at: int, x: float, n: int) -> float:
    """Linear weighted mean: weights 1 … n, the newest the heaviest. Running, as in TA-Lib."""
    if np.isnan(x):
        return NAN
    # place 2: plain sum of the values kept; place 3: their weighted sum one step lower than the answer.
    place = int(state[at + 1])
    seen = state[at] + 1.0
    kept = at + 4 + place
    place += 1
    state[at + 1] = 0.0 if place == n else place
    if seen < n:
        state[at] = seen
        state[kept] = x
        state[at + 2] += x
        state[at + 3] += x * seen
        return NAN
    state[kept] = x
    plain = state[at + 2] + x
    heavy = state[at + 3] + x * n
    if place < n:
        state[at + 3] = heavy - plain
        state[at + 2] = plain - state[at + 4 + place]
    else:  # once round the ring both are summed anew: left running they drift, unless the values are whole numbers
        state[at + 2] = 0.0
        state[at + 3] = 0.0
        for i in range(1, n):
            state[at + 2] += state[at + 4 + i]
            state[at + 3] += state[at + 4 + i] * i
    return heavy / (n * (n + 1.0) * 0.5)


def weighted_size(n: int) -> int:
    return 4 + n


@cell
def line(state: Array, at: int, x: float, n: int) -> tuple[float, float]:
    """Least squares over the last `n` values: (slope, intercept), the oldest value at 0. O(n), as TA-Lib sums it."""
    ring_push(state, at, x, n)
    if np.isnan(x) or state[at] < n:
        return NAN, NAN
    sum_xy = 0.0
    sum_y = 0.0
    for back in range(n - 1, -1, -1):
        y = ring_back(state, at, back, n)
        sum_y += y
        sum_xy += back * y
    sum_x = n * (n - 1.0) * 0.5
    sum_xx = n * (n - 1.0) * (2.0 * n - 1.0) / 6.0
    divisor = sum_x * sum_x - n * sum_xx
    if divisor == 0.0:
        return NAN, NAN
    slope = (n * sum_xy - sum_x * sum_y) / divisor
    return slope, (sum_y - slope * sum_x) / n


def line_size(n: int) -> int:
    return 2 + n
