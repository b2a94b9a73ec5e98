"""Waiting for something, but not for ever.

Contract: no task of its own and no exception for the ordinary case that nothing came: loops that sleep until somebody
hints at work do this all day. A cancellation of the caller passes through.
"""

from __future__ import annotations

import asyncio


async def within(event: asyncio.Event, seconds: float) -> bool:
    """True as soon as `event` is set, False when `seconds` have passed first."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
