"""Stops that follow the price: parabolic SAR and SuperTrend.

Contract: kernels `sar`, `supertrend`, in won; values, first direction and warm-up are TA-Lib's. The value of a bar is
the level that this bar ended with: under the price in a rise, over it in a fall.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.means import wilder, wilder_size
from domain.indicators.cells.spreads import true_range, true_range_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

RANGE = true_range_size()
BAND = RANGE + wilder_size()

_BARS, _RISING, _LEVEL, _TIP, _SPEED, _HIGH, _LOW = range(7)


@kernel("sar", af_start=0.02, af_step=0.02, af_max=0.2, size=lambda p: 7, warmup=lambda p: 2)
@cell
def parabolic_sar(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Level + speed (extreme - level), never inside the last two bars; touched, it turns and starts again from the
    extreme. Speed starts at `af_start` and grows by `af_step` with each new extreme up to `af_max`. First direction:
    down if the second bar's low fell further than its high rose. Wilder (1978). TA-Lib SAR where start and step are
    equal, SAREXT (without its sign) where they are not."""
    high, low = bar[HIGH], bar[LOW]
    fastest = params[2]
    start = min(params[0], fastest)
    grow = min(params[1], fastest)
    out[0] = np.nan
    if state[_BARS] == 0.0:
        state[_BARS] = 1.0
        state[_HIGH] = high
        state[_LOW] = low
        return
    if state[_BARS] == 1.0:
        state[_BARS] = 2.0
        fall = state[_LOW] - low
        rising = not (fall > 0.0 and fall > high - state[_HIGH])
        state[_RISING] = 1.0 if rising else 0.0
        state[_LEVEL] = state[_LOW] if rising else state[_HIGH]
        state[_TIP] = high if rising else low
        state[_SPEED] = start
        state[_HIGH] = high
        state[_LOW] = low
    # One case for both directions: in a fall everything is turned upside down.
    sign = 1.0 if state[_RISING] == 1.0 else -1.0
    level = state[_LEVEL] * sign
    tip = state[_TIP] * sign
    near = low if sign > 0.0 else -high
    far = high if sign > 0.0 else -low
    near_before = state[_LOW] if sign > 0.0 else -state[_HIGH]
    far_before = state[_HIGH] if sign > 0.0 else -state[_LOW]
    if near <= level:
        level = max(tip, far_before, far)
        out[0] = level * sign
        state[_RISING] = 1.0 - state[_RISING]
        tip = near
        state[_SPEED] = start
        level = max(level + start * (tip - level), far_before, far)
    else:
        out[0] = level * sign
        if far > tip:
            tip = far
            state[_SPEED] = min(state[_SPEED] + grow, fastest)
        level = min(level + state[_SPEED] * (tip - level), near_before, near)
    state[_LEVEL] = level * sign
    state[_TIP] = tip * sign
    state[_HIGH] = high
    state[_LOW] = low


@kernel("supertrend", period=10, multiplier=3.0, size=lambda p: BAND + 5, warmup=lambda p: int(p[0]) + 1)
@cell
def supertrend(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Bands at (high + low) / 2 ± multiplier ATR that only draw nearer, until a close beyond frees them; the line is
    the lower band in a rise, the upper one in a fall, and a close through it turns the trend. Starts rising. Olivier
    Seban. TA-Lib SUPERTREND."""
    # After the ATR: started, upper, lower, rising, close before.
    at = BAND
    close = bar[CLOSE]
    swing = true_range(state, 0, bar[HIGH], bar[LOW], close)
    away = params[1] * wilder(state, RANGE, swing, int(params[0]))
    out[0] = np.nan
    if np.isnan(away):
        return
    middle = (bar[HIGH] + bar[LOW]) / 2.0
    upper = middle + away
    lower = middle - away
    if state[at] == 0.0:
        state[at] = 1.0
        state[at + 1] = upper
        state[at + 2] = lower
        state[at + 3] = 1.0
    else:
        before = state[at + 4]
        if upper < state[at + 1] or before > state[at + 1]:
            state[at + 1] = upper
        if lower > state[at + 2] or before < state[at + 2]:
            state[at + 2] = lower
        if state[at + 3] == 1.0:
            if close < state[at + 2]:
                state[at + 3] = 0.0
        elif close > state[at + 1]:
            state[at + 3] = 1.0
    state[at + 4] = close
    out[0] = state[at + 2] if state[at + 3] == 1.0 else state[at + 1]
