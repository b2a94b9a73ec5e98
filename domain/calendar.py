"""When the market is open: sessions, their hours and the phase of a moment.

Contract: days are KST dates; moments are aware datetimes. `KrxCalendar` combines the holiday package with dated
exceptions (`domain/data/sessions.yaml`); a one-off closure announced yesterday is known only to the broker.
Always-open is a calendar that a venue serves, not a flag elsewhere. Does not know NXT hours.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from domain.clock import KST
from domain.tables import in_force, table


class Phase(StrEnum):
    """What the market does at a moment. Orders match in CONTINUOUS and at the end of the two auctions."""

    CLOSED = "closed"
    PRE_OPEN = "pre_open"  # session day before the opening auction takes orders
    OPENING_AUCTION = "opening_auction"
    CONTINUOUS = "continuous"
    CLOSING_AUCTION = "closing_auction"
    CLOSE_PRICE = "close_price"  # trading at the closing price (장후 시간외 종가)
    AFTER_MARKET = "after_market"


@dataclass(frozen=True, slots=True)
class SessionHours:
    """The hours of one session in KST wall time; `after_market_until` is None when there is none."""

    opening_auction: time
    open: time
    closing_auction: time
    close: time
    close_price_from: time
    close_price_until: time
    after_market_until: time | None = None


class Calendar(Protocol):
    """Contract: pure; `next_session`/`previous_session` are strict; `hours` is None exactly on closed days."""

    @property
    def name(self) -> str: ...

    def is_session(self, d: date) -> bool: ...

    def next_session(self, d: date) -> date: ...

    def previous_session(self, d: date) -> date: ...

    def add_sessions(self, d: date, n: int) -> date:
        """The n-th session after `d` (before it when n < 0); T+2 settlement is `add_sessions(trade_date, 2)`."""
        ...

    def hours(self, d: date) -> SessionHours | None: ...

    def phase(self, at: datetime) -> Phase: ...


def _require_aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"expected an aware datetime, was {at!r}")
    return at.astimezone(KST)


@lru_cache(maxsize=256)
def _krx_closures(year: int) -> frozenset[date]:
    import holidays  # here and not above: the package costs start-up time and few processes need it

    days = set(holidays.financial_holidays("XKRX", years=year))
    data = table("sessions")
    days |= set(data["extra_closures"])
    return frozenset(days - set(data["extra_sessions"]))


@lru_cache(maxsize=4096)
def _krx_session(d: date) -> bool:
    return (d.weekday() < 5 or d in table("sessions")["extra_sessions"]) and d not in _krx_closures(d.year)


def _shift(at: time, minutes: int) -> time:
    return (datetime.combine(date(2000, 1, 1), at) + timedelta(minutes=minutes)).time()


def _krx_hours(d: date, first_of_year: bool) -> SessionHours:
    data = table("sessions")
    row = in_force(data["hours"], d, lambda r: r["since"], "KRX hours")
    opens, closes = row["open"], row["close"]
    if first_of_year:
        opens = data["first_session_open"]["open"]
    for special in data["special"]:
        if special["date"] == d:
            opens, closes = special["open"], special["close"]
    start, end = time.fromisoformat(opens), time.fromisoformat(closes)
    until = row["after_market_until"]
    return SessionHours(
        opening_auction=_shift(start, -row["opening_auction_minutes"]),
        open=start,
        closing_auction=_shift(end, -row["closing_auction_minutes"]),
        close=end,
        close_price_from=_shift(end, row["close_price"]["from_minutes"]),
        close_price_until=_shift(end, row["close_price"]["to_minutes"]),
        after_market_until=None if until is None else time.fromisoformat(until),
    )


class _DayByDay(ABC):
    """Walking over sessions one day at a time."""

    @abstractmethod
    def is_session(self, d: date) -> bool: ...

    def next_session(self, d: date) -> date:
        d += timedelta(days=1)
        while not self.is_session(d):
            d += timedelta(days=1)
        return d

    def previous_session(self, d: date) -> date:
        d -= timedelta(days=1)
        while not self.is_session(d):
            d -= timedelta(days=1)
        return d

    def add_sessions(self, d: date, n: int) -> date:
        for _ in range(abs(n)):
            d = self.next_session(d) if n > 0 else self.previous_session(d)
        return d


class KrxCalendar(_DayByDay):
    """KRX cash equities."""

    name = "krx"

    def is_session(self, d: date) -> bool:
        return _krx_session(d)

    def hours(self, d: date) -> SessionHours | None:
        return _krx_day(d)

    def phase(self, at: datetime) -> Phase:
        local = _require_aware(at)
        hours, now = self.hours(local.date()), local.time()
        if hours is None:
            return Phase.CLOSED
        if now < hours.opening_auction:
            return Phase.PRE_OPEN
        if now < hours.open:
            return Phase.OPENING_AUCTION
        if now < hours.closing_auction:
            return Phase.CONTINUOUS
        if now < hours.close:
            return Phase.CLOSING_AUCTION
        if hours.close_price_from <= now < hours.close_price_until:
            return Phase.CLOSE_PRICE
        if hours.after_market_until and hours.close_price_until <= now < hours.after_market_until:
            return Phase.AFTER_MARKET
        return Phase.CLOSED


@lru_cache(maxsize=4096)
def _krx_day(d: date) -> SessionHours | None:
    calendar = KrxCalendar()
    return _krx_hours(d, calendar.previous_session(d).year < d.year) if calendar.is_session(d) else None


class AlwaysOpenCalendar(_DayByDay):
    """A venue that never closes: every day is a session, always continuous."""

    name = "always"

    def is_session(self, d: date) -> bool:
        return True

    def hours(self, d: date) -> SessionHours | None:
        return SessionHours(time.min, time.min, time.max, time.max, time.max, time.max, None)

    def phase(self, at: datetime) -> Phase:
        _require_aware(at)
        return Phase.CONTINUOUS


def calendar_named(name: str) -> Calendar:
    """ "krx" or "always"; ValueError otherwise."""
    if name == KrxCalendar.name:
        return KrxCalendar()
    if name == AlwaysOpenCalendar.name:
        return AlwaysOpenCalendar()
    raise ValueError(f"expected calendar krx or always, was {name!r}")
