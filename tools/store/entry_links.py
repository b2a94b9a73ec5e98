"""One-time links: printed where only the owner can read them, good for one use within their time.

Contract: only the sha256 of a link is ever here; the primary key of the use decides between two that come at once.
Logs in as quartz_ui, autocommit.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

LINK_LIFE = timedelta(minutes=15)
_BYTES = 32


async def make_link(connection: AsyncConnection[TupleRow], now: datetime, life: timedelta = LINK_LIFE) -> str:
    """A new token; it is in nobody's memory but the caller's."""
    token = secrets.token_urlsafe(_BYTES)
    await connection.execute(
        "INSERT INTO chat.entry_links (link_hash, created_at, expires_at) VALUES (%s, %s, %s)",
        (_hash(token), now, now + life),
    )
    return token


async def is_usable(connection: AsyncConnection[TupleRow], token: str, now: datetime) -> bool:
    """True when `use_link` would take it now; looking uses nothing up."""
    cursor = await connection.execute(
        "SELECT 1 FROM chat.entry_links l WHERE link_hash = %s AND expires_at > %s"
        " AND NOT EXISTS (SELECT 1 FROM chat.entry_link_uses u WHERE u.link_hash = l.link_hash)",
        (_hash(token), now),
    )
    return await cursor.fetchone() is not None


async def use_link(connection: AsyncConnection[TupleRow], token: str, user_id: UUID, now: datetime) -> bool:
    """True for the one caller who may come in with it."""
    cursor = await connection.execute(
        "INSERT INTO chat.entry_link_uses (link_hash, user_id, used_at)"
        " SELECT link_hash, %s, %s FROM chat.entry_links WHERE link_hash = %s AND expires_at > %s"
        " ON CONFLICT (link_hash) DO NOTHING RETURNING link_hash",
        (user_id, now, _hash(token), now),
    )
    return await cursor.fetchone() is not None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
