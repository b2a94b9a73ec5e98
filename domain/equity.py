"""What an account was worth from day to day, and how far below its highest it stood: the points of a curve. Pure.

Contract: a day whose start nobody knows has no point, and a silent broker gives none for now. Highs are compared in
today's money: the ledger raises a mark by every later deposit, so a day's start is raised by the same before the two
are compared. Money paid in is no gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.proto import oms_pb2 as pb

HISTORY_DAYS = 250  # of trading: about a year


@dataclass(frozen=True, slots=True)
class Point:
    """`day` None is now; `value` and `high` in that moment's own money, won; `below` is percent, 0 or less."""

    day: date | None
    value: int
    high: int
    below: float


@dataclass(frozen=True, slots=True)
class Change:
    """From the first point to the last: what came in or went out between them, and what was made apart from it, won."""

    paid_in: int
    gain: int
    base: int  # the start with what was paid in; a percentage of it makes sense only above 0


def known_total(book: pb.BookReply) -> int | None:
    """The total now; None when the broker has not said what cash there is."""
    return book.total_value if book.total_value > 0 and (book.deposit or book.cash_d2 or book.reconciled) else None


def course(days: Sequence[pb.Day], book: pb.BookReply) -> list[Point]:
    """`days` oldest first; the last point is now when the total is known and any day has a point."""
    since = sum(day.flow for day in days)
    highest, points = 0, []
    for day in days:
        since -= day.flow  # what was paid in after this day
        if day.start_value > 0:
            value = day.start_value + since
            top = max(highest, value)
            points.append(_point(date.fromisoformat(day.date), value, top, since))
        highest = max(highest, day.high_water)
    total = known_total(book)
    if total is not None and points:
        points.append(_point(None, total, max(highest, total), 0))
    return points


def change(days: Sequence[pb.Day], points: Sequence[Point]) -> Change:
    """`points` as `course` made them of these days, at least one."""
    first, last = points[0], points[-1]
    started = first.day or date.max
    paid_in = sum(day.flow for day in days if date.fromisoformat(day.date) > started)
    base = first.value + paid_in
    return Change(paid_in, last.value - base, base)


def _point(day: date | None, value: int, top: int, since: int) -> Point:
    below = round((value / top - 1.0) * 100.0, 2) if top > 0 else 0.0
    return Point(day, value - since, top - since, below)
