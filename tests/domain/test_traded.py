"""Busy or quiet: the last minutes of a few names against their day so far."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.clock import KST
from domain.traded import Reading, is_busy

OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=KST)
PRICES = {"005930": 70_000, "035720": 45_000}


def reading(minutes: int, **shares: int) -> Reading:
    return Reading(
        OPENED + timedelta(minutes=minutes), {name[1:]: count for name, count in shares.items()}, dict(PRICES)
    )


@pytest.mark.parametrize(("lately", "busy"), [(100, True), (99, False), (0, False)])
def test_as_much_a_minute_as_the_days_average_is_busy(lately: int, busy: bool) -> None:
    before, now = reading(55, _005930=1_100), reading(60, _005930=1_100 + lately)  # 1,200 in 60 minutes: 100 in five
    assert is_busy(before, now, OPENED) is busy


def test_the_first_minutes_of_a_day_are_busy_because_nothing_was_traded_before() -> None:
    assert is_busy(None, reading(5, _005930=500), OPENED)
    assert is_busy(reading(-900, _005930=9_999), reading(5, _005930=500), OPENED)  # yesterday's says nothing
    assert not is_busy(None, reading(5, _005930=0), OPENED)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, reading(120, _005930=500)),  # a start in the middle of a session
        (reading(60, _005930=100), reading(80, _005930=900)),  # too long ago
        (reading(60, _005930=900), reading(65, _005930=100)),  # a day began anew in between
        (reading(60, _005930=900), reading(60, _005930=900)),  # no time between
        (reading(60, _035720=900), reading(65, _005930=9_000)),  # a name that was not read before
    ],
)
def test_what_two_readings_cannot_tell_is_quiet(before: Reading | None, now: Reading) -> None:
    assert not is_busy(before, now, OPENED)


def test_names_count_by_the_won_they_trade() -> None:
    before = reading(55, _005930=1_100, _035720=0)
    assert not is_busy(before, reading(60, _005930=1_100, _035720=10), OPENED)
    assert is_busy(before, reading(60, _005930=1_100, _035720=200), OPENED)
