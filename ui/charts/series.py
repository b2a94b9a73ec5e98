"""The lines of a price chart over the bars that are shown, from more bars than are shown. Pure.

Contract: indicators are TA-Lib's, computed on everything loaded, so that the first bar shown has its averages too;
where one has no value yet there is None. Prices round to won, other lines to one decimal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import talib
from numpy.typing import NDArray

from domain.bars import Bars
from domain.strategy.timing import day_of
from nodes.technical.features import Array
from nodes.technical.levels import FIBONACCI

AVERAGES = (5, 10, 20, 60)
Line = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Columns over the bars shown, oldest first; prices int won, volume shares."""

    days: tuple[date, ...]
    open: tuple[int, ...]
    high: tuple[int, ...]
    low: tuple[int, ...]
    close: tuple[int, ...]
    volume: tuple[int, ...]
    averages: dict[int, Line]
    band_upper: Line
    band_lower: Line
    macd: Line
    macd_signal: Line
    macd_histogram: Line
    rsi: Line


@dataclass(frozen=True, slots=True)
class Level:
    """A Fibonacci retracement of the range shown: its part and its price in won."""

    part: float
    price: int


def lines(bars: Bars, shown: int) -> Lines:
    """The newest `shown` bars of at least two."""
    close = bars.close.astype(np.float64)
    macd, signal, histogram = talib.MACD(close, fastperiod=12, slowperiod=26, signalperiod=9)
    upper, _, lower = talib.BBANDS(close, timeperiod=20, nbdevup=2.0, nbdevdn=2.0)

    def prices(column: NDArray[np.int64]) -> tuple[int, ...]:
        return tuple(int(value) for value in column[-shown:])

    def line(column: Array, decimals: int = 0) -> Line:
        return tuple(None if np.isnan(value) else round(float(value), decimals) for value in column[-shown:])

    return Lines(
        days=tuple(day_of(int(end)) for end in bars.time[-shown:]),
        open=prices(bars.open),
        high=prices(bars.high),
        low=prices(bars.low),
        close=prices(bars.close),
        volume=prices(bars.volume),
        averages={span: line(_average(close, span)) for span in AVERAGES},
        band_upper=line(upper),
        band_lower=line(lower),
        macd=line(macd, 1),
        macd_signal=line(signal, 1),
        macd_histogram=line(histogram, 1),
        rsi=line(talib.RSI(close, timeperiod=14), 1),
    )


def fibonacci(shown: Lines) -> list[Level]:
    """From the start of the range's last swing (100%) to its end (0%); none for a range without width."""
    top, bottom = max(shown.high), min(shown.low)
    if top <= bottom:
        return []
    rising = _last(shown.high, top) > _last(shown.low, bottom)
    start, end = (bottom, top) if rising else (top, bottom)
    return [Level(part, round(end + (start - end) * part)) for part in (0.0, *FIBONACCI, 1.0)]


def has_values(line: Line) -> bool:
    return any(value is not None for value in line)


def _average(close: Array, span: int) -> Array:
    average: Callable[..., Array] = talib.SMA
    return average(close, timeperiod=span)


def _last(column: tuple[int, ...], value: int) -> int:
    return max(at for at, each in enumerate(column) if each == value)
