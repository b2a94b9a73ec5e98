"""Sessions of the browser: rows that begin and rows that end them, nothing is changed.

Contract: only the sha256 of a cookie's value is ever here; a session is over by its end row or by time. Logs in as
quartz_ui, autocommit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from tools.store.users import Account


@dataclass(frozen=True, slots=True)
class StoredSession:
    """Whose session it is, with the account at the venue that was asked for (None: the person has none there)."""

    session_hash: bytes
    user_id: UUID
    name: str
    is_owner: bool
    account: Account | None
    expires_at: datetime


async def begin_session(
    connection: AsyncConnection[TupleRow], session_hash: bytes, user_id: UUID, now: datetime, expires_at: datetime
) -> None:
    await connection.execute(
        "INSERT INTO chat.sessions (session_hash, user_id, created_at, expires_at) VALUES (%s, %s, %s, %s)",
        (session_hash, user_id, now, expires_at),
    )


async def find_session(
    connection: AsyncConnection[TupleRow], session_hash: bytes, venue: str, now: datetime
) -> StoredSession | None:
    """The session if it lives at `now`."""
    cursor = await connection.execute(_FIND, {"hash": session_hash, "venue": venue, "now": now})
    row = await cursor.fetchone()
    if row is None:
        return None
    account = None if row[4] is None else Account(row[4], row[5], row[6])
    return StoredSession(session_hash, row[0], row[1], row[2], account, row[3])


async def end_session(connection: AsyncConnection[TupleRow], session_hash: bytes, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO chat.session_ends (session_hash, ended_at)"
        " SELECT session_hash, %s FROM chat.sessions WHERE session_hash = %s ON CONFLICT DO NOTHING",
        (now, session_hash),
    )


async def end_other_sessions(
    connection: AsyncConnection[TupleRow], user_id: UUID, keep: bytes, now: datetime
) -> list[bytes]:
    """Ends every session of the person but one; returns which."""
    cursor = await connection.execute(
        "INSERT INTO chat.session_ends (session_hash, ended_at)"
        " SELECT session_hash, %(now)s FROM chat.sessions"
        " WHERE user_id = %(user)s AND session_hash <> %(keep)s AND expires_at > %(now)s"
        " ON CONFLICT DO NOTHING RETURNING session_hash",
        {"now": now, "user": user_id, "keep": keep},
    )
    return [bytes(row[0]) for row in await cursor.fetchall()]


_FIND = (
    "SELECT u.user_id, u.name, u.is_owner, s.expires_at, a.account_ref, a.venue, a.label"
    " FROM chat.sessions s JOIN chat.users u USING (user_id)"
    " LEFT JOIN desk.accounts a ON a.owner = u.user_id AND a.venue = %(venue)s"
    " WHERE s.session_hash = %(hash)s AND s.expires_at > %(now)s"
    " AND NOT EXISTS (SELECT 1 FROM chat.session_ends e WHERE e.session_hash = s.session_hash)"
)
