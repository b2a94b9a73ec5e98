"""The request budget as the client sees it: every REST request waits for a grant. The OMS owns the implementation.

Contract: `grant` returns when one request of that priority may leave now, in the order of ORDERS ("The budget");
it never returns early, and a slot granted to a waiter that was cancelled goes to the next one.
`under_way` is entered around every granted request until its answer: what is on its way may still be counted.
`throttled` is told each time the gateway says EGW00201, so that the cap can fall.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import IntEnum
from typing import Protocol


class Priority(IntEnum):
    """Smaller leaves first."""

    SESSION = 0  # token and approval key: everything else waits for them
    CANCEL = 1
    UNKNOWN = 2  # the inquiry that settles an UNKNOWN
    REDUCE = 3  # stop or reducing order
    ORDER = 4
    RECONCILE = 5
    QUOTE = 6


class Budget(Protocol):
    """Paces the requests of one (environment, app key)."""

    async def grant(self, priority: Priority) -> None: ...

    def under_way(self) -> AbstractContextManager[None]: ...

    def throttled(self) -> None: ...
