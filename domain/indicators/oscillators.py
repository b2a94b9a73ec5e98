"""Where the price stands in its recent range: stochastic, Williams, CCI, Aroon, Ultimate and Relative Vigor.

Contract: kernels `stochastic`, `williams_r`, `cci`, `aroon`, `ultosc`, `rvi`. All but the last are TA-Lib's, with its 0
where a range is nothing. `stochastic` is the fast one (TA-Lib STOCHF): `k` is not smoothed and `d` is its plain mean,
as both programs of the .kis.yaml builder have it. `rvi` is Ehlers's Relative Vigor Index (상대 활력 지수),
not the Relative Volatility Index that TA-Lib calls RVI; over bars without any range it is NaN.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.extremes import extreme_age, highest, highest_size, lowest, lowest_size
from domain.indicators.cells.means import sma, sma_size, total, total_size
from domain.indicators.cells.numbers import NAN
from domain.indicators.cells.rings import previous, previous_size, ring_back, ring_push, ring_size
from domain.indicators.cells.spreads import ratio
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, OPEN, kernel

PREVIOUS = previous_size()
FOUR = ring_size(4)


@kernel(
    "stochastic",
    outputs=("k", "d"),
    k_period=14,
    d_period=3,
    size=lambda p: highest_size(int(p[0])) + lowest_size(int(p[0])) + sma_size(int(p[1])),
    warmup=lambda p: int(p[0]) + int(p[1]) - 1,
)
@cell
def stochastic(state: Array, bar: Array, params: Array, out: Array) -> None:
    """k = 100 (close - lowest low) / (highest high - lowest low) over `k_period` bars, d = mean of `d_period` k. George
    Lane. Both outputs start together, as in TA-Lib STOCHF."""
    n = int(params[0])
    top = highest(state, 0, bar[HIGH], n)
    bottom = lowest(state, 3 + 2 * n, bar[LOW], n)
    k = 0.0 if top == bottom else 100.0 * ((bar[CLOSE] - bottom) / (top - bottom))
    d = sma(state, 6 + 4 * n, k, int(params[1]))
    out[0] = NAN if np.isnan(d) else k
    out[1] = d


@kernel(
    "williams_r",
    period=14,
    size=lambda p: highest_size(int(p[0])) + lowest_size(int(p[0])),
    warmup=lambda p: int(p[0]),
)
@cell
def williams(state: Array, bar: Array, params: Array, out: Array) -> None:
    """-100 (highest high - close) / (highest high - lowest low) over `period` bars, from -100 to 0. Larry Williams, How
    I Made One Million Dollars (1973). TA-Lib WILLR."""
    n = int(params[0])
    top = highest(state, 0, bar[HIGH], n)
    bottom = lowest(state, 3 + 2 * n, bar[LOW], n)
    out[0] = 0.0 if top == bottom else -100.0 * ((top - bar[CLOSE]) / (top - bottom))


@kernel("cci", period=20, size=lambda p: total_size(int(p[0])) + ring_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def commodity_channel(state: Array, bar: Array, params: Array, out: Array) -> None:
    """(typical - its mean) / (0.015 * mean distance from that mean) over `period` bars. Donald Lambert, Commodities
    (1980). TA-Lib CCI. Worked out on high + low + close, three times the typical price: whole won, so that a market
    that stands still is 0 and not a quotient of rounding errors."""
    n = int(params[0])
    price = bar[HIGH] + bar[LOW] + bar[CLOSE]
    mean = total(state, 0, price, n) / n
    ring_push(state, 3 + n, price, n)
    distance = 0.0
    for back in range(n - 1, -1, -1):
        distance += abs(ring_back(state, 3 + n, back, n) - mean)
    out[0] = 0.0 if distance == 0.0 else (price - mean) / (0.015 * (distance / n))


@kernel(
    "aroon",
    outputs=("value", "aroon_up", "aroon_down"),
    up_period=25,
    down_period=25,
    size=lambda p: highest_size(int(p[0]) + 1) + lowest_size(int(p[1]) + 1),
    warmup=lambda p: int(p.max()) + 1,
)
@cell
def aroon(state: Array, bar: Array, params: Array, out: Array) -> None:
    """aroon_up = 100 (1 - bars since the highest high / up_period) over up_period + 1 bars, aroon_down likewise of
    lows; of equals the newest counts; value = up - down. Tushar Chande, Stocks & Commodities 13:9 (1995). TA-Lib AROON
    and AROONOSC; all outputs start together."""
    up = int(params[0])
    down = int(params[1])
    lows = 5 + 2 * up
    highest(state, 0, bar[HIGH], up + 1)
    lowest(state, lows, bar[LOW], down + 1)
    rising = 100.0 * (up - extreme_age(state, 0, up + 1)) / up
    falling = 100.0 * (down - extreme_age(state, lows, down + 1)) / down
    out[0] = rising - falling
    out[1] = NAN if np.isnan(out[0]) else rising
    out[2] = NAN if np.isnan(out[0]) else falling


@kernel(
    "ultosc",
    period1=7,
    period2=14,
    period3=28,
    size=lambda p: PREVIOUS + sum(2 * total_size(int(n)) for n in p),
    warmup=lambda p: int(p.max()) + 1,
)
@cell
def ultimate(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 (4 A + 2 B + C) / 7, each the sum of close - true low over the sum of true ranges, A over the shortest of the
    three periods, C over the longest, in whatever order they are given. Larry Williams, Stocks & Commodities 3:4
    (1985). TA-Lib ULTOSC: a part without any range counts nothing."""
    shortest = min(params[0], params[1], params[2])
    longest = max(params[0], params[1], params[2])
    before = previous(state, 0, bar[CLOSE])
    pressure = NAN
    reach = NAN
    if not np.isnan(before):
        floor = min(bar[LOW], before)
        pressure = bar[CLOSE] - floor
        reach = max(bar[HIGH], before) - floor
    value = 0.0
    at = PREVIOUS
    weight = 4.0
    for turn in range(3):
        n = int(shortest)
        if turn == 1:
            n = int(params[0] + params[1] + params[2] - shortest - longest)
        elif turn == 2:
            n = int(longest)
        above = total(state, at, pressure, n)
        below = total(state, at + 3 + n, reach, n)
        if below != 0.0:
            value += weight * (above / below)
        at += 6 + 2 * n
        weight *= 0.5
    out[0] = 100.0 * (value / 7.0)


@kernel("rvi", period=10, size=lambda p: 2 * FOUR + 2 * total_size(int(p[0])), warmup=lambda p: int(p[0]) + 3)
@cell
def relative_vigor(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Sum over `period` bars of the filtered close - open over the same of high - low; the filter is (x + 2 x1 + 2 x2 +
    x3) / 6 over four bars. John Ehlers, Stocks & Commodities 20:1 (2002). The sixths cancel and are left out: sums of
    whole won are exact."""
    n = int(params[0])
    body = _filtered(state, 0, bar[CLOSE] - bar[OPEN])
    reach = _filtered(state, FOUR, bar[HIGH] - bar[LOW])
    out[0] = ratio(total(state, 2 * FOUR, body, n), total(state, 2 * FOUR + 3 + n, reach, n))


@cell
def _filtered(state: Array, at: int, x: float) -> float:
    """Six times Ehlers's symmetric mean of four values; NaN until four have come."""
    ring_push(state, at, x, 4)
    one = ring_back(state, at, 1, 4)
    two = ring_back(state, at, 2, 4)
    return x + 2.0 * (one + two) + ring_back(state, at, 3, 4)
