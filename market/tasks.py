"""Waiting for tasks without becoming their owner."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence


async def first_failure(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Returns when all have ended; raises what the first one that failed raised. Being cancelled ends none of them."""
    if not tasks:
        return
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        if not task.cancelled():
            task.result()
