"""Averages built to follow sooner, against TA-Lib; Legoux's against its weights written out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib
from indicator_walks import assert_equal, assert_kept, late, over, real, walk, windows

import domain.indicators.low_lag  # noqa: F401 - enters the kernels
from domain.indicators.compiled import Array

ORACLES: dict[str, Callable[[Array, int], Array]] = {"hma": talib.HMA, "zlema": talib.ZLEMA, "t3": talib.T3}


def legoux(close: Array, period: int, sigma: float, offset: float) -> Array:
    places = np.arange(period)
    weights = np.exp(-((places - np.floor(offset * (period - 1))) ** 2) / (2 * (period / sigma) ** 2))
    return late(windows(close, period) @ weights / weights.sum(), len(close))


@pytest.mark.parametrize("id_", ORACLES)
def test_a_low_lag_average_equals_talib_for_every_period(id_: str) -> None:
    for seed, period in ((21, 1), (22, 2), (23, 3), (24, 4), (25, 16), (26, 21)):
        bars = walk(seed)
        assert_equal(over(id_, bars, period=period), ORACLES[id_](bars[:, 3].copy(), period))


@pytest.mark.parametrize("id_", ORACLES)
def test_a_low_lag_average_equals_talib_on_a_real_name(id_: str, shared_dir: Path) -> None:
    bars = real(shared_dir)
    assert_equal(over(id_, bars, period=20), ORACLES[id_](bars[:, 3].copy(), 20))


def test_hulls_average_does_not_drift_over_a_hundred_thousand_bars() -> None:
    bars = walk(29, 100_000)
    close = bars[:, 3]
    rising = np.arange(1.0, 21.0)
    whole = windows(close, 20) @ rising / 210
    half = windows(close[10:], 10) @ rising[:10] / 55
    exact = windows(2 * half - whole, 4) @ rising[:4] / 10
    np.testing.assert_allclose(over("hma", bars)[22:, 0], exact, rtol=1e-13)


def test_t3_takes_its_volume_factor() -> None:
    bars = walk(27)
    for factor in (0.0, 0.3, 1.0):
        assert_equal(over("t3", bars, period=5, volume_factor=factor), talib.T3(bars[:, 3].copy(), 5, factor))


def test_alma_is_a_bell_curve_with_its_peak_on_a_whole_bar() -> None:
    bars = walk(28)
    for period, sigma, offset in ((1, 6, 0.85), (2, 6, 0.5), (9, 6, 0.85), (21, 3.5, 0.0), (20, 8, 1.0)):
        ours = over("alma", bars, period=period, sigma=sigma, offset=offset)
        assert_equal(ours, legoux(bars[:, 3], period, sigma, offset))


@pytest.mark.parametrize("id_", [*ORACLES, "alma"])
def test_a_low_lag_average_keeps_its_warm_up_and_its_memory(id_: str) -> None:
    for period in (1, 2, 20):
        assert_kept(id_, period=period)
