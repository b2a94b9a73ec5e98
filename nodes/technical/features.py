"""The technical feature sheet: RSI, MACD, Bollinger, moving averages, Fibonacci of the last swing, volume. Pure.

Contract: indicators are TA-Lib's on daily bars; weeks and months are made of the same bars. What there are too few bars
for is None, never extrapolated. `sheet` needs `MIN_BARS`; below that there is nothing to read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import talib

from nodes.technical.bars import Array, Series, monthly, weekly

MIN_BARS = 40  # MACD(12, 26, 9) speaks from bar 34 on
SWING_BARS = 120
FIBONACCI = (0.236, 0.382, 0.5, 0.618, 0.786)
AVERAGES = (5, 10, 20)


@dataclass(frozen=True, slots=True)
class Bands:
    """Bollinger(20, 2σ)."""

    lower: float
    middle: float
    upper: float


@dataclass(frozen=True, slots=True)
class Swing:
    """The last swing inside SWING_BARS and its retracement prices, in the order of FIBONACCI."""

    low: float
    high: float
    rising: bool  # the high came after the low
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that is read off one name's chart; prices in won as float, `volume_ratio` against 20 sessions."""

    close: float
    rsi: float
    macd: float
    macd_signal: float
    macd_histogram: float
    bands: Bands
    averages: tuple[float | None, ...]  # daily, as AVERAGES
    weekly_averages: tuple[float | None, ...]
    monthly_averages: tuple[float | None, ...]
    swing: Swing
    volume_ratio: float | None
    change_20: float  # return over 20 sessions


def sheet(daily: Series) -> Sheet | None:
    """None below MIN_BARS."""
    if len(daily) < MIN_BARS:
        return None
    close = daily.close
    macd, signal, histogram = talib.MACD(close, fastperiod=12, slowperiod=26, signalperiod=9)
    upper, middle, lower = talib.BBANDS(close, timeperiod=20, nbdevup=2.0, nbdevdn=2.0)
    return Sheet(
        close=float(close[-1]),
        rsi=float(talib.RSI(close, timeperiod=14)[-1]),
        macd=float(macd[-1]),
        macd_signal=float(signal[-1]),
        macd_histogram=float(histogram[-1]),
        bands=Bands(float(lower[-1]), float(middle[-1]), float(upper[-1])),
        averages=_averages(close),
        weekly_averages=_averages(weekly(daily).close),
        monthly_averages=_averages(monthly(daily).close),
        swing=_swing(daily),
        volume_ratio=_volume_ratio(daily.volume),
        change_20=float(close[-1] / close[-21] - 1.0),
    )


def _averages(close: Array) -> tuple[float | None, ...]:
    return tuple(float(close[-span:].mean()) if len(close) >= span else None for span in AVERAGES)


def _volume_ratio(volume: Array) -> float | None:
    usual = float(volume[-21:-1].mean())
    return float(volume[-1]) / usual if usual > 0 else None


def _swing(daily: Series) -> Swing:
    high, low = daily.high[-SWING_BARS:], daily.low[-SWING_BARS:]
    top, bottom = int(np.argmax(high)), int(np.argmin(low))
    highest, lowest = float(high[top]), float(low[bottom])
    rising = top > bottom
    span = highest - lowest
    levels = tuple(highest - span * part if rising else lowest + span * part for part in FIBONACCI)
    return Swing(lowest, highest, rising, levels)
