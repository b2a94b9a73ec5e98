"""Password hashes: the newest row of a person counts. What a hash is made of is not known here.

Logs in as quartz_ui, autocommit.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow


async def password_of_name(connection: AsyncConnection[TupleRow], name: str) -> tuple[UUID, str] | None:
    """(user, hash) of somebody who has a password."""
    cursor = await connection.execute(
        "SELECT p.user_id, p.hash FROM chat.passwords p JOIN chat.users u USING (user_id)"
        " WHERE u.name = %s ORDER BY p.set_at DESC LIMIT 1",
        (name,),
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0], row[1])


async def password_of(connection: AsyncConnection[TupleRow], user_id: UUID) -> str | None:
    cursor = await connection.execute(
        "SELECT hash FROM chat.passwords WHERE user_id = %s ORDER BY set_at DESC LIMIT 1", (user_id,)
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def set_password(connection: AsyncConnection[TupleRow], user_id: UUID, hashed: str, now: datetime) -> None:
    await connection.execute(
        "INSERT INTO chat.passwords (user_id, set_at, hash) VALUES (%s, %s, %s)", (user_id, now, hashed)
    )
