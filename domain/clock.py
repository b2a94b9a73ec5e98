"""The clock, injected everywhere: wall time for tokens and leases, market time for sessions and slots.

Contract: `now()` is timezone-aware and in KST; `monotonic()` never goes back and is only good for
differences. Nothing else in Quartz asks the operating system for the time.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

KST = timezone(timedelta(hours=9), "KST")  # Korea has had no daylight saving since 1988


def format_moment(at: datetime) -> str:
    """'11월 23일 09:05', the time in Korea."""
    local = at.astimezone(KST)
    return f"{local.month}월 {local.day}일 {local:%H:%M}"


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Aware datetime in KST."""
        ...

    def monotonic(self) -> float:
        """Seconds, for differences only."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(KST)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ManualClock:
    """A clock that moves only when told: for replays and tests. `sleep` advances it."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError(f"expected an aware start time, was {start!r}")
        self._now = start.astimezone(KST)
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"expected seconds >= 0, was {seconds}")
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)
