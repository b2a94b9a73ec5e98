"""A strategy whose signals a test gives by hand, and the days of a small course."""

from __future__ import annotations

from typing import Any

from domain.strategy.spec import StrategySpec, parse_spec

STOCK = "900001"  # in no table: a stock of KOSPI without a sector
DAY_S, CLOSE_S = 86_400, 1_704_695_400  # Monday 2024-01-08 15:30 KST


def spec_of(**parts: Any) -> StrategySpec:
    return parse_spec(
        {
            "metadata": {"name": "시험"},
            "strategy": {
                "id": "given",
                "entry": {"conditions": [{"indicator": "close", "operator": "greater_than", "value": 0}]},
            },
            "sizing": {"method": "per_signal", "name_bps": 5_000},
            "orders": {"type": "limit", "slippage_bps": 0},
            **parts,
        }
    )
