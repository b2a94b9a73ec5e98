"""When a position is sold by rule: stop-loss, take-profit, trailing stop, time stop. Pure, exact, never on old data.

Contract: prices and money int won, distances basis points, times KST; no fraction is ever rounded into a trigger. A
rule's price levels are what `levels` says and a price *at* the level fires. An opening gap through a level fires at the
first fresh tick, at that tick's price. The high of a trailing stop only rises. A tick that is old, halted, of another
day or out of order (by date and cumulative volume) fires nothing and moves nothing. Several at once: stop-loss before
trailing, take-profit, time. Sells nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import Calendar
from domain.limits import FULL_BPS

MAX_TAKE_BPS = 100_000  # ten times the cost
MAX_SESSIONS = 1_000


class ExitKind(StrEnum):
    """Why a position was sold by rule."""

    STOP_LOSS = "stop_loss"
    TRAILING = "trailing"
    TAKE_PROFIT = "take_profit"
    TIME = "time"


class RuleSource(StrEnum):
    """Whose rule it is, the strongest first."""

    STRATEGY = "strategy"
    USER = "user"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ExitRule:
    """Distances in basis points: `stop_bps` below and `take_bps` above the average cost, `trailing_bps` below the high
    since entry. `sell_at`: from this moment; `sessions`: in the n-th session after the entry's own. None: not at all.
    `resting`: the person wants the stop to lie at the broker too, where that can be."""

    stop_bps: int | None = None
    take_bps: int | None = None
    trailing_bps: int | None = None
    sell_at: datetime | None = None
    sessions: int | None = None
    source: RuleSource = RuleSource.DEFAULT
    rule_id: int = 0
    resting: bool = False

    def __post_init__(self) -> None:
        for name, value, most in (
            ("stop_bps", self.stop_bps, FULL_BPS - 1),
            ("take_bps", self.take_bps, MAX_TAKE_BPS),
            ("trailing_bps", self.trailing_bps, FULL_BPS - 1),
            ("sessions", self.sessions, MAX_SESSIONS),
        ):
            if value is not None and not (type(value) is int and 0 < value <= most):
                raise ValueError(f"expected {name} in 1..{most}, was {value!r}")
        if self.sell_at is not None and self.sell_at.tzinfo is None:
            raise ValueError(f"expected an aware moment, was {self.sell_at!r}")


DEFAULT_RULE = ExitRule(stop_bps=500, take_bps=1_500)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as somebody set it. Empty `ticker`: every holding; empty `sleeve`: every origin; `rule` None: taken back.
    Rows with a higher `rule_id` are newer."""

    rule_id: int
    source: RuleSource
    ticker: str
    sleeve: str
    rule: ExitRule | None


@dataclass(frozen=True, slots=True)
class Held:
    """A position: shares, what they cost in won (buy fees included), and the trade date of its first buy."""

    quantity: int
    cost: int
    entered_on: date

    @property
    def average(self) -> int:
        """Won a share, rounded down."""
        return self.cost // self.quantity if self.quantity > 0 else 0


@dataclass(frozen=True, slots=True)
class Tick:
    """A price with the proof of when it was true. `volume` is the day's cumulative one; `high` the day's high, 0 when
    it is not known."""

    ticker: str
    price: int
    at: datetime
    volume: int
    high: int = 0
    halted: bool = False


@dataclass(frozen=True, slots=True)
class RuleState:
    """What a position remembers: the highest price since its entry, and the newest tick that was taken."""

    high: int = 0
    at: datetime | None = None
    volume: int = -1
    price: int = 0


