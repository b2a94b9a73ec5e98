"""A plan whose turn would come too late is refused at the door, and no other."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import KST
from domain.orders.types import Leg, OrderType, Side
from execution.oms.waiting import too_late

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


def _legs(*seconds: float) -> list[Leg]:
    return [
        Leg(number, "005930", Side.BUY, 1, OrderType.MARKET, None, NOW + timedelta(seconds=left))
        for number, left in enumerate(seconds, start=1)
    ]


@pytest.mark.parametrize(
    ("legs", "wait", "interval", "queued", "late"),
    [
        # KIS paper: one request in 1.1 s, three an order
        (_legs(3.4), 0.0, 1.1, 0, None),
        (_legs(3.2), 0.0, 1.1, 0, 1),
        (_legs(3.4), 0.2, 1.1, 0, 1),
        (_legs(60, 60, 60), 0.0, 1.1, 15, None),  # 16, 17, 18 orders: 52.8, 56.1, 59.4 s
        (_legs(60, 60, 60), 0.0, 1.1, 16, 3),
        (_legs(60, 6.5), 0.0, 1.1, 0, 2),
        # live: 18 a second
        (_legs(60), 0.0, 1.1 / 18, 300, None),
        (_legs(60), 0.0, 1.1 / 18, 330, 1),
        (_legs(-1), 0.0, 0.0, 0, 1),
    ],
)
def test_the_first_leg_that_cannot_leave_in_time(
    legs: list[Leg], wait: float, interval: float, queued: int, late: int | None
) -> None:
    found = too_late(legs, NOW, wait, interval, queued)
    assert (found.leg if found is not None else None) == late


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8), st.floats(0, 60), st.floats(0.01, 2), st.integers(0, 50))
def test_a_longer_queue_lets_nobody_in_whom_a_shorter_kept_out(
    seconds: list[float], wait: float, interval: float, queued: int
) -> None:
    if too_late(_legs(*seconds), NOW, wait, interval, queued) is not None:
        assert too_late(_legs(*seconds), NOW, wait, interval, queued + 1) is not None
        assert too_late(_legs(*seconds), NOW, wait + 1, interval, queued) is not None
