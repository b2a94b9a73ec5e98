"""The ledger's door for this process: reads, and write transactions that hold the epoch and the account's lock.

Contract: `write(account_ref)` fences first (Fenced when another OMS has taken over), then takes the account's row
FOR UPDATE, so that everything decided inside is decided by one writer. A broken connection during COMMIT raises
CommitInDoubt: the caller must not act on the transaction and must re-read. Events written inside are announced to
`on_commit` only after the commit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.clock import Clock
from execution.oms.errors import CommitInDoubt, Refusal
from execution.oms.ledger.books import Books
from execution.oms.ledger.desk import Desk
from execution.oms.ledger.intents import Intents
from execution.oms.ledger.journal import Journal
from execution.oms.ledger.lease import Lease
from execution.oms.ledger.orders import Orders
from execution.oms.ledger.states import States

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


class Tx:
    """One connection's repositories. Inside `write` they share its transaction."""

    def __init__(self, connection: AsyncConnection[TupleRow], clock: Clock, epoch: int, environment: str) -> None:
        self.connection = connection
        self.now = clock.now()
        self.epoch = epoch
        self.intents = Intents(connection)
        self.orders = Orders(connection)
        self.books = Books(connection)
        self.desk = Desk(connection)
        self.states = States(connection, environment)
        self.journal = Journal(connection, epoch)


class Ledger:
    """PostgreSQL behind one narrow door."""

    def __init__(
        self,
        pool: Pool,
        lease: Lease,
        clock: Clock,
        on_commit: Callable[[str], None] = lambda account_ref: None,
    ) -> None:
        self._pool = pool
        self.lease = lease
        self._clock = clock
        self._on_commit = on_commit

    @property
    def environment(self) -> str:
        return self.lease.key.environment

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """Committed state, no lock, no promise about the next statement."""
        async with self._pool.connection() as connection:
            yield Tx(connection, self._clock, self.lease.epoch, self.environment)

    @asynccontextmanager
    async def write(self, account_ref: str | None) -> AsyncIterator[Tx]:
        """A fenced transaction, under the account's lock when one is named."""
        announced = 0
        async with self._pool.connection() as connection:
            finished = False
            try:
                async with connection.transaction():
                    await self.lease.fence(connection)
                    tx = Tx(connection, self._clock, self.lease.epoch, self.environment)
                    if account_ref is not None:
                        await self._lock(connection, account_ref)
                    yield tx
                    announced = tx.journal.events_written
                    finished = True
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if finished:
                    raise CommitInDoubt(f"expected an answer to COMMIT, was {type(error).__name__}") from error
                raise
        if announced and account_ref is not None:
            self._on_commit(account_ref)

    async def _lock(self, connection: AsyncConnection[TupleRow], account_ref: str) -> None:
        cursor = await connection.execute(
            "SELECT 1 FROM ledger.accounts WHERE account_ref = %s AND environment = %s FOR UPDATE",
            (account_ref, self.environment),
        )
        if await cursor.fetchone() is None:
            raise Refusal("ACCOUNT_UNKNOWN", "이 계좌는 아직 주문할 준비가 되지 않았어요.")
