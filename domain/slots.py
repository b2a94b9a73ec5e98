"""What is due now: checks of accounts by the market's sessions, research by the hours of the day. Pure.

Contract: trading slots live on the venue's market clock, research on wall time; a slot's name is its moment in Korea
(2026-11-23T10:00), so names sort as time does. A session's checks stand on its opening, every half hour, and end with
its close, which reports and never orders; hours of special days are the calendar's. A trading slot that was not begun
within its grace is late: it is recorded and told, never run. Research is never late, it is only owed. Nothing here
knows who runs a slot: whoever inserts its row does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from domain.calendar import Calendar
from domain.clock import KST

CYCLE = timedelta(minutes=30)
REBALANCE = timedelta(minutes=5)  # in a busy market; every second one in a quiet one
CYCLE_GRACE = timedelta(minutes=10)
REBALANCE_GRACE = timedelta(minutes=3)
REPORT_PATIENCE = timedelta(minutes=10)  # so long the day's report waits for the closing check
TECHNICAL_LEAD = timedelta(minutes=30)  # before the opening
RESEARCH = timedelta(hours=12)
RETRY = timedelta(hours=1)  # research that failed is tried again after that
NAME = "%Y-%m-%dT%H:%M"

MACHINE = ""  # account of what belongs to no account


class Kind(StrEnum):
    """What a slot is for."""

    CYCLE = "cycle"
    REBALANCE = "rebalance"
    REPORT = "report"  # of the day
    SAVINGS = "savings"
    MACRO = "macro"
    NEWS = "news"
    TECHNICAL = "technical"


class Outcome(StrEnum):
    """How a slot ended; one without an end is running, or its runner died."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # late, or nothing may run it any more
    INTERRUPTED = "interrupted"  # whoever claimed it was not heard of again


RESEARCH_KINDS = frozenset({Kind.MACRO, Kind.NEWS, Kind.TECHNICAL})


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot that somebody has claimed. `account_ref` is MACHINE for research; moments are wall time."""

    account_ref: str
    kind: Kind
    slot: str
    claimed_at: datetime
    claimed_by: str
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    text: str = ""

    @property
    def is_running(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Due:
    """A slot to claim now. `late`: only to be recorded; `missed` counts the slots that this record stands for."""

    kind: Kind
    slot: str
    late: bool = False
    report_only: bool = False
    missed: int = 0


def name_of(at: datetime) -> str:
    """A moment as a slot's name."""
    return at.astimezone(KST).strftime(NAME)


def moment_of(slot: str) -> datetime:
    """The moment that a slot's name says, KST. ValueError for another shape."""
    return datetime.strptime(slot, NAME).replace(tzinfo=KST)


# Sessions ---------------------------------------------------------------------------------------------------------
def cycle_slots(calendar: Calendar, at: datetime) -> tuple[datetime, ...]:
    """The checks of that day, the last one at the close; empty when the market is closed all day."""
    hours = calendar.hours(at.astimezone(KST).date())
    if hours is None:
        return ()
    slot, close = _on(at, hours.open), _on(at, hours.close)
    slots = []
    while slot < close:
        slots.append(slot)
        slot += CYCLE
    return (*slots, close)


def rebalance_points(calendar: Calendar, at: datetime, *, busy: bool) -> tuple[datetime, ...]:
    """Between the checks, before the closing auction: every ten minutes, in a busy market every five."""
    hours = calendar.hours(at.astimezone(KST).date())
    if hours is None:
        return ()
    opening, until = _on(at, hours.open), _on(at, hours.closing_auction)
    step = REBALANCE if busy else 2 * REBALANCE
    points, point = [], opening + REBALANCE
    while point < until:
        if (point - opening) % CYCLE:
            points.append(point)
        point += step
    return tuple(points)


def reports_only(calendar: Calendar, at: datetime) -> bool:
    """Whether a check at that moment may only report: from the close on, and on closed days."""
    slots = cycle_slots(calendar, at)
    return not slots or at >= slots[-1]


def _on(at: datetime, clock: time) -> datetime:
    day = at.astimezone(KST).date()
    return datetime.combine(day, clock.replace(second=0, microsecond=0), KST)


