"""What the API reads from the tables itself, as the web's role: cards, answers, model calls, whose account it is.

Contract: reads only; every query names the person, and where a table knows the account, the account as well. A row of
somebody else does not exist. A database that does not answer raises PortUnavailable.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor, OperationalError
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from tools.ports import Identity, PortUnavailable
from tools.store.desk_rows import IDENTITY

Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_APPROVAL = (
    "SELECT r.approval_id, r.plan_id, r.version, r.thread_id, r.card, r.created_at, r.expires_at,"
    " d.decision, d.quantities, d.unsuitable_ack, d.channel, d.decided_at,"
    " EXISTS (SELECT 1 FROM desk.plans p WHERE p.plan_id = r.plan_id AND p.version > r.version) AS superseded,"
    " (SELECT n.approval_id FROM desk.approval_requests n WHERE n.plan_id = r.plan_id AND n.version > r.version"
    " ORDER BY n.version DESC LIMIT 1) AS newer"
    " FROM desk.approval_requests r LEFT JOIN desk.approvals d ON d.approval_id = r.approval_id"
    " WHERE r.user_id = %(user)s AND r.account_ref = %(account)s"
)
_CALLS = (
    "SELECT model, count(*) FILTER (WHERE outcome <> 'cached')::int AS calls,"
    " coalesce(sum(input_tokens), 0)::bigint AS input_tokens,"
    " coalesce(sum(cached_tokens), 0)::bigint AS cached_tokens,"
    " coalesce(sum(output_tokens), 0)::bigint AS output_tokens, coalesce(sum(won_milli), 0)::bigint AS won_milli,"
    " count(*) FILTER (WHERE NOT priced)::int AS unpriced"
    " FROM desk.model_calls WHERE user_id = %(user)s AND at >= %(since)s GROUP BY model ORDER BY model"
)


async def approval(pool: Pool, who: Identity, approval_id: UUID) -> DictRow | None:
    """The question with its answer, whether a newer version of its plan exists, and that version's question."""
    rows = await _rows(pool, _APPROVAL + " AND r.approval_id = %(id)s", {**_mine(who), "id": approval_id})
    return rows[0] if rows else None


async def open_approvals(pool: Pool, who: Identity, now: datetime) -> list[DictRow]:
    """Questions that wait for an answer, oldest first."""
    waiting = (
        " AND r.expires_at > %(now)s AND d.approval_id IS NULL AND NOT EXISTS"
        " (SELECT 1 FROM desk.plans p WHERE p.plan_id = r.plan_id AND p.version > r.version)"
        " ORDER BY r.created_at LIMIT 20"
    )
    return await _rows(pool, _APPROVAL + waiting, {**_mine(who), "now": now})


async def card(pool: Pool, who: Identity, card_id: UUID) -> DictRow | None:
    """What a card of a conversation showed."""
    query = "SELECT kind, body, created_at FROM chat.cards WHERE card_id = %(id)s AND user_id = %(user)s"
    rows = await _rows(pool, query, {"id": card_id, "user": who.user_id})
    return rows[0] if rows else None


async def model_calls(pool: Pool, who: Identity, since: datetime) -> list[DictRow]:
    """Sums a model since then."""
    return await _rows(pool, _CALLS, {"user": who.user_id, "since": since})


async def identity_of(pool: Pool, account_ref: str) -> Identity | None:
    """Owner and venue of an account."""
    rows = await _rows(pool, IDENTITY + " WHERE a.account_ref = %(account)s", {"account": account_ref})
    return Identity(**rows[0]) if rows else None


def _mine(who: Identity) -> dict[str, Any]:
    return {"user": who.user_id, "account": who.account_ref}


async def _rows(pool: Pool, query: str, values: Mapping[str, Any]) -> list[DictRow]:
    async with _cursor(pool) as cursor:
        await cursor.execute(query, values)
        return await cursor.fetchall()


@asynccontextmanager
async def _cursor(pool: Pool) -> AsyncIterator[AsyncCursor[DictRow]]:
    try:
        async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            yield cursor
    except (OperationalError, PoolTimeout, PoolClosed, TooManyRequests) as gone:
        raise PortUnavailable("기록 저장소에 연결하지 못했어요. 잠시 뒤 다시 시도해 주세요.", where="web") from gone
