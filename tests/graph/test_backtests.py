"""Strategies on past prices: the lake asked first, the past said in numbers, nothing promised where prices lack."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import START
from past_prices import CASH, NAME, Counted, crossing, open_backtests

from domain.clock import ManualClock
from graph.backtests import LATER, NO_MINUTES, YARDSTICK, warm_days
from tools.ports import PortUnavailable


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


async def test_a_strategy_is_tried_once_and_its_prices_are_asked_for_once(clock: ManualClock, tmp_path: Path) -> None:
    market = Counted(clock)
    first = open_backtests(market, tmp_path)
    both = await asyncio.gather(*(first.tried(crossing(), CASH, None, 60) for _ in range(2)))
    assert both[0] is not None
    assert both[0] is both[1]
    asked = len(market.asked)
    assert sorted({ticker for ticker, _, _ in market.asked}) == [NAME, YARDSTICK]
    trial = await first.trial(crossing(), CASH, None, 60)
    assert trial is not None
    assert trial.trades > 5
    assert trial.final == CASH + round(trial.total_return * CASH)
    assert trial.cost > 0
    assert trial.last == START.date() - timedelta(days=1)
    assert trial.index_name
    assert trial.held_return is not None
    assert {weak.code for weak in trial.weaknesses} >= {"few_trades", "no_promise"}
    again = open_backtests(market, tmp_path)  # another process: the lake has it all
    other = await again.trial(crossing(risk={"stop_loss": {"enabled": True, "percent": 2}}), CASH, None, 60)
    assert other is not None
    assert other.total_return != trial.total_return
    assert len(market.asked) == asked


async def test_names_that_were_only_held_are_what_the_yardstick_says(clock: ManualClock, tmp_path: Path) -> None:
    weights = {"method": "targets", "targets": {NAME: 10_000}}
    spec = crossing(strategy={"id": "held"}, sizing=weights)
    tried = await open_backtests(Counted(clock), tmp_path).tried(spec, CASH, None, 60)
    assert tried is not None
    assert tried.result.comparison is not None
    assert tried.held_return == pytest.approx(tried.result.comparison.total_return, abs=1e-9)


async def test_prices_that_do_not_come_are_said_and_asked_for_again(clock: ManualClock, tmp_path: Path) -> None:
    market = Counted(clock)
    market.chart_down = {NAME}
    backtests = open_backtests(market, tmp_path)
    for _ in range(2):
        with pytest.raises(PortUnavailable) as gone:
            await backtests.trial(crossing(), CASH, None, 60)
        assert gone.value.message == LATER
    market.chart_down = {YARDSTICK}
    trial = await backtests.trial(crossing(), CASH, None, 60)
    assert trial is not None
    assert trial.index_return is None


async def test_whoever_has_no_patience_hears_of_it_later(clock: ManualClock, tmp_path: Path) -> None:
    backtests = open_backtests(Counted(clock), tmp_path)
    assert await backtests.trial(crossing(), CASH, None, 0.0) is None
    assert await backtests.trial(crossing(), CASH, None, 60) is not None
    await backtests.aclose()


async def test_prices_that_take_too_long_are_given_up(clock: ManualClock, tmp_path: Path) -> None:
    class Slow(Counted):
        async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[Any]:
            await asyncio.Event().wait()
            return []

    with pytest.raises(PortUnavailable) as gone:
        await open_backtests(Slow(clock), tmp_path, fetch_s=0.05).trial(crossing(), CASH, None, 60)
    assert gone.value.message == LATER


async def test_bars_that_nobody_recorded_and_rules_that_cannot_run_are_named(
    clock: ManualClock, tmp_path: Path
) -> None:
    backtests = open_backtests(Counted(clock), tmp_path)
    with pytest.raises(PortUnavailable) as gone:
        await backtests.trial(crossing(timeframe="15m"), CASH, None, 60)
    assert gone.value.message == NO_MINUTES
    with pytest.raises(PortUnavailable) as no:
        await backtests.trial(crossing(), 0, None, 60)
    assert "시작 금액" in no.value.message


def test_longer_indicators_ask_for_more_days_before() -> None:
    assert warm_days(crossing()) == 8
    assert warm_days(crossing(timeframe="1w")) == 40
    assert date(2026, 1, 1) - timedelta(days=warm_days(crossing(timeframe="1M"))) > date(2025, 1, 1)
