"""Waiting for something, but not for ever.

Contract: no task of its own, and no exception for the ordinary case that nothing came: loops that sleep until somebody
hints at work do this all day. A cancellation of the caller passes through.
"""

from __future__ import annotations

import asyncio


class Hint:
    """That there is something to do: set by whoever knows, cleared by whoever looks. One event loop."""

    def __init__(self) -> None:
        self._given = False
        self._waiters: list[asyncio.Future[bool]] = []

    def is_set(self) -> bool:
        return self._given

    def set(self) -> None:
        self._given = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(True)

    def clear(self) -> None:
        self._given = False

    async def within(self, seconds: float) -> bool:
        """True as soon as it is set, False when `seconds` have passed first."""
        if self._given:
            return True
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        self._waiters.append(waiter)
        end = loop.call_later(seconds, _nothing_came, waiter)
        try:
            return await waiter
        finally:
            end.cancel()
            self._waiters.remove(waiter)


def _nothing_came(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)


async def within(event: asyncio.Event, seconds: float) -> bool:
    """The same for an event that others wait for in their own ways."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
