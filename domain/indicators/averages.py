"""Moving averages with fixed weights: simple, exponential, linear, triangular and Wilder's.

Contract: kernels `sma`, `ema`, `dema`, `tema`, `trima`, `lwma`, `wma`, all of the close, one output `value`. Values,
seeds and warm-up are TA-Lib's. In the .kis.yaml list `wma` is Wilder's moving average (TA-Lib RMA) and `lwma` the
linearly weighted one (TA-Lib WMA). An average of one bar is the close itself.
"""

from __future__ import annotations

from domain.indicators.cells.means import ema, ema_size, sma, sma_size, weighted, weighted_size, wilder, wilder_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, kernel

EMA = ema_size()


@kernel("sma", period=20, size=lambda p: sma_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def simple(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Plain mean of the last `period` closes. TA-Lib SMA."""
    out[0] = sma(state, 0, bar[CLOSE], int(params[0]))


@kernel("ema", period=20, size=lambda p: EMA, warmup=lambda p: int(p[0]))
@cell
def exponential(state: Array, bar: Array, params: Array, out: Array) -> None:
    """before + (close - before) * 2 / (period + 1), seeded with the mean of the first `period` closes. TA-Lib EMA."""
    out[0] = ema(state, 0, bar[CLOSE], int(params[0]))


@kernel("dema", period=20, size=lambda p: 2 * EMA, warmup=lambda p: 2 * int(p[0]) - 1)
@cell
def double_exponential(state: Array, bar: Array, params: Array, out: Array) -> None:
    """2 EMA - EMA(EMA). Patrick Mulloy, Stocks & Commodities 12:1 (1994). TA-Lib DEMA."""
    n = int(params[0])
    once = ema(state, 0, bar[CLOSE], n)
    out[0] = 2.0 * once - ema(state, EMA, once, n)


@kernel("tema", period=20, size=lambda p: 3 * EMA, warmup=lambda p: 3 * int(p[0]) - 2)
@cell
def triple_exponential(state: Array, bar: Array, params: Array, out: Array) -> None:
    """3 EMA - 3 EMA(EMA) + EMA(EMA(EMA)). Patrick Mulloy, Stocks & Commodities 12:2 (1994). TA-Lib TEMA."""
    n = int(params[0])
    once = ema(state, 0, bar[CLOSE], n)
    twice = ema(state, EMA, once, n)
    out[0] = 3.0 * once - 3.0 * twice + ema(state, 2 * EMA, twice, n)


@kernel("trima", period=20, size=lambda p: 2 * sma_size(int(p[0]) // 2 + 1), warmup=lambda p: int(p[0]))
@cell
def triangular(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Weights that rise to the middle of the window and fall again: a mean of means, of (period + 1) / 2 each for an
    odd period and of period / 2, then period / 2 + 1 for an even one. TA-Lib TRIMA."""
    n = int(params[0])
    inner = (n + 1) // 2
    mean = sma(state, 0, bar[CLOSE], inner)
    out[0] = sma(state, 3 + inner, mean, n - inner + 1)


@kernel("lwma", period=20, size=lambda p: weighted_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def linear(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Weights 1 … period, the newest close the heaviest. TA-Lib WMA."""
    out[0] = weighted(state, 0, bar[CLOSE], int(params[0]))


@kernel("wma", period=14, size=lambda p: wilder_size(), warmup=lambda p: int(p[0]))
@cell
def wilders(state: Array, bar: Array, params: Array, out: Array) -> None:
    """(before * (period - 1) + close) / period, seeded with the mean of the first `period` closes. J. Welles Wilder,
    New Concepts in Technical Trading Systems (1978). TA-Lib RMA."""
    out[0] = wilder(state, 0, bar[CLOSE], int(params[0]))
