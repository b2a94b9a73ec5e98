"""The lease in PostgreSQL beside a busy ledger: a renewal waits for nobody, and a standing writer is told apart."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from domain.clock import SystemClock
from execution.oms.errors import StorageFault
from execution.oms.ledger.postgres.storage import PostgresStorage
from execution.oms.ledger.rows import LeaseKey

CONNECTIONS = 2
KEY = LeaseKey("sim", "k")


@pytest.fixture
async def storage(database: Any) -> AsyncIterator[PostgresStorage]:
    storage = PostgresStorage(database.url("oms"), 30.0, connections=CONNECTIONS)
    async with storage.opened():
        yield storage


async def test_a_lease_is_renewed_while_every_connection_of_the_ledger_is_in_use(storage: PostgresStorage) -> None:
    now = [0.0]
    lease = storage.lease(KEY, uuid.uuid4(), 0.5, lambda: now[0])
    assert await lease.take()
    ledger = storage.ledger(lease, SystemClock(), lambda account_ref: None)
    async with AsyncExitStack() as busy:
        for _ in range(CONNECTIONS):
            await busy.enter_async_context(ledger.write(None))
        waiting = asyncio.create_task(_read(ledger))
        now[0] = 0.4
        await asyncio.wait_for(lease.renew(), 5)
        assert lease.remaining_s() == pytest.approx(0.5)
        assert not waiting.done(), "expected a full pool, had a connection to give"
    await waiting


async def test_a_renewal_without_an_answer_ends_within_what_remains_of_the_lease(storage: PostgresStorage) -> None:
    now = [0.0]
    lease = storage.lease(KEY, uuid.uuid4(), 0.3, lambda: now[0])
    assert await lease.take()
    other = storage.lease(LeaseKey("sim", "other"), uuid.uuid4(), 30.0, lambda: now[0])
    assert await other.take()
    async with storage._pool.connection() as db, db.transaction():
        await db.execute("SELECT 1 FROM ledger.lease WHERE key_hash = 'k' FOR UPDATE")
        with pytest.raises(StorageFault, match=r"within 0\.3 s"):
            await lease.renew()
    await lease.renew()  # over a new connection
    await other.renew()


async def _read(ledger: Any) -> None:
    async with ledger.read():
        pass
