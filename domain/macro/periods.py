"""Months and years of statistics as dates: a period is named by its first day. Pure.

Contract: what publishers write (`202604`, `2026-04-01`, `2026`) becomes the first day of the period; anything else is a
ValueError. `released` is the day on which a period's figure is to be expected.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from domain.macro.series import Cycle, Rhythm

_MONTH = re.compile(r"(\d{4})-?(\d{2})(?:-01)?", re.ASCII)
_YEAR = re.compile(r"(\d{4})(?:-01-01)?", re.ASCII)


def period_of(text: str, cycle: Cycle) -> date:
    """The first day of the period that `text` names. Raises ValueError."""
    match = (_MONTH if cycle is Cycle.MONTH else _YEAR).fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected a {'month' if cycle is Cycle.MONTH else 'year'}, was {text!r}")
    return date(int(match[1]), int(match[2]) if cycle is Cycle.MONTH else 1, 1)


def shifted(period: date, cycle: Cycle, by: int) -> date:
    """That many periods later, or earlier for a negative number."""
    if cycle is Cycle.YEAR:
        return date(period.year + by, 1, 1)
    months = period.year * 12 + period.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def containing(day: date, cycle: Cycle) -> date:
    """The period that `day` lies in."""
    return date(day.year, day.month if cycle is Cycle.MONTH else 1, 1)


def released(period: date, cycle: Cycle, rhythm: Rhythm) -> date:
    """The day from which the figure of `period` is to be expected."""
    return shifted(period, cycle, 1) + timedelta(days=rhythm.lag)


def stale_from(newest: date, cycle: Cycle, rhythm: Rhythm) -> date:
    """The day from which `newest` is too old: the figure after it is overdue by more than the grace."""
    return released(shifted(newest, cycle, 1), cycle, rhythm) + timedelta(days=rhythm.grace)


def named(period: date, cycle: Cycle) -> str:
    """'2026년 10월', '2025년'."""
    return f"{period.year}년 {period.month}월" if cycle is Cycle.MONTH else f"{period.year}년"


def as_written(period: date, cycle: Cycle) -> str:
    """As ECOS wants it: 202610, 2025."""
    return f"{period:%Y%m}" if cycle is Cycle.MONTH else f"{period:%Y}"
