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

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.world_time + self.skew_s)

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
