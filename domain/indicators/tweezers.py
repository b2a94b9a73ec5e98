"""Tweezers: the candlestick pattern that TA-Lib does not have, from the textbook, measured in TA-Lib's own way.

Contract: two candles beside each other reach the same extreme and close against each other. Top: a white candle, then a
black one, highs equal: bearish. Bottom: a black candle, then a white one, lows equal: bullish. Equal is TA-Lib's candle
setting of that name: not further apart than a twentieth of the mean range of the five candles before the second.
Like TA-Lib's patterns it does not look for a trend before; a strategy asks for that itself.
Source: S. Nison, Japanese Candlestick Charting Techniques, tweezers tops and bottoms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
Signals = NDArray[np.int32]

EQUAL_PERIOD = 5
EQUAL_FACTOR = 0.05
LOOKBACK = EQUAL_PERIOD + 1
"""Candles before the last that decide: the five ranges end one before the second candle, the first is among them. One
more is asked for, so that the pattern starts where TA-Lib's own patterns of equal prices start (matching low: 6)."""


def tweezer_top(open_: Column, high: Column, low: Column, close: Column) -> Signals:
    """-100 where the second candle of a tweezers top closes, else 0. Columns float64[n] in won → int32[n]."""
    return -100 * _tweezers(open_, high, low, close, high, close - open_)


def tweezer_bottom(open_: Column, high: Column, low: Column, close: Column) -> Signals:
    """100 where the second candle of a tweezers bottom closes, else 0."""
    return 100 * _tweezers(open_, high, low, close, low, open_ - close)


def _tweezers(open_: Column, high: Column, low: Column, close: Column, tip: Column, body: Column) -> Signals:
    """1 where two tips are equal and the bodies stand against each other, the first one positive."""
    found = np.zeros(len(close), dtype=np.int32)
    if len(close) <= LOOKBACK:
        return found
    ranges = np.lib.stride_tricks.sliding_window_view(high - low, EQUAL_PERIOD).sum(axis=1)
    nearness = EQUAL_FACTOR * ranges[1:-1] / EQUAL_PERIOD
    equal = np.abs(tip[LOOKBACK:] - tip[LOOKBACK - 1 : -1]) <= nearness
    against = (body[LOOKBACK - 1 : -1] > 0.0) & (body[LOOKBACK:] < 0.0)
    found[LOOKBACK:] = equal & against
    return found
