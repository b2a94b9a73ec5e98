"""What the guard sold today: told once, by the next check, and not bought back the same day by a regular check.

Contract: from the day's own orders alone (`authority` exit, shares that were filled), so a sale is told whoever was
away when it happened. A stop that is bought back half an hour later was no stop, and what a person has just sold with
an approval is not wanted back either; the person may still buy by asking. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from domain.clock import KST
from domain.proto import oms_pb2 as pb
from tools.ports import JournalEntry

EXIT = "exit"
MANUAL = "manual"  # the sleeve of what a person orders
MOST_ORDERS = 200  # of a day
MOST_ENTRIES = 60  # of the diary that are looked through for the last check


def exits_on(orders: Iterable[pb.Order], now: datetime) -> list[pb.Order]:
    """The day's filled exits, oldest first. `now` is any moment of that day."""
    day = now.astimezone(KST).date()
    found = [one for one in orders if one.authority == EXIT and one.filled > 0 and _at(one).date() == day]
    return sorted(found, key=_at)


def sold_by_the_person(orders: Iterable[pb.Order], now: datetime) -> set[str]:
    """Tickers of which the day's own sales of the person's share were filled; a guard's and a mandate's are none."""
    day = now.astimezone(KST).date()
    return {
        one.ticker
        for one in orders
        if one.side == "sell"
        and one.filled > 0
        and one.sleeve == MANUAL
        and one.authority not in (EXIT, "mandate")
        and _at(one).date() == day
    }


def last_check(entries: Sequence[JournalEntry], slot: str) -> datetime | None:
    """When the newest check of that day, before this slot, wrote its diary. `entries` are newest first; slots that were
    only recorded saw nothing."""
    for entry in entries:
        loop = str(entry.detail.get("loop") or "")
        if loop == "cycle" and "slot_outcome" not in entry.detail and slot[:10] <= entry.subject < slot:
            return entry.at
    return None


def told(exits: Iterable[pb.Order], since: datetime | None) -> list[str]:
    """A sentence each, without its full stop."""
    return [_sentence(one) for one in exits if since is None or _at(one) > since]


def _sentence(order: pb.Order) -> str:
    name = order.name or order.ticker
    why = f" · {order.reason}" if order.reason else ""
    return f"{_at(order):%H:%M}에 {name} {order.filled:,}주를 지킴이가 팔았어요{why}"


def _at(order: pb.Order) -> datetime:
    """When it was made; a stop that rested at the broker is made long before its price comes."""
    at = order.updated_at if order.stop_price else order.created_at
    return at.ToDatetime(tzinfo=UTC).astimezone(KST)
