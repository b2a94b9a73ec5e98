"""What every indicator of trend, volume, volatility and the rest keeps: warm-up, finite numbers, memory, causality."""

from __future__ import annotations

import numpy as np
import pytest
from indicator_walks import halted, still, walk
from plain_steps import PlainRunning, over, plain

from domain.indicators import (
    against_market,
    bands,
    cycles,
    days,
    directional,
    extremes,
    ichimoku,
    statistics,
    trailing,
    trends,
    volatility,
    volumes,
)
from domain.indicators.catalogue import kernel_of
from domain.indicators.compiled import Array
from domain.indicators.history import run
from domain.indicators.kernel import entered

MODULES = (
    against_market,
    bands,
    cycles,
    days,
    directional,
    extremes,
    ichimoku,
    statistics,
    trailing,
    trends,
    volatility,
    volumes,
)
HOMES = {module.__name__ for module in MODULES}
IDS = sorted(id_ for id_, kernel in entered().items() if plain(kernel.step).__module__ in HOMES)

SHORT: dict[str, dict[str, float]] = {
    "ichimoku": {"tenkan": 3, "kijun": 2, "senkou_b": 5},
    "kst": {"roc1": 4, "roc2": 3, "roc3": 2, "roc4": 1},
    "coppock": {"short_roc": 4, "long_roc": 2, "wma": 1},
    "schaff": {"cycle": 2, "fast": 6, "slow": 4},
    "mass_index": {"ema_period": 1, "sum_period": 1},
    "pivot": {"left_bars": 1, "right_bars": 1},
    "sar": {"af_start": 0.05},
    "eom": {"period": 1, "scale": 100.0},
}
"""Parameters as small as they make sense, and out of their usual order."""


def _params(id_: str) -> dict[str, float]:
    return SHORT.get(id_, {"period": 2} if "period" in kernel_of(id_).params else {})


def _bars(id_: str, bars: Array) -> Array:
    if not kernel_of(id_).benchmark:
        return bars
    market = 400.0 + np.cumsum(np.random.default_rng(41).normal(0.0, 1.0, len(bars)))
    return np.column_stack([bars, market])


def test_every_indicator_of_these_is_tried_here() -> None:
    assert len(IDS) == 46


@pytest.mark.parametrize("id_", IDS)
def test_numbers_begin_at_the_declared_bar_and_not_before(id_: str) -> None:
    for params in ({}, _params(id_)):
        running = PlainRunning(id_, **params)
        # A wick and a trade on every bar: some have nothing to say about a bar without a range or without volume.
        bars = walk(42, 300)
        bars[:, [1, 4]] += 1.0
        got = running.steps(_bars(id_, bars))
        assert np.isnan(got[: running.warmup - 1]).all()
        if id_ == "pivot":
            assert np.isfinite(got[-1]).all()
        else:
            assert np.isfinite(got[running.warmup - 1 :]).all()


@pytest.mark.parametrize("id_", IDS)
def test_a_name_that_stands_still_or_halts_gives_no_infinity(id_: str) -> None:
    for bars in (still(150), halted(43, 60, 160)):
        assert not np.isinf(over(id_, _bars(id_, bars))).any()


@pytest.mark.parametrize("id_", IDS)
def test_the_future_changes_nothing_before_it(id_: str) -> None:
    bars = _bars(id_, walk(44, 130))
    other = bars.copy()
    other[90:] = _bars(id_, walk(45, 130))[90:]
    params = _params(id_)
    np.testing.assert_array_equal(over(id_, bars, **params)[:90], over(id_, other, **params)[:90])


@pytest.mark.parametrize("id_", IDS)
def test_a_state_that_was_kept_goes_on_where_it_stopped(id_: str) -> None:
    bars = _bars(id_, walk(46, 120))
    first, second = PlainRunning(id_, **_params(id_)), PlainRunning(id_, **_params(id_))
    first.steps(bars[:70])
    second.state[:] = first.state
    np.testing.assert_array_equal(second.steps(bars[70:]), over(id_, bars, **_params(id_))[70:])


@pytest.mark.parametrize("id_", IDS)
def test_memory_grows_with_the_warm_up_and_not_with_the_bars(id_: str) -> None:
    """No window is longer than the warm-up, and no indicator has more than nine of them. A step that reached beyond its
    array would fail in every test above: they run on an array of just this size."""
    running = PlainRunning(id_)
    assert len(running.state) <= 9 * running.warmup + 9


@pytest.mark.parametrize("id_", ["ichimoku", "supertrend", "mfi"])
def test_the_compiled_step_is_the_plain_one(id_: str) -> None:
    bars = walk(47, 200)
    np.testing.assert_allclose(run(kernel_of(id_), {}, bars), over(id_, bars), rtol=1e-12, atol=1e-9)


@pytest.mark.long
@pytest.mark.parametrize("id_", IDS)
def test_every_compiled_step_is_the_plain_one(id_: str) -> None:
    for bars in (walk(48, 400), halted(49, 120, 400)):
        given = _bars(id_, bars)
        np.testing.assert_allclose(run(kernel_of(id_), {}, given), over(id_, given), rtol=1e-10, atol=1e-9)