# What is due ------------------------------------------------------------------------------------------------------
def due(
    calendar: Calendar, now: datetime, newest: Mapping[Kind, Slot], since: datetime, *, busy: bool = False
) -> list[Due]:
    """Trading slots of one account, in the order in which they are to run. `now` and `since` are market time: nothing
    from before `since`, when the account's checks were switched on, is owed. `newest` holds its newest slot a kind."""
    slots = cycle_slots(calendar, now)
    if not slots:
        return []
    found = []
    for slot in _open(slots, now, newest.get(Kind.CYCLE), since):
        closing = slot == slots[-1]
        late = not closing and now - slot > CYCLE_GRACE
        found.append(Due(Kind.CYCLE, name_of(slot), late=late, report_only=closing, missed=int(late)))
    found += _rebalances(calendar, now, newest.get(Kind.REBALANCE), since, busy=busy)
    close = slots[-1]
    if _open((close,), now, newest.get(Kind.REPORT), since) and _is_closed(newest.get(Kind.CYCLE), close, now):
        found.append(Due(Kind.REPORT, name_of(close), report_only=True))
    return found


def _open(points: tuple[datetime, ...], now: datetime, newest: Slot | None, since: datetime) -> list[datetime]:
    """Those that have come, are owed, and that nobody has claimed."""
    after = newest.slot if newest is not None else ""
    return [point for point in points if since <= point <= now and name_of(point) > after]


def _rebalances(calendar: Calendar, now: datetime, newest: Slot | None, since: datetime, *, busy: bool) -> list[Due]:
    """The newest one if it is in time, and one record for all that were missed before it; what only a busy market would
    have had is not missed."""
    points = _open(rebalance_points(calendar, now, busy=busy), now, newest, since)
    in_time = [point for point in points if now - point <= REBALANCE_GRACE][-1:]
    every = _open(rebalance_points(calendar, now, busy=False), now, newest, since)
    missed = [point for point in every if now - point > REBALANCE_GRACE]
    found = [Due(Kind.REBALANCE, name_of(missed[-1]), late=True, missed=len(missed))] if missed else []
    return found + [Due(Kind.REBALANCE, name_of(point)) for point in in_time]


def _is_closed(cycle: Slot | None, close: datetime, now: datetime) -> bool:
    """Whether the closing check is over, or has been waited for long enough."""
    over = cycle is not None and cycle.slot >= name_of(close) and not cycle.is_running
    return over or now - close >= REPORT_PATIENCE


def research_due(kind: Kind, now: datetime, newest: Slot | None) -> Due | None:
    """Macro: twelve hours after the last one. News: each half day that begins at 00:00 and 12:00. Both again an hour
    after one that came to nothing. `now` is wall time; a slot is named by the hour, so two runners mean the same."""
    slot = now.astimezone(KST).replace(minute=0, second=0, microsecond=0)
    if newest is not None and newest.slot >= name_of(slot):
        return None
    if newest is None or now - newest.claimed_at >= RESEARCH:
        return Due(kind, name_of(slot))
    if newest.outcome in (Outcome.FAILED, Outcome.INTERRUPTED):
        return Due(kind, name_of(slot)) if now - newest.claimed_at >= RETRY else None
    half = slot.replace(hour=slot.hour // 12 * 12)
    if kind is Kind.NEWS and newest.slot < name_of(half):
        return Due(kind, name_of(slot))
    return None


def technical_due(calendar: Calendar, now: datetime, newest: Slot | None) -> Due | None:
    """Once a session, from half an hour before its opening until its close. `now` is market time."""
    slots = cycle_slots(calendar, now)
    if not slots:
        return None
    slot = max(slots[0] - TECHNICAL_LEAD, _on(now, time.min))
    owed = slot <= now < slots[-1] and (newest is None or newest.slot < name_of(slot))
    return Due(Kind.TECHNICAL, name_of(slot)) if owed else None


def next_cycle(calendar: Calendar, now: datetime) -> datetime:
    """The next check after `now`, market time."""
    coming = [slot for slot in cycle_slots(calendar, now) if slot > now]
    if coming:
        return coming[0]
    following = calendar.next_session(now.astimezone(KST).date())
    return cycle_slots(calendar, datetime.combine(following, time.min, KST))[0]


def next_research(kind: Kind, now: datetime, newest: Slot | None) -> datetime:
    """When `research_due` will say so; `now` when it does already."""
    if newest is None:
        return now
    half = now.astimezone(KST).replace(hour=now.astimezone(KST).hour // 12 * 12, minute=0, second=0, microsecond=0)
    moments = sorted([now, newest.claimed_at + RETRY, newest.claimed_at + RESEARCH, half + RESEARCH])
    found = (at for at in moments if at >= now and research_due(kind, at, newest) is not None)
    return next(found, newest.claimed_at + RESEARCH)
