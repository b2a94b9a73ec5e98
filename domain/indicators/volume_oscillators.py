"""Oscillators of volume with a sign: Chaikin's and Klinger's.

Contract: kernels `cho` and `kvo`. `cho` is TA-Lib's ADOSC. `kvo` follows the code its author published: the volume
force is volume * |2 dm / cm - 1| * trend * 100, as in the builder's live program (its backtester reads the brackets as
|2 (dm / cm - 1)|). A bar without volume adds no force, a bar without range leaves the line where it is.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.means import ema, ema_size
from domain.indicators.cells.numbers import NAN
from domain.indicators.cells.rings import counted, counted_size, previous, previous_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, VOLUME, kernel

EMA = ema_size()
PREVIOUS = previous_size()
COUNTED = counted_size()


@kernel("cho", fast=3, slow=10, size=lambda p: COUNTED + 3, warmup=lambda p: int(p.max()))
@cell
def chaikin(state: Array, bar: Array, params: Array, out: Array) -> None:
    """EMA fast - EMA slow of the accumulation/distribution line, both started from its first value. Marc Chaikin.
    TA-Lib ADOSC."""
    count = counted(state, 0)
    reach = bar[HIGH] - bar[LOW]
    if reach > 0.0:
        state[1] += ((bar[CLOSE] - bar[LOW]) - (bar[HIGH] - bar[CLOSE])) / reach * bar[VOLUME]
    if count == 1.0:
        state[2] = state[1]
        state[3] = state[1]
    state[2] += 2.0 / (params[0] + 1.0) * (state[1] - state[2])
    state[3] += 2.0 / (params[1] + 1.0) * (state[1] - state[3])
    out[0] = state[2] - state[3] if count >= max(params[0], params[1]) else NAN


@kernel(
    "kvo",
    outputs=("value", "signal"),
    fast=34,
    slow=55,
    signal=13,
    size=lambda p: 2 * PREVIOUS + 2 + 3 * EMA,
    warmup=lambda p: int(max(p[0], p[1])) + 1,
)
@cell
def klinger(state: Array, bar: Array, params: Array, out: Array) -> None:
    """EMA fast - EMA slow of the volume force, signal = its EMA, `signal` - 1 bars later. Trend is 1 where high + low +
    close has risen, else -1; dm = high - low; cm sums dm while the trend lasts and starts from the dm of the bar
    before. Stephen Klinger, Stocks & Commodities 15:12 (1997). EMAs seeded as everywhere here, with a plain mean."""
    trend_at = 2 * PREVIOUS
    emas = trend_at + 2
    price = bar[HIGH] + bar[LOW] + bar[CLOSE]
    reach = bar[HIGH] - bar[LOW]
    price_before = previous(state, 0, price)
    reach_before = previous(state, PREVIOUS, reach)
    force = NAN
    if not np.isnan(price_before):
        trend = 1.0 if price > price_before else -1.0
        if trend != state[trend_at]:
            state[trend_at + 1] = reach_before
        state[trend_at] = trend
        state[trend_at + 1] += reach
        force = 0.0
        if state[trend_at + 1] > 0.0:
            force = bar[VOLUME] * abs(2.0 * (reach / state[trend_at + 1]) - 1.0) * trend * 100.0
    value = ema(state, emas, force, int(params[0])) - ema(state, emas + EMA, force, int(params[1]))
    out[0] = value
    out[1] = ema(state, emas + 2 * EMA, value, int(params[2]))
