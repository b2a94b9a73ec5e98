"""One run at a time for each thread, over all processes: an advisory lock of PostgreSQL behind a lock of our own.

Contract: all locks of a process live on one connection, so waiting takes no connection away from work; a waiter asks
again until its time is up. A lost connection loses its locks: what then runs twice meets the same ids and has no second
effect, which is why this lock may be convenience and not the last line.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from psycopg import AsyncConnection, Error
from psycopg.rows import TupleRow

from tools.ports import PortUnavailable
from tools.store.pool import connection_arguments, still_open

log = structlog.get_logger(__name__)

WAIT_SECONDS = 60.0
_ASK_SECONDS = 0.05
_SPACE = 0x7175  # keeps our locks apart from other users of the database


class ThreadLocks:
    """`async with locks.hold(thread)`."""

    def __init__(self, url: str, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._url = url
        self._wait = wait_seconds
        self._connection: AsyncConnection[TupleRow] | None = None
        self._turn = asyncio.Lock()  # one statement at a time on the connection
        self._local: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, thread: str) -> AsyncIterator[None]:
        """Raises PortUnavailable when the thread stays busy or the database does not answer."""
        lock, users = self._local.get(thread, (asyncio.Lock(), 0))
        self._local[thread] = (lock, users + 1)
        try:
            await self._queue(lock)
            try:
                await self._take(thread)
                try:
                    yield
                finally:
                    await self._release(thread)
            finally:
                lock.release()
        finally:
            _, users = self._local[thread]
            if users == 1:
                del self._local[thread]
            else:
                self._local[thread] = (lock, users - 1)

    async def _queue(self, lock: asyncio.Lock) -> None:
        try:
            async with asyncio.timeout(self._wait):
                await lock.acquire()
        except TimeoutError:
            raise PortUnavailable("앞의 요청을 아직 처리하고 있어요.", where="thread") from None

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _take(self, thread: str) -> None:
        until = asyncio.get_running_loop().time() + self._wait
        while not await self._ask("SELECT pg_try_advisory_lock(%s, hashtext(%s))", thread):
            if asyncio.get_running_loop().time() > until:
                raise PortUnavailable("같은 대화를 다른 창에서 처리하고 있어요.", where="thread")
            await asyncio.sleep(_ASK_SECONDS)

    async def _release(self, thread: str) -> None:
        try:
            ours = await self._ask("SELECT pg_advisory_unlock(%s, hashtext(%s))", thread)
        except PortUnavailable:
            ours = False
        if not ours:
            log.warning("thread.lock_lost")  # the connection died and took the lock with it

    async def _ask(self, question: str, thread: str) -> bool:
        async with self._turn:
            try:
                connection = await self._connected()
                cursor = await connection.execute(question.encode(), (_SPACE, thread))
                row = await cursor.fetchone()
            except Error as gone:
                raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="thread") from gone
        return bool(row and row[0])

    async def _connected(self) -> AsyncConnection[TupleRow]:
        """Ours, or a new one when the server has ended it meanwhile."""
        if self._connection is not None:
            with contextlib.suppress(Error):  # then it is closed
                await still_open(self._connection)
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncConnection.connect(self._url, **connection_arguments("quartz-locks"))
        return self._connection
