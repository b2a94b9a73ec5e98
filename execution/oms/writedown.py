"""A broker's reply must be in the ledger before anything is concluded from it: tried until it is, or we are fenced.

Contract: `write` is one whole transaction that may run again (it looks before it moves). Fenced ends the trying: then
a successor asks the broker instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from execution.oms.errors import CommitInDoubt, Fenced, StorageFault

log = structlog.get_logger("oms.writedown")
_LONGEST_S = 1.0

WriteDown = Callable[[], Awaitable[None]]


async def until_written(write: WriteDown) -> None:
    """Returns when it is written or can no longer be by us."""
    pause = 0.05
    while True:
        try:
            await write()
        except Fenced:
            log.error("reply_lost_to_fence")
            return
        except (CommitInDoubt, StorageFault) as error:
            log.warning("reply_not_yet_written", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_S, pause * 2)
        else:
            return
