"""The venue's market clock: wall time for the seeded market, virtual time for a replay.

Contract: `now()` is aware KST and never goes back. A replay runs `speed` times as fast as the wall, at 1 while an
order is open or somebody holds it (an approval is pending), and jumps over closed hours when told to.
Tokens and limits live on the wall clock, never on this one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from domain.clock import Clock

HOLD_SECONDS = 900.0  # a holder that died must not slow the market for ever


class VenueClock(Protocol):
    """Where market time comes from."""

    @property
    def speed(self) -> float: ...

    def now(self) -> datetime: ...

    def hold(self, name: str) -> None:
        """Run at speed 1 until `release(name)`, or for 15 minutes of wall time."""
        ...

    def release(self, name: str) -> None: ...

    def slow_for_orders(self, any_open: bool) -> None: ...

    def skip_to(self, at: datetime) -> None:
        """Jump ahead; a clock that is the wall's ignores it."""
        ...


class WallClock:
    """Market time is wall time."""

    speed = 1.0

    def __init__(self, wall: Clock) -> None:
        self._wall = wall

    def now(self) -> datetime:
        return self._wall.now()

    def hold(self, name: str) -> None:
        del name

    def release(self, name: str) -> None:
        del name

    def slow_for_orders(self, any_open: bool) -> None:
        del any_open

    def skip_to(self, at: datetime) -> None:
        del at


class ReplayClock:
    """Market time starts at `start` and runs at `speed`."""

    def __init__(self, wall: Clock, start: datetime, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"expected a speed > 0, was {speed}")
        self._wall = wall
        self._full = speed
        self._base = start
        self._since = wall.monotonic()
        self._running = speed
        self._holds: dict[str, float] = {}
        self._orders = False

    @property
    def speed(self) -> float:
        return self._running

    def now(self) -> datetime:
        self._settle()
        return self._base + timedelta(seconds=(self._wall.monotonic() - self._since) * self._running)

    def hold(self, name: str) -> None:
        self._holds[name] = self._wall.monotonic() + HOLD_SECONDS
        self._settle()

    def release(self, name: str) -> None:
        self._holds.pop(name, None)
        self._settle()

    def slow_for_orders(self, any_open: bool) -> None:
        self._orders = any_open
        self._settle()

    def skip_to(self, at: datetime) -> None:
        if at > self.now():
            self._base, self._since = at, self._wall.monotonic()

    def _settle(self) -> None:
        """Change gear without losing time."""
        instant = self._wall.monotonic()
        self._holds = {name: until for name, until in self._holds.items() if until > instant}
        wanted = 1.0 if self._orders or self._holds else self._full
        if wanted != self._running:
            self._base += timedelta(seconds=(instant - self._since) * self._running)
            self._since, self._running = instant, wanted
