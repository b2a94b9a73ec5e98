"""Observations with the moment we learned them: history as it was known at any time. Pure.

Contract: a row never changes; a revised value is another row of the same period with a later `as_of`. `known` gives one
value a period, the newest of those learned by `at`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Published:
    """A figure as a publisher gave it. `period` is the first day of its month or year."""

    period: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure as we keep it: `revision` counts from 1 within its period, `as_of` is when we learned it."""

    period: date
    value: Decimal
    revision: int
    as_of: datetime


def known(rows: Iterable[Observation], at: datetime | None = None) -> tuple[Observation, ...]:
    """By period, oldest first; `at` None is everything known by now."""
    newest: dict[date, Observation] = {}
    for row in rows:
        if at is not None and row.as_of > at:
            continue
        held = newest.get(row.period)
        if held is None or row.revision > held.revision:
            newest[row.period] = row
    return tuple(newest[period] for period in sorted(newest))
