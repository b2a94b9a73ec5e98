"""One average against another: TA-Lib's values, the signals it does not have, and no bar moved forward."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import talib
from indicator_walks import assert_equal, assert_kept, exponential, late, over, real, still, walk

import domain.indicators.differences  # noqa: F401 - enters the kernels


def test_macd_equals_talib() -> None:
    for bars, fast, slow, signal in (
        (walk(91), 12, 26, 9),
        (walk(92), 2, 40, 3),
        (walk(93), 26, 12, 9),
        (walk(94), 5, 6, 1),
    ):
        ours = over("macd", bars, fast=fast, slow=slow, signal=signal)
        assert_equal(ours, talib.MACD(bars[:, 3].copy(), fast, slow, signal))


def test_apo_equals_talib_with_exponential_means() -> None:
    for bars, fast, slow in ((walk(95), 12, 26), (walk(96), 30, 3)):
        assert_equal(over("apo", bars, fast=fast, slow=slow), talib.APO(bars[:, 3].copy(), fast, slow, 1))


def test_ppo_equals_talib_and_its_signal_is_the_mean_of_nine_values() -> None:
    for bars, fast, slow in ((walk(97), 12, 26), (walk(98), 20, 5)):
        value = talib.PPO(bars[:, 3].copy(), fast, slow, 1)
        signal = late(exponential(value[max(fast, slow) - 1 :], 9), len(bars))
        assert_equal(over("ppo", bars, fast=fast, slow=slow), (value, signal, value - signal))


def test_ao_equals_talib() -> None:
    for bars, fast, slow in ((walk(99), 5, 34), (walk(100), 34, 5)):
        assert_equal(over("ao", bars, fast=fast, slow=slow), talib.AO(bars[:, 1].copy(), bars[:, 2].copy(), fast, slow))


def test_dpo_equals_talib() -> None:
    for bars, period in ((walk(101), 2), (walk(102), 3), (walk(103), 20), (walk(104), 21)):
        assert_equal(over("dpo", bars, period=period), talib.DPO(bars[:, 3].copy(), period))


def test_differences_of_a_real_name_equal_talib(shared_dir: Path) -> None:
    bars = real(shared_dir)
    high, low, close = (bars[:, column].copy() for column in (1, 2, 3))
    assert_equal(over("macd", bars), talib.MACD(close, 12, 26, 9))
    assert_equal(over("apo", bars), talib.APO(close, 12, 26, 1))
    assert_equal(over("ppo", bars)[:, :1], talib.PPO(close, 12, 26, 1))
    assert_equal(over("ao", bars), talib.AO(high, low, 5, 34))
    assert_equal(over("dpo", bars), talib.DPO(close, 20))


def test_dpo_sets_an_old_price_against_a_mean_that_ends_now() -> None:
    bars = np.zeros((4, 5))
    bars[:, 3] = (10_000, 20_000, 30_000, 70_000)
    assert over("dpo", bars, period=4)[3, 0] == 10_000 - 32_500


def test_averages_of_a_price_that_stands_still_do_not_differ() -> None:
    for id_ in ("macd", "apo", "ppo", "ao", "dpo"):
        lines = over(id_, still())
        assert np.abs(lines[~np.isnan(lines)]).max() <= 1e-11 * 10_007


def test_differences_keep_their_warm_up_and_their_memory() -> None:
    for fast, slow in ((1, 1), (1, 2), (12, 26), (30, 20)):
        assert_kept("macd", fast=fast, slow=slow, signal=9)
        assert_kept("apo", fast=fast, slow=slow)
        assert_kept("ppo", fast=fast, slow=slow, later=(8, 8))
        assert_kept("ao", fast=fast, slow=slow)
    for period in (1, 2, 20):
        assert_kept("dpo", period=period)
