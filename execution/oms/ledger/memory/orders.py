"""Orders at the broker and the notices about them, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.orders.types import Side
from domain.orders.words import OrderState
from execution.oms.ledger import columns
from execution.oms.ledger.memory.rows import DoneRow, NoticeRow
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.memory.values import stored, utc
from execution.oms.ledger.rows import BrokerOrder, StoredNotice


class Orders:
    def __init__(self, transaction: Transaction, tables: Tables) -> None:
        self._tx = transaction
        self._t = tables

    async def add(self, order: BrokerOrder) -> bool:
        await self._tx.turn()
        row = replace(
            order,
            side=Side(order.side),
            state=OrderState(order.state),
            acked_at=utc(order.acked_at),
            updated_at=utc(order.updated_at),
        )
        if await self._tx.lock_row(self._t.broker_orders, row) is not None:
            return False
        await self._tx.put(self._t.broker_orders, row)
        return True

    async def get(self, account_ref: str, trade_date: date, odno: int) -> BrokerOrder | None:
        await self._tx.turn()
        day = self._tx.find(self._t.broker_orders, "day", (account_ref, trade_date))
        return max((order for order in day if order.odno == odno), key=lambda o: o.acked_at, default=None)

    async def chain(self, intent_id: UUID) -> list[BrokerOrder]:
        await self._tx.turn()
        return self._chain(intent_id)

    async def chains(self, intent_ids: Sequence[UUID]) -> dict[UUID, list[BrokerOrder]]:
        await self._tx.turn()
        return {intent_id: self._chain(intent_id) for intent_id in intent_ids}

    async def live(self, account_ref: str) -> list[BrokerOrder]:
        await self._tx.turn()
        return _oldest_first(self._tx.find(self._t.broker_orders, "live", account_ref))

    async def of_day(self, account_ref: str, day: date) -> list[BrokerOrder]:
        await self._tx.turn()
        return _oldest_first(self._tx.find(self._t.broker_orders, "day", (account_ref, day)))

    async def numbers_of_day(self, account_ref: str, day: date) -> list[int]:
        await self._tx.turn()
        known = [order.odno for order in self._tx.find(self._t.broker_orders, "day", (account_ref, day))]
        named = [notice.body.get("number") for notice in self._tx.find(self._t.notices, "day", (account_ref, day))]
        return sorted({*known, *(int(number) for number in named if number is not None)})

    async def change(self, order: BrokerOrder, at: datetime, **values: Any) -> None:
        columns.require(values, columns.BROKER_ORDER, "a broker order")
        await self._tx.turn()
        key = (order.account_ref, order.trade_date, order.branch, order.odno)
        known = await self._tx.lock_key(self._t.broker_orders, key)
        if known is None:
            return
        if "state" in values:
            values["state"] = OrderState(values["state"])
        await self._tx.put(self._t.broker_orders, replace(known, **values, updated_at=utc(at)))

    async def store_notice(
        self, environment: str, account_ref: str, at: datetime, day: date, digest: str, body: Mapping[str, Any]
    ) -> tuple[int, bool]:
        await self._tx.turn()
        seen = bool(self._tx.find(self._t.notices, "same", (account_ref, day, digest)))
        await self._tx.turn()
        number = self._t.notices.next_number()
        row = NoticeRow(number, environment, account_ref, utc(at), day, digest, stored(body))
        await self._tx.put(self._t.notices, row)
        return number, seen

    async def unworked_notices(self, account_ref: str) -> list[StoredNotice]:
        await self._tx.turn()
        return [
            notice
            for notice in _notices(self._tx.find(self._t.notices, "account", account_ref))
            if self._tx.get(self._t.notices_done, notice.id) is None
        ]

    async def notices_of_day(self, account_ref: str, day: date) -> list[StoredNotice]:
        await self._tx.turn()
        return _notices(self._tx.find(self._t.notices, "day", (account_ref, day)))

    async def notice_done(self, notice_id: int, result: str, at: datetime) -> None:
        await self._tx.turn()
        await self._tx.insert_if_free(self._t.notices_done, DoneRow(notice_id, result))

    def _chain(self, intent_id: UUID) -> list[BrokerOrder]:
        found = self._tx.find(self._t.broker_orders, "intent", intent_id)
        return sorted(found, key=lambda o: (o.acked_at, o.odno))


def _oldest_first(orders: Iterable[BrokerOrder]) -> list[BrokerOrder]:
    return sorted(orders, key=lambda o: o.acked_at)


def _notices(rows: Iterable[NoticeRow]) -> list[StoredNotice]:
    return [
        StoredNotice(row.id, row.account_ref, row.received_at, row.trade_date, row.digest, row.body)
        for row in sorted(rows, key=lambda r: r.id)
    ]
