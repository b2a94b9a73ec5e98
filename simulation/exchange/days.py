"""What a day's beginning and end write into the journal. Pure.

Contract: a day opens with its `day` record and the settlement of everything due; it ends with an `expire` for every
order that is still open on a board when that board closes. Nothing here knows prices.
"""

from __future__ import annotations

from datetime import date, datetime, time

from domain.calendar import Calendar
from domain.clock import KST
from simulation.exchange.divisions import DIVISIONS, Board
from simulation.exchange.journal import Record
from simulation.exchange.orders import Order
from simulation.exchange.world import World


def closing_auction(calendar: Calendar, day: date) -> datetime | None:
    """When the closing auction begins; None on a day without one."""
    hours = calendar.hours(day)
    if hours is None or hours.closing_auction >= hours.close:
        return None
    return datetime.combine(day, hours.closing_auction, KST)


def conversions(world: World, at: datetime) -> list[Record]:
    """Conditional limit orders become market orders when the closing auction begins."""
    return [
        _of(order, at, "convert")
        for order in world.open_orders()
        if DIVISIONS[order.division].turns_market and not order.at_any_price
    ]


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


def expiry(world: World, board: Board, at: datetime) -> list[Record]:
    """What was left of a board's open orders when it closed."""
    return [_of(order, at, "expire") | {"qty": order.open} for order in world.open_orders() if order.board is board]


def _of(order: Order, at: datetime, kind: str) -> Record:
    return {
        "t": at.isoformat(),
        "kind": kind,
        "date": order.day.isoformat(),
        "odno": order.odno,
        "account": order.account,
        "ticker": order.ticker,
    }
