"""Fibonacci levels, and the sheet of indicators that a chart and an analyst begin with.

Contract: the levels are those between the lowest low and the highest high of the last `period` bars, from the high
down; `fibonacci` is no word of the strategy file, so it is not entered into the table of indicators. `starting_sheet`
is RSI 14, MACD 12/26/9, Bollinger bands 20/2, means of 5, 10 and 20 bars and these levels over 60.
"""

from __future__ import annotations

from domain.indicators.catalogue import kernel_of
from domain.indicators.cells.extremes import bottom, top, top_size
from domain.indicators.cells.numbers import NOT_NEGATIVE
from domain.indicators.compiled import Array, cell
from domain.indicators.history import Sheet
from domain.indicators.kernel import HIGH, LOW, Kernel

Asked = tuple[Kernel, dict[str, float]]
RATIOS = (0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0)


@cell
def _fibonacci(state: Array, bar: Array, params: Array, out: Array) -> None:
    n = int(params[0]) & NOT_NEGATIVE
    high = top(state, 0, bar[HIGH], n)
    low = bottom(state, 6 + n, bar[LOW], n)
    for i in range(7):
        out[i] = high - (high - low) * RATIOS[i]


FIBONACCI = Kernel(
    "fibonacci",
    {"period": 60},
    tuple(f"level_{round(ratio * 1000)}" for ratio in RATIOS),
    size=lambda p: 2 * top_size(int(p[0])),
    warmup=lambda p: int(p[0]),
    step=_fibonacci,
)


def starting_sheet() -> Sheet:
    """17 columns: rsi; macd, signal, histogram; upper, middle, lower; three means; seven levels."""
    means: list[Asked] = [(kernel_of("sma"), {"period": float(n)}) for n in (5, 10, 20)]
    bands: list[Asked] = [(kernel_of(id_), {}) for id_ in ("rsi", "macd", "bollinger")]
    return Sheet([*bands, *means, (FIBONACCI, {})])
