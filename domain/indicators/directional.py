"""Which way prices move, and how decidedly: Wilder's directional movement and the vortex.

Contract: kernels `adx`, `adxr`, `vortex`; values, seeds and warm-up are TA-Lib's, and all outputs of one indicator
begin at the same bar. Where nothing moves, lines are 0 as in TA-Lib, and ADX keeps its value.
"""

from __future__ import annotations

from domain.indicators.cells.means import total, total_size, wilder, wilder_size, wilder_total, wilder_total_size
from domain.indicators.cells.rings import previous, previous_size, ring_back, ring_push, ring_size
from domain.indicators.cells.spreads import true_range, true_range_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

BEFORE = previous_size()
RANGE = true_range_size()
SUM = wilder_total_size()
MOVES = 2 * BEFORE + RANGE + 3 * SUM
DIRECTION = MOVES + wilder_size()


@cell
def _lines(state: Array, at: int, high: float, low: float, close: float, n: int) -> tuple[float, float, float]:
    """(ADX, +DI, -DI), each NaN until it is known. A rise of the high counts up, a fall of the low down, the larger of
    the two and only that one."""
    up = high - previous(state, at, high)
    down = previous(state, at + BEFORE, low) - low
    swing = true_range(state, at + 2 * BEFORE, high, low, close)
    sums = at + 2 * BEFORE + RANGE
    plus = wilder_total(state, sums, up if up > down and up > 0.0 else up * 0.0, n)
    minus = wilder_total(state, sums + SUM, down if down > up and down > 0.0 else down * 0.0, n)
    swings = wilder_total(state, sums + 2 * SUM, swing, n)
    if swings > 0.0:
        plus = 100.0 * (plus / swings)
        minus = 100.0 * (minus / swings)
    elif swings == 0.0:
        plus = 0.0
        minus = 0.0
    both = plus + minus
    mean = at + MOVES
    if both == 0.0 and state[mean] >= n:
        return state[mean + 1], plus, minus
    index = 100.0 * (abs(plus - minus) / both) if both != 0.0 else 0.0
    return wilder(state, mean, index, n), plus, minus


@kernel(
    "adx",
    period=14,
    outputs=("value", "plus_di", "minus_di"),
    size=lambda p: DIRECTION,
    warmup=lambda p: 2 * int(p[0]),
)
@cell
def average_directional_index(state: Array, bar: Array, params: Array, out: Array) -> None:
    """value: Wilder's mean of 100 |+DI - -DI| / (+DI + -DI); plus_di and minus_di: 100 times Wilder's totals of the
    moves up and down over that of the true range. J. Welles Wilder, New Concepts in Technical Trading Systems (1978).
    TA-Lib ADX, PLUS_DI, MINUS_DI; the two lines are kept back until ADX is known."""
    strength, plus, minus = _lines(state, 0, bar[HIGH], bar[LOW], bar[CLOSE], int(params[0]))
    out[0] = strength
    out[1] = plus + 0.0 * strength
    out[2] = minus + 0.0 * strength


@kernel("adxr", period=14, size=lambda p: DIRECTION + ring_size(int(p[0])), warmup=lambda p: 3 * int(p[0]) - 1)
@cell
def directional_rating(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Mean of today's ADX and the one `period` - 1 bars ago. Wilder (1978). TA-Lib ADXR."""
    n = int(params[0])
    strength, _, _ = _lines(state, 0, bar[HIGH], bar[LOW], bar[CLOSE], n)
    ring_push(state, DIRECTION, strength, n)
    out[0] = (strength + ring_back(state, DIRECTION, n - 1, n)) / 2.0


@kernel(
    "vortex",
    period=14,
    outputs=("plus_vi", "minus_vi"),
    size=lambda p: 2 * BEFORE + RANGE + 3 * total_size(int(p[0])),
    warmup=lambda p: int(p[0]) + 1,
)
@cell
def vortex(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Sums over `period` bars of |high - low before| and |low - high before| over the sum of true ranges. E. Botes and
    D. Siepman, Stocks & Commodities 28:1 (2010). TA-Lib VORTEX; 0 where there was no range at all."""
    n = int(params[0])
    high_before = previous(state, 0, bar[HIGH])
    low_before = previous(state, BEFORE, bar[LOW])
    swing = true_range(state, 2 * BEFORE, bar[HIGH], bar[LOW], bar[CLOSE])
    sums = 2 * BEFORE + RANGE
    swings = total(state, sums, swing, n)
    rises = total(state, sums + 3 + n, abs(bar[HIGH] - low_before), n)
    falls = total(state, sums + 6 + 2 * n, abs(bar[LOW] - high_before), n)
    out[0] = rises / swings if swings != 0.0 else 0.0
    out[1] = falls / swings if swings != 0.0 else 0.0
