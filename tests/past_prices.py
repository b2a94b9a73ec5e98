"""A market of made-up days, a strategy that trades on its waves, and backtests over a lake of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fakes import FakeMarket, wandering_bars

from domain.clock import ManualClock
from domain.strategy.spec import StrategySpec, parse_spec
from graph.backtests import Backtests
from market.bars.store import BarStore
from tools.lake import folder_lake

CASH = 20_000_000
NAME = "005930"


def crossing(**changed: Any) -> StrategySpec:
    """A golden cross that waves of twenty days set off."""
    return parse_spec(
        {
            "metadata": {"name": "교차"},
            "strategy": {
                "id": "cross",
                "indicators": [
                    {"id": "sma", "alias": "fast", "params": {"period": 3}},
                    {"id": "sma", "alias": "slow", "params": {"period": 8}},
                ],
                "entry": {
                    "logic": "AND",
                    "conditions": [{"indicator": "fast", "operator": "cross_above", "compare_to": "slow"}],
                },
                "exit": {
                    "logic": "OR",
                    "conditions": [{"indicator": "fast", "operator": "cross_below", "compare_to": "slow"}],
                },
            },
            "universe": {"tickers": [NAME]},
            "sizing": {"method": "per_signal", "name_bps": 5_000},
        }
        | changed
    )


class Counted(FakeMarket):
    """Bars of the days that are asked for, and every question."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.asked: list[tuple[str, str, str]] = []

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[Any]:
        self.asked.append((ticker, from_date, to_date))
        bars = self.bars.get(ticker) or wandering_bars(72_000, self.clock.now(), 400)
        await super().chart(ticker, period, from_date, to_date)
        return [bar for bar in bars if from_date <= bar.date <= to_date]


def open_backtests(market: FakeMarket, folder: Path, **options: Any) -> Backtests:
    return Backtests(market, lambda: BarStore(folder_lake(folder), "sim-1", market.clock), "sim", **options)
