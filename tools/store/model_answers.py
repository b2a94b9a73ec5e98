"""Kept answers in desk.model_answers: a key, a text, a time. quartz_graph's alone.

Contract: good for KEPT_FOR; whoever puts one drops what is older, and the oldest beyond MOST_ANSWERS.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from tools.llm.answers import KEPT_FOR, MOST_ANSWERS

_GET = "SELECT answer FROM desk.model_answers WHERE key = %s AND at > %s"
_OLD = (
    "DELETE FROM desk.model_answers WHERE at <= %s OR key IN"
    " (SELECT key FROM desk.model_answers ORDER BY at DESC OFFSET %s)"
)
_PUT = "INSERT INTO desk.model_answers (key, at, answer) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


class ModelAnswers:
    """`pool` logs in as quartz_graph."""

    def __init__(self, pool: AsyncConnectionPool[Any], capacity: int = MOST_ANSWERS) -> None:
        self._pool = pool
        self._capacity = capacity

    async def get(self, key: bytes, at: datetime) -> str | None:
        async with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(_GET, (key, at - KEPT_FOR))
            row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def put(self, key: bytes, text: str, at: datetime) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(_OLD, (at - KEPT_FOR, self._capacity - 1))
            await connection.execute(_PUT, (key, at, text))
