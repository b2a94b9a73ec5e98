"""When a bar of a day ends."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from domain.calendar import Calendar, KrxCalendar, calendar_named
from domain.clock import KST
from domain.strategy.timing import day_of as day_of

_USUAL_CLOSE = time(15, 30)


@lru_cache(maxsize=16_384)
def _end(day: date, calendar: str) -> int:
    try:
        hours = calendar_named(calendar).hours(day)
    except ValueError:  # before the table of hours begins
        hours = None
    close = hours.close if hours is not None else _USUAL_CLOSE
    if close == time.max:  # a market that never closes: the day ends at midnight
        return int(datetime.combine(day + timedelta(days=1), time.min, KST).timestamp())
    return int(datetime.combine(day, close, KST).timestamp())


def day_end(day: date, calendar: Calendar | None = None) -> int:
    """Epoch seconds of the session's close in Korea; of a day that is no session, of the usual close."""
    return _end(day, (calendar or KrxCalendar()).name)
