"""The desk's database as its parts use it: a connection, three ways to ask, and the next version number.

Contract: anything that means "the database is not there" is PortUnavailable with a Korean sentence; a broken constraint
is a bug and stays psycopg's error. Pools hand out dictionary rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, OperationalError
from psycopg.errors import UniqueViolation
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from tools.ports import PortUnavailable

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
_TRIES = 5  # a version number may be taken between look and insert


@asynccontextmanager
async def connection_of(pool: Pool, where: str) -> AsyncIterator[AsyncConnection[DictRow]]:
    """A connection; anything that means "the database is not there" is PortUnavailable."""
    try:
        async with pool.connection() as connection:
            yield connection
    except (OperationalError, PoolTimeout, PoolClosed, TooManyRequests) as gone:
        raise PortUnavailable("기록 저장소에 연결하지 못했어요. 잠시 뒤 다시 시도해 주세요.", where=where) from gone


class Tables:
    """A pool of one role's logins and short ways to use it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def _all(self, query: str, values: Mapping[str, Any]) -> list[DictRow]:
        async with connection_of(self._pool, "desk") as connection:
            cursor = await connection.execute(query, values)
            return await cursor.fetchall()

    async def _one(self, query: str, values: Mapping[str, Any]) -> DictRow | None:
        rows = await self._all(query, values)
        return rows[0] if rows else None

    async def _do(self, query: str, values: Mapping[str, Any]) -> None:
        async with connection_of(self._pool, "desk") as connection:
            await connection.execute(query, values)

    async def _numbered(self, insert: str, values: Mapping[str, Any]) -> DictRow:
        """Runs an insert that takes the next version number; the primary key is the arbiter."""
        for _ in range(_TRIES):
            try:
                row = await self._one(insert, values)
            except UniqueViolation:
                continue
            if row is not None:
                return row
        raise PortUnavailable("지금은 저장하지 못했어요. 잠시 뒤 다시 시도해 주세요.", where="desk")
