"""Bands around the price: Bollinger, Keltner, Donchian, acceleration bands.

Contract: kernels `bollinger`, `keltner`, `donchian`, `accbands`, in won; values, seeds and warm-up are TA-Lib's. On a
flat series the bands lie on the price.
"""

from __future__ import annotations

from domain.indicators.cells.extremes import highest, highest_size, lowest, lowest_size
from domain.indicators.cells.means import ema, ema_size, sma, sma_size, wilder, wilder_size
from domain.indicators.cells.numbers import NOT_NEGATIVE
from domain.indicators.cells.spreads import deviation, deviation_size, true_range, true_range_size
from domain.indicators.compiled import Array, cell
from domain.indicators.kernel import CLOSE, HIGH, LOW, kernel

EMA = ema_size()
RANGE = true_range_size()
BANDS = ("upper", "middle", "lower")


@kernel(
    "bollinger",
    period=20,
    std=2.0,
    outputs=BANDS,
    size=lambda p: sma_size(int(p[0])) + deviation_size(int(p[0])),
    warmup=lambda p: int(p[0]),
)
@cell
def bollinger_bands(state: Array, bar: Array, params: Array, out: Array) -> None:
    """SMA of the close, and `std` population standard deviations above and below. John Bollinger, Bollinger on
    Bollinger Bands (2001). TA-Lib BBANDS with the simple mean."""
    n = int(params[0]) & NOT_NEGATIVE
    middle = sma(state, 0, bar[CLOSE], n)
    away = deviation(state, 3 + n, bar[CLOSE], n) * params[1]
    out[0] = middle + away
    out[1] = middle
    out[2] = middle - away


@kernel(
    "keltner",
    period=20,
    multiplier=2.0,
    outputs=BANDS,
    size=lambda p: EMA + RANGE + wilder_size(),
    warmup=lambda p: int(p[0]) + 1,
)
@cell
def keltner_channels(state: Array, bar: Array, params: Array, out: Array) -> None:
    """EMA of the typical price (high + low + close) / 3, and `multiplier` ATR above and below, both over `period` bars
    and both from the second bar on. Chester Keltner (1960) in Linda Raschke's form. TA-Lib KC with one period for
    both."""
    n = int(params[0])
    swing = true_range(state, EMA, bar[HIGH], bar[LOW], bar[CLOSE])
    away = wilder(state, EMA + RANGE, swing, n) * params[1]
    # NaN at the first bar: TA-Lib starts both means together, where the first true range is.
    middle = ema(state, 0, (bar[HIGH] + bar[LOW] + bar[CLOSE]) / 3.0 + 0.0 * swing, n)
    out[0] = middle + away
    out[1] = middle
    out[2] = middle - away


@kernel(
    "donchian",
    period=20,
    outputs=("upper", "lower"),
    size=lambda p: highest_size(int(p[0])) + lowest_size(int(p[0])),
    warmup=lambda p: int(p[0]),
)
@cell
def donchian_channel(state: Array, bar: Array, params: Array, out: Array) -> None:
    """Highest high and lowest low of the last `period` bars, this bar included: a close cannot break it; compare with
    the bar before for that. Richard Donchian. TA-Lib DONCHIAN."""
    n = int(params[0])
    out[0] = highest(state, 0, bar[HIGH], n)
    out[1] = lowest(state, 3 + 2 * n, bar[LOW], n)


@kernel(
    "accbands",
    period=20,
    width=4.0,
    outputs=BANDS,
    size=lambda p: 3 * sma_size(int(p[0])),
    warmup=lambda p: int(p[0]),
)
@cell
def acceleration_bands(state: Array, bar: Array, params: Array, out: Array) -> None:
    """SMA of high (1 + width r), of the close and of low (1 - width r), r = (high - low) / (high + low). Price Headley,
    Big Trends in Trading (2002). TA-Lib ACCBANDS, where width is 4."""
    n = int(params[0])
    high, low = bar[HIGH], bar[LOW]
    swing = params[1] * (high - low) / (high + low) if high + low != 0.0 else 0.0
    out[0] = sma(state, 0, high * (1.0 + swing), n)
    out[1] = sma(state, 3 + n, bar[CLOSE], n)
    out[2] = sma(state, 6 + 2 * n, low * (1.0 - swing), n)
