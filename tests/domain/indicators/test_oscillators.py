"""Where the price stands in its range: TA-Lib's values, and Ehlers's vigor against its definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import talib
from indicator_walks import assert_equal, assert_kept, halted, late, over, real, still, walk, windows

import domain.indicators.oscillators  # noqa: F401 - enters the kernels
from domain.indicators.compiled import Array


def columns(bars: Array) -> tuple[Array, Array, Array]:
    """High, low, close."""
    return bars[:, 1].copy(), bars[:, 2].copy(), bars[:, 3].copy()


def arooned(bars: Array, up: int, down: int) -> tuple[Array, ...]:
    """TA-Lib's two lines, each from its own period, over the bars where both are there."""
    high, low, _ = columns(bars)
    rising = talib.AROON(high, low, up)[1]
    falling = talib.AROON(high, low, down)[0]
    value = rising - falling
    both = ~np.isnan(value)
    return value, np.where(both, rising, np.nan), np.where(both, falling, np.nan)


def vigor(bars: Array, period: int) -> Array:
    """For bars of which some of every `period` have a range."""
    filter_ = np.array([1, 2, 2, 1]) / 6
    body = windows(windows(bars[:, 3] - bars[:, 0], 4) @ filter_, period).sum(axis=1)
    reach = windows(windows(bars[:, 1] - bars[:, 2], 4) @ filter_, period).sum(axis=1)
    return late(body / reach, len(bars))


def test_stochastic_is_talibs_fast_one() -> None:
    for bars, k, d in (
        (walk(71), 14, 3),
        (walk(72), 1, 1),
        (walk(73), 5, 10),
        (halted(), 14, 3),
    ):
        assert_equal(over("stochastic", bars, k_period=k, d_period=d), talib.STOCHF(*columns(bars), k, d, 0))


def test_williams_r_equals_talib() -> None:
    for bars, period in ((walk(74), 2), (walk(75), 14), (halted(), 14)):
        assert_equal(over("williams_r", bars, period=period), talib.WILLR(*columns(bars), period))


def test_cci_equals_talib() -> None:
    for bars, period in ((walk(76), 2), (walk(77), 20), (walk(78), 45)):
        assert_equal(over("cci", bars, period=period), talib.CCI(*columns(bars), period))


def test_cci_of_a_market_that_stands_still_is_nothing() -> None:
    assert (over("cci", still())[19:] == 0.0).all()
    assert (over("cci", halted())[140:] == 0.0).all()


def test_aroon_equals_talib_with_one_period_and_with_two() -> None:
    for bars, up, down in ((walk(79), 25, 25), (walk(80), 2, 2), (walk(81), 25, 10), (halted(), 7, 25)):
        assert_equal(over("aroon", bars, up_period=up, down_period=down), arooned(bars, up, down))
    bars = walk(87)
    assert_equal(over("aroon", bars)[:, :1], talib.AROONOSC(bars[:, 1].copy(), bars[:, 2].copy(), 25))


def test_ultosc_equals_talib_in_whatever_order_its_periods_are() -> None:
    for bars, *periods in (
        (walk(82), 7, 14, 28),
        (walk(83), 28, 7, 14),
        (walk(84), 1, 1, 5),
        (halted(), 14, 28, 7),
    ):
        names = dict(zip(("period1", "period2", "period3"), periods, strict=True))
        assert_equal(over("ultosc", bars, **names), talib.ULTOSC(*columns(bars), *periods))


def test_rvi_is_ehlers_relative_vigor_index() -> None:
    for bars, period in ((walk(85), 1), (walk(86), 10)):
        assert_equal(over("rvi", bars, period=period), vigor(bars, period))


def test_oscillators_of_a_real_name_are_what_they_should_be(shared_dir: Path) -> None:
    bars = real(shared_dir)
    prices = columns(bars)
    assert_equal(over("stochastic", bars), talib.STOCHF(*prices, 14, 3, 0))
    assert_equal(over("williams_r", bars), talib.WILLR(*prices, 14))
    assert_equal(over("cci", bars), talib.CCI(*prices, 20))
    assert_equal(over("aroon", bars), arooned(bars, 25, 25))
    assert_equal(over("ultosc", bars), talib.ULTOSC(*prices, 7, 14, 28))
    assert_equal(over("rvi", bars), vigor(bars, 10))


def test_rvi_of_bars_that_close_at_their_high_is_one_and_of_bars_without_range_unknown() -> None:
    strong = np.tile([10_000.0, 10_400.0, 10_000.0, 10_400.0, 1.0], (40, 1))
    assert over("rvi", strong)[-1, 0] == pytest.approx(1.0, rel=1e-14)
    assert np.isnan(over("rvi", still())).all()


def test_oscillators_keep_their_warm_up_and_their_memory() -> None:
    for period in (1, 2, 20):
        assert_kept("stochastic", k_period=period, d_period=period + 1)
        assert_kept("williams_r", period=period)
        assert_kept("cci", period=period)
        assert_kept("aroon", up_period=period, down_period=2 * period)
        assert_kept("ultosc", period1=period, period2=3, period3=30)
        assert_kept("rvi", period=period)
