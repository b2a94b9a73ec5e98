"""Orders at the broker and the notices about them, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from domain.orders.types import Side
from domain.orders.words import OrderState
from execution.oms.ledger import columns
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import BrokerOrder, StoredNotice

_COLUMNS = (
    "account_ref, trade_date, branch, odno, intent_id, kind, replaces, ticker, side, order_type, price, quantity,"
    " filled, amount, estimated, noticed, noticed_amount, cancelled, rejected, state, how, acked_at, updated_at"
)
_FIELDS = tuple(name.strip() for name in _COLUMNS.split(","))
_ENDED = "('" + "', '".join(columns.LIVE_ENDS) + "')"


def _order(row: TupleRow) -> BrokerOrder:
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    values["side"] = Side(values["side"])
    values["state"] = OrderState(values["state"])
    return BrokerOrder(**values)


class Orders:
    def __init__(self, session: Session) -> None:
        self._db = session

    async def add(self, order: BrokerOrder) -> bool:
        """False when the number is already in the ledger."""
        marks = ", ".join(["%s"] * len(_FIELDS))
        cursor = await self._db.execute(
            f"INSERT INTO ledger.broker_orders ({_COLUMNS}) VALUES ({marks})"  # noqa: S608
            " ON CONFLICT (account_ref, trade_date, branch, odno) DO NOTHING",
            [getattr(order, name) for name in _FIELDS],
        )
        return cursor.rowcount == 1

    async def get(self, account_ref: str, trade_date: date, odno: int) -> BrokerOrder | None:
        """By day and number. Branches share numbers only in theory; the newest wins."""
        rows = await self._select(
            "account_ref = %s AND trade_date = %s AND odno = %s ORDER BY acked_at DESC LIMIT 1",
            (account_ref, trade_date, odno),
        )
        return rows[0] if rows else None

    async def chain(self, intent_id: UUID) -> list[BrokerOrder]:
        return await self._select("intent_id = %s ORDER BY acked_at, odno", (intent_id,))

    async def chains(self, intent_ids: Sequence[UUID]) -> dict[UUID, list[BrokerOrder]]:
        found: dict[UUID, list[BrokerOrder]] = {intent_id: [] for intent_id in intent_ids}
        for order in await self._select("intent_id = ANY(%s) ORDER BY acked_at, odno", (list(intent_ids),)):
            if order.intent_id is not None:
                found[order.intent_id].append(order)
        return found

    async def live(self, account_ref: str) -> list[BrokerOrder]:
        return await self._select(f"account_ref = %s AND state NOT IN {_ENDED} ORDER BY acked_at", (account_ref,))

    async def of_day(self, account_ref: str, day: date) -> list[BrokerOrder]:
        return await self._select("account_ref = %s AND trade_date = %s ORDER BY acked_at", (account_ref, day))

    async def numbers_of_day(self, account_ref: str, day: date) -> list[int]:
        """Every number of the day that we have heard of: in the ledger, or named by a notice alone."""
        cursor = await self._db.execute(
            "SELECT odno FROM ledger.broker_orders WHERE account_ref = %s AND trade_date = %s"
            " UNION SELECT (body->>'number')::bigint FROM ledger.broker_event WHERE account_ref = %s"
            " AND trade_date = %s ORDER BY 1",
            (account_ref, day, account_ref, day),
        )
        return [int(row[0]) for row in await cursor.fetchall()]

    async def change(self, order: BrokerOrder, at: datetime, **values: Any) -> None:
        columns.require(values, columns.BROKER_ORDER, "a broker order")
        names = sorted(values)
        assignments = "".join(f"{name} = %s, " for name in names)
        await self._db.execute(
            f"UPDATE ledger.broker_orders SET {assignments}updated_at = %s"  # noqa: S608
            " WHERE account_ref = %s AND trade_date = %s AND branch = %s AND odno = %s",
            (*(values[n] for n in names), at, order.account_ref, order.trade_date, order.branch, order.odno),
        )

    async def store_notice(
        self, environment: str, account_ref: str, at: datetime, day: date, digest: str, body: Mapping[str, Any]
    ) -> tuple[int, bool]:
        """Its id, and whether the same bytes came before today."""
        cursor = await self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM ledger.broker_event"
            " WHERE account_ref = %s AND trade_date = %s AND digest = %s)",
            (account_ref, day, digest),
        )
        seen = await cursor.fetchone()
        cursor = await self._db.execute(
            "INSERT INTO ledger.broker_event (environment, account_ref, received_at, trade_date, digest, body)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
            (environment, account_ref, at, day, digest, Jsonb(dict(body))),
        )
        row = await cursor.fetchone()
        assert row is not None
        assert seen is not None
        return int(row[0]), bool(seen[0])

    async def unworked_notices(self, account_ref: str) -> list[StoredNotice]:
        cursor = await self._db.execute(
            "SELECT e.id, e.account_ref, e.received_at, e.trade_date, e.digest, e.body FROM ledger.broker_event e"
            " LEFT JOIN ledger.broker_event_done d USING (id) WHERE e.account_ref = %s AND d.id IS NULL ORDER BY e.id",
            (account_ref,),
        )
        return [StoredNotice(*row) for row in await cursor.fetchall()]

    async def notices_of_day(self, account_ref: str, day: date) -> list[StoredNotice]:
        cursor = await self._db.execute(
            "SELECT id, account_ref, received_at, trade_date, digest, body FROM ledger.broker_event"
            " WHERE account_ref = %s AND trade_date = %s ORDER BY id",
            (account_ref, day),
        )
        return [StoredNotice(*row) for row in await cursor.fetchall()]

    async def notice_done(self, notice_id: int, result: str, at: datetime) -> None:
        await self._db.execute(
            "INSERT INTO ledger.broker_event_done (id, result, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (notice_id, result, at),
        )

    async def _select(self, where: str, arguments: Sequence[Any]) -> list[BrokerOrder]:
        cursor = await self._db.execute(f"SELECT {_COLUMNS} FROM ledger.broker_orders WHERE {where}", arguments)  # noqa: S608
        return [_order(row) for row in await cursor.fetchall()]
