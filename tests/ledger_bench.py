"""Both ledgers on one bench: the same people, the same faults, the same questions about who waits.

`PostgresBench` and `MemoryBench` offer storages of as many processes as a test wants, over one server. Every test has
an environment of its own on the server, so that tests can share it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
import pytest
from database_wire import Wire
from databases import Database as PostgresDatabase
from ledger_people import PostgresPeople
from ledger_rows import NOW, named

from domain.clock import ManualClock
from execution.oms.errors import StorageFault, Taken, Unfit
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.people import People
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Ledger, Storage, Tx
from execution.oms.ledger.postgres.storage import PostgresStorage
from execution.oms.ledger.rows import Intent, LeaseKey

DOUBTFUL = "in-doubt"
ENDED_MS = 10_000
_numbers = itertools.count(1)


class Bench:
    """One server and the processes at it."""

    people: Any

    def __init__(self) -> None:
        number = next(_numbers)
        self.environment = f"env-{number}"
        self.key = LeaseKey(self.environment, "key")
        self.announced: list[str] = []
        self.clock = ManualClock(NOW)

    def storage(self, stall_s: float = 30.0) -> Storage:
        """Another process's."""
        raise NotImplementedError

    async def someone_waits(self) -> None:
        """Returns once somebody waits for a lock."""
        raise NotImplementedError

    async def crash(self) -> None:
        """Every connection breaks; what is not committed is lost."""
        raise NotImplementedError

    def in_doubt(self, outcome: str) -> None:
        """The next commit that wrote an event saying `DOUBTFUL`: "applied" or "lost", and no answer."""
        raise NotImplementedError

    async def person(self, *, venue: str = "sim") -> tuple[UUID, str]:
        """(user, account) that the desk knows and the ledger does not."""
        number = next(_numbers)
        user, account = named("user", number), f"acc-{number}"
        await self.people.user(user, f"user-{number}")
        await self.people.account(account, user, venue, NOW)
        return user, account

    @asynccontextmanager
    async def ledger(
        self,
        *,
        lease_s: float = 30.0,
        stall_s: float = 30.0,
        seconds: Callable[[], float] = time.monotonic,
        on_commit: Callable[[str], None] | None = None,
    ) -> AsyncIterator[Ledger]:
        """Of a process that has taken the lease; `seconds` is its own clock."""
        storage = self.storage(stall_s)
        async with storage.opened():
            lease = storage.lease(self.key, named("holder", next(_numbers)), lease_s, seconds)
            await until(lease.take)
            yield storage.ledger(lease, self.clock, on_commit or self.announced.append)

    async def opened_account(self, ledger: Ledger) -> str:
        """An account that the ledger knows."""
        _, account = await self.person()
        async with ledger.write(None) as tx:
            assert await tx.states.open_account(account, NOW)
        return account


class MemoryBench(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.database = Database(time.monotonic)
        self.people = People(self.database)

    def storage(self, stall_s: float = 30.0) -> MemoryStorage:
        return MemoryStorage(self.database, stall_s)

    async def someone_waits(self) -> None:
        async def look() -> bool:
            return self.database.locks.waiting > 0

        await until(look)

    async def crash(self) -> None:
        self.database.crash()

    def in_doubt(self, outcome: str) -> None:
        self.database.in_doubt("applied" if outcome == "applied" else "lost")


class PostgresBench(Bench):
    """Over a wire that can break. `clone` is a database that several benches share."""

    def __init__(self, clone: PostgresDatabase, wire: Wire, admin: psycopg.AsyncConnection[Any]) -> None:
        super().__init__()
        self.wire = wire
        self.admin = admin
        self.people = PostgresPeople(admin)
        parts = urlsplit(clone.url("oms"))
        login = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{wire.port}"))

    def storage(self, stall_s: float = 30.0) -> PostgresStorage:
        return PostgresStorage(self.url, stall_s)

    async def someone_waits(self) -> None:
        async def look() -> bool:
            return await self._count("wait_event_type = 'Lock'") > 0

        await until(look)

    async def crash(self) -> None:
        # Found first: beside the other conditions it would be asked of the sessions of every database. One after the
        # other, and who waits for a lock before who holds it: else the lock comes free and the waiter commits.
        await self.admin.execute(
            "WITH theirs AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE 'quartz-oms%%' ORDER BY wait_event_type IS DISTINCT FROM 'Lock')"
            " SELECT pid FROM theirs WHERE pg_terminate_backend(pid, %s)",
            (ENDED_MS,),
        )

    def in_doubt(self, outcome: str) -> None:
        self.wire.fault = "kept" if outcome == "applied" else "lost"

    async def _count(self, where: str) -> int:
        cursor = await self.admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            f" AND application_name LIKE 'quartz-oms%' AND {where}"
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def until(done: Callable[[], Any], limit_s: float = 10.0) -> None:
    """Asks until it is so."""
    async with asyncio.timeout(limit_s):
        while not await done():  # noqa: ASYNC110 - asks a server
            await asyncio.sleep(0.01)


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancels and waits, whatever it says."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


async def numbers(ledger: Ledger, account: str) -> list[int]:
    """Of the events of an account, as they can be read."""
    async with ledger.read() as tx:
        return [event.seq for event in await tx.journal.events_after(account, 0)]


async def say(tx: Tx, account: str, text: str = "말") -> int:
    """An event; its number."""
    return await tx.journal.event(NOW, account, "notice", text)


async def writes(ledger: Ledger, account: str) -> bool:
    """Whether the account can be written now."""
    try:
        async with ledger.write(account):
            return True
    except StorageFault:
        return False


async def refused(ledger: Ledger, account: str, write: Callable[[Tx], Awaitable[Any]]) -> str:
    """The name of the constraint that speaks against it."""
    with pytest.raises((Taken, Unfit)) as caught:
        async with ledger.write(account) as tx:
            await write(tx)
    assert isinstance(caught.value, Taken | Unfit)
    return caught.value.constraint


async def admitted(ledger: Ledger, row: Intent) -> Intent:
    async with ledger.write(row.account_ref) as tx:
        await tx.intents.insert(row)
    return row
