"""When a strategy's bar is acted on, and until when: its schedule on the market's calendar. Pure.

Contract: `end` is the end of a complete bar of the strategy's own time frame, epoch seconds; days are KST. A bar is
acted on after its end and never before: one within the session until the next bar of its length is over, one that ends
a session during the whole session after it. Says the same of every bar, whenever it is asked.
"""

from __future__ import annotations

from datetime import date, datetime

from domain.calendar import Calendar
from domain.clock import KST
from domain.strategy.signals import Timeframe
from domain.strategy.spec import StrategySpec

HALF_HOUR_S = 1_800
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def day_of(end: int) -> date:
    """The trade date of a bar; midnight belongs to the day that is over."""
    return datetime.fromtimestamp(end - 1, KST).date()


def is_due(spec: StrategySpec, end: int, calendar: Calendar) -> bool:
    """Whether the schedule looks at this bar's close."""
    every, day = spec.schedule.every, day_of(end)
    if every == "bar":
        return True
    if not ends_session(spec.timeframe, end, calendar):
        return every == "30m" and end % HALF_HOUR_S == 0
    if every == "month":
        return _number_in_month(day, calendar) == spec.schedule.session_of_month
    if every == "week":
        return _is_the_weeks(day, WEEKDAYS.index(spec.schedule.weekday or "mon"), calendar)
    return True


def ends_session(timeframe: Timeframe, end: int, calendar: Calendar) -> bool:
    """Whether the bar is the last of its session."""
    if timeframe.minutes is None:
        return True
    hours = calendar.hours(day_of(end))
    return hours is not None and datetime.fromtimestamp(end, KST) >= datetime.combine(day_of(end), hours.close, KST)


def is_fresh(spec: StrategySpec, end: int, now: datetime, calendar: Calendar) -> bool:
    """Whether the bar may still be acted on by entering at `now` (market time)."""
    minutes, today = spec.timeframe.minutes, now.astimezone(KST).date()
    if now.timestamp() < end:
        return False
    if minutes is not None and not ends_session(spec.timeframe, end, calendar):
        return now.timestamp() < end + 2 * minutes * 60 and today == day_of(end)
    return today in (day_of(end), calendar.next_session(day_of(end)))


def closes(timeframe: Timeframe, end: int, calendar: Calendar) -> bool:
    """Whether a smaller bar that ends here is known to be the last of its longer one."""
    if timeframe.minutes is not None:
        return end % (timeframe.minutes * 60) == 0
    day = day_of(end)
    following = calendar.next_session(day)
    if timeframe is Timeframe.WEEK:
        return following.isocalendar()[:2] != day.isocalendar()[:2]
    if timeframe is Timeframe.MONTH:
        return (following.year, following.month) != (day.year, day.month)
    return True


def _number_in_month(day: date, calendar: Calendar) -> int:
    number = 1
    before = calendar.previous_session(day)
    while (before.year, before.month) == (day.year, day.month):
        number, before = number + 1, calendar.previous_session(before)
    return number


def _is_the_weeks(day: date, wanted: int, calendar: Calendar) -> bool:
    before = calendar.previous_session(day)
    was_due = before.isocalendar()[:2] == day.isocalendar()[:2] and before.weekday() >= wanted
    return day.weekday() >= wanted and not was_due
