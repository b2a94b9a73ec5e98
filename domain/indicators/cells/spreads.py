"""Cells of how far values lie apart: true range, variance and deviation, and a division that may have no answer.

Contract: that of `domain.indicators.cells`.
"""

# mypy: no-warn-return-any
# (an element of an array of an unknown shape is Any to mypy; numba checks the types of what is compiled)

from __future__ import annotations

import numpy as np

from domain.indicators.cells.numbers import NAN, NOT_NEGATIVE
from domain.indicators.cells.rings import previous
from domain.indicators.compiled import Array, cell


@cell
def ratio(above: float, below: float) -> float:
    """above / below, NaN where there is nothing to divide by. No state."""
    if below == 0.0:
        return NAN
    return above / below


@cell
def true_range(state: Array, at: int, high: float, low: float, close: float) -> float:
    """Wilder's true range; NaN at the first bar, which has no close before it. Size 2."""
    before = previous(state, at, close)
    if np.isnan(before):
        return NAN
    return max(high - low, abs(high - before), abs(low - before))


def true_range_size() -> int:
    return 2


@cell
def variance(state: Array, at: int, x: float, n: int) -> float:
    """Population variance of the last `n` values. The sums are taken from a value of the window (place 2), not from 0,
    and anew each time the ring is round: a small spread of large prices is not lost (nor is it in TA-Lib since 0.8),
    and nothing drifts. O(1) on average."""
    if np.isnan(x):
        return NAN
    seen = state[at]
    after = state[at + 1] + 1.0
    kept = at + 5 + (int(state[at + 1]) & NOT_NEGATIVE)
    base = state[at + 2]
    first = state[at + 3]
    second = state[at + 4]
    if seen >= n:
        leaves = state[kept] - base
        first -= leaves
        second -= leaves * leaves
    else:
        if seen == 0.0:
            base = x
            state[at + 2] = x
        seen += 1.0
        state[at] = seen
    state[kept] = x
    if after == n:
        after = 0.0
        state[at + 2] = x
        first = 0.0
        second = 0.0
        for i in range(n):
            away = state[at + 5 + i] - x
            first += away
            second += away * away
    else:
        away = x - base
        first += away
        second += away * away
    state[at + 1] = after
    state[at + 3] = first
    state[at + 4] = second
    if seen < n:
        return NAN
    mean = first / n
    return max(second / n - mean * mean, 0.0)


def variance_size(n: int) -> int:
    return 5 + n


@cell
def deviation(state: Array, at: int, x: float, n: int) -> float:
    """Population standard deviation of the last `n` values; 0 where TA-Lib takes the variance for nothing."""
    spread = variance(state, at, x, n)
    if np.isnan(spread):
        return NAN
    return np.sqrt(spread) if spread >= 1e-14 else 0.0


def deviation_size(n: int) -> int:
    return variance_size(n)
