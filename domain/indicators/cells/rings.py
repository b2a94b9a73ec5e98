"""Cells that look back: the value before, a count, the last n values and the one that falls out of them.

Contract: that of `domain.indicators.cells`. `ring_back` and `ring_full` only look at a ring that `ring_push` keeps.
"""

# mypy: no-warn-return-any
# (an element of an array of an unknown shape is Any to mypy; numba checks the types of what is compiled)

from __future__ import annotations

import numpy as np

from domain.indicators.cells.numbers import NAN
from domain.indicators.compiled import Array, cell


@cell
def previous(state: Array, at: int, x: float) -> float:
    """The value of the call before; NaN at the first. Keeps NaN out."""
    if np.isnan(x):
        return NAN
    before = state[at + 1] if state[at] > 0.0 else NAN
    state[at] = 1.0
    state[at + 1] = x
    return before


def previous_size() -> int:
    return 2


@cell
def counted(state: Array, at: int) -> float:
    """How often it was called, this call included. Size 1."""
    state[at] += 1.0
    return state[at]


def counted_size() -> int:
    return 1


@cell
def ring_push(state: Array, at: int, x: float, n: int) -> float:
    """Keeps the last `n` values; answers the one that falls out (the value `n` calls before), NaN until one does."""
    if np.isnan(x):
        return NAN
    place = int(state[at + 1])
    fallen = NAN
    if state[at] >= n:
        fallen = state[at + 2 + place]
    else:
        state[at] += 1.0
    state[at + 2 + place] = x
    place += 1
    state[at + 1] = 0.0 if place == n else place
    return fallen


@cell
def ring_back(state: Array, at: int, back: int, n: int) -> float:
    """The value pushed `back` pushes ago (0: the newest); NaN where there is none yet."""
    if back >= state[at]:
        return NAN
    place = int(state[at + 1]) - 1 - back
    if place < 0:
        place += n
    return state[at + 2 + place]


@cell
def ring_full(state: Array, at: int, n: int) -> bool:
    """Whether `n` values are kept."""
    return state[at] >= n


def ring_size(n: int) -> int:
    return 2 + n


@cell
def lag(state: Array, at: int, x: float, n: int) -> float:
    """The value `n` calls before this one."""
    return ring_push(state, at, x, n)


def lag_size(n: int) -> int:
    return 2 + n
