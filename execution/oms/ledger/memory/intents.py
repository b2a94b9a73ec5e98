"""Intents, reservations, consumed approvals and requests in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.orders.types import TERMINAL, Initiative, IntentState, OrderType, Side
from execution.oms.ledger import columns
from execution.oms.ledger.memory.rows import ConsumedRow
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.memory.values import stored, utc
from execution.oms.ledger.rows import ANSWERED, Intent, Pace, Request, Reservation

_MOMENTS = frozenset({"sent_at", "send_deadline", "uncertain_since"})


class Intents:
    def __init__(self, transaction: Transaction, tables: Tables) -> None:
        self._tx = transaction
        self._t = tables

    async def get(self, intent_id: UUID) -> Intent | None:
        await self._tx.turn()
        return self._tx.get(self._t.intents, intent_id)

    async def of_plan(self, plan_id: UUID) -> list[Intent]:
        await self._tx.turn()
        return sorted(self._tx.find(self._t.intents, "plan", plan_id), key=lambda i: i.leg)

    async def open(self, account_ref: str) -> list[Intent]:
        await self._tx.turn()
        return oldest_first(self._tx.find(self._t.intents, "open", account_ref))

    async def open_everywhere(self, environment: str) -> list[Intent]:
        await self._tx.turn()
        accounts = [a.account_ref for a in self._tx.all(self._t.accounts) if a.environment == environment]
        return oldest_first(i for ref in accounts for i in self._tx.find(self._t.intents, "open", ref))

    async def in_state(self, account_ref: str, *states: IntentState) -> list[Intent]:
        await self._tx.turn()
        lookup = "account" if TERMINAL.intersection(states) else "open"
        return oldest_first(i for i in self._tx.find(self._t.intents, lookup, account_ref) if i.state in states)

    async def created_on(self, account_ref: str, day: date) -> list[Intent]:
        await self._tx.turn()
        return oldest_first(self._tx.find(self._t.intents, "day", (account_ref, day)))

    async def newest(
        self,
        account_ref: str,
        *,
        open_only: bool = False,
        plan_id: UUID | None = None,
        since: date | None = None,
        limit: int = 50,
    ) -> list[Intent]:
        await self._tx.turn()
        found = sorted(
            (
                intent
                for intent in self._tx.find(self._t.intents, "open" if open_only else "account", account_ref)
                if (plan_id is None or intent.plan_id == plan_id) and (since is None or intent.trade_date >= since)
            ),
            key=lambda i: i.leg,
        )
        found.sort(key=lambda i: i.created_at, reverse=True)
        return found[:limit]

    async def insert(self, intent: Intent) -> None:
        await self._tx.turn()
        row = replace(
            intent,
            side=Side(intent.side),
            order_type=OrderType(intent.order_type),
            initiative=Initiative(intent.initiative),
            state=IntentState(intent.state),
            baseline=None if intent.baseline is None else stored(intent.baseline),
            not_after=utc(intent.not_after),
            plan_expires_at=utc(intent.plan_expires_at),
            sent_at=utc(intent.sent_at),
            send_deadline=utc(intent.send_deadline),
            uncertain_since=utc(intent.uncertain_since),
            created_at=utc(intent.created_at),
            updated_at=utc(intent.updated_at),
        )
        known = await self._tx.lock_row(self._t.intents, row)
        if known is not None and not (
            known.state is IntentState.WITHDRAWN and known.sent_at is None and known.version < row.version
        ):
            raise LookupError(f"expected intent {intent.intent_id} to be free, was in the ledger")
        await self._tx.put(self._t.intents, row)

    async def change(self, intent_id: UUID, at: datetime, **values: Any) -> None:
        columns.require(values, columns.INTENT, "an intent")
        await self._tx.turn()
        known = await self._tx.lock_key(self._t.intents, intent_id)
        if known is None:
            raise LookupError(f"expected intent {intent_id}, was not there")
        for name in _MOMENTS.intersection(values):
            values[name] = utc(values[name])
        if values.get("baseline") is not None:
            values["baseline"] = stored(values["baseline"])
        if "state" in values:
            values["state"] = IntentState(values["state"])
        await self._tx.put(self._t.intents, replace(known, **values, updated_at=utc(at)))

    async def consume_approval(
        self, approval_id: UUID, account_ref: str, plan_id: UUID, version: int, at: datetime
    ) -> bool:
        await self._tx.turn()
        return await self._tx.insert_if_free(self._t.consumed, ConsumedRow(approval_id, account_ref, plan_id, version))

    # Reservations ---------------------------------------------------------------------------------------------------

    async def reserve(self, reservation: Reservation) -> None:
        await self._tx.turn()
        fresh = replace(reservation, acked_at=None, released_at=None)
        known = await self._tx.lock_row(self._t.reservations, fresh)
        if known is not None:
            fresh = replace(known, cash=fresh.cash, shares=fresh.shares, acked_at=None, released_at=None)
        await self._tx.put(self._t.reservations, fresh)

    async def resize_reservation(self, intent_id: UUID, cash: int, shares: int) -> None:
        await self._hold(intent_id, cash=cash, shares=shares)

    async def reservation_acked(self, intent_id: UUID, at: datetime) -> None:
        await self._hold(intent_id, first="acked_at", acked_at=utc(at))

    async def release(self, intent_id: UUID, at: datetime) -> None:
        await self._hold(intent_id, first="released_at", released_at=utc(at))

    async def hold_again(self, intent_id: UUID) -> None:
        await self._hold(intent_id, released_at=None)

    async def held(self, account_ref: str) -> list[Reservation]:
        await self._tx.turn()
        return self._tx.find(self._t.reservations, "held", account_ref)

    async def spent_since(self, account_ref: str, moment: datetime) -> int:
        await self._tx.turn()
        return self.spent(account_ref, moment)

    def spent(self, account_ref: str, moment: datetime) -> int:
        spent = 0
        for reservation in self._tx.find(self._t.reservations, "acked", account_ref):
            if reservation.acked_at is not None and reservation.acked_at > moment:
                intent = self._tx.get(self._t.intents, reservation.intent_id)
                if intent is not None and intent.account_ref == account_ref and intent.side is Side.BUY:
                    spent += intent.filled_amount + intent.fee
        return spent

    async def pace(self, account_ref: str, day: date, since: datetime, limit: int) -> Pace:
        await self._tx.turn()
        return self.paced(account_ref, day, since, limit)

    def paced(self, account_ref: str, day: date, since: datetime, limit: int) -> Pace:
        begun = since - timedelta(days=1)
        sent = sum(
            intent.created_at > begun and intent.sent_at is not None and intent.sent_at > since
            for intent in self._tx.find(self._t.intents, "account", account_ref)
        )
        asked = sum(
            request.created_at > since and request.state != "ASKED"
            for request in self._tx.find(self._t.requests, "account", account_ref)
        )
        answered = [
            (intent.sent_at, intent.state)
            for intent in self._tx.find(self._t.intents, "day", (account_ref, day))
            if intent.sent_at is not None and intent.state in ANSWERED
        ]
        answered.sort(key=lambda one: one[0], reverse=True)
        return Pace(sent + asked, tuple(state for _, state in answered[:limit]))

    # Cancels and revisions ------------------------------------------------------------------------------------------

    async def request(self, account_ref: str, request_id: str) -> Request | None:
        await self._tx.turn()
        return self._tx.get(self._t.requests, (account_ref, request_id))

    async def requests_pending(self, account_ref: str) -> list[Request]:
        await self._tx.turn()
        return sorted(self._tx.find(self._t.requests, "pending", account_ref), key=lambda r: r.created_at)

    async def requests_of(self, intent_id: UUID) -> list[Request]:
        await self._tx.turn()
        return sorted(self._tx.find(self._t.requests, "intent", intent_id), key=lambda r: r.created_at)

    async def add_request(self, request: Request) -> bool:
        await self._tx.turn()
        row = replace(request, created_at=utc(request.created_at), updated_at=utc(request.updated_at))
        return await self._tx.insert_if_free(self._t.requests, row)

    async def change_request(self, account_ref: str, request_id: str, at: datetime, **values: Any) -> None:
        columns.require(values, columns.REQUEST, "a request")
        await self._tx.turn()
        known = await self._tx.lock_key(self._t.requests, (account_ref, request_id))
        if known is not None:
            await self._tx.put(self._t.requests, replace(known, **values, updated_at=utc(at)))

    async def _hold(self, intent_id: UUID, first: str | None = None, **values: Any) -> None:
        """`first` names a column whose first value counts."""
        await self._tx.turn()
        known = await self._tx.lock_key(self._t.reservations, intent_id)
        if known is not None and (first is None or getattr(known, first) is None):
            await self._tx.put(self._t.reservations, replace(known, **values))


def oldest_first(intents: Iterable[Intent]) -> list[Intent]:
    return sorted(intents, key=lambda i: (i.created_at, i.leg))
