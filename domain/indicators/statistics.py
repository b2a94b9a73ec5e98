"""Straight lines through closes.

Contract: kernel `regression` with TA-Lib's values, in won and won a bar.
"""

from __future__ import annotations

from domain.indicators.cells.means import line, line_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, kernel


@kernel(
    "regression",
    period=14,
    outputs=("value", "slope", "intercept"),
    size=lambda p: line_size(int(p[0])),
    warmup=lambda p: int(p[0]),
)
@cell
def linear_regression(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Least squares through the last `period` closes: value at this bar, slope a bar, intercept at the oldest of them.
    TA-Lib LINEARREG, LINEARREG_SLOPE, LINEARREG_INTERCEPT."""
    n = int(params[0])
    slope, intercept = line(state, 0, bar[CLOSE], n)
    out[0] = intercept + slope * (n - 1.0)
    out[1] = slope
    out[2] = intercept
