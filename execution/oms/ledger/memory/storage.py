"""One process's way to the server in memory: its leases, its transactions, and its death.

Contract: the port's. `kill` is the end of the process: what it has under way is rolled back at once, as a server does
when a connection closes, and nothing that its clean-up code still does reaches the tables. `stall_s` is how long a
transaction of it may stand still while somebody waits for its locks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from domain.clock import Clock
from domain.orders.words import START, Machine
from execution.oms.errors import CommitInDoubt, Refusal, StorageFault
from execution.oms.ledger import port
from execution.oms.ledger.hold import Hold
from execution.oms.ledger.memory.books import Books
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.desk import Desk
from execution.oms.ledger.memory.intents import Intents
from execution.oms.ledger.memory.journal import Journal
from execution.oms.ledger.memory.locks import Locked, Mode
from execution.oms.ledger.memory.opened import Opened
from execution.oms.ledger.memory.orders import Orders
from execution.oms.ledger.memory.rows import LeaseRow
from execution.oms.ledger.memory.standing import standing
from execution.oms.ledger.memory.states import States
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.rows import LeaseKey, Mark, Placed
from execution.oms.ledger.standing import Standing, StandingOf

_LEAST_S = 0.1


class Tx:
    def __init__(
        self, database: Database, transaction: Transaction, clock: Clock, epoch: int, environment: str
    ) -> None:
        tables = database.tables
        self._database = database
        self._transaction = transaction
        self.now = clock.now()
        self.epoch = epoch
        self.intents = Intents(transaction, tables)
        self.orders = Orders(transaction, tables)
        self.books = Books(transaction, tables)
        self.desk = Desk(transaction, tables)
        self.states = States(transaction, tables, environment)
        self.journal = Journal(transaction, tables, epoch)

    async def mark(self) -> Mark:
        await self._transaction.turn()
        return self._database.mark(self._transaction.last(self._database.tables.transitions))

    async def standing(self, of: StandingOf) -> Standing:
        return await standing(self._transaction, self._database.tables, of)

    async def admitted(self, orders: Sequence[Placed], event: str, *, consumes: bool) -> bool:
        first = orders[0].intent
        if consumes and not await self.intents.consume_approval(
            first.authority_id, first.account_ref, first.plan_id, first.version, self.now
        ):
            return False
        for order in orders:
            await self._place(order, event)
        return True

    async def _place(self, order: Placed, event: str) -> None:
        intent, entity = order.intent, Machine.INTENT.value
        ref, number, state = intent.account_ref, str(intent.intent_id), intent.state.value
        await self.intents.insert(intent)
        await self.intents.reserve(order.reservation)
        await self.journal.transition(self.now, ref, entity, number, START, event, state, order.evidence)
        await self.journal.event(self.now, ref, "order", intent.state_note, order.message)

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        return self._transaction.savepoint()


def _as_it_is(transaction: Transaction) -> Transaction:
    return transaction


class MemoryStorage:
    def __init__(self, database: Database, stall_s: float | None = None) -> None:
        self.database = database
        self._stall_s = stall_s
        self._alive = True
        self._open: dict[Transaction, None] = {}

    def kill(self) -> None:
        """The process is dead. Safe to repeat."""
        self._alive = False
        for transaction in list(self._open):
            transaction.end(StorageFault("the process died"))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        yield

    async def check_revision(self) -> None:
        """The tables are always those of this code."""

    async def require_durable(self) -> None:
        """What is committed survives `crash`."""

    def lease(self, key: LeaseKey, owner: UUID, lease_s: float, awake: Callable[[], float]) -> Lease:
        return Lease(self, key, owner, lease_s, awake)

    def ledger(self, lease: port.Lease, clock: Clock, on_commit: Callable[[str], None]) -> Ledger:
        if not isinstance(lease, Lease):
            raise TypeError(f"expected a lease of this storage, was {type(lease).__name__}")
        return Ledger(self, lease, clock, on_commit)

    def begun(self, *, reads_only: bool, doubtful: bool) -> Transaction:
        """For `Opened`, which says when it is over."""
        if not self._alive:
            raise StorageFault("expected a living process, was dead")
        transaction = Transaction(self.database, self._stall_s, reads_only=reads_only, doubtful=doubtful)
        self._open[transaction] = None
        return transaction

    def over(self, transaction: Transaction) -> None:
        del self._open[transaction]

    def transaction(self, *, doubtful: bool = False) -> Opened[Transaction]:
        """Committed when the body ends, rolled back when it raises."""
        return Opened(self, _as_it_is, reads_only=False, doubtful=doubtful)


class Lease(Hold):
    def __init__(
        self, storage: MemoryStorage, key: LeaseKey, holder: UUID, ttl_s: float, seconds: Callable[[], float]
    ) -> None:
        super().__init__(key, holder, ttl_s, seconds)
        self._storage = storage
        self._table = storage.database.tables.lease
        self._row = (key.environment, key.key_hash)

    async def take(self) -> bool:
        before = self._seconds()
        try:
            async with self._statement() as transaction:
                epoch = await self._take(transaction)
        except Locked:  # a predecessor stands still inside a write; the server ends it in time
            return False
        if epoch is None:
            return False
        self._taken(epoch, before)
        return True

    async def _take(self, transaction: Transaction) -> int | None:
        await transaction.turn()
        await transaction.lock((self._table.name, self._row), Mode.EXCLUSIVE)
        row = transaction.get(self._table, self._row)
        now = self._storage.database.seconds()
        if row is not None and row.expires_at >= now and row.holder != self.holder:
            return None
        epoch = 1 if row is None else row.epoch + 1
        fresh = LeaseRow(self.key.environment, self.key.key_hash, epoch, self.holder, now + self.ttl_s)
        await transaction.put(self._table, fresh)
        return epoch

    async def renew(self) -> None:
        before = self._seconds()
        async with self._soon(), self._statement() as transaction:
            await transaction.turn()
            row = await transaction.lock_key(self._table, self._row)
            if row is None or row.epoch != self.epoch or row.holder != self.holder:
                raise self._lost()
            expires_at = self._storage.database.seconds() + self.ttl_s
            await transaction.put(self._table, row._replace(expires_at=expires_at))
        self._renewed(before)

    async def release(self) -> None:
        soon = self._soon()
        self.drop()
        async with soon, self._statement() as transaction:
            await transaction.turn()
            row = await transaction.lock_key(self._table, self._row)
            if row is not None and row.epoch == self.epoch and row.holder == self.holder:
                expires_at = self._storage.database.seconds() - 1.0
                await transaction.put(self._table, row._replace(expires_at=expires_at))

    async def fence(self, transaction: Transaction) -> None:
        """Holds the epoch for the length of the transaction, or raises Fenced."""
        self._require()
        await transaction.turn()
        row = transaction.get(self._table, self._row)
        if row is not None and row.epoch == self.epoch:
            await transaction.lock((self._table.name, self._row), Mode.SHARE)
            row = transaction.get(self._table, self._row)
        if row is None or row.epoch != self.epoch:
            raise self._lost()

    @asynccontextmanager
    async def _statement(self) -> AsyncIterator[Transaction]:
        """One statement in autocommit: without an answer it may have been kept, and may be asked again."""
        try:
            async with self._storage.transaction() as transaction:
                yield transaction
        except CommitInDoubt as error:
            raise StorageFault("expected an answer, was a closed connection") from error

    @asynccontextmanager
    async def _soon(self) -> AsyncIterator[None]:
        within = max(_LEAST_S, self.remaining_s())
        try:
            async with asyncio.timeout(within):
                yield
        except TimeoutError as error:
            raise StorageFault(f"expected an answer within {within:.1f} s, was none") from error


class Ledger:
    def __init__(self, storage: MemoryStorage, lease: Lease, clock: Clock, on_commit: Callable[[str], None]) -> None:
        self.lease = lease
        self._storage = storage
        self._clock = clock
        self._on_commit = on_commit

    @property
    def environment(self) -> str:
        return self.lease.key.environment

    def read(self) -> Opened[Tx]:
        return Opened(self._storage, self._tx, reads_only=True)

    @asynccontextmanager
    async def write(self, account_ref: str | None) -> AsyncIterator[Tx]:
        async with self._storage.transaction(doubtful=True) as transaction:
            await self.lease.fence(transaction)
            tx = self._tx(transaction)
            if account_ref is not None:
                await self._lock(transaction, account_ref)
            yield tx
        if tx.journal.events_written and account_ref is not None:
            self._on_commit(account_ref)

    def _tx(self, transaction: Transaction) -> Tx:
        return Tx(self._storage.database, transaction, self._clock, self.lease.epoch, self.environment)

    async def _lock(self, transaction: Transaction, account_ref: str) -> None:
        accounts = self._storage.database.tables.accounts
        await transaction.turn()
        row = transaction.get(accounts, account_ref)
        if row is None or row.environment != self.environment:
            raise Refusal("ACCOUNT_UNKNOWN", "이 계좌는 아직 주문할 준비가 되지 않았어요.")
        await transaction.lock((accounts.name, account_ref), Mode.EXCLUSIVE)
