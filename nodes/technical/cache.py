"""What was read of a chart for five minutes, and one request for however many ask at once.

Contract: a failed load is not kept; every waiter gets its error. Bounded: the oldest entry leaves first. Time is the
injected monotonic clock.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from domain.clock import Clock

Value = TypeVar("Value")


class FreshCache(Generic[Value]):
    """Values that are good for `ttl` seconds."""

    def __init__(self, clock: Clock, ttl: float = 300.0, capacity: int = 512) -> None:
        self._clock = clock
        self._ttl = ttl
        self._capacity = capacity
        self._kept: OrderedDict[str, tuple[float, Value]] = OrderedDict()
        self._flying: dict[str, asyncio.Task[Value]] = {}

    async def get(self, key: str, load: Callable[[], Awaitable[Value]]) -> Value:
        """The kept value, or the one that `load` brings."""
        found = self._kept.get(key)
        if found is not None and self._clock.monotonic() - found[0] < self._ttl:
            return found[1]
        task = self._flying.get(key)
        if task is None:
            task = asyncio.create_task(self._load(key, load))
            self._flying[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        # Shielded: one impatient turn must not take the bars away from the others.
        return await asyncio.shield(task)

    async def _load(self, key: str, load: Callable[[], Awaitable[Value]]) -> Value:
        value = await load()
        self._kept[key] = (self._clock.monotonic(), value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return value

    async def aclose(self) -> None:
        """Ends what is still being loaded."""
        flying = list(self._flying.values())
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)

    def _landed(self, key: str, done: asyncio.Task[Value]) -> None:
        self._flying.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen, even when every waiter has gone
