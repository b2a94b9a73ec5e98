"""Price and volume together: flows, force and volume-weighted means.

Contract: kernels `obv`, `ad`, `adl`, `cmf`, `mfi`, `force`, `vwma` with TA-Lib's values, and `vwap` and `eom`. Volume
is in shares. Sums of won times shares are exact while they stay under 2^53. A bar without a range moves no money in or
out; a window without volume has no volume-weighted mean (NaN), and its flows are 0 as in TA-Lib.
"""

from __future__ import annotations

import numpy as np

from domain.indicators.cells.means import ema, ema_size, sma, sma_size, total, total_size
from domain.indicators.cells.rings import counted_size, previous, previous_size
from domain.indicators.cells.spreads import ratio
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, VOLUME, kernel

BEFORE = previous_size()


@kernel("obv", size=lambda p: BEFORE + 1, warmup=lambda p: 1)
@cell
def on_balance_volume(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Volume added on a rise of the close and taken off on a fall, from the first bar's volume on. Joseph Granville
    (1963). TA-Lib OBV."""
    before = previous(state, 0, bar[CLOSE])
    if np.isnan(before) or bar[CLOSE] > before:
        state[BEFORE] += bar[VOLUME]
    elif bar[CLOSE] < before:
        state[BEFORE] -= bar[VOLUME]
    out[0] = state[BEFORE]


@cell
def _flow(bar: Array) -> float:
    """Volume, signed by where in its range the bar closed: all of it at the high, minus all of it at the low."""
    span = bar[HIGH] - bar[LOW]
    if span <= 0.0:
        return 0.0
    return float(((bar[CLOSE] - bar[LOW]) - (bar[HIGH] - bar[CLOSE])) / span * bar[VOLUME])


@cell
def accumulation(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Running sum of volume ((close - low) - (high - close)) / (high - low). Marc Chaikin. TA-Lib AD. `ad` and `adl`
    are one line: the official backtester computes the same for both."""
    state[0] += _flow(bar)
    out[0] = state[0]


kernel("ad", size=lambda p: counted_size(), warmup=lambda p: 1)(accumulation)
kernel("adl", size=lambda p: counted_size(), warmup=lambda p: 1)(accumulation)


@kernel("cmf", period=20, size=lambda p: 2 * total_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def chaikin_money_flow(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Sum of the flows of `ad` over the sum of volume, `period` bars, -1 … 1. Marc Chaikin. TA-Lib CMF."""
    n = int(params[0])
    flows = total(state, 0, _flow(bar), n)
    volume = total(state, 3 + n, bar[VOLUME], n)
    out[0] = flows / volume if volume != 0.0 else 0.0


@kernel("mfi", period=14, size=lambda p: BEFORE + 2 * total_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def money_flow_index(state: Array, bar: Array, params: Array, out: Array) -> None:
    """100 up / (up + down), where up and down sum typical price times volume of the bars whose typical price (high +
    low + close) / 3 rose or fell. Gene Quong and Avrum Soudack (1989). TA-Lib MFI; 0 where no money moved."""
    n = int(params[0])
    typical = bar[HIGH] + bar[LOW] + bar[CLOSE]  # thrice: a third of a won would not sum exactly
    move = typical - previous(state, 0, typical)
    money = typical * bar[VOLUME] + 0.0 * move  # NaN at the first bar, which has not moved
    up = total(state, BEFORE, money if move > 0.0 else 0.0 * money, n)
    down = total(state, BEFORE + 3 + n, money if move < 0.0 else 0.0 * money, n)
    out[0] = 100.0 * up / (up + down) if up + down != 0.0 else 0.0


@kernel("force", period=13, size=lambda p: BEFORE + ema_size(), warmup=lambda p: int(p[0]) + 1)
@cell
def force_index(state: Array, bar: Array, params: Array, out: Array) -> None:
    """EMA of (close - close before) volume. Alexander Elder, Trading for a Living (1993). TA-Lib EFI."""
    push = (bar[CLOSE] - previous(state, 0, bar[CLOSE])) * bar[VOLUME]
    out[0] = ema(state, BEFORE, push, int(params[0]))


@kernel("vwma", period=20, size=lambda p: 2 * total_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def volume_weighted_mean(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Mean of the close over `period` bars, weighted by volume. TA-Lib VWMA."""
    n = int(params[0])
    paid = total(state, 0, bar[CLOSE] * bar[VOLUME], n)
    out[0] = ratio(paid, total(state, 3 + n, bar[VOLUME], n))


@kernel("vwap", period=14, size=lambda p: 2 * total_size(int(p[0])), warmup=lambda p: int(p[0]))
@cell
def volume_weighted_price(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Mean of the typical price (high + low + close) / 3 over the last `period` bars, weighted by volume. It rolls; the
    VWAP of a trading day is this with as many bars as the day has."""
    n = int(params[0])
    paid = total(state, 0, (bar[HIGH] + bar[LOW] + bar[CLOSE]) * bar[VOLUME], n)
    out[0] = ratio(paid, 3.0 * total(state, 3 + n, bar[VOLUME], n))


@kernel("eom", period=14, scale=10000.0, size=lambda p: BEFORE + sma_size(int(p[0])), warmup=lambda p: int(p[0]) + 1)
@cell
def ease_of_movement(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Mean over `period` bars of (middle - middle before) (high - low) scale / volume, middle = (high + low) / 2: how
    far the price went a share. Richard Arms. A bar without volume moved nothing with ease: 0."""
    middle = (bar[HIGH] + bar[LOW]) / 2.0
    move = (middle - previous(state, 0, middle)) * (bar[HIGH] - bar[LOW]) * params[1]
    ease = move / bar[VOLUME] if bar[VOLUME] > 0.0 else 0.0 * move
    out[0] = sma(state, BEFORE, ease, int(params[0]))
