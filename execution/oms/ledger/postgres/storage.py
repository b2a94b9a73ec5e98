"""PostgreSQL as the ledger's storage: one pool for the ledger, a connection of its own for each lease.

Contract: the port's. `url` is the OMS role's and holds its password; `stall_s` is how long a transaction of ours may
stand still before the server ends it, because a successor waits for its locks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import psycopg

from domain.clock import Clock
from execution.oms.errors import LedgerUnsafe
from execution.oms.ledger import port
from execution.oms.ledger.postgres.lease import Lease
from execution.oms.ledger.postgres.ledger import Ledger
from execution.oms.ledger.postgres.line import Line
from execution.oms.ledger.postgres.session import Session, translated
from execution.oms.ledger.rows import LeaseKey
from tools.store.migrate import check_revision
from tools.store.pool import make_pool

_NAME = "quartz-oms"
_DURABLE = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_write", "remote_apply"),
}


class PostgresStorage:
    def __init__(self, url: str, stall_s: float, *, connections: int = 12) -> None:
        self._url = url
        self._pool = make_pool(
            url,
            _NAME,
            min_size=min(2, connections),
            max_size=connections,
            idle_ms=int(stall_s * 1000),
            plan_once=True,
        )
        self._lines: list[Line] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        try:
            async with self._pool:
                yield
        finally:
            for line in self._lines:
                await line.aclose()

    async def check_revision(self) -> None:
        try:
            await asyncio.to_thread(check_revision, self._url)
        except psycopg.Error as error:
            raise translated(error) from error

    async def require_durable(self) -> None:
        try:
            async with self._pool.connection() as connection:
                session = Session(connection)
                for name, good in _DURABLE.items():
                    row = await (await session.execute("SELECT current_setting(%s)", (name,))).fetchone()
                    value = str(row[0]) if row else ""
                    if value not in good:
                        raise LedgerUnsafe(f"expected {name} = on in PostgreSQL, was {value!r}")
        except psycopg.Error as error:
            raise translated(error) from error

    def lease(self, key: LeaseKey, owner: UUID, lease_s: float, awake: Callable[[], float]) -> Lease:
        line = Line(self._url, f"{_NAME}-lease")
        self._lines.append(line)
        return Lease(line, key, owner, lease_s, awake)

    def ledger(self, lease: port.Lease, clock: Clock, on_commit: Callable[[str], None]) -> Ledger:
        if not isinstance(lease, Lease):
            raise TypeError(f"expected a lease of this storage, was {type(lease).__name__}")
        return Ledger(self._pool, lease, clock, on_commit)
