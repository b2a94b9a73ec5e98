"""When the news is read: at 00:00 and 12:00 in Korea, and at a start after longer than twelve hours. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.clock import KST

HOURS = (0, 12)
OLDEST = timedelta(hours=12)


def slot_of(now: datetime) -> datetime:
    """The beginning of the half day that a moment belongs to, KST."""
    local = now.astimezone(KST)
    hour = max(hour for hour in HOURS if hour <= local.hour)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


def due(now: datetime, last: datetime | None) -> bool:
    """Whether a run is owed: none yet, none in this half day, or the last one twelve hours old.

    A last run from the future (a clock set back) counts as none.
    """
    if last is None or last > now:
        return True
    return last < slot_of(now) or now - last >= OLDEST


def next_run(now: datetime) -> datetime:
    """The next 00:00 or 12:00, KST."""
    return slot_of(now) + OLDEST