@dataclass(frozen=True, slots=True)
class Levels:
    """Prices at which a rule sells, won; None where it has no such part or the cost is not known."""

    stop: int | None
    take: int | None
    trailing: int | None

    @property
    def floor(self) -> int | None:
        """The higher of stop and trailing stop: the first that a falling price meets."""
        found = [level for level in (self.stop, self.trailing) if level is not None]
        return max(found, default=None)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule met its price or its moment. `level` is 0 for time."""

    kind: ExitKind
    price: int
    at: datetime
    level: int
    rule: ExitRule


def rule_for(rows: Iterable[RuleRow], ticker: str, sleeve: str) -> ExitRule:
    """The rule in force: a strategy's before the person's before the default; of one source the narrower scope, then
    the newer row. A row that was taken back leaves the word to the next."""
    newest: dict[tuple[RuleSource, str, str], RuleRow] = {}
    for row in rows:
        if row.ticker not in ("", ticker) or row.sleeve not in ("", sleeve):
            continue
        scope = (row.source, row.ticker, row.sleeve)
        if scope not in newest or newest[scope].rule_id < row.rule_id:
            newest[scope] = row
    standing = [row for row in newest.values() if row.rule is not None]
    for source in (RuleSource.STRATEGY, RuleSource.USER):
        of_source = [row for row in standing if row.source is source]
        if of_source:
            best = max(of_source, key=lambda row: (row.ticker != "", row.sleeve != "", row.rule_id))
            assert best.rule is not None
            return best.rule
    return DEFAULT_RULE


def levels(rule: ExitRule, held: Held, high: int) -> Levels:
    """`high` is the highest price since entry. Exact: a stop is the largest price at or under its distance, a
    take-profit the smallest at or over it."""
    stop = take = trailing = None
    if held.quantity > 0 and held.cost > 0:
        whole = held.quantity * FULL_BPS
        if rule.stop_bps is not None:
            stop = held.cost * (FULL_BPS - rule.stop_bps) // whole
        if rule.take_bps is not None:
            take = -(-held.cost * (FULL_BPS + rule.take_bps) // whole)
    top = max(high, held.average)
    if rule.trailing_bps is not None and top > 0:
        trailing = top * (FULL_BPS - rule.trailing_bps) // FULL_BPS
    return Levels(stop, take, trailing)


def observed(state: RuleState, held: Held, tick: Tick) -> RuleState | None:
    """The state after a tick; None for one that is out of order, impossible, or contradicts the one before.

    The day's own high counts for a position of an earlier day, so that a peak nobody watched is not lost.
    """
    if tick.price <= 0 or tick.volume < 0 or tick.halted:
        return None
    if state.at is not None:
        today, before = tick.at.date(), state.at.date()
        if today < before or (today == before and tick.volume < state.volume):
            return None
        if today == before and tick.volume == state.volume and (tick.price != state.price or tick.at < state.at):
            return None
    high = max(state.high, tick.price)
    if held.entered_on < tick.at.date():
        high = max(high, tick.high)
    return replace(state, high=high, at=tick.at, volume=tick.volume, price=tick.price)


def is_fresh(tick: Tick, now: datetime, max_age: timedelta) -> bool:
    """Of today and at most `max_age` away from `now`, either way: a clock that lies proves nothing."""
    return -max_age <= now - tick.at <= max_age and tick.at.date() == now.date()


def judge(
    rule: ExitRule, held: Held, state: RuleState, tick: Tick, now: datetime, calendar: Calendar, max_age: timedelta
) -> Trigger | None:
    """Does this tick sell the position? `state` is the one before the tick, `now` market time."""
    if held.quantity <= 0 or not is_fresh(tick, now, max_age):
        return None
    after = observed(state, held, tick)
    if after is None:
        return None
    at = levels(rule, held, after.high)
    if at.stop is not None and tick.price <= at.stop:
        return Trigger(ExitKind.STOP_LOSS, tick.price, tick.at, at.stop, rule)
    if at.trailing is not None and tick.price <= at.trailing:
        return Trigger(ExitKind.TRAILING, tick.price, tick.at, at.trailing, rule)
    if at.take is not None and tick.price >= at.take:
        return Trigger(ExitKind.TAKE_PROFIT, tick.price, tick.at, at.take, rule)
    if time_is_up(rule, held, now, calendar):
        return Trigger(ExitKind.TIME, tick.price, tick.at, 0, rule)
    return None


def time_is_up(rule: ExitRule, held: Held, now: datetime, calendar: Calendar) -> bool:
    """Has the moment come, or the n-th session after the entry's begun?"""
    if rule.sell_at is not None and now >= rule.sell_at:
        return True
    return rule.sessions is not None and now.date() >= calendar.add_sessions(held.entered_on, rule.sessions)
