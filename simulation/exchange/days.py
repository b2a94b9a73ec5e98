"""What a day's beginning and end write into the journal. Pure.

Contract: a day opens with its `day` record and the settlement of everything due; it ends with an `expire` for every
order that is still open. Nothing here knows prices.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from domain.calendar import Calendar
from domain.clock import KST
from simulation.exchange.journal import Record
from simulation.exchange.world import World


def end_of(calendar: Calendar, day: date) -> datetime:
    """When a session is over; an always-open day ends with the first moment of the next."""
    hours = calendar.hours(day)
    close = hours.close if hours is not None else time.max
    end = datetime.combine(day, close, KST)
    return end if close.microsecond == 0 else end.replace(microsecond=0) + timedelta(seconds=1)


def opening(world: World, day: date, now: datetime) -> list[Record]:
    """The day's first records: its date, then money that is due."""
    start = min(datetime.combine(day, time.min, KST), now)
    records: list[Record] = [{"t": start.isoformat(), "kind": "day", "date": day.isoformat()}]
    for account in world.accounts.values():
        records += [
            {
                "t": start.isoformat(),
                "kind": "settle",
                "date": day.isoformat(),
                "account": account.number,
                "due": due.isoformat(),
                "amount": amount,
            }
            for due, amount in sorted(account.pending.items())
            if due <= day
        ]
    return records


def expiry(world: World, at: datetime) -> list[Record]:
    """What was left of every open order at the close."""
    return [
        {
            "t": at.isoformat(),
            "kind": "expire",
            "date": order.day.isoformat(),
            "odno": order.odno,
            "account": order.account,
            "ticker": order.ticker,
            "qty": order.open,
        }
        for order in world.open_orders()
    ]
