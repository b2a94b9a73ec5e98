"""Monthly savings (적립식): a sum on a day of each month into a few names, under a mandate of its own. Pure.

Contract: a plan is due once a month, on its day or the next session when that is closed; a month that could not be
served for a week is passed over and said, never made up for. Whole shares only, at most the budget: what is left, and
what an order did not fill, joins the next month's budget, never more than the mandate allows a day. Won are int, days
1–31 (a month without that day has it on its last), prices won a share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.calendar import Calendar
from domain.clock import KST
from domain.mandate import Mandate, MandateKind
from domain.mandate_offer import ALL_DAY, SESSION
from domain.money import format_won
from domain.orders.types import Side

SLEEVE = "savings"
LATE = timedelta(days=7)
EXPIRES = timedelta(days=365)
MOST_NAMES = 5
LEAST_KRW, MOST_KRW = 10_000, 100_000_000


class State(StrEnum):
    """The newest word about a plan."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"  # for good


class Done(StrEnum):
    """How a month of a plan ended."""

    ORDERED = "ordered"
    KEPT = "kept"  # nothing bought: the sum waits for the next month
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Savings:
    """A plan. `amount` won a month, shared evenly among `tickers`."""

    savings_id: UUID
    user_id: UUID
    account_ref: str
    mandate_id: UUID
    amount: int
    day: int
    tickers: tuple[str, ...]
    made_at: datetime
    state: State = State.ACTIVE
    resumed_at: datetime | None = None  # when it was last said to go on

    @property
    def begun_on(self) -> date:
        """Days after this one count: what lay in a rest is not made up for."""
        begun = self.made_at if self.resumed_at is None else max(self.made_at, self.resumed_at)
        return begun.astimezone(KST).date()


@dataclass(frozen=True, slots=True)
class Month:
    """What became of one month. `budget` is what could be spent, `ordered` what the orders were worth."""

    savings_id: UUID
    month: str  # 2026-11
    outcome: Done
    budget: int
    ordered: int
    text: str
    at: datetime
    plan_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DueMonth:
    """A month to serve; `late`: it is too late and only to be said."""

    month: str
    on: date
    late: bool = False


def day_of(year: int, month: int, day: int, calendar: Calendar) -> date:
    """The first session on or after that day of the month."""
    after = date(year + month // 12, month % 12 + 1, 1)
    asked = min(date(year, month, 1) + timedelta(days=day - 1), after - timedelta(days=1))
    return asked if calendar.is_session(asked) else calendar.next_session(asked)


def due(savings: Savings, served: Collection[str], today: date, calendar: Calendar) -> DueMonth | None:
    """The oldest month that waits. A plan begins with the first day of its own after it was made, or resumed."""
    if savings.state is not State.ACTIVE:
        return None
    made = savings.begun_on
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    for month in (first, today.replace(day=1)):
        on, name = day_of(month.year, month.month, savings.day, calendar), f"{month:%Y-%m}"
        if name not in served and made < on <= today:
            return DueMonth(name, on, late=today > on + LATE)
    return None


def next_day(savings: Savings, served: Collection[str], today: date, calendar: Calendar) -> date:
    """When the plan buys next."""
    made = savings.begun_on
    month = today.replace(day=1)
    for _ in range(14):
        on = day_of(month.year, month.month, savings.day, calendar)
        if f"{month:%Y-%m}" not in served and on > made and on >= today:
            return on
        month = (month + timedelta(days=32)).replace(day=1)
    raise ValueError("expected a day within a year, was none")


def quantities(budget: int, tickers: Sequence[str], limits: Mapping[str, int], fee_bps: int = 5) -> dict[str, int]:
    """Whole shares by name, at most an even part of the budget each; names without a price or share get none."""
    part = budget // len(tickers)
    found = {}
    for ticker in tickers:
        price = limits.get(ticker, 0)
        shares = part * 10_000 // (price * (10_000 + fee_bps)) if price > 0 else 0
        if shares > 0:
            found[ticker] = shares
    return found


def budget_of(savings: Savings, carried: int, most: int) -> int:
    """This month's sum with what was left, within the mandate."""
    return min(savings.amount + max(0, carried), most)


def carried_from(month: Month | None, spent: int) -> int:
    """What the newest month left. `spent`: won that its orders really filled."""
    if month is None:
        return 0
    return max(0, month.budget - spent)


def mandate_for(
    mandate_id: UUID,
    account_ref: str,
    amount: int,
    tickers: Sequence[str],
    prices: Mapping[str, int],
    calendar: str,
    now: datetime,
) -> Mandate:
    """The mandate that such a plan asks for: purchases of these names, a day at most the sum and what may be left of
    the month before, for a year."""
    most = amount + max(amount, *prices.values())
    first, last = ALL_DAY if calendar == "always" else SESSION
    return Mandate(
        mandate_id=mandate_id,
        account_ref=account_ref,
        kind=MandateKind.SAVINGS,
        tickers=frozenset(tickers),
        sectors=frozenset(),
        max_per_order=most,
        max_per_day=most,
        from_time=first,
        until_time=last,
        expires_at=now + EXPIRES,
        sides=frozenset({Side.BUY}),
    )


def describe(savings: Savings, names: Mapping[str, str]) -> str:
    """'매달 25일 KODEX 200 30만원'."""
    called = ", ".join(names.get(ticker, ticker) for ticker in savings.tickers)
    day = "말일" if savings.day == 31 else f"{savings.day}일"
    each = " (고르게 나눠서)" if len(savings.tickers) > 1 else ""
    return f"매달 {day} {called} {format_won(savings.amount)}{each}"


def origin_of(savings: Savings, month: str) -> tuple[str | int, ...]:
    """What the id of a month's plan is made of."""
    return ("savings", str(savings.savings_id), month)


def slot_of(savings: Savings, month: str) -> str:
    """The name of a month's slot, in which the account's plans stand apart."""
    return f"{month}:{savings.savings_id.hex[:12]}"
