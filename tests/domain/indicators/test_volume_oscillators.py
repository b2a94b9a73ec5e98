"""Oscillators of signed volume: TA-Lib's Chaikin, and Klinger's against its definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import talib
from indicator_walks import assert_equal, assert_kept, exponential, halted, late, over, real, still, walk

import domain.indicators.volume_oscillators  # noqa: F401 - enters the kernels
from domain.indicators.compiled import Array


def klinger(bars: Array, fast: int, slow: int, signal: int) -> tuple[Array, Array]:
    """From the runs of bars with one trend: each run's ranges are summed from the bar before it."""
    reach = bars[:, 1] - bars[:, 2]
    trend = np.where(np.diff(bars[:, 1:4].sum(axis=1)) > 0, 1, -1)
    force = np.zeros(len(trend))
    starts = np.flatnonzero(np.diff(trend, prepend=0))
    for start, end in zip(starts, [*starts[1:], len(trend)], strict=True):
        summed = np.cumsum(reach[start : end + 1])[1:]  # one before the run, then the run itself
        known = summed > 0
        part = np.abs(2 * reach[start + 1 : end + 1][known] / summed[known] - 1)
        force[start:end][known] = bars[start + 1 : end + 1, 4][known] * part * 100 * trend[start]
    value = exponential(force, fast) - exponential(force, slow)
    begin = max(fast, slow) - 1
    return late(value, len(bars)), late(exponential(value[begin:], signal), len(bars))


def chaikin(bars: Array, fast: int, slow: int) -> Array:
    high, low, close, volume = (bars[:, column].copy() for column in (1, 2, 3, 4))
    return talib.ADOSC(high, low, close, volume, fast, slow)


def test_cho_equals_talib() -> None:
    for bars, fast, slow in ((walk(111), 3, 10), (walk(112), 10, 3), (walk(113), 2, 40)):
        assert_equal(over("cho", bars, fast=fast, slow=slow), chaikin(bars, fast, slow))


def test_kvo_is_the_difference_of_two_means_of_the_volume_force() -> None:
    for bars, fast, slow, signal in (
        (walk(114), 34, 55, 13),
        (halted(length=300), 5, 3, 2),
    ):
        assert_equal(over("kvo", bars, fast=fast, slow=slow, signal=signal), klinger(bars, fast, slow, signal))


def test_volume_oscillators_of_a_real_name_are_what_they_should_be(shared_dir: Path) -> None:
    bars = real(shared_dir)
    assert_equal(over("cho", bars), chaikin(bars, 3, 10))
    assert_equal(over("kvo", bars[:400]), klinger(bars[:400], 34, 55, 13))


def test_a_name_that_is_not_traded_has_no_force() -> None:
    for id_ in ("cho", "kvo"):
        lines = over(id_, still())
        assert (lines[~np.isnan(lines)] == 0.0).all()


def test_volume_oscillators_keep_their_warm_up_and_their_memory() -> None:
    for fast, slow in ((1, 2), (3, 10), (10, 3)):
        assert_kept("cho", fast=fast, slow=slow)
        assert_kept("kvo", fast=fast, slow=slow, signal=13, later=(12,))
