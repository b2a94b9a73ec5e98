"""Conditions on what a backtest is given besides bars: an index's closes, and nothing that nobody brings."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from backtest_cases import CLOSE_S, DAY_S, STOCK, spec_of

from domain.bars import Bars, bars_of
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import day_of
from simulation.backtest.errors import BacktestError
from simulation.backtest.run import Index, backtest
from simulation.backtest.settings import EXACT
from simulation.backtest.signals import evaluated

PERIOD = 5


def course(seed: int = 4, span: int = DAY_S) -> Bars:
    close = (10_000 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, 40)))).astype(np.int64)
    return bars_of([CLOSE_S + at * span for at in range(40)], close, close, close, close, [10**6] * 40)


def closes(bars: Bars, power: float) -> dict[date, float]:
    """An index that moves so many times as far."""
    return {day_of(int(at)): float(close) ** power for at, close in zip(bars.time, bars.close, strict=True)}


def against(**more: Any) -> StrategySpec:
    conditions = [{"indicator": "b", "operator": "greater_than", "value": "0.9"}]
    strategy = {
        "id": "against", "indicators": [{"id": "beta", "alias": "b", "params": {"period": PERIOD}}],
        "entry": {"conditions": conditions},
    }  # fmt: skip
    return spec_of(strategy=strategy, **more)


def test_an_indicator_reads_the_close_of_the_index_that_is_given() -> None:
    bars = course()
    with_it = evaluated(against(), STOCK, bars, closes(bars, 1.0)).entry
    assert with_it[PERIOD:].all()
    assert not with_it[:PERIOD].any()
    assert not evaluated(against(), STOCK, bars, closes(bars, -1.0)).entry.any()
    result = backtest(against(), {STOCK: bars}, 10**7, settings=EXACT, index=Index("own", closes(bars, 1.0)))
    assert len(result.fills) > 0
    assert result.comparison is not None
    assert result.comparison.name == "own"


def test_an_index_is_not_read_before_its_day_is_over() -> None:
    bars = course()
    known, future = closes(bars, 1.0), closes(bars, 1.0)
    for at in bars.time[20:]:
        future[day_of(int(at))] *= 3.0
    seen = [evaluated(against(), STOCK, bars, index).entry[:20].tolist() for index in (known, future)]
    assert seen[0] == seen[1]


def test_an_index_that_is_not_given_or_too_coarse_is_said() -> None:
    bars = course()
    with pytest.raises(BacktestError, match=r"베타.*--benchmark"):
        backtest(against(), {STOCK: bars}, 10**7, settings=EXACT)
    with pytest.raises(BacktestError, match="하루 종가"):
        evaluated(against(timeframe="5m"), STOCK, course(span=300), closes(bars, 1.0))


def test_a_models_condition_is_refused_by_its_name() -> None:
    entry = {"conditions": [{"model": "up", "operator": "greater_than", "value": "0.5"}]}
    with pytest.raises(BacktestError, match=r"model\(up\)"):
        backtest(spec_of(strategy={"id": "m", "entry": entry}), {STOCK: course()}, 10**7, settings=EXACT)
