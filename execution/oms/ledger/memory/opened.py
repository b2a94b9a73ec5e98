"""A transaction for the length of a block: committed when it ends, rolled back when it raises.

Contract: what the block works with is made of the transaction once it has begun. A block that is never left, because
its process died inside it, commits nothing: the storage has ended its transaction by then.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from execution.oms.errors import StorageFault
from execution.oms.ledger.memory.transaction import Transaction

if TYPE_CHECKING:
    from execution.oms.ledger.memory.storage import MemoryStorage

T = TypeVar("T")


class Opened(AbstractAsyncContextManager[T], Generic[T]):
    """A class and no generator: an OMS opens one many times a second all day."""

    def __init__(
        self, storage: MemoryStorage, made: Callable[[Transaction], T], *, reads_only: bool, doubtful: bool = False
    ) -> None:
        self._storage = storage
        self._made = made
        self._reads_only = reads_only
        self._doubtful = doubtful
        self._transaction: Transaction | None = None

    async def __aenter__(self) -> T:
        transaction = self._transaction = self._storage.begun(reads_only=self._reads_only, doubtful=self._doubtful)
        try:
            if (wait := self._storage.database.pace("begin", transaction)) is not None:
                await wait
            transaction.require()
            return self._made(transaction)
        except BaseException:
            self._end(transaction)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        transaction = self._transaction
        if transaction is None:
            raise RuntimeError("expected a transaction that had begun, was none")
        try:
            if kind is None and not self._reads_only:
                await transaction.commit()
        finally:
            self._end(transaction)

    def _end(self, transaction: Transaction) -> None:
        transaction.end(StorageFault("expected an open transaction, was over"))
        self._storage.over(transaction)
