"""The day's budget for models in desk.model_holds and desk.model_spent.

Contract: `ModelBudget` logs in as quartz_graph. Reserving reads and writes under an advisory lock of that person and
day, so that however many processes ask at once, together they get what there is room for. A person's own lower limit is
the newest preference's; one that cannot be read as a number counts as none. `day_standing` may be read by quartz_ui.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from tools.llm.budget import Allowance, Cost, Hold, Standing, day_of

WON, TOKENS = "model_daily_krw", "model_daily_tokens"  # of a person's preferences

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_SUMS = (
    "SELECT coalesce(sum(s.tokens), 0)::bigint, coalesce(sum(s.won_milli), 0)::bigint,"
    " coalesce(sum(h.tokens) FILTER (WHERE s.call_id IS NULL), 0)::bigint,"
    " coalesce(sum(h.won_milli) FILTER (WHERE s.call_id IS NULL), 0)::bigint"
    " FROM desk.model_holds h LEFT JOIN desk.model_spent s USING (call_id) WHERE h.payer = %s AND h.day = %s"
)
_WISH = "SELECT body FROM chat.preferences WHERE user_id = %s ORDER BY set_at DESC LIMIT 1"
_HOLD = "INSERT INTO desk.model_holds (call_id, payer, day, at, tokens, won_milli) VALUES (%s, %s, %s, %s, %s, %s)"
_SPENT = "INSERT INTO desk.model_spent (call_id, tokens, won_milli) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_WARN = "INSERT INTO desk.model_warnings (payer, day, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


class ModelBudget:
    """`allowance` is everybody's a day; a person may have chosen less."""

    def __init__(self, pool: AsyncConnectionPool[Any], allowance: Allowance) -> None:
        self._pool = pool
        self._allowance = allowance

    async def reserve(self, hold: Hold) -> tuple[bool, Standing]:
        payer = _payer(hold.user_id)
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_LOCK, (f"model_budget:{payer}:{hold.day}",))
            before = await day_standing(connection, hold.user_id, hold.at, self._allowance)
            if not before.has_room(hold.estimate):
                return False, before
            row = (hold.call_id, payer, hold.day, hold.at, hold.estimate.tokens, hold.estimate.won_milli)
            await connection.execute(_HOLD, row)
        return True, Standing(before.allowance, before.spent, before.held + hold.estimate)

    async def settle(self, hold: Hold, cost: Cost) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(_SPENT, (hold.call_id, cost.tokens, cost.won_milli))

    async def standing(self, user_id: UUID | None, at: datetime) -> Standing:
        async with self._pool.connection() as connection:
            return await day_standing(connection, user_id, at, self._allowance)

    async def may_warn(self, user_id: UUID, at: datetime) -> bool:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_WARN, (_payer(user_id), day_of(at), at))
            return bool(cursor.rowcount == 1)


async def day_standing(
    connection: AsyncConnection[Any], user_id: UUID | None, at: datetime, allowance: Allowance
) -> Standing:
    """The KST day that `at` is in."""
    day: date = day_of(at)
    async with connection.cursor(row_factory=tuple_row) as cursor:
        if user_id is not None:
            await cursor.execute(_WISH, (user_id,))
            chosen = await cursor.fetchone()
            allowance = allowance.lowered(own_allowance(chosen[0] if chosen else {}))
        await cursor.execute(_SUMS, (_payer(user_id), day))
        row = await cursor.fetchone()
    assert row is not None
    return Standing(allowance, Cost(row[0], row[1]), Cost(row[2], row[3]))


def own_allowance(preferred: Any) -> Allowance:
    """What a person's preferences say; 0 where they say nothing that is a limit."""
    return Allowance(_limit(preferred, WON), _limit(preferred, TOKENS))


def _limit(preferred: Any, key: str) -> int:
    value = preferred.get(key) if isinstance(preferred, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _payer(user_id: UUID | None) -> str:
    return "" if user_id is None else str(user_id)
