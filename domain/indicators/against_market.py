"""A name against its market: beta and alpha.

Contract: kernels `beta`, `alpha`. A bar has no market in it, so they read one column more: bars float64[n, 6] whose
sixth is the benchmark's close (KOSPI200 or whatever the caller compares with) at the end of the same bar. Bars without
it are refused by name (`history`). A bar whose benchmark is missing (NaN, not above 0) is left out, and the next return
spans the gap on both sides.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import BENCHMARK, CLOSE, kernel

NOTHING = 1e-14
"""TA-Lib's bound under which a spread is none."""

_CLOSE, _MARKET, _COUNT, _PLACE, _X, _Y, _XX, _XY, _RINGS = range(9)


@cell
def _regress(state: Array, bar: Array, n: int) -> tuple[float, float]:
    """(beta, alpha) over the last `n` pairs of simple returns. Sums run, and are taken anew each time the rings are
    round, so that rounding does not gather."""
    if not bar[BENCHMARK] > 0.0 or not bar[CLOSE] > 0.0:
        return np.nan, np.nan
    close, market = bar[CLOSE], bar[BENCHMARK]
    first = state[_CLOSE] == 0.0
    y = close / state[_CLOSE] - 1.0 if not first else 0.0
    x = market / state[_MARKET] - 1.0 if not first else 0.0
    state[_CLOSE] = close
    state[_MARKET] = market
    if first:
        return np.nan, np.nan
    place = int(state[_PLACE])
    xs = _RINGS + place
    ys = _RINGS + n + place
    if state[_COUNT] >= n:
        state[_X] -= state[xs]
        state[_Y] -= state[ys]
        state[_XX] -= state[xs] * state[xs]
        state[_XY] -= state[xs] * state[ys]
    else:
        state[_COUNT] += 1.0
    state[xs] = x
    state[ys] = y
    state[_X] += x
    state[_Y] += y
    state[_XX] += x * x
    state[_XY] += x * y
    state[_PLACE] = place + 1.0
    if place + 1 == n:
        state[_PLACE] = 0.0
        state[_X] = 0.0
        state[_Y] = 0.0
        state[_XX] = 0.0
        state[_XY] = 0.0
        for i in range(n):
            x = state[_RINGS + i]
            y = state[_RINGS + n + i]
            state[_X] += x
            state[_Y] += y
            state[_XX] += x * x
            state[_XY] += x * y
    if state[_COUNT] < n:
        return np.nan, np.nan
    spread = n * state[_XX] - state[_X] * state[_X]
    beta = (n * state[_XY] - state[_X] * state[_Y]) / spread if spread > NOTHING else 0.0
    return beta, (state[_Y] - beta * state[_X]) / n


@kernel("beta", benchmark=True, period=252, size=lambda p: _RINGS + 2 * int(p[0]), warmup=lambda p: int(p[0]) + 1)
@cell
def beta_to_market(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Covariance of the returns of the name and of the benchmark over the variance of the benchmark's, `period`
    returns. William Sharpe (1964). TA-Lib BETA(benchmark, close); 0 where the benchmark stood still."""
    beta, _ = _regress(state, bar, int(params[0]))
    out[0] = beta


@kernel("alpha", benchmark=True, period=252, size=lambda p: _RINGS + 2 * int(p[0]), warmup=lambda p: int(p[0]) + 1)
@cell
def alpha_to_market(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Mean return of the name less beta times that of the benchmark, a bar, as a fraction (0.001: a tenth of a percent
    a bar), without a riskless rate. Michael Jensen (1968)."""
    _, alpha = _regress(state, bar, int(params[0]))
    out[0] = alpha
