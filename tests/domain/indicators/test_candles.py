"""Candlestick patterns: every id is there, is found where the textbook draws it, and says live what history says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from indicator_walks import halted, real, still

from domain.indicators import candles
from domain.indicators.compiled import Array
from domain.tables import table

QUIET = [(10_000, 10_050, 9_990, 10_040), (10_040, 10_050, 9_990, 10_000)] * 7
"""Bodies of 40 won and ranges of 60: over 40 is long, under 6 is a very short shadow, 3 apart is equal."""

Drawing = list[tuple[int, int, int, int]]

WHITE_TALL = (10_000, 10_105, 9_995, 10_100)
DRAWINGS: dict[str, tuple[int, Drawing]] = {
    "opening_marubozu": (1, [(10_000, 10_120, 10_000, 10_080)]),
    "tweezer_top": (-1, [(10_000, 10_100, 9_990, 10_080), (10_070, 10_102, 10_000, 10_010)]),
    "matching_high": (-1, [(10_000, 10_090, 9_995, 10_080), (10_050, 10_085, 10_040, 10_080)]),
    "meeting_lines": (1, [(10_100, 10_105, 10_015, 10_020), (9_940, 10_025, 9_935, 10_020)]),
    "side_by_side_white_lines": (
        1,
        [(10_000, 10_050, 9_990, 10_040), (10_080, 10_125, 10_075, 10_120), (10_081, 10_123, 10_076, 10_119)],
    ),
    "deliberation": (
        -1,
        [(10_000, 10_065, 9_995, 10_060), (10_050, 10_132, 10_045, 10_130), (10_125, 10_145, 10_120, 10_140)],
    ),
    "upside_tasuki_gap": (
        1,
        [(10_000, 10_045, 9_995, 10_040), (10_080, 10_125, 10_075, 10_120), (10_110, 10_115, 10_060, 10_065)],
    ),
    "upside_gap_two_crows": (-1, [WHITE_TALL, (10_140, 10_145, 10_115, 10_120), (10_150, 10_155, 10_108, 10_110)]),
    "two_crows": (-1, [WHITE_TALL, (10_140, 10_145, 10_115, 10_120), (10_130, 10_135, 10_055, 10_060)]),
    "three_stars_in_south": (
        1,
        [(10_100, 10_103, 9_960, 10_040), (10_070, 10_072, 9_980, 10_030), (10_020, 10_021, 9_999, 10_000)],
    ),
    "concealing_baby_swallow": (
        1,
        [
            (10_100, 10_100, 10_000, 10_000),
            (10_010, 10_010, 9_910, 9_910),
            (9_890, 9_950, 9_868, 9_870),
            (9_960, 9_962, 9_848, 9_850),
        ],
    ),
    "ladder_bottom": (
        1,
        [
            (10_100, 10_103, 10_048, 10_050),
            (10_060, 10_063, 10_008, 10_010),
            (10_020, 10_023, 9_968, 9_970),
            (9_980, 10_000, 9_948, 9_950),
            (9_990, 10_025, 9_985, 10_020),
        ],
    ),
    "breakaway": (
        1,
        [
            (10_100, 10_105, 9_995, 10_000),
            (9_970, 9_975, 9_945, 9_950),
            (9_955, 9_960, 9_930, 9_935),
            (9_940, 9_945, 9_915, 9_920),
            (9_925, 9_990, 9_920, 9_985),
        ],
    ),
    "rising_three_methods": (
        1,
        [
            WHITE_TALL,
            (10_090, 10_095, 10_065, 10_070),
            (10_075, 10_080, 10_050, 10_055),
            (10_060, 10_065, 10_035, 10_040),
            (10_050, 10_125, 10_045, 10_120),
        ],
    ),
    "mat_hold": (
        1,
        [
            WHITE_TALL,
            (10_130, 10_133, 10_112, 10_115),
            (10_110, 10_112, 10_085, 10_090),
            (10_095, 10_097, 10_070, 10_075),
            (10_085, 10_155, 10_080, 10_150),
        ],
    ),
}
MIRRORED = {
    "opening_marubozu": "opening_marubozu",
    "tweezer_top": "tweezer_bottom",
    "matching_high": "matching_low",
    "meeting_lines": "meeting_lines",
    "upside_tasuki_gap": "downside_tasuki_gap",
    "rising_three_methods": "falling_three_methods",
    "breakaway": "breakaway",
}
"""What the same drawing is upside down."""

ONE_WAY = {
    1: "doji dragonfly_doji gravestone_doji long_legged_doji rickshaw_man hammer inverted_hammer piercing "
    "tweezer_bottom matching_low homing_pigeon morning_star morning_doji_star three_white_soldiers "
    "three_stars_in_south upside_tasuki_gap unique_three_river stick_sandwich concealing_baby_swallow mat_hold "
    "rising_three_methods ladder_bottom",
    -1: "hanging_man shooting_star dark_cloud_cover tweezer_top on_neck in_neck thrusting matching_high evening_star "
    "evening_doji_star three_black_crows identical_three_crows advance_block stalled_pattern deliberation "
    "downside_tasuki_gap upside_gap_two_crows two_crows falling_three_methods",
}
"""Ids that ever give one sign alone."""


def _bars(drawing: Drawing) -> Array:
    return np.array([(*candle, 1_000) for candle in [*QUIET, *drawing]], dtype=np.float64)


def _upside_down(bars: Array, about: int = 20_000) -> Array:
    turned = about - bars
    turned[:, [1, 2]] = turned[:, [2, 1]]
    return turned


def _busy(seed: int, length: int) -> Array:
    """Candles that patterns are made of: equal prices, gaps, dojis, long bodies without shadows."""
    random = np.random.default_rng(seed)
    body = random.choice([0, 0, 1, 2, 3, 8, 12, 20, 30], length) * random.choice([-1, 1], length)
    gap = np.where(random.random(length) < 0.55, 0, random.choice([-25, -12, -6, -3, -1, 1, 3, 6, 12, 25], length))
    origin = random.integers(0, 3, length)
    bars = np.full((length, 5), 1_000.0)
    open_ = close = 100_000
    for i in range(length):
        open_ = int((close, open_, (open_ + close) // 2)[origin[i]] + gap[i])
        close = int(open_ + body[i])
        bars[i, 0], bars[i, 3] = open_, close
    above, below = (random.choice([0, 0, 0, 0, 1, 2, 5, 15, 40], length) for _ in range(2))
    bars[:, 1] = np.maximum(bars[:, 0], bars[:, 3]) + above
    bars[:, 2] = np.minimum(bars[:, 0], bars[:, 3]) - below
    return bars


def test_every_id_of_the_strategy_file_has_a_pattern_and_no_other() -> None:
    listed = table("indicators")
    names = listed["candlestick_names"] if "candlestick_names" in listed else listed["candlesticks"]
    assert set(candles.PATTERNS) == set(names)
    assert len(candles.PATTERNS) == 66


@pytest.mark.parametrize("id_", DRAWINGS)
def test_a_pattern_is_found_where_the_textbook_draws_it(id_: str) -> None:
    sign, drawing = DRAWINGS[id_]
    bars = _bars(drawing)
    found = candles.history(id_, bars)
    assert found[-1] == sign
    assert candles.at_end(id_, bars[-candles.lookback(id_) - 1 :]) == sign
    if id_ in MIRRORED:
        assert candles.history(MIRRORED[id_], _upside_down(bars))[-1] == -sign


def test_both_halves_of_a_pattern_are_told_apart() -> None:
    for whole, up, down, drawn in (
        ("tasuki_gap", "upside_tasuki_gap", "downside_tasuki_gap", "upside_tasuki_gap"),
        ("rising_three_methods", "rising_three_methods", "falling_three_methods", "rising_three_methods"),
    ):
        bars = _bars(DRAWINGS[drawn][1])
        assert [candles.history(id_, bars)[-1] for id_ in (whole, up, down)] == [1, 1, 0]


def test_highs_a_little_too_far_apart_are_no_tweezers() -> None:
    _, (first, second) = DRAWINGS["tweezer_top"]
    # Five ranges before the second candle: 60 four times and 110; a twentieth of their mean is 3.5 won.
    for apart, sign in ((3, -1), (4, 0)):
        bars = _bars([first, (second[0], first[1] + apart, second[2], second[3])])
        assert candles.history("tweezer_top", bars)[-1] == sign


@pytest.mark.parametrize("id_", candles.PATTERNS)
def test_a_window_says_what_history_says_at_every_bar(id_: str) -> None:
    length = candles.lookback(id_) + 1
    for bars in (
        _busy(51, 150),
        _busy(52, 150) * 7.0,
        _bars(DRAWINGS.get(id_, (0, []))[1]),
        still(30),
        halted(53, 30, 60),
    ):
        found = candles.history(id_, bars)
        assert found.dtype == np.int8
        assert len(found) == len(bars)
        live = [candles.at_end(id_, bars[max(0, t + 1 - length) : t + 1]) for t in range(len(bars))]
        assert live == found.tolist()


@pytest.mark.parametrize("id_", candles.PATTERNS)
def test_a_window_says_what_history_says_on_a_real_name(id_: str, shared_dir: Path) -> None:
    bars = real(shared_dir)[:120]
    length = candles.lookback(id_) + 1
    live = [candles.at_end(id_, bars[max(0, t + 1 - length) : t + 1]) for t in range(len(bars))]
    assert live == candles.history(id_, bars).tolist()


def test_every_pattern_is_met_and_points_only_its_own_way() -> None:
    bars = np.concatenate([_busy(54, 20_000), *(_bars(drawing) for _, drawing in DRAWINGS.values())])
    bars = np.concatenate([bars, _upside_down(bars, 300_000)])
    seen = {id_: set(candles.history(id_, bars).tolist()) - {0} for id_ in candles.PATTERNS}
    for sign, names in ONE_WAY.items():
        for id_ in names.split():
            assert seen.pop(id_) == {sign}, id_
    for id_, signs in seen.items():
        assert signs == {1, -1}, id_


def test_a_beginning_too_short_for_a_pattern_has_none_and_a_window_too_long_is_refused() -> None:
    bars = _busy(55, 30)
    assert candles.history("doji", bars[:5]).tolist() == [0] * 5
    assert candles.history("doji", bars[:0]).tolist() == []
    assert candles.at_end("doji", bars[:3]) == 0
    with pytest.raises(ValueError, match="expected at most 11 bars for doji, was 12"):
        candles.at_end("doji", bars[:12])
    with pytest.raises(ValueError, match="expected a candlestick pattern, was dojo"):
        candles.lookback("dojo")
