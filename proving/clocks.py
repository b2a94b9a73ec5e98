"""The clocks of a world: one time, and what each process believes of it.

Contract: a wall clock counts the world's time from the seed's first morning, suspend included, and may be set wrong or
be set while it runs; a monotonic clock does not count suspend; `awake` does, cannot be set, and starts anywhere.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from proving.loop import WorldLoop


class WallClock:
    """What one machine says the time is: a `domain.clock.Clock`."""

    def __init__(self, loop: WorldLoop, start: datetime) -> None:
        self._loop = loop
        self._start = start
        self.skew_s = 0.0
        self._passed, self._now = 0.0, start

    def now(self) -> datetime:
        passed = self._loop.world_time + self.skew_s
        if passed != self._passed:  # asked for many times in one step
            self._passed, self._now = passed, self._start + timedelta(seconds=passed)
        return self._now

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Awake:
    """Seconds since a machine was started, slept through or not."""

    def __init__(self, loop: WorldLoop, since_boot_s: float) -> None:
        self._loop = loop
        self._since_boot_s = since_boot_s

    def __call__(self) -> float:
        return self._loop.world_time + self._since_boot_s
