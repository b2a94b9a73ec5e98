"""One connection's work: rows of its own over the committed ones, its locks, its savepoints, and its end.

Contract: READ COMMITTED. Every question sees what is committed when it is asked, and the transaction's own rows. A row
or a unique value that another transaction has written is waited for. After an error the transaction answers
StorageFault until it ends or the savepoint around the error does. A transaction that was ended (its process died, the
server crashed, it stood still too long) can neither ask nor commit. Commits apply all of its rows at once or none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from execution.oms.errors import CommitInDoubt, LedgerError, StorageFault, Taken, Unfit
from execution.oms.ledger.memory.locks import Mode, fail
from execution.oms.ledger.memory.table import Table

if TYPE_CHECKING:
    from execution.oms.ledger.memory.database import Database

Row = TypeVar("Row")
_NOTHING: Any = object()


class Transaction:
    """`stall_s`: how long it may stand still while somebody waits for it. `reads_only`: a connection in autocommit.
    `doubtful`: its commit is one that a fault of the server may leave without an answer."""

    def __init__(
        self, database: Database, stall_s: float | None = None, *, reads_only: bool = False, doubtful: bool = False
    ) -> None:
        self.locks: dict[Hashable, Mode] = {}
        self.waiting: asyncio.Future[None] | None = None
        self._database = database
        self._stall_s = stall_s
        self._reads_only = reads_only
        self._doubtful = doubtful
        self._own: dict[Table[Any], dict[Hashable, Any]] = {}
        self._undo: list[tuple[Table[Any], Hashable, Any]] = []
        self._ended: Exception | None = None
        self._failed = False
        self._busy = False  # inside a statement: the server is at work, not idle
        self._last = database.seconds()
        database.begun(self)

    # Questions ------------------------------------------------------------------------------------------------------

    async def turn(self) -> None:
        """Before every statement: lets others run when the world wants it, and raises when this cannot go on."""
        self._stand()
        self._busy = True
        if (wait := self._database.pace("statement", self)) is not None:
            await wait
        self._busy = False
        self.require()

    def require(self) -> None:
        if self._ended is not None:
            raise StorageFault("expected an open connection, was closed") from self._ended
        self._last = self._database.seconds()
        if self._failed:
            raise StorageFault("expected a transaction without an error, was one that had failed")

    def last(self, table: Table[Any]) -> int:
        """The highest number of a row."""
        own = self._own.get(table)
        return max([table.last, *(key for key in own or () if isinstance(key, int))])

    def get(self, table: Table[Row], key: Hashable) -> Row | None:
        own = self._own.get(table)
        if own is not None and key in own:
            found: Row = own[key]
            return found
        return table.rows.get(key)

    def all(self, table: Table[Row]) -> Iterable[Row]:
        own = self._own.get(table)
        if not own:
            return table.rows.values()
        return [*(own.get(key, row) for key, row in table.rows.items()), *_new(table, own)]

    def find(self, table: Table[Row], lookup: str, value: Hashable) -> list[Row]:
        """The rows whose lookup has that value."""
        keys = table.found[lookup].get(value, ())
        own = self._own.get(table)
        if not own:
            return [table.rows[key] for key in keys]
        of = table.lookups[lookup]
        found = [table.rows[key] for key in keys if key not in own]
        found.extend(row for row in own.values() if of(row) == value)
        return found

    # Writing --------------------------------------------------------------------------------------------------------

    async def lock(self, what: Hashable, mode: Mode) -> None:
        """Waits for others, then holds it to the end."""
        locks = self._database.locks
        if locks.take_now(self, what, mode):
            return
        try:
            await locks.wait(self, what, mode)
        except StorageFault:
            self._failed = True
            raise
        self.require()

    async def lock_key(self, table: Table[Row], key: Hashable) -> Row | None:
        """The row as it is once nobody else changes it."""
        await self.lock((table.name, key), Mode.UPDATE)
        return self.get(table, key)

    async def lock_row(self, table: Table[Row], row: Row) -> Row | None:
        """The row in the place of this one, once nobody else changes it. Unfit when this one may be in no table."""
        self._check(table, row)
        return await self.lock_key(table, table.key(row))

    async def put(self, table: Table[Row], row: Row) -> None:
        """A new row, or a new version of one. Raises Unfit and Taken as PostgreSQL's constraints would."""
        if self._reads_only:
            raise RuntimeError(f"expected a write transaction for {table.name}, was a read")
        key = table.key(row)
        before = await self.lock_row(table, row)
        try:
            for unique in table.uniques:
                value = unique.of(row)
                if value is not None and (before is None or unique.of(before) != value):
                    await self.lock((unique.name, value), Mode.UPDATE)
                    if self.holder(table, unique.name, unique.of, value) not in (None, key):
                        raise Taken(unique.name)
            for refers in table.refers:
                to = refers.of(row)
                if to is not None and (before is None or refers.of(before) != to):
                    await self._refer(refers.name, refers.table, to)
        except LedgerError:
            self._failed = True
            raise
        own = self._own.setdefault(table, {})
        self._undo.append((table, key, own.get(key, _NOTHING)))
        own[key] = row

    async def insert(self, table: Table[Row], row: Row) -> None:
        """As `put`, for a row that must be new."""
        if await self.lock_row(table, row) is not None:
            self._failed = True
            raise Taken(table.primary)
        await self.put(table, row)

    async def insert_if_free(self, table: Table[Row], row: Row) -> bool:
        """False, and nothing done, when a key or a unique value of the row is another's (ON CONFLICT DO NOTHING)."""
        if await self.lock_row(table, row) is not None:
            return False
        for unique in table.uniques:
            value = unique.of(row)
            if value is None:
                continue
            await self.lock((unique.name, value), Mode.UPDATE)
            if self.holder(table, unique.name, unique.of, value) is not None:
                return False
        await self.put(table, row)
        return True

    def holder(
        self, table: Table[Any], unique: str, of: Callable[[Any], Hashable | None], value: Hashable
    ) -> Hashable | None:
        """The key of the row that has that unique value."""
        own = self._own.get(table)
        if own:
            for key, row in own.items():
                if of(row) == value:
                    return key
        key = table.taken[unique].get(value)
        return None if key is None or (own is not None and key in own) else key

    def _check(self, table: Table[Row], row: Row) -> None:
        for check in table.checks:
            if not check.holds(row):
                self._failed = True
                raise Unfit(check.name)

    async def _refer(self, name: str, to: Table[Any], key: Hashable) -> None:
        await self.lock((to.name, key), Mode.SHARE)
        if self.get(to, key) is None:
            raise Unfit(name)

    # The end --------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        here = len(self._undo)
        try:
            yield
        except BaseException:
            while len(self._undo) > here:
                table, key, was = self._undo.pop()
                if was is _NOTHING:
                    del self._own[table][key]
                else:
                    self._own[table][key] = was
            self._failed = False
            raise
        self.require()

    async def commit(self) -> None:
        """Applies it. CommitInDoubt when the connection went before the answer, StorageFault when it had failed."""
        if self._failed:
            self.end(StorageFault("rolled back"))
            raise StorageFault("expected a transaction without an error, was one that had failed")
        self._stand()
        self._busy = True
        try:
            if (wait := self._database.pace("commit", self)) is not None:
                await wait
            self._doubt()
            fault = self._database.next_doubt() if self._undo and self._doubtful else None
            if fault != "lost":
                for table, own in self._own.items():
                    for key, row in own.items():
                        table.put(key, row)
            self._own, self._undo = {}, []
            if fault is not None:
                self.end(CommitInDoubt(f"the answer was lost, the transaction {fault}"))
                self._doubt()
            self._database.locks.release_all(self)  # others go on before we hear of it
            if (wait := self._database.pace("committed", self)) is not None:
                await wait
            self._doubt()
        finally:
            self.end(StorageFault("expected an open transaction, was over"))

    def end(self, error: Exception) -> None:
        """Rolls back what is not committed, and lets others go on. Safe to repeat."""
        if self._ended is not None:
            return
        self._ended = error
        self._own, self._undo = {}, []
        self._database.locks.release_all(self)
        self._database.ended(self)
        if self.waiting is not None:
            fail(self.waiting, StorageFault("expected an open connection, was closed"))

    def stalled_in(self) -> float | None:
        if self._stall_s is None:
            return None
        if self._busy or self.waiting is not None:
            return self._stall_s
        return self._last + self._stall_s - self._database.seconds()

    @property
    def over(self) -> bool:
        return self._ended is not None

    def _stand(self) -> None:
        """Stood still for longer than it may: the server has ended it meanwhile."""
        left = self.stalled_in()
        if left is not None and left <= 0:
            self.end(StorageFault("expected the transaction to go on, was ended for standing still"))

    def _doubt(self) -> None:
        if self._ended is not None:
            raise CommitInDoubt("expected an answer to COMMIT, was a closed connection") from self._ended


def _new(table: Table[Row], own: dict[Hashable, Row]) -> list[Row]:
    return [row for key, row in own.items() if key not in table.rows]
