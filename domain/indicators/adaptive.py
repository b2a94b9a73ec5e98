"""Moving averages that follow faster when the price goes somewhere: Kaufman's, Chande's and Ehlers's.

Contract: kernels `kama`, `vidya`, `frama`, one output `value`. All three are an exponential mean whose weight is worked
out anew at each bar, and start from the price of the bar before the first weight. `kama` is TA-Lib's; `vidya` weighs by
Chande's own momentum oscillator (plain sums, TA-Lib CMOU, not Wilder's smoothing as in `cmo`); `frama` needs an even
period, an odd one counts as the next even one.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.extremes import highest, highest_size, lowest
from domain.indicators.cells.numbers import NAN
from domain.indicators.cells.rings import lag, lag_size, previous, ring_push, ring_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

FASTEST = 2.0 / (2.0 + 1.0)
SLOWEST = 2.0 / (30.0 + 1.0)
DECAY = -4.6  # Ehlers: a weight of 0.01, an EMA of 198 bars, where the path fills the plane


@cell
def _journey(state: Array, at: int, x: float, n: int) -> tuple[float, float]:
    """(how far the last `n` steps led, how long their path was), both without sign; NaN until `n` + 1 values came.
    Their ratio is Kaufman's efficiency and the size of Chande's momentum oscillator. Size `n` + 7."""
    before = previous(state, at, x)
    start = ring_push(state, at + 5, x, n)
    left = previous(state, at + 2, start)
    if np.isnan(before):
        return NAN, NAN
    state[at + 4] += abs(x - before)
    if np.isnan(start):
        return NAN, NAN
    if not np.isnan(left):
        state[at + 4] -= abs(start - left)
    return abs(x - start), state[at + 4]


def _journey_size(n: int) -> int:
    return 5 + ring_size(n)


@cell
def _follow(state: Array, at: int, x: float, weight: float) -> float:
    """Exponential mean with this weight at this value, started from the value before the first weight. Size 4."""
    before = previous(state, at, x)
    if np.isnan(weight):
        return NAN
    mean: float = state[at + 3] if state[at + 2] > 0.0 else before
    mean += weight * (x - mean)
    state[at + 2] = 1.0
    state[at + 3] = mean
    return mean


FOLLOW = 4


@kernel(
    "kama",
    period=10,
    size=lambda p: FOLLOW + _journey_size(int(p[0])),
    warmup=lambda p: int(p[0]) + 1 if p[0] > 1 else 1,
)
@cell
def kaufman(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Weight (efficiency * (2/3 - 2/31) + 2/31)^2, efficiency = distance / path over `period` bars, 1 where nothing
    moved. Perry Kaufman, Smarter Trading (1995). TA-Lib KAMA: for one bar the close itself."""
    n = int(params[0])
    distance, path = _journey(state, FOLLOW, bar[CLOSE], n)
    efficiency = distance / path if path > distance else 1.0
    weight = efficiency * (FASTEST - SLOWEST) + SLOWEST
    mean = _follow(state, 0, bar[CLOSE], NAN if np.isnan(path) else weight * weight)
    out[0] = bar[CLOSE] if n == 1 else mean


@kernel("vidya", period=14, size=lambda p: FOLLOW + _journey_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def chande(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Weight 2 / (period + 1) * |CMO| / 100, CMO over `period` bars of closes; nothing moved is a weight of 0. Tushar
    Chande, Stocks & Commodities 10:3 (1992), with the CMO of his later version (1995)."""
    n = int(params[0])
    distance, path = _journey(state, FOLLOW, bar[CLOSE], n)
    share = 0.0 if path == 0.0 else distance / path
    out[0] = _follow(state, 0, bar[CLOSE], 2.0 / (n + 1.0) * share)


def _even(p: Array) -> int:
    return 2 * ((int(p[0]) + 1) // 2)


@kernel(
    "frama",
    period=16,
    size=lambda p: FOLLOW + 1 + 2 * highest_size(_even(p) // 2) + 2 * lag_size(_even(p) // 2),
    warmup=_even,
)
@cell
def fractal(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Weight exp(-4.6 (D - 1)) between 0.01 and 1 on the price (high + low) / 2, where D = (log(N1 + N2) - log N3) /
    log 2 compares the range per bar of the newer half, the older half and the whole period; D stays where a range is
    nothing. John Ehlers, Stocks & Commodities 23:10 (2005). Of the builder's programs the live one uses closes only."""
    half = (int(params[0]) + 1) // 2
    extreme = 3 + 2 * half
    lows = FOLLOW + 1 + extreme + 2 + half
    high = highest(state, FOLLOW + 1, bar[HIGH], half)
    high_before = lag(state, FOLLOW + 1 + extreme, high, half)
    low = lowest(state, lows, bar[LOW], half)
    low_before = lag(state, lows + extreme, low, half)
    newer = (high - low) / half
    older = (high_before - low_before) / half
    whole = (max(high, high_before) - min(low, low_before)) / (2.0 * half)
    if newer > 0.0 and older > 0.0 and whole > 0.0:
        state[FOLLOW] = (np.log(newer + older) - np.log(whole)) / np.log(2.0)
    weight = min(max(np.exp(DECAY * (state[FOLLOW] - 1.0)), 0.01), 1.0)
    out[0] = _follow(state, 0, 0.5 * (bar[HIGH] + bar[LOW]), NAN if np.isnan(older) else weight)
