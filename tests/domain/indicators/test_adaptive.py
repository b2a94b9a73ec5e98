"""Averages whose weight follows the market: TA-Lib's Kaufman; Chande's and Ehlers's against the definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import talib
from indicator_walks import assert_equal, assert_kept, blended, halted, late, over, real, still, walk, windows

import domain.indicators.adaptive  # noqa: F401 - enters the kernels
from domain.indicators.compiled import Array


def chande(bars: Array, period: int) -> Array:
    close = bars[:, 3]
    steps = windows(np.diff(close), period)
    rises = np.where(steps > 0, steps, 0).sum(axis=1)
    falls = -np.where(steps < 0, steps, 0).sum(axis=1)
    moved = np.where(rises + falls > 0, rises + falls, 1)
    weights = 2 / (period + 1) * np.abs(rises - falls) / moved
    return late(blended(close[period:], weights, close[period - 1]), len(close))


def fractal(bars: Array, period: int) -> Array:
    """For bars whose every half window has a range."""
    half = period // 2
    highs = windows(bars[:, 1], period)
    lows = windows(bars[:, 2], period)
    older = (highs[:, :half].max(axis=1) - lows[:, :half].min(axis=1)) / half
    newer = (highs[:, half:].max(axis=1) - lows[:, half:].min(axis=1)) / half
    whole = (highs.max(axis=1) - lows.min(axis=1)) / period
    weights = np.clip(np.exp(-4.6 * (np.log2((newer + older) / whole) - 1)), 0.01, 1)
    price = (bars[:, 1] + bars[:, 2]) / 2
    return late(blended(price[period - 1 :], weights, price[period - 2]), len(bars))


def test_kama_equals_talib_for_every_period() -> None:
    for seed, period in ((31, 1), (32, 2), (33, 3), (34, 10), (35, 30)):
        bars = walk(seed)
        assert_equal(over("kama", bars, period=period), talib.KAMA(bars[:, 3].copy(), period))


def test_kama_equals_talib_through_a_halt() -> None:
    for bars in (halted(), still()):
        assert_equal(over("kama", bars), talib.KAMA(bars[:, 3].copy(), 10))


def test_adaptive_averages_of_a_real_name_are_what_they_should_be(shared_dir: Path) -> None:
    bars = real(shared_dir)
    assert_equal(over("kama", bars), talib.KAMA(bars[:, 3].copy(), 10))
    assert_equal(over("vidya", bars[:400]), chande(bars[:400], 14))
    assert_equal(over("frama", bars[:400]), fractal(bars[:400], 16))


def test_vidya_is_weighted_by_chandes_momentum_oscillator() -> None:
    for seed, period in ((36, 1), (37, 2), (38, 14)):
        bars = walk(seed)
        assert_equal(over("vidya", bars, period=period), chande(bars, period))


def test_vidya_stays_where_it_is_when_nothing_moves() -> None:
    bars = halted()
    lines = over("vidya", bars)[:, 0]
    assert np.isclose(lines[120], chande(bars[:121], 14)[-1], rtol=1e-12)
    assert (lines[134:] == lines[134]).all()
    assert lines[134] != bars[134, 3]


def test_frama_is_weighted_by_the_fractal_dimension() -> None:
    for seed, period in ((41, 4), (42, 16), (43, 30)):
        bars = walk(seed)
        assert_equal(over("frama", bars, period=period), fractal(bars, period))


def test_an_odd_period_of_frama_is_the_next_even_one() -> None:
    bars = walk(44)
    np.testing.assert_array_equal(over("frama", bars, period=15), over("frama", bars, period=16))


def test_frama_of_a_name_that_is_not_traded_is_its_price() -> None:
    assert (over("frama", still())[15:, 0] == still()[0, 3]).all()


@pytest.mark.parametrize("id_", ["kama", "vidya", "frama"])
def test_an_adaptive_average_keeps_its_warm_up_and_its_memory(id_: str) -> None:
    for period in (1, 2, 20):
        assert_kept(id_, period=period)
