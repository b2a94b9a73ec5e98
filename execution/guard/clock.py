"""Market time for the guard: what the OMS tells, and spans of it."""

from __future__ import annotations

from datetime import timedelta

from market.clock import MarketTime


class GuardClock(MarketTime):
    """`known` is False until the OMS has told its time: nothing may be judged before."""

    def age(self, seconds: float) -> timedelta:
        """A span of market time that lasts `seconds` at the wall, or as long where the market runs slower."""
        return timedelta(seconds=seconds * max(1.0, self.speed))
