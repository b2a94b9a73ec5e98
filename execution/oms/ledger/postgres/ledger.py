"""The ledger's transactions in PostgreSQL: READ COMMITTED, the lease's row held for the epoch, the account's for its
single writer.

Contract: the port's. A broken connection during COMMIT is CommitInDoubt; a COMMIT after a swallowed error, which
PostgreSQL answers with a rollback, is StorageFault and never silence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.clock import Clock
from execution.oms.errors import CommitInDoubt, StorageFault
from execution.oms.ledger.postgres.admitting import admitted
from execution.oms.ledger.postgres.books import Books
from execution.oms.ledger.postgres.desk import Desk
from execution.oms.ledger.postgres.intents import Intents
from execution.oms.ledger.postgres.journal import Journal
from execution.oms.ledger.postgres.lease import Lease
from execution.oms.ledger.postgres.orders import Orders
from execution.oms.ledger.postgres.session import Session, translated
from execution.oms.ledger.postgres.standing import standing
from execution.oms.ledger.postgres.states import States
from execution.oms.ledger.rows import Mark, Placed
from execution.oms.ledger.standing import Standing, StandingOf

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


class Tx:
    def __init__(self, session: Session, clock: Clock, epoch: int, environment: str) -> None:
        self._session = session
        self.now = clock.now()
        self.epoch = epoch
        self.intents = Intents(session)
        self.orders = Orders(session)
        self.books = Books(session)
        self.desk = Desk(session)
        self.states = States(session, environment)
        self.journal = Journal(session, epoch)

    async def mark(self) -> Mark:
        cursor = await self._session.execute(
            "SELECT (pg_control_system()).system_identifier::text, (pg_control_checkpoint()).timeline_id,"
            " (SELECT oid FROM pg_database WHERE datname = current_database())::bigint,"
            " (SELECT coalesce(max(seq), 0) FROM ledger.transitions)"
        )
        row = await cursor.fetchone()
        assert row is not None
        return Mark(str(row[0]), int(row[1]), int(row[2]), int(row[3]))

    async def standing(self, of: StandingOf) -> Standing:
        return await standing(self._session, of)

    async def admitted(self, orders: Sequence[Placed], event: str, *, consumes: bool) -> bool:
        return await admitted(self._session, self.journal, self.now, orders, event, consumes=consumes)

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        return self._session.savepoint()


class Ledger:
    def __init__(self, pool: Pool, lease: Lease, clock: Clock, on_commit: Callable[[str], None]) -> None:
        self._pool = pool
        self.lease = lease
        self._clock = clock
        self._on_commit = on_commit

    @property
    def environment(self) -> str:
        return self.lease.key.environment

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        try:
            async with self._pool.connection() as connection:
                yield Tx(Session(connection), self._clock, self.lease.epoch, self.environment)
        except psycopg.Error as error:
            raise translated(error) from error

    @asynccontextmanager
    async def write(self, account_ref: str | None) -> AsyncIterator[Tx]:
        announced, committing = 0, False
        try:
            async with self._pool.connection() as connection, connection.transaction():
                session = Session(connection)
                await self.lease.fence(session, account_ref)
                tx = Tx(session, self._clock, self.lease.epoch, self.environment)
                yield tx
                if session.failed:
                    raise StorageFault("expected a transaction without an error, was one that had failed")
                announced, committing = tx.journal.events_written, True
        except psycopg.Error as error:
            trouble = translated(error)
            if committing and isinstance(trouble, StorageFault):
                raise CommitInDoubt(f"expected an answer to COMMIT, was {type(error).__name__}") from error
            raise trouble from error
        if announced and account_ref is not None:
            self._on_commit(account_ref)
