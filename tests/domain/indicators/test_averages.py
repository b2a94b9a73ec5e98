"""Averages with fixed weights: TA-Lib's values, and which average the names mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib
from indicator_walks import assert_equal, assert_kept, over, real, walk, windows

import domain.indicators.averages  # noqa: F401 - enters the kernels
from domain.indicators.compiled import Array

ORACLES: dict[str, Callable[[Array, int], Array]] = {
    "sma": talib.SMA,
    "ema": talib.EMA,
    "dema": talib.DEMA,
    "tema": talib.TEMA,
    "trima": talib.TRIMA,
    "lwma": talib.WMA,
    "wma": talib.RMA,
}


@pytest.mark.parametrize("id_", ORACLES)
def test_an_average_equals_talib_for_every_period(id_: str) -> None:
    for seed, period in ((11, 1), (12, 2), (13, 3), (14, 14), (15, 20), (16, 61)):
        bars = walk(seed)
        assert_equal(over(id_, bars, period=period), ORACLES[id_](bars[:, 3].copy(), period))


@pytest.mark.parametrize("id_", ORACLES)
def test_an_average_equals_talib_on_a_real_name(id_: str, shared_dir: Path) -> None:
    bars = real(shared_dir)
    assert_equal(over(id_, bars, period=20), ORACLES[id_](bars[:, 3].copy(), 20))


def test_a_weighted_average_does_not_drift_on_prices_that_are_no_whole_won() -> None:
    bars = walk(17, 100_000) / 3.0
    for period in (4, 20):
        exact = windows(bars[:, 3], period) @ np.arange(1.0, period + 1) / (period * (period + 1) / 2)
        np.testing.assert_allclose(over("lwma", bars, period=period)[period - 1 :, 0], exact, rtol=1e-13)


@pytest.mark.parametrize("id_", ORACLES)
def test_an_average_keeps_its_warm_up_and_its_memory(id_: str) -> None:
    for period in (1, 2, 20):
        assert_kept(id_, period=period)


def test_wma_is_wilders_average_and_lwma_the_linear_one() -> None:
    bars = np.zeros((4, 5))
    bars[:, 3] = (10_000, 20_000, 30_000, 60_000)
    assert over("wma", bars, period=3)[3, 0] == (20_000 * 2 + 60_000) / 3
    assert over("lwma", bars, period=3)[3, 0] == (20_000 + 2 * 30_000 + 3 * 60_000) / 6


def test_an_average_of_a_price_that_stands_still_is_that_price() -> None:
    bars = np.full((200, 5), 10_007.0)
    for id_ in ORACLES:
        np.testing.assert_allclose(over(id_, bars, period=20)[-1, 0], 10_007.0, rtol=1e-14)
