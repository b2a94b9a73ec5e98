"""Waiting for tasks without becoming their owner, and ending them for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

_AGAIN_S = 0.5


async def first_failure(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Returns when all have ended; raises what the first one that failed raised. Being cancelled ends none of them."""
    if not tasks:
        return
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        if not task.cancelled():
            task.result()


async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancelled, and gone when this returns. Asked again where a cancellation was swallowed: `asyncio.wait_for`, which
    the Redis client uses, forgets one that comes together with its result (Python 3.11)."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
