"""The server in memory: tables, sequences, locks, and everything that can happen to a server.

Contract: one server for all processes of a world. Its time is `seconds`, whose differences alone matter. Faults:
`crash` (open transactions are lost and every connection breaks, also of those who wait), `pause` and `resume` (nobody
is answered meanwhile), `in_doubt` (the next commit is kept or lost and its connection breaks before the answer),
`flush_regression` (an older copy is restored, or another server stands there). `pace` is asked before each statement,
before each commit and after it; what it returns, unless None, is awaited: so a world decides how others interleave.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from execution.oms.errors import StorageFault
from execution.oms.ledger.memory.locks import Locks
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.rows import Mark

Step = Literal["begin", "statement", "commit", "committed"]
Pace = Callable[[Step], Awaitable[None] | None]
Outcome = Literal["applied", "lost"]


def _at_once(step: Step) -> None:
    return None


class Database:
    def __init__(self, seconds: Callable[[], float], pace: Pace = _at_once, *, system: int = 1) -> None:
        self.seconds = seconds
        self.locks = Locks()
        self.tables = Tables()
        self._pace = pace
        self._system = system
        self._open: dict[Transaction, None] = {}
        self._resumed: asyncio.Event | None = None
        self._doubts: list[Outcome] = []
        self.doubted: list[Outcome] = []  # what in-doubt commits came to

    def mark(self, seq: int) -> Mark:
        return Mark(str(self._system), 1, 1, seq)

    # Faults ---------------------------------------------------------------------------------------------------------

    def crash(self) -> None:
        """What is committed stays. A commit that was not answered is in doubt for whoever waits for it."""
        for transaction in list(self._open):
            transaction.end(StorageFault("the server crashed"))
        if self._resumed is not None:  # a broken connection is noticed, whether or not the server stands
            self._resumed.set()
            self._resumed = asyncio.Event()

    def pause(self) -> None:
        if self._resumed is None:
            self._resumed = asyncio.Event()

    def resume(self) -> None:
        if self._resumed is not None:
            self._resumed.set()
            self._resumed = None

    @property
    def paused(self) -> bool:
        return self._resumed is not None

    def in_doubt(self, next_commit: Outcome) -> None:
        """For the next commit of a ledger's transaction that wrote something. Several wait in a row."""
        self._doubts.append(next_commit)

    def copy(self) -> Tables:
        """What is committed now, for `flush_regression`."""
        return self.tables.copy()

    def flush_regression(self, older: Tables, *, other_system: bool = False) -> None:
        """The server stands where it stood at that copy; `older` may be used again."""
        self.crash()
        self.tables.become(older)
        if other_system:
            self._system += 1

    # For transactions -----------------------------------------------------------------------------------------------

    def pace(self, step: Step, transaction: Transaction) -> Awaitable[None] | None:
        """What to await before the step; None, mostly: it may go on at once."""
        wait = self._pace(step)
        return None if wait is None and self._resumed is None else self._held_up(wait, transaction)

    async def _held_up(self, wait: Awaitable[None] | None, transaction: Transaction) -> None:
        if wait is not None:
            await wait
        while self._resumed is not None and not transaction.over:
            await self._resumed.wait()

    def begun(self, transaction: Transaction) -> None:
        self._open[transaction] = None

    def ended(self, transaction: Transaction) -> None:
        self._open.pop(transaction, None)

    def next_doubt(self) -> Outcome | None:
        if not self._doubts:
            return None
        self.doubted.append(self._doubts.pop(0))
        return self.doubted[-1]
