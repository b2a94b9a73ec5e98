"""Cells of the highest and lowest of the last n values, with their age or without.

Contract: that of `domain.indicators.cells`. `highest` and `lowest` know how old the extreme is (`extreme_age` only
looks); their step is short on average and long at worst. `top` and `bottom` do not, take half the memory, and each of
their steps does the same.
"""

# mypy: no-warn-return-any
# (an element of an array of an unknown shape is Any to mypy; numba checks the types of what is compiled)

from __future__ import annotations

import numpy as np

from domain.indicators.cells.numbers import NAN, NOT_NEGATIVE
from domain.indicators.compiled import Array, cell


@cell
def _extreme(state: Array, at: int, x: float, n: int, sign: float) -> float:
    """A queue of candidates, best first, whose places count up for ever (exact to 2^53). Each value enters and leaves
    once, so a step costs O(1) on average and O(n) at worst."""
    if np.isnan(x):
        return NAN
    now = state[at]
    head = int(state[at + 1])
    count = int(state[at + 2])
    worth = x * sign
    if count > 0 and state[at + 3 + n + head] <= now - n:
        head = 0 if head + 1 == n else head + 1
        count -= 1
    last = head + count - 1
    if last >= n:
        last -= n
    while count > 0 and state[at + 3 + last] <= worth:
        count -= 1
        last = n - 1 if last == 0 else last - 1
    place = head + count
    if place >= n:
        place -= n
    state[at + 3 + place] = worth
    state[at + 3 + n + place] = now
    state[at] = now + 1.0
    state[at + 1] = head
    state[at + 2] = count + 1.0
    if now + 1.0 < n:
        return NAN
    return state[at + 3 + head] * sign


@cell
def highest(state: Array, at: int, x: float, n: int) -> float:
    """Largest of the last `n` values."""
    return _extreme(state, at, x, n, 1.0)


def highest_size(n: int) -> int:
    return 3 + 2 * n


@cell
def lowest(state: Array, at: int, x: float, n: int) -> float:
    """Smallest of the last `n` values."""
    return _extreme(state, at, x, n, -1.0)


def lowest_size(n: int) -> int:
    return 3 + 2 * n


@cell
def extreme_age(state: Array, at: int, n: int) -> float:
    """How many values ago the extreme kept by `highest` or `lowest` at this place came (0: just now; of equals the
    newest). NaN until `n` values have come."""
    if state[at] < n:
        return NAN
    return state[at] - 1.0 - state[at + 3 + n + int(state[at + 1])]


@cell
def _best(state: Array, at: int, x: float, n: int, sign: float) -> float:
    """Halves of n // 2 values (van Herk, Gil and Werman, without their pass at the end of a block): the best so far of
    the half that fills, the best of the half before, and of each tail of the half before that. Every step takes one
    value of the half before into its tails, from the end on, so that they are ready when they are asked and no step
    does more than another: thousands of names stand at the same place and would all pause at the same bar."""
    if np.isnan(x) or n == 1:
        return x
    half = n // 2
    # places: 0 seen, 1 place in the half, 2 where the half that fills begins, 3 its best so far, 4 the best of the half
    # before, 5 of that one's tail
    seen = state[at]
    if seen < n:
        if seen == 0.0:
            state[at + 3] = -np.inf
        state[at] = seen + 1.0
    worth = x * sign
    now = state[at + 1]
    begin = int(state[at + 2]) & NOT_NEGATIVE
    place = int(now) & NOT_NEGATIVE
    kept = at + 6 + begin + place
    ending = at + 6 + (half - begin) + (half - 1 - place)
    so_far = max(state[at + 3], worth)
    tail = max(state[at + 5], state[ending])
    state[ending] = tail
    best = max(so_far, state[at + 4])
    # What is still in the window of the half two before begins where this half has not come yet; one value sooner for
    # an odd n, whose window is one longer than two halves.
    if now + 1.0 == half:
        if n > half + half:
            best = max(best, state[kept])
        state[kept] = worth
        state[at + 1] = 0.0
        state[at + 2] = half - begin
        state[at + 3] = -np.inf
        state[at + 4] = so_far
        state[at + 5] = -np.inf
    else:
        best = max(best, state[kept + 1 - (n - half - half)])
        state[kept] = worth
        state[at + 1] = now + 1.0
        state[at + 3] = so_far
        state[at + 5] = tail
    return best * sign if seen + 1.0 >= n else NAN


@cell
def top(state: Array, at: int, x: float, n: int) -> float:
    """Largest of the last `n` values, without its age: half the memory of `highest`, and each step as fast as any."""
    return _best(state, at, x, n, 1.0)


@cell
def bottom(state: Array, at: int, x: float, n: int) -> float:
    """Smallest of the last `n` values, without its age."""
    return _best(state, at, x, n, -1.0)


def top_size(n: int) -> int:
    """Of `top` and of `bottom`."""
    return 6 + n
