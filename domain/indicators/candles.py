"""Candlestick patterns by the ids of the strategy file: TA-Lib's functions, over all history or on one short window.

Contract: a pattern looks at `lookback` bars and the one after them, never at a later bar. `history` answers for every
bar, `at_end` for the last bar of a window of `lookback + 1` bars, and the two are the same number: prices are whole
won, so the running sums inside TA-Lib are exact and do not depend on where they began. +1 bullish, -1 bearish, 0 none.
TA-Lib gives a pattern without a direction (every doji of one candle, rickshaw man) a plus: read +1 there as "detected".
Patterns look for no trend before them, as TA-Lib's do not. Does not know aliases or conditions.

Names that TA-Lib does not have:
- deliberation is another name of the stalled pattern, meeting lines of the counterattack, side by side white lines of
  the gap side by side white, and an opening marubozu is the candle TA-Lib calls belt hold (long, no shadow where it
  opens);
- upside and downside tasuki gap, rising and falling three methods are the two halves of one TA-Lib function each;
- matching high is matching low seen upside down; tweezers are written in `tweezers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import talib
from numpy.typing import NDArray
from talib import abstract

from domain.indicators import tweezers

Bars = NDArray[np.float64]
Detector = Callable[..., NDArray[np.int32]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """`detect` takes open, high, low, close and gives a signed int32 a bar. `only`: the one sign that counts, 0 for
    both. `mirrored`: detect on prices turned upside down and turn the sign back."""

    detect: Detector
    lookback: int
    only: int = 0
    mirrored: bool = False


def _ta(name: str, only: int = 0, *, mirrored: bool = False) -> Pattern:
    lookback = int(abstract.Function(name).lookback)  # type: ignore[attr-defined]
    return Pattern(getattr(talib, name), lookback, only, mirrored)


PATTERNS: Mapping[str, Pattern] = {
    # One candle
    "doji": _ta("CDLDOJI"),
    "dragonfly_doji": _ta("CDLDRAGONFLYDOJI"),
    "gravestone_doji": _ta("CDLGRAVESTONEDOJI"),
    "long_legged_doji": _ta("CDLLONGLEGGEDDOJI"),
    "rickshaw_man": _ta("CDLRICKSHAWMAN"),
    "hammer": _ta("CDLHAMMER"),
    "hanging_man": _ta("CDLHANGINGMAN"),
    "inverted_hammer": _ta("CDLINVERTEDHAMMER"),
    "shooting_star": _ta("CDLSHOOTINGSTAR"),
    "marubozu": _ta("CDLMARUBOZU"),
    "closing_marubozu": _ta("CDLCLOSINGMARUBOZU"),
    "opening_marubozu": _ta("CDLBELTHOLD"),
    "belt_hold": _ta("CDLBELTHOLD"),
    "spinning_top": _ta("CDLSPINNINGTOP"),
    "high_wave": _ta("CDLHIGHWAVE"),
    # Two candles
    "engulfing": _ta("CDLENGULFING"),
    "harami": _ta("CDLHARAMI"),
    "harami_cross": _ta("CDLHARAMICROSS"),
    "piercing": _ta("CDLPIERCING"),
    "dark_cloud_cover": _ta("CDLDARKCLOUDCOVER"),
    "counterattack": _ta("CDLCOUNTERATTACK"),
    "meeting_lines": _ta("CDLCOUNTERATTACK"),
    "tweezer_top": Pattern(tweezers.tweezer_top, tweezers.LOOKBACK),
    "tweezer_bottom": Pattern(tweezers.tweezer_bottom, tweezers.LOOKBACK),
    "on_neck": _ta("CDLONNECK"),
    "in_neck": _ta("CDLINNECK"),
    "thrusting": _ta("CDLTHRUSTING"),
    "separating_lines": _ta("CDLSEPARATINGLINES"),
    "kicking": _ta("CDLKICKING"),
    "kicking_by_length": _ta("CDLKICKINGBYLENGTH"),
    "matching_low": _ta("CDLMATCHINGLOW"),
    "matching_high": _ta("CDLMATCHINGLOW", mirrored=True),
    "homing_pigeon": _ta("CDLHOMINGPIGEON"),
    "dojistar": _ta("CDLDOJISTAR"),
    # Three candles
    "gap_side_by_side_white": _ta("CDLGAPSIDESIDEWHITE"),
    "side_by_side_white_lines": _ta("CDLGAPSIDESIDEWHITE"),
    "morning_star": _ta("CDLMORNINGSTAR"),
    "morning_doji_star": _ta("CDLMORNINGDOJISTAR"),
    "evening_star": _ta("CDLEVENINGSTAR"),
    "evening_doji_star": _ta("CDLEVENINGDOJISTAR"),
    "three_white_soldiers": _ta("CDL3WHITESOLDIERS"),
    "three_black_crows": _ta("CDL3BLACKCROWS"),
    "identical_three_crows": _ta("CDLIDENTICAL3CROWS"),
    "three_inside": _ta("CDL3INSIDE"),
    "three_outside": _ta("CDL3OUTSIDE"),
    "three_stars_in_south": _ta("CDL3STARSINSOUTH"),
    "abandoned_baby": _ta("CDLABANDONEDBABY"),
    "advance_block": _ta("CDLADVANCEBLOCK"),
    "stalled_pattern": _ta("CDLSTALLEDPATTERN"),
    "deliberation": _ta("CDLSTALLEDPATTERN"),
    "tasuki_gap": _ta("CDLTASUKIGAP"),
    "upside_tasuki_gap": _ta("CDLTASUKIGAP", only=1),
    "downside_tasuki_gap": _ta("CDLTASUKIGAP", only=-1),
    "upside_gap_two_crows": _ta("CDLUPSIDEGAP2CROWS"),
    "two_crows": _ta("CDL2CROWS"),
    "unique_three_river": _ta("CDLUNIQUE3RIVER"),
    "stick_sandwich": _ta("CDLSTICKSANDWICH"),
    "tristar": _ta("CDLTRISTAR"),
    "up_down_gap_three_methods": _ta("CDLXSIDEGAP3METHODS"),
    # Four and five candles
    "three_line_strike": _ta("CDL3LINESTRIKE"),
    "concealing_baby_swallow": _ta("CDLCONCEALBABYSWALL"),
    "breakaway": _ta("CDLBREAKAWAY"),
    "mat_hold": _ta("CDLMATHOLD"),
    "rising_three_methods": _ta("CDLRISEFALL3METHODS", only=1),
    "falling_three_methods": _ta("CDLRISEFALL3METHODS", only=-1),
    "ladder_bottom": _ta("CDLLADDERBOTTOM"),
}


def lookback(id_: str) -> int:
    """How many bars before the last one the pattern looks at; its window is one longer. ValueError: no such pattern."""
    return _pattern(id_).lookback


def history(id_: str, bars: Bars) -> NDArray[np.int8]:
    """The pattern at every bar. `bars` float64[n, 5] as OPEN … VOLUME in won → int8[n] of +1, -1, 0; the first
    `lookback(id_)` are 0."""
    pattern = _pattern(id_)
    if len(bars) <= pattern.lookback:
        return np.zeros(len(bars), dtype=np.int8)
    return _signs(pattern, bars)


def at_end(id_: str, window: Bars) -> int:
    """The pattern at the last bar of `window` float64[lookback + 1, 5]: what `history` says for that bar. A shorter
    window (the beginning of a series) has no pattern yet; ValueError for a longer one: it would hide what is kept."""
    pattern = _pattern(id_)
    if len(window) > pattern.lookback + 1:
        raise ValueError(f"expected at most {pattern.lookback + 1} bars for {id_}, was {len(window)}")
    if len(window) <= pattern.lookback:
        return 0
    return int(_signs(pattern, window)[-1])


def _pattern(id_: str) -> Pattern:
    found = PATTERNS.get(id_)
    if found is None:
        raise ValueError(f"expected a candlestick pattern, was {id_}")
    return found


def _signs(pattern: Pattern, bars: Bars) -> NDArray[np.int8]:
    open_, high, low, close = (np.ascontiguousarray(bars[:, place]) for place in range(4))
    if pattern.mirrored:
        signs = -np.sign(pattern.detect(-open_, -low, -high, -close))
    else:
        signs = np.sign(pattern.detect(open_, high, low, close))
    if pattern.only:
        signs = np.where(signs == pattern.only, signs, 0)
    return np.asarray(signs, dtype=np.int8)
