"""One average against another: MACD, APO, PPO, Awesome and the detrended price.

Contract: kernels `macd`, `apo`, `ppo`, `ao`, `dpo`. Values, seeds and warm-up are TA-Lib's; `apo` and `ppo` use EMAs,
and of `fast` and `slow` the shorter is the fast one in `macd`, `apo` and `ppo` whichever it is called, as in TA-Lib.
`ppo` has a `signal` (EMA of nine values, as the builder fixes it) eight bars after its value, and histogram = value -
signal. `dpo` looks back only: the price of period / 2 + 1 bars ago against the mean that ends now, never a mean moved
forward.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.means import ema, ema_size, sma, sma_size
from domain.indicators.cells.numbers import NAN
from domain.indicators.cells.rings import counted, counted_size, lag, lag_size
from domain.indicators.cells.spreads import ratio
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

EMA = ema_size()
PPO_SIGNAL = 9


@kernel(
    "macd",
    outputs=("value", "signal", "histogram"),
    fast=12,
    slow=26,
    signal=9,
    size=lambda p: 3 * EMA + counted_size(),
    warmup=lambda p: int(max(p[0], p[1])) + int(p[2]) - 1,
)
@cell
def convergence(state: Array, bar: Array, params: Array, out: Array) -> None:
    """value = EMA fast - EMA slow, signal = EMA of value, histogram = value - signal. Gerald Appel (1979). TA-Lib MACD:
    the fast EMA is seeded so that both begin on the same bar, and all outputs begin with the signal."""
    fast = int(min(params[0], params[1]))
    slow = int(max(params[0], params[1]))
    late = bar[CLOSE] if counted(state, 3 * EMA) > slow - fast else NAN
    value = ema(state, 0, late, fast) - ema(state, EMA, bar[CLOSE], slow)
    signal = ema(state, 2 * EMA, value, int(params[2]))
    out[0] = NAN if np.isnan(signal) else value
    out[1] = signal
    out[2] = value - signal


@kernel("apo", fast=12, slow=26, size=lambda p: 2 * EMA, warmup=lambda p: int(p.max()))
@cell
def absolute(state: Array, bar: Array, params: Array, out: Array) -> None:
    """EMA fast - EMA slow, each seeded from its own first bars. TA-Lib APO with EMAs."""
    fast = ema(state, 0, bar[CLOSE], int(min(params[0], params[1])))
    out[0] = fast - ema(state, EMA, bar[CLOSE], int(max(params[0], params[1])))


@kernel(
    "ppo",
    outputs=("value", "signal", "histogram"),
    fast=12,
    slow=26,
    size=lambda p: 3 * EMA,
    warmup=lambda p: int(p.max()),
)
@cell
def percentage(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 (EMA fast - EMA slow) / EMA slow. TA-Lib PPO with EMAs."""
    fast = ema(state, 0, bar[CLOSE], int(min(params[0], params[1])))
    slow = ema(state, EMA, bar[CLOSE], int(max(params[0], params[1])))
    out[0] = ratio(fast - slow, slow) * 100.0
    out[1] = ema(state, 2 * EMA, out[0], PPO_SIGNAL)
    out[2] = out[0] - out[1]


@kernel(
    "ao",
    fast=5,
    slow=34,
    size=lambda p: sma_size(int(p[0])) + sma_size(int(p[1])),
    warmup=lambda p: int(p.max()),
)
@cell
def awesome(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Mean of the last `fast` (high + low) / 2 less that of the last `slow`. Bill Williams, New Trading Dimensions
    (1998). TA-Lib AO."""
    fast = int(params[0])
    price = bar[HIGH] + bar[LOW]
    out[0] = 0.5 * (sma(state, 0, price, fast) - sma(state, 3 + fast, price, int(params[1])))


@kernel(
    "dpo",
    period=20,
    size=lambda p: sma_size(int(p[0])) + lag_size(int(p[0]) // 2 + 1),
    warmup=lambda p: max(int(p[0]), int(p[0]) // 2 + 2),
)
@cell
def detrended(state: Array, bar: Array, params: Array, out: Array) -> None:
    """close period / 2 + 1 bars ago - mean of the last `period` closes. TA-Lib DPO and the builder's backtester; its
    live program takes the close of now against an older mean."""
    n = int(params[0])
    mean = sma(state, 0, bar[CLOSE], n)
    out[0] = lag(state, 3 + n, bar[CLOSE], n // 2 + 1) - mean
