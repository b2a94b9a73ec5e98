"""Monthly savings by hand: on which day a month is due, what it may spend and what it leaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import pytest

from domain.calendar import calendar_named
from domain.clock import KST
from domain.mandate import MandateKind
from domain.orders.types import Side
from domain.savings import (
    Done,
    DueMonth,
    Month,
    Savings,
    State,
    budget_of,
    carried_from,
    day_of,
    due,
    mandate_for,
    next_day,
    quantities,
)

KRX = calendar_named("krx")
PLAN = Savings(
    savings_id=UUID(int=1),
    user_id=UUID(int=2),
    account_ref="sim-a",
    mandate_id=UUID(int=3),
    amount=300_000,
    day=25,
    tickers=("069500",),
    made_at=datetime(2026, 10, 30, 14, 0, tzinfo=KST),
)


@pytest.mark.parametrize(
    ("month", "day", "on"),
    [
        ((2026, 11), 25, date(2026, 11, 25)),
        ((2026, 12), 25, date(2026, 12, 28)),  # Christmas, then a weekend
        ((2026, 11), 31, date(2026, 11, 30)),
        ((2026, 2), 31, date(2026, 3, 3)),  # the 28th is a Saturday, Monday the 2nd stands in for 삼일절
        ((2026, 10), 3, date(2026, 10, 6)),  # 개천절 on a Saturday, a Monday in its stead
        ((2027, 1), 1, date(2027, 1, 4)),
    ],
)
def test_a_closed_day_is_served_at_the_next_session(month: tuple[int, int], day: int, on: date) -> None:
    assert day_of(*month, day, KRX) == on


@pytest.mark.parametrize(
    ("today", "served", "found"),
    [
        (date(2026, 10, 31), (), None),  # made after October's day: it begins with November
        (date(2026, 11, 24), (), None),
        (date(2026, 11, 25), (), DueMonth("2026-11", date(2026, 11, 25))),
        (date(2026, 11, 25), ("2026-11",), None),
        (date(2026, 12, 2), (), DueMonth("2026-11", date(2026, 11, 25))),
        (date(2026, 12, 3), (), DueMonth("2026-11", date(2026, 11, 25), late=True)),
        (date(2026, 12, 28), ("2026-11",), DueMonth("2026-12", date(2026, 12, 28))),
        (date(2026, 12, 28), (), DueMonth("2026-11", date(2026, 11, 25), late=True)),
        (date(2027, 1, 4), ("2026-11",), DueMonth("2026-12", date(2026, 12, 28))),
    ],
)
def test_a_month_is_due_once_from_its_day_on_and_late_after_a_week(
    today: date, served: tuple[str, ...], found: DueMonth | None
) -> None:
    assert due(PLAN, served, today, KRX) == found


def test_a_plan_that_rests_is_never_due_and_says_when_it_buys_next() -> None:
    assert due(replace(PLAN, state=State.PAUSED), (), date(2026, 11, 25), KRX) is None
    resumed = replace(PLAN, resumed_at=datetime(2026, 11, 26, 9, 0, tzinfo=KST))
    assert due(resumed, (), date(2026, 11, 27), KRX) is None  # what lay in the rest is not made up for
    assert due(resumed, (), date(2026, 12, 28), KRX) == DueMonth("2026-12", date(2026, 12, 28))
    assert next_day(PLAN, (), date(2026, 11, 2), KRX) == date(2026, 11, 25)
    assert next_day(PLAN, ("2026-11",), date(2026, 11, 25), KRX) == date(2026, 12, 28)


def test_whole_shares_within_an_even_part_each_fee_included() -> None:
    assert quantities(300_000, ("069500",), {"069500": 36_000}) == {"069500": 8}
    assert quantities(288_000, ("069500",), {"069500": 36_000}) == {"069500": 7}  # the eighth would not pay its fee
    assert quantities(500_000, ("a", "b", "c"), {"a": 70_000, "b": 400_000}) == {"a": 2}
    assert quantities(10_000, ("a",), {"a": 10_001}) == {}


def test_what_is_left_or_was_not_filled_joins_the_next_month_within_the_mandate() -> None:
    def month(outcome: Done, budget: int) -> Month:
        return Month(PLAN.savings_id, "2026-11", outcome, budget, 0, "", PLAN.made_at)

    assert carried_from(None, 0) == 0
    assert carried_from(month(Done.ORDERED, 300_000), 288_043) == 11_957
    assert carried_from(month(Done.ORDERED, 300_000), 0) == 300_000  # nothing was filled
    assert carried_from(month(Done.KEPT, 300_000), 0) == 300_000
    assert carried_from(month(Done.SKIPPED, 11_957), 0) == 11_957  # a month passed over adds nothing
    assert budget_of(PLAN, 11_957, 600_000) == 311_957
    assert budget_of(PLAN, 900_000, 600_000) == 600_000


def test_the_mandate_lets_a_dear_share_be_saved_for_and_buys_nothing_else() -> None:
    now = datetime(2026, 11, 2, 10, 0, tzinfo=KST)
    mandate = mandate_for(UUID(int=9), "sim-a", 300_000, ("207940",), {"207940": 1_000_000}, "krx", now)
    assert mandate.kind is MandateKind.SAVINGS
    assert mandate.max_per_order == mandate.max_per_day == 1_300_000
    assert (mandate.tickers, mandate.sides, mandate.sectors) == ({"207940"}, {Side.BUY}, frozenset())
    assert (mandate.expires_at - now).days == 365
