"""Logins of three roles to a database that keeps dying: pools that are opened anew when it came back elsewhere.

Contract: `graph`, `ui` and `oms` hand out pools of dictionary rows; a database that is down raises PortUnavailable when
a pool is used, or here when nothing says where it is. Writing through `written` ends only when the row is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from psycopg import AsyncConnection, Error, InterfaceError, OperationalError
from psycopg.rows import DictRow, TupleRow
from psycopg_pool import AsyncConnectionPool

from tools.embedded.errors import ServiceError
from tools.embedded.services import endpoints
from tools.ports import PortUnavailable
from tools.settings import Settings
from tools.store.pool import connection_arguments, make_dict_pool
from tools.store.roles import role_url

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
T = TypeVar("T")
_PAUSE_S = 0.5
_CLOSE_S = 3.0


class Databank:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._pools: dict[str, tuple[str, Pool]] = {}
        self._opening = asyncio.Lock()

    async def graph(self) -> Pool:
        return await self._pool("graph")

    async def ui(self) -> Pool:
        return await self._pool("ui")

    async def oms(self) -> Pool:
        return await self._pool("oms")

    async def _pool(self, role: str) -> Pool:
        url = self._url(role)
        async with self._opening:
            known = self._pools.get(role)
            if known is not None and known[0] == url:
                return known[1]
            if known is not None:
                await known[1].close(_CLOSE_S)
            pool = make_dict_pool(url, f"campaign-{role}", max_size=4)
            await pool.open()
            self._pools[role] = (url, pool)
            return pool

    def _url(self, role: str) -> str:
        try:
            return role_url(self.settings, role, endpoints(self.settings))
        except ServiceError:
            raise PortUnavailable("expected a running database, was none", where="campaign") from None

    @asynccontextmanager
    async def alone(self, role: str) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """A connection of its own with plain rows, as sign-up wants it."""
        try:
            async with await AsyncConnection.connect(self._url(role), **connection_arguments("campaign")) as connection:
                yield connection
        except OperationalError as gone:
            raise PortUnavailable("expected a running database, was none", where="campaign") from gone

    async def close(self) -> None:
        for _, pool in self._pools.values():
            await pool.close(_CLOSE_S)


async def written(work: Callable[[], Awaitable[T]], seconds: float = 120.0) -> T:
    """The answer of `work`, which may be asked again and finds what it wrote before. In the end PortUnavailable."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        try:
            return await work()
        except (PortUnavailable, InterfaceError) as gone:
            if loop.time() > end:
                raise PortUnavailable("expected the database within the time, was down", where="campaign") from gone
        except Error as error:  # of a server that is being killed: told from a bug by its class
            if error.sqlstate is None or error.sqlstate[:2] not in ("57", "08", "55", "58") or loop.time() > end:
                raise
        await asyncio.sleep(_PAUSE_S)
