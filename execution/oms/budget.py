"""Paced grants: when the next request of one app key may leave, and whose it is.

KIS counts requests in any one-second window, so a token bucket lets through twice the cap; grants are therefore spaced
by (1 s + jitter margin) / cap. The most urgent waiter goes first, equals in the order of their coming. Who has waited
too long behind orders (a reconciliation two seconds, a quote ten) gets one grant out of turn and never two in a row, so
that nobody starves and an order waits for at most one grant of somebody less urgent, however many wait. Nothing goes
before a cancel, an UNKNOWN's inquiry or a stop. The cap halves on EGW00201 and comes back by a tenth every `recover_s`
without one. After a restart nobody knows what the last second held, so it counts as full.

Spacing alone holds only while the network is never later than the margin. A request that is under way may arrive at any
moment until its answer, so until a second after that it counts as one of that second, and no grant makes more of them
than the cap: a gateway or a machine that stands still is met by fewer requests and never by a burst. What has had no
answer for `late_s` is taken for arrived, or one lost answer would hold up a cancel.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.clock import Clock
from tools.kis.budget import Priority

_PATIENCE = {Priority.RECONCILE: 1.0, Priority.QUOTE: 5.0}  # in `age_s`; the others are in turn or finite


@dataclass(slots=True)
class _Waiter:
    order: int
    since: float
    ready: asyncio.Future[None]


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
        late_s: float = 0.5,
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
        self._late = late_s
        self._out: dict[int, float] = {}  # under way: when it counts no more, unless its answer says sooner
        self._over: deque[float] = deque()  # answered: when it counts no more
        self._lines: dict[Priority, deque[_Waiter]] = {priority: deque() for priority in Priority}
        self._favoured = False  # the last grant was out of turn
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
        return sum(len(line) for line in self._lines.values())

    def expected_wait_s(self, priority: Priority = Priority.ORDER) -> float:
        """How long one more of this priority would wait: for those before it, and for the grants out of turn that
        the less urgent may take between them."""
        before = sum(len(line) for urgency, line in self._lines.items() if urgency <= priority)
        behind = sum(len(line) for urgency, line in self._lines.items() if urgency > priority)
        grants = before + min(behind, before + 1)
        return max(0.0, self._next_at - self._clock.monotonic()) + grants * self.interval_s

    async def grant(self, priority: Priority) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(next(self._order), self._clock.monotonic(), ready)
        line = self._lines[priority]
        line.append(waiter)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run(), name="budget")
        try:
            await ready
        except asyncio.CancelledError:
            if waiter in line:
                line.remove(waiter)
            elif ready.done() and not ready.cancelled():
                self.give_back()  # granted in the same moment: nobody will use it
            raise

    def give_back(self) -> None:
        """The grant was not used: the next waiter need not wait for its interval."""
        self._next_at = min(self._next_at, self._clock.monotonic())

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Around a granted request, from before its first byte to its answer."""
        number, until = next(self._order), self._clock.monotonic() + self._late + 1.0
        self._out[number] = until
        try:
            yield
        finally:
            del self._out[number]
            self._over.append(min(until, self._clock.monotonic() + 1.0))

    def _full_for(self, now: float) -> float:
        """Seconds in which one more could be one too many for a second; 0.0: there is room."""
        self._over = deque(until for until in self._over if until > now)
        out = [until for until in self._out.values() if until > now]
        if len(self._over) + len(out) < max(1, int(self._cap)):
            return 0.0
        return min([*self._over, *(min(until, now + 1.0) for until in out)]) - now

    def throttled(self) -> None:
        self._cap = max(self._full / 8, self._cap / 2)
        now = self._clock.monotonic()
        self._recover_at = now + self._recover
        self._next_at = max(self._next_at, now + 1.0 + self._margin)

    async def _run(self) -> None:
        while self.waiting:
            now = self._clock.monotonic()
            wait = max(self._next_at - now, self._full_for(now))
            if wait > 0.0:
                # Who goes next is decided when the moment has come, not before.
                await self._clock.sleep(wait)
                continue
            waiter = self._take(now)
            self._recovered(now)
            self._next_at = now + self.interval_s
            if waiter.ready.done():  # its caller has gone in this very moment
                self.give_back()
                continue
            waiter.ready.set_result(None)
            await asyncio.sleep(0)

    def _take(self, now: float) -> _Waiter:
        """The most urgent, unless somebody behind it has waited too long and it is their turn."""
        first = next(priority for priority in Priority if self._lines[priority])
        chosen = first
        if first > Priority.REDUCE and not self._favoured:
            late = [
                (self._lines[priority][0].order, priority)
                for priority, patience in _PATIENCE.items()
                if priority > first
                and self._lines[priority]
                and now - self._lines[priority][0].since >= patience * self._age
            ]
            if late:
                chosen = min(late)[1]
        self._favoured = chosen is not first
        return self._lines[chosen].popleft()

    def _recovered(self, now: float) -> None:
        if self._cap < self._full and now >= self._recover_at:
            self._cap = min(self._full, self._cap + self._full / 10)
            self._recover_at = now + self._recover
