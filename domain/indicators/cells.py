"""Building blocks of indicators: small memories that live inside the one state array of a kernel.

Contract: a cell takes (state, at, x, n), owns state[at : at + its `_size(n)`], starts from zeros and answers NaN until
it has seen enough. Given NaN it answers NaN and remembers nothing, so an undefined value is left out and never poisons
what follows. `at` and `n` are whole numbers. Seeding and the order of additions are TA-Lib's, so that values equal
TA-Lib's, and running sums of whole won are exact. A cell is called once a bar; `ring_back`, `ring_full` and
`extreme_age` only look. Does not know bars or parameters: a kernel lays its cells out one after another.
"""

# mypy: no-warn-return-any
# (an element of an array of an unknown shape is Any to mypy; numba checks the types of what is compiled)

from __future__ import annotations

import numpy as np

from domain.indicators.compiled import Array as Array
from domain.indicators.compiled import cell as cell

NAN = np.nan
NOT_NEGATIVE = 0x7FFFFFFF
"""`int(place) & NOT_NEGATIVE` is the place. The compiler, which cannot know that a place kept in a float is at least 0,
leaves out Python's counting from the end then, a third of what a step does."""


# Counting and looking back


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


# Averages


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


# Spread


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


# Extremes


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


# Lines


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


# Bars


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
def ratio(above: float, below: float) -> float:
    """above / below, NaN where there is nothing to divide by. No state."""
    if below == 0.0:
        return NAN
    return above / below
