"""A moment after which an order must not leave, on a clock that keeps running while the machine sleeps.

`time.monotonic()` stops during suspend on Linux, so a laptop that wakes up would still think it had seconds left.
CLOCK_BOOTTIME does not; macOS's CLOCK_MONOTONIC already counts sleep.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Seconds = Callable[[], float]


def awake_or_asleep() -> float:
    """Seconds since boot, sleep included; good for differences only."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on `seconds`. Two deadlines compare only when they share that clock."""

    at: float
    seconds: Seconds = awake_or_asleep
    stopped: Callable[[], bool] = _never  # asked once more just before the first byte; after it nothing is called back

    @classmethod
    def after(
        cls, delay_s: float, seconds: Seconds = awake_or_asleep, stopped: Callable[[], bool] = _never
    ) -> Deadline:
        return cls(seconds() + delay_s, seconds, stopped)

    def remaining(self) -> float:
        """Seconds left, negative once it has passed."""
        return self.at - self.seconds()

    def passed(self) -> bool:
        return self.remaining() <= 0
