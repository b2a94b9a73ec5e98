"""How far prices swing: true range averaged, spread of closes, spread of returns.

Contract: kernels `atr`, `natr`, `std`, `variance` with TA-Lib's values, and `volatility_ind`. Spreads of closes are
population spreads (divided by n) as TA-Lib and Bollinger take them; that of returns is a sample spread (divided by
n - 1), as the strategy builder takes it. A flat window has spread 0.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.means import wilder, wilder_size
from domain.indicators.cells.rings import previous, previous_size
from domain.indicators.cells.spreads import (
    deviation,
    deviation_size,
    ratio,
    true_range,
    true_range_size,
    variance,
    variance_size,
)
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

RANGE = true_range_size()
BEFORE = previous_size()


@kernel("atr", period=14, size=lambda p: RANGE + wilder_size(), warmup=lambda p: int(p[0]) + 1)
@cell
def average_true_range(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Wilder's mean of max(high - low, |high - close before|, |low - close before|), in won. TA-Lib ATR."""
    swing = true_range(state, 0, bar[HIGH], bar[LOW], bar[CLOSE])
    out[0] = wilder(state, RANGE, swing, int(params[0]))


@kernel("natr", period=14, size=lambda p: RANGE + wilder_size(), warmup=lambda p: int(p[0]) + 1)
@cell
def normalised_true_range(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 ATR / close, in percent. TA-Lib NATR."""
    swing = true_range(state, 0, bar[HIGH], bar[LOW], bar[CLOSE])
    out[0] = 100.0 * ratio(wilder(state, RANGE, swing, int(params[0])), bar[CLOSE])


@kernel("std", period=20, size=lambda p: deviation_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def standard_deviation(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Population standard deviation of the last `period` closes, in won. TA-Lib STDDEV."""
    out[0] = deviation(state, 0, bar[CLOSE], int(params[0]))


@kernel("variance", period=20, size=lambda p: variance_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def population_variance(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Population variance of the last `period` closes, in won squared. TA-Lib VAR."""
    out[0] = variance(state, 0, bar[CLOSE], int(params[0]))


@kernel("volatility_ind", period=10, size=lambda p: BEFORE + variance_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def return_volatility(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Sample standard deviation of the last `period` simple returns close / close before - 1, as a fraction (0.02: two
    percent a bar), not annualised. KIS strategy builder, Volatility. NaN for one return: a sample of one has none."""
    n = int(params[0])
    change = ratio(bar[CLOSE], previous(state, 0, bar[CLOSE])) - 1.0
    out[0] = np.sqrt(ratio(variance(state, BEFORE, change, n) * n, n - 1.0))
