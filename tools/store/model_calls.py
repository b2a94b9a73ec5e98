"""Calls of models in desk.model_calls: one row each, and what they come to in a month.

Contract: writing and asking for a preference log in as quartz_graph; `monthly_usage` may be read by quartz_ui too. A
month is a KST calendar month. Rows hold tokens and won, never a prompt or an answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from domain.clock import KST
from tools.llm.accounting import ModelCall

INSERT = (
    "INSERT INTO desk.model_calls (call_id, user_id, at, task, model, attempt, outcome, input_tokens, cached_tokens,"
    " output_tokens, won_milli, priced, latency_ms) VALUES (%(call_id)s, %(user_id)s, %(at)s, %(task)s, %(model)s,"
    " %(attempt)s, %(outcome)s, %(input_tokens)s, %(cached_tokens)s, %(output_tokens)s, %(won_milli)s, %(priced)s,"
    " %(latency_ms)s)"
)
USAGE = (
    "SELECT count(*) FILTER (WHERE outcome <> 'cached'), count(*) FILTER (WHERE outcome = 'ok'),"
    " coalesce(sum(input_tokens), 0),"
    " coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(won_milli), 0),"
    " count(*) FILTER (WHERE NOT priced) FROM desk.model_calls WHERE user_id = %s AND at >= %s AND at < %s"
)


@dataclass(frozen=True, slots=True)
class Usage:
    """A month of one person. `unpriced` calls have a cost that nobody knows and are not in `won_milli`."""

    month: str  # 2026-11
    calls: int
    answered: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    won_milli: int
    unpriced: int

    @property
    def won(self) -> int:
        """Whole won, rounded up: a cost is never shown as nothing."""
        return -(-self.won_milli // 1000)


class ModelCalls:
    """`pool` logs in as quartz_graph."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool

    async def record(self, call: ModelCall) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(INSERT, asdict(call))

    async def wants_model(self, user_id: UUID) -> bool:
        """The newest preference's `use_model`; True for somebody who never chose."""
        async with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            await cursor.execute(
                "SELECT body -> 'use_model' FROM chat.preferences WHERE user_id = %s ORDER BY set_at DESC LIMIT 1",
                (user_id,),
            )
            row = await cursor.fetchone()
        return row is None or row[0] is not False


async def monthly_usage(connection: AsyncConnection[Any], user_id: UUID, now: datetime) -> Usage:
    """The KST month that `now` is in."""
    start = now.astimezone(KST).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(USAGE, (user_id, start, end))
        row = await cursor.fetchone()
    assert row is not None
    return Usage(f"{start:%Y-%m}", *(int(value) for value in row))
