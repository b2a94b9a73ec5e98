"""Reserved orders (예약주문): taken in the evening, sent as ordinary orders when the next session's auction begins.

Contract: taken from ten minutes after a session's close until 07:30 of the next one, not from 23:40 to 00:10; never on
an always-open venue. One without an end is sent once; one with an end is sent every session up to it, for what its
earlier orders have not traded. What the broker refuses on the day is noted with its reason. Pure: the venue sends and
journals. Source: KIS's notes on order-resv.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from domain.calendar import Calendar
from domain.clock import KST
from domain.orders.types import Side
from simulation.exchange.orders import OrderRequest, Refused, Why

DIVISIONS_TAKEN = ("00", "01", "02", "05")
LONGEST_DAYS = 30  # calendar days from the next session on
_UNTIL = time(7, 30)
_CLOSED_FROM, _CLOSED_UNTIL = time(23, 40), time(0, 10)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a reservation on one session: an order number, or the reason why not."""

    day: date
    number: int
    why: str


@dataclass(slots=True)
class Reservation:
    """One RSVN_ORD_SEQ."""

    seq: int
    account: str
    side: Side
    ticker: str
    division: str
    price: int
    quantity: int
    until: date | None
    taken_at: datetime
    cancelled_at: datetime | None = None
    sent: list[Sent] = field(default_factory=list)

    def due(self, day: date, opens: datetime) -> bool:
        """Is it to be sent when a session opens?"""
        if self.cancelled_at is not None or self.taken_at >= opens or any(one.day >= day for one in self.sent):
            return False
        return not self.sent if self.until is None else day <= self.until

    def open_for(self, day: date) -> bool:
        """May it still be changed: is there a session left, from `day` on, that it will be sent on?"""
        if self.cancelled_at is not None:
            return False
        return not self.sent if self.until is None else day <= self.until

    def request(self, quantity: int) -> OrderRequest:
        return OrderRequest(self.account, self.side, self.ticker, self.division, quantity, self.price)


def takes(calendar: Calendar, at: datetime) -> bool:
    """May a reservation be placed or changed at this moment?"""
    clock = at.timetz().replace(tzinfo=None)
    if clock >= _CLOSED_FROM or clock < _CLOSED_UNTIL:
        return False
    hours = calendar.hours(at.date())
    if hours is None:
        return True
    if hours.close_price_until <= hours.close:
        return False
    return clock >= hours.close_price_from or clock < _UNTIL


def next_day(calendar: Calendar, at: datetime) -> date:
    """The session a reservation placed now is sent on first."""
    hours = calendar.hours(at.date())
    if hours is not None and at.timetz().replace(tzinfo=None) < hours.opening_auction:
        return at.date()
    return calendar.next_session(at.date())


def sends_at(calendar: Calendar, day: date) -> datetime | None:
    """When a session's reservations are sent; None on a day without one and on an always-open venue."""
    hours = calendar.hours(day)
    if hours is None or hours.close_price_until <= hours.close:
        return None
    return datetime.combine(day, hours.opening_auction, KST)


def refusal(calendar: Calendar, one: Reservation, at: datetime, *, known: bool) -> Refused | None:
    """What the broker checks when it takes or changes one; money, shares and the band only when it is sent."""
    if not takes(calendar, at):
        return Refused(Why.BEFORE_OPEN)
    if not known:
        return Refused(Why.NO_SUCH_TICKER, one.ticker)
    if one.division not in DIVISIONS_TAKEN:
        return Refused(Why.DIVISION, one.division)
    if one.quantity <= 0:
        return Refused(Why.QUANTITY)
    if (one.price > 0) is not (one.division in ("00", "02")):
        return Refused(Why.TICK, str(one.price))
    first = next_day(calendar, at)
    if one.until is not None and not first <= one.until <= first + timedelta(days=LONGEST_DAYS):
        return Refused(Why.RESERVED_UNTIL, one.until.isoformat())
    return None
