"""Sessions of the browser: an opaque cookie, known here by its hash, for twelve hours or until somebody leaves.

Contract: `find` may answer from memory for a few seconds, but leaving is effective at once in this process: the memory
is emptied and every open WebSocket of the session is told. `watch` is how a WebSocket learns of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.clock import Clock
from tools.store.sessions import StoredSession, begin_session, end_other_sessions, end_session, find_session

LIFE = timedelta(hours=12)
COOKIE = "quartz_session"
SECURE_COOKIE = f"__Host-{COOKIE}"  # a browser takes it from this very host over TLS alone, never from a neighbour
MEMORY_SECONDS = 5.0
_REMEMBERED = 2_000
_BYTES = 32

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


class Sessions:
    """The sessions of one installation, seen from one process."""

    def __init__(self, pool: Pool, clock: Clock, venue: str) -> None:
        self._pool = pool
        self._clock = clock
        self._venue = venue
        self._known: OrderedDict[bytes, tuple[StoredSession, float]] = OrderedDict()
        self._ended: OrderedDict[bytes, None] = OrderedDict()
        self._watchers: dict[bytes, set[asyncio.Event]] = {}

    async def begin(self, user_id: UUID) -> str:
        """A new session; returns what the cookie holds, which is kept nowhere else."""
        token = secrets.token_urlsafe(_BYTES)
        now = self._clock.now()
        async with self._pool.connection() as connection:
            await begin_session(connection, _hash(token), user_id, now, now + LIFE)
        return token

    async def find(self, token: str, *, fresh: bool = False) -> StoredSession | None:
        """The living session of a cookie; `fresh` asks the database whatever is remembered."""
        hashed = _hash(token)
        known = self._known.get(hashed)
        if known is not None and not fresh and time.monotonic() < known[1]:
            return known[0] if self._clock.now() < known[0].expires_at else None
        async with self._pool.connection() as connection:
            found = await find_session(connection, hashed, self._venue, self._clock.now())
        if found is None or hashed in self._ended:  # left while we were asking
            self._known.pop(hashed, None)
            return None
        self._known[hashed] = (found, time.monotonic() + MEMORY_SECONDS)
        _shorten(self._known)
        return found

    async def leave(self, session_hash: bytes) -> None:
        """Ends the session, here at once and everywhere within seconds."""
        self._forget(session_hash)
        async with self._pool.connection() as connection:
            await end_session(connection, session_hash, self._clock.now())

    async def leave_others(self, user_id: UUID, keep: bytes) -> None:
        """Ends every session of the person but this one."""
        async with self._pool.connection() as connection:
            for ended in await end_other_sessions(connection, user_id, keep, self._clock.now()):
                self._forget(ended)

    def refresh(self, session_hash: bytes) -> None:
        """The next `find` sees what changed about the person."""
        self._known.pop(session_hash, None)

    @contextmanager
    def watch(self, session_hash: bytes) -> Iterator[asyncio.Event]:
        """An event that is set when the session is left in this process."""
        event = asyncio.Event()
        watchers = self._watchers.setdefault(session_hash, set())
        watchers.add(event)
        try:
            yield event
        finally:
            watchers.discard(event)
            if not watchers:
                self._watchers.pop(session_hash, None)

    def _forget(self, session_hash: bytes) -> None:
        self._known.pop(session_hash, None)
        self._ended[session_hash] = None
        _shorten(self._ended)
        for event in self._watchers.get(session_hash, ()):
            event.set()


def cookie_name(*, secure: bool) -> str:
    return SECURE_COOKIE if secure else COOKIE


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _shorten(remembered: OrderedDict[bytes, Any]) -> None:
    while len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)
