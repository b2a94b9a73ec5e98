"""What the worker must not forget: its questions to the OMS until they are answered, and where each strategy stands.

Contract: logs in as quartz_worker. A question is written before it is put and is one row however often it is put; an
answer is written once and never changed. Places are overwritten. Silence of the database is PortUnavailable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from tools.store.desk_tables import Tables, connection_of

_QUESTIONS = (
    "SELECT plan_id, version, mandate_id, account_ref, user_id, strategy_id, hash, ticker, side, value, why, bar_end,"
    " answer, asked_at FROM desk.strategy_asks"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One plan before the OMS. `value` won at the price that counted; `answer` "" | admitted | refused."""

    plan_id: UUID
    version: int
    mandate_id: UUID
    account_ref: str
    user_id: UUID
    strategy_id: UUID
    hash: str
    ticker: str
    side: str
    value: int
    why: str
    bar_end: int
    answer: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """`place` is plain JSON, `live` the evaluator's bytes (empty before its first bar)."""

    account_ref: str
    strategy_id: UUID
    hash: str
    ticker: str
    place: Mapping[str, Any]
    live: bytes


class WorkerMemory(Tables):
    """Over a pool of dictionary rows."""

    async def ask(self, asked: Asked) -> None:
        await self._do(
            "INSERT INTO desk.strategy_asks (plan_id, version, mandate_id, account_ref, user_id, strategy_id, hash,"
            " ticker, side, value, why, bar_end, answer, asked_at) VALUES (%(plan_id)s, %(version)s, %(mandate_id)s,"
            " %(account_ref)s, %(user_id)s, %(strategy_id)s, %(hash)s, %(ticker)s, %(side)s, %(value)s, %(why)s,"
            " %(bar_end)s, %(answer)s, %(asked_at)s) ON CONFLICT (plan_id) DO NOTHING",
            {name: getattr(asked, name) for name in Asked.__slots__},
        )

    async def answered(self, plan_id: UUID, answer: str, at: datetime) -> None:
        await self._do(
            "UPDATE desk.strategy_asks SET answer = %(answer)s, answered_at = %(at)s"
            " WHERE plan_id = %(id)s AND answer = ''",
            {"id": plan_id, "answer": answer, "at": at},
        )

    async def asked(self, plan_id: UUID) -> Asked | None:
        row = await self._one(_QUESTIONS + " WHERE plan_id = %(id)s", {"id": plan_id})
        return None if row is None else Asked(**row)

    async def unanswered(self) -> list[Asked]:
        """Everybody's, the oldest first."""
        rows = await self._all(_QUESTIONS + " WHERE answer = '' ORDER BY asked_at", {})
        return [Asked(**row) for row in rows]

    async def since(self, account_ref: str, strategy_id: UUID, since: datetime) -> list[Asked]:
        """A strategy's questions since then, whatever came of them."""
        rows = await self._all(
            _QUESTIONS + " WHERE account_ref = %(account)s AND strategy_id = %(strategy)s AND asked_at >= %(since)s"
            " ORDER BY asked_at",
            {"account": account_ref, "strategy": strategy_id, "since": since},
        )
        return [Asked(**row) for row in rows]

    async def places(self, account_ref: str, strategy_id: UUID, hash_: str) -> list[StoredPlace]:
        rows = await self._all(
            "SELECT account_ref, strategy_id, hash, ticker, place, live FROM desk.strategy_places"
            " WHERE account_ref = %(account)s AND strategy_id = %(strategy)s AND hash = %(hash)s",
            {"account": account_ref, "strategy": strategy_id, "hash": hash_},
        )
        return [StoredPlace(**row) for row in rows]

    async def keep(self, places: Sequence[StoredPlace], at: datetime) -> None:
        """All of them or none."""
        if not places:
            return
        rows = [
            {
                **{name: getattr(each, name) for name in StoredPlace.__slots__},
                "place": Jsonb(dict(each.place)),
                "at": at,
            }
            for each in places
        ]
        async with (
            connection_of(self._pool, "worker") as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            await cursor.executemany(
                "INSERT INTO desk.strategy_places (account_ref, strategy_id, hash, ticker, place, live, saved_at)"
                " VALUES (%(account_ref)s, %(strategy_id)s, %(hash)s, %(ticker)s, %(place)s, %(live)s, %(at)s)"
                " ON CONFLICT (account_ref, strategy_id, hash, ticker) DO UPDATE SET place = EXCLUDED.place,"
                " live = EXCLUDED.live, saved_at = EXCLUDED.saved_at",
                rows,
            )
