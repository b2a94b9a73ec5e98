"""How far and fast the close moves: TA-Lib's values, what the names mean, and nothing where nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import talib
from indicator_walks import assert_equal, assert_kept, exponential, halted, late, over, real, still, walk

import domain.indicators.momentum  # noqa: F401 - enters the kernels
from domain.indicators.compiled import Array

ORACLES: dict[str, Callable[[Array, int], Array]] = {
    "momentum": talib.MOM,
    "roc": talib.ROC,
    "rsi": talib.RSI,
    "cmo": talib.CMO,
    "trix": talib.TRIX,
}


def smoothed(close: Array, rsi: int, stoch: int, k: int, d: int) -> tuple[Array, ...]:
    """TA-Lib's slow stochastic of TA-Lib's RSI."""
    index = talib.RSI(close, rsi)[rsi:]
    return tuple(late(line, len(close)) for line in talib.STOCH(index, index, index, stoch, k, 0, d, 0))


@pytest.mark.parametrize("id_", ORACLES)
def test_an_index_of_momentum_equals_talib_for_every_period(id_: str) -> None:
    for seed, period in ((51, 2), (52, 3), (53, 10), (54, 25)):
        bars = walk(seed)
        assert_equal(over(id_, bars, period=period), ORACLES[id_](bars[:, 3].copy(), period))


@pytest.mark.parametrize("id_", ORACLES)
def test_an_index_of_momentum_equals_talib_on_a_real_name(id_: str, shared_dir: Path) -> None:
    bars = real(shared_dir)
    assert_equal(over(id_, bars, period=14), ORACLES[id_](bars[:, 3].copy(), 14))


def test_an_index_of_one_step_tells_only_which_way_it_went() -> None:
    bars = walk(55)
    steps = np.diff(bars[:, 3])
    assert_equal(over("rsi", bars, period=1), late(100.0 * (steps > 0), len(bars)))
    assert_equal(over("cmo", bars, period=1), late(100.0 * np.sign(steps), len(bars)))


def test_stochrsi_is_the_slow_stochastic_of_rsi() -> None:
    for seed, rsi, stoch, k, d in ((56, 14, 14, 3, 3), (57, 2, 5, 1, 1), (58, 20, 10, 4, 6)):
        bars = walk(seed)
        ours = over("stochrsi", bars, rsi_period=rsi, stoch_period=stoch, k_period=k, d_period=d)
        assert_equal(ours, smoothed(bars[:, 3].copy(), rsi, stoch, k, d))


def test_stochrsi_without_smoothing_is_talibs() -> None:
    bars = walk(59)
    ours = over("stochrsi", bars, rsi_period=14, stoch_period=14, k_period=1, d_period=3)
    assert_equal(ours, talib.STOCHRSI(bars[:, 3].copy(), 14, 14, 3, 0))


def test_the_smoothed_indices_of_a_real_name_equal_talib(shared_dir: Path) -> None:
    bars = real(shared_dir)
    assert_equal(over("stochrsi", bars), smoothed(bars[:, 3].copy(), 14, 14, 3, 3))
    assert_equal(over("tsi", bars)[:, :1], talib.TSI(bars[:, 3].copy(), 25, 13))


def test_stochrsi_reads_nothing_into_the_rounding_of_an_index_that_stands_still() -> None:
    assert np.abs(over("stochrsi", halted())[160:]).max() < 1e-9


def test_tsi_equals_talib_and_its_signal_is_the_ema_of_it() -> None:
    for bars, long, short, signal in ((walk(61), 25, 13, 7), (walk(62), 2, 2, 1), (walk(63), 13, 25, 9)):
        value = talib.TSI(bars[:, 3].copy(), long, short)
        signals = late(exponential(value[long + short - 1 :], signal), len(bars))
        ours = over("tsi", bars, long_period=long, short_period=short, signal_period=signal)
        assert_equal(ours, (value, signals))


@pytest.mark.parametrize("id_", [*ORACLES, "stochrsi", "tsi"])
def test_nothing_that_moves_is_no_momentum(id_: str) -> None:
    lines = over(id_, still())
    assert (lines[~np.isnan(lines)] == 0.0).all()


def test_momentum_is_won_and_the_rate_of_change_percent() -> None:
    bars = np.zeros((2, 5))
    bars[:, 3] = (50_000, 51_500)
    assert over("momentum", bars, period=1)[1, 0] == 1_500
    assert over("roc", bars, period=1)[1, 0] == pytest.approx(3.0, rel=1e-14)


@pytest.mark.parametrize("id_", ORACLES)
def test_an_index_of_momentum_keeps_its_warm_up_and_its_memory(id_: str) -> None:
    for period in (1, 2, 20):
        assert_kept(id_, period=period)


def test_the_smoothed_indices_keep_their_warm_up_and_their_memory() -> None:
    assert_kept("stochrsi")
    assert_kept("stochrsi", rsi_period=1, stoch_period=1, k_period=1, d_period=1)
    assert_kept("tsi", later=(6,))
    assert_kept("tsi", long_period=3, short_period=5, signal_period=1)
