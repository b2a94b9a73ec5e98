"""What a person prefers: one JSON object, the newest row counts, unknown keys are kept and ignored.

Writing logs in as quartz_ui; quartz_graph may read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb


async def preferences_of(connection: AsyncConnection[TupleRow], user_id: UUID) -> dict[str, Any]:
    """The newest; empty for somebody who never chose."""
    cursor = await connection.execute(
        "SELECT body FROM chat.preferences WHERE user_id = %s ORDER BY set_at DESC LIMIT 1", (user_id,)
    )
    row = await cursor.fetchone()
    return {} if row is None else dict(row[0])


async def prefer(
    connection: AsyncConnection[TupleRow], user_id: UUID, changed: Mapping[str, Any], now: datetime
) -> None:
    """Adds `changed` to what was preferred before."""
    async with connection.transaction():
        body = {**await preferences_of(connection, user_id), **changed}
        await connection.execute(
            "INSERT INTO chat.preferences (user_id, set_at, body) VALUES (%s, %s, %s)", (user_id, now, Jsonb(body))
        )
