"""The chart of a backtest: what its conditions bought is one thing, where idle money rests another."""

from __future__ import annotations

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np

from domain.clock import KST
from simulation.backtest.engine.shapes import BUY, ENTRY, EXIT, FILL, PARK, SELL, UNPARK
from ui.charts.backtest import backtest_chart

DAYS = [date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18), date(2026, 11, 19)]
STOCK, PARKED = 0, 1


def fill(day: date, name: int, side: int, quantity: int, price: int, reason: int) -> tuple[int, ...]:
    closes = datetime(day.year, day.month, day.day, 15, 30, tzinfo=KST)
    return (int(closes.timestamp()), name, side, quantity, price, price, 0, 0, reason, 0)


def course(fills: list[tuple[int, ...]], worth: list[int]) -> Any:
    equity = np.full(len(DAYS), 1_000_000, dtype=np.int64)
    days = SimpleNamespace(days=tuple(DAYS), equity=equity, worth=np.array(worth, dtype=np.int64))
    return SimpleNamespace(
        course=days, cash=1_000_000, final=1_000_000, comparison=None, fills=np.array(fills, dtype=FILL)
    )


def share(result: Any) -> list[float]:
    data = backtest_chart(result).figure["data"]
    return next(trace["y"] for trace in data if trace["name"] == "산 종목 비중")


def test_idle_money_in_its_parking_product_is_no_holding_of_the_chart() -> None:
    fills = [
        fill(DAYS[0], PARKED, BUY, 9, 100_000, PARK),
        fill(DAYS[1], PARKED, SELL, 3, 101_000, UNPARK),
        fill(DAYS[1], STOCK, BUY, 30, 10_000, ENTRY),
        fill(DAYS[3], STOCK, SELL, 30, 10_000, EXIT),
    ]
    assert share(course(fills, [900_000, 906_000, 906_000, 606_000])) == [0.0, 30.0, 30.0, 0.0]


def test_without_a_parking_product_everything_held_was_chosen() -> None:
    assert share(course([fill(DAYS[1], STOCK, BUY, 30, 10_000, ENTRY)], [0, 300_000, 300_000, 300_000])) == [
        0.0, 30.0, 30.0, 30.0,
    ]  # fmt: skip
