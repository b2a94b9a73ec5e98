"""Cases by hand: what trades when, at which price, and what a rule sells inside a bar."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from backtest_cases import CLOSE_S, DAY_S, STOCK, spec_of
from plain_backtest import Bar

from domain.bars import Bars, bars_of
from domain.limits import limits_for
from domain.strategy.spec import StrategySpec
from domain.suitability import Grade
from simulation.backtest.engine.shapes import REASONS
from simulation.backtest.errors import BacktestError
from simulation.backtest.result import Result
from simulation.backtest.run import backtest
from simulation.backtest.settings import EXACT, Settings
from simulation.backtest.signals import Signalled, evaluated, given
from simulation.backtest.timeline import timeline

PLAIN = Settings(latency_ms=0, slippage_bps=0, volume_bps=10_000, resamples=0)


def run(rows: list[Bar], spec: StrategySpec | None = None, cash: int = 10_000_000, **how: Any) -> Result:
    """One name, one bar a day from 2024-01-08."""
    bars = bars_of(
        [CLOSE_S + at * DAY_S for at in range(len(rows))],
        *([getattr(row, name) for row in rows] for name in ("open", "high", "low", "close", "volume")),
    )

    def evaluate(_: StrategySpec, __: str, ___: Bars) -> Signalled:
        return given(np.array([row.entry for row in rows]), np.array([row.exit for row in rows]))

    return backtest(spec or spec_of(), {STOCK: bars}, cash, evaluate=evaluate, **({"settings": PLAIN} | how))


def fills(result: Result) -> list[tuple[str, int, int]]:
    return [(REASONS[row["reason"]], int(row["quantity"]), int(row["price"])) for row in result.fills]


def flat(price: int, volume: int = 1_000_000, **signals: bool) -> Bar:
    return Bar(price, price + 100, price - 100, price, volume, **signals)


def test_a_signal_at_the_close_trades_at_the_next_open() -> None:
    result = run([flat(10_000, entry=True), flat(10_500, exit=True), flat(11_000)])
    assert fills(result) == [("entry", 500, 10_500), ("exit", 500, 11_000)]


def test_a_stop_comes_before_a_take_profit_in_one_bar() -> None:
    risk = {"stop_loss": {"enabled": True, "percent": 5}, "take_profit": {"enabled": True, "percent": 5}}
    wild = Bar(10_000, 11_000, 9_000, 10_000, 1_000_000)
    result = run([flat(10_000, entry=True), flat(10_000), wild], spec_of(risk=risk))
    assert [why for why, _, _ in fills(result)] == ["entry", "stop_loss"]


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    risk = {"stop_loss": {"enabled": True, "percent": 5}}
    result = run([flat(10_000, entry=True), flat(10_000), flat(8_000)], spec_of(risk=risk))
    assert fills(result)[-1] == ("stop_loss", 500, 8_000)


def test_a_lock_at_the_upper_limit_keeps_a_buyer_out_and_a_halt_keeps_everybody_out() -> None:
    locked = Bar(13_000, 13_000, 13_000, 13_000, 9_000)
    result = run([flat(10_000, entry=True), locked, flat(13_000)])
    assert fills(result) == []
    assert result.counts.locked == 1
    halted = Bar(10_000, 10_000, 10_000, 10_000, 0)
    assert fills(run([flat(10_000, entry=True), halted, flat(10_000)])) == []


def test_an_exit_that_cannot_be_sold_is_tried_every_day_until_it_is() -> None:
    lock = Bar(7_000, 7_000, 7_000, 7_000, 5_000)
    result = run([flat(10_000, entry=True), flat(10_000, exit=True), lock, flat(6_900)])
    assert fills(result) == [("entry", 500, 10_000), ("exit", 500, 6_900)]


def test_only_a_share_of_the_volume_is_ours() -> None:
    thin = Settings(latency_ms=0, slippage_bps=0, volume_bps=1_000, resamples=0)
    result = run([flat(10_000, entry=True), flat(10_000, volume=300), flat(10_000)], settings=thin)
    assert fills(result) == [("entry", 30, 10_000)]
    assert result.counts.lapsed == 1


def test_a_limit_keeps_slippage_within_its_bound() -> None:
    dear = Settings(latency_ms=0, slippage_bps=400, volume_bps=10_000, resamples=0, seed=3)
    rows = [flat(10_000, entry=True), Bar(10_000, 10_400, 10_000, 10_400, 1_000_000), flat(10_400)]
    assert fills(run(rows, spec_of(orders={"type": "limit", "slippage_bps": 10}), settings=dear)) == [
        ("entry", 500, 10_010)
    ]
    assert fills(run(rows, spec_of(orders={"type": "market"}), settings=dear))[0][2] > 10_010


def test_a_time_stop_sells_at_the_open_of_its_session() -> None:
    risk = {"time_stop": {"enabled": True, "after": 2}}
    result = run([flat(10_000, entry=True), flat(10_000), flat(10_100), flat(10_200)], spec_of(risk=risk))
    assert fills(result)[-1] == ("time", 500, 10_200)


def test_fixed_weights_are_bought_and_put_right() -> None:
    parts = {
        "strategy": {"id": "held"},
        "universe": {"tickers": [STOCK]},
        "sizing": {"method": "targets", "targets": {STOCK: 5_000}},
    }
    result = run([flat(10_000), flat(10_000), flat(15_000), flat(15_000)], spec_of(**parts))
    assert [(why, quantity > 0) for why, quantity, _ in fills(result)] == [("rebalance", True), ("rebalance", True)]
    assert abs(result.course.worth[-1] - result.course.equity[-1] // 2) <= 15_000  # a share


def test_money_adds_up_with_what_is_still_to_be_paid() -> None:
    result = run([flat(10_000, entry=True), flat(10_000), flat(10_300), flat(10_600)])
    assert result.course.settled.tolist() == [10_000_000, 10_000_000, 10_000_000, 10_000_000 - 5_000_000 - 750]
    assert result.course.cash[1] == 10_000_000 - 5_000_000 - 750
    assert result.final - result.cash == result.pnl.sum()


def test_limits_of_a_grade_make_purchases_smaller() -> None:
    free = run([flat(10_000, entry=True), flat(10_000)])
    bound = run([flat(10_000, entry=True), flat(10_000)], limits=limits_for(Grade.AGGRESSIVE, 10_000_000))
    assert bound.fills["quantity"].sum() < free.fills["quantity"].sum()
    assert run([flat(10_000, entry=True), flat(10_000)], limits=limits_for(Grade.STABLE, 10_000_000)).counts.fills == 0


def test_the_same_seed_gives_the_same_result_and_another_does_not() -> None:
    rows = [flat(10_000 + 37 * at, entry=at % 2 == 0, exit=at % 2 == 1) for at in range(40)]
    texts = [
        run(rows, spec_of(orders={"type": "market"}), settings=Settings(seed=seed)).to_json() for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1]
    assert texts[0]["final"] != texts[2]["final"]


def test_ticks_are_bars_without_length_and_fill_at_the_next_print() -> None:
    prints = [Bar(price, price, price, price, 100, entry=at == 0) for at, price in enumerate((10_000, 10_010, 10_030))]
    result = run(prints, settings=EXACT)
    assert fills(result)[0] == ("entry", 100, 10_010)


def test_a_session_that_ends_at_midnight_is_the_day_that_is_over() -> None:
    midnight = CLOSE_S + 8 * 3_600 + 1_800
    bars = bars_of([midnight + at * DAY_S for at in range(5)], *[[1_000] * 5] * 4, [1] * 5)
    assert [day.day for day in timeline({STOCK: bars}).days] == [8, 9, 10, 11, 12]
    weekly = evaluated(spec_of(timeframe="1w"), STOCK, bars)
    assert weekly.ends.tolist() == [False] * 4 + [True]  # Friday is over


def test_an_exit_of_a_bar_that_is_known_together_with_the_next_one_is_not_lost() -> None:
    strategy = {
        "id": "given",
        "entry": {"conditions": [{"indicator": "close", "operator": "greater_than", "value": 2_000}]},
        "exit": {"conditions": [{"indicator": "close", "operator": "less_than", "value": 900}]},
    }
    ten = CLOSE_S - 5 * 3_600 - 1_800
    minutes = (1, 2, 10, 11, 12)  # nothing trades from 10:02 to 10:09: with 10:10 both five minutes are over
    closes = (1_000, 800, 1_000, 1_000, 1_000)
    bars = bars_of([ten + at * 60 for at in minutes], *[closes] * 4, [10] * 5)
    found = evaluated(spec_of(timeframe="5m", strategy=strategy, schedule={"every": "bar"}), STOCK, bars)
    assert found.ends.tolist() == [False, False, True, False, False]
    assert found.exit.tolist() == [False, False, True, False, False]


def test_what_is_too_old_for_the_tables_is_refused_in_korean() -> None:
    old = bars_of([CLOSE_S - 6 * 365 * DAY_S], [1_000], [1_000], [1_000], [1_000], [1])
    with pytest.raises(BacktestError, match="세금과 호가 단위"):
        backtest(spec_of(), {STOCK: old}, 1_000_000, settings=PLAIN)
    assert date(2024, 1, 8) == run([flat(10_000), flat(10_000)]).course.days[0]
