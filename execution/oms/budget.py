"""Paced grants: when the next request of one app key may leave, and whose it is.

KIS counts requests in any one-second window, so a token bucket lets through twice the cap; grants are therefore spaced
by (1 s + jitter margin) / cap. The most urgent waiter goes first; waiting makes a waiter more urgent by one step every
`age_s`, so that reconciliation is never starved, except past a cancel or an UNKNOWN inquiry. The cap halves on
EGW00201 and comes back by a tenth every `recover_s` without one. After a restart nobody knows what the last second
held, so it counts as full.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field

from domain.clock import Clock
from tools.kis.budget import Priority

_FLOOR = Priority.REDUCE  # ageing never lifts anything above stops


@dataclass(order=True, slots=True)
class _Waiter:
    rank: float  # priority in seconds of ageing: comparable without looking at the clock again
    order: int
    priority: Priority = field(compare=False)
    ready: asyncio.Future[None] = field(compare=False)


class PacedBudget:
    """The grants of one (environment, key). Shared by everything that talks with that key."""

    def __init__(
        self,
        clock: Clock,
        cap_per_s: float,
        *,
        margin_s: float = 0.1,
        age_s: float = 2.0,
        recover_s: float = 10.0,
        first_second_full: bool = True,
    ) -> None:
        if cap_per_s <= 0:
            raise ValueError(f"expected a cap > 0 requests/s, was {cap_per_s}")
        self._clock = clock
        self._full = self._cap = float(cap_per_s)
        self._margin = margin_s
        self._age = age_s
        self._recover = recover_s
        self._next_at = clock.monotonic() + (1.0 if first_second_full else 0.0)
        self._recover_at = 0.0
        self._waiters: list[_Waiter] = []
        self._order = itertools.count()
        self._pump: asyncio.Task[None] | None = None

    @property
    def cap_per_s(self) -> float:
        return self._cap

    @property
    def interval_s(self) -> float:
        return (1.0 + self._margin) / self._cap

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    def expected_wait_s(self) -> float:
        """How long a new order would wait behind everybody who waits now."""
        return max(0.0, self._next_at - self._clock.monotonic()) + len(self._waiters) * self.interval_s

    async def grant(self, priority: Priority) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(self._rank(priority), next(self._order), priority, ready)
        heapq.heappush(self._waiters, waiter)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run(), name="budget")
        try:
            await ready
        except asyncio.CancelledError:
            if ready.done() and not ready.cancelled():
                self.give_back()  # granted in the same moment: nobody will use it
            raise

    def give_back(self) -> None:
        """The grant was not used: the next waiter need not wait for its interval."""
        self._next_at = min(self._next_at, self._clock.monotonic())

    def throttled(self) -> None:
        self._cap = max(self._full / 8, self._cap / 2)
        now = self._clock.monotonic()
        self._recover_at = now + self._recover
        self._next_at = max(self._next_at, now + 1.0 + self._margin)

    def _rank(self, priority: Priority) -> float:
        now = self._clock.monotonic()
        if priority < _FLOOR:
            return float("-inf") if priority <= Priority.CANCEL else -1e12
        return (priority - _FLOOR) * self._age + now

    async def _run(self) -> None:
        while self._waiters:
            now = self._clock.monotonic()
            if now < self._next_at:
                # Who goes next is decided when the moment has come, not before.
                await self._clock.sleep(self._next_at - now)
                continue
            waiter = heapq.heappop(self._waiters)
            if waiter.ready.done():  # its caller has gone
                continue
            self._recovered(now)
            self._next_at = now + self.interval_s
            waiter.ready.set_result(None)
            await asyncio.sleep(0)

    def _recovered(self, now: float) -> None:
        if self._cap < self._full and now >= self._recover_at:
            self._cap = min(self._full, self._cap + self._full / 10)
            self._recover_at = now + self._recover
