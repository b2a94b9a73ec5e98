"""When a series is to be asked again, and when a report is to be written anew. Pure.

Contract: a series is never asked more often than every `REFRESH`, except once more `RETRY` after a failure. While the
figure after its newest one is out, or should be, it is asked at every refresh; otherwise only every `recheck` days,
because published figures are revised. Moments are timezone-aware; days are counted in Seoul.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.clock import KST
from domain.macro.periods import released, shifted
from domain.macro.series import Series

REFRESH = timedelta(hours=12)
RETRY = timedelta(hours=1)


class Why(StrEnum):
    """What makes a series due; None is not now."""

    FIRST = "first"  # never asked
    RETRY = "retry"  # the last attempt failed
    RELEASE = "release"  # the next figure is out, or overdue
    REVISION = "revision"  # a look whether published figures were changed


@dataclass(frozen=True, slots=True)
class LastAsked:
    """What is known of a series: the last attempt, whether it failed, the last that did not, the newest period held."""

    at: datetime
    failed: bool
    good_at: datetime | None = None
    newest: date | None = None
    code: str = ""  # of the failure


def due(now: datetime, series: Series, last: LastAsked | None) -> Why | None:
    """Why `series` should be asked now; None when it should not."""
    if last is None:
        return Why.FIRST
    if last.failed:
        return Why.RETRY if now - last.at >= RETRY else None
    if now - last.at < REFRESH:
        return None
    if last.newest is None:
        return Why.RELEASE
    coming = released(shifted(last.newest, series.cycle, 1), series.cycle, series.rhythm)
    if now.astimezone(KST).date() >= coming:
        return Why.RELEASE
    return Why.REVISION if now - last.at >= timedelta(days=series.rhythm.recheck) else None


def report_due(now: datetime, written_at: datetime | None) -> bool:
    """Whether the report of the economy is to be written anew."""
    return written_at is None or now - written_at >= REFRESH
