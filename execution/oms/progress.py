"""What the broker counts for one of its orders, taken into the ledger: fills, book, states, exit mandates.

Contract: inside a write transaction under the account's lock. Counts are cumulative and per order, so an answer may
come twice or late; money is `domain.book`'s arithmetic. An ended order whose count still rises moves the book and keeps
its end. Raises BookConflict when the evidence contradicts the ledger: the account must then be reconciled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain import ids
from domain.book import OUTSIDE, Fill, OrderProgress, Position, Terms, book_fill, fill_between
from domain.instruments import Instruments, Kind, Market
from domain.orders.transitions import Event, Machine, OrderState, allowed, fill_event, with_fills
from domain.orders.types import IntentState, Side
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent, Sleeve
from execution.oms.ledger.rows import Fill as FillRow
from execution.oms.moves import Mover
from tools.kis.executions import OrderRow

_CANCELLING = frozenset({IntentState.CANCEL_PENDING, IntentState.CANCEL_UNKNOWN})


class Progress:
    def __init__(self, mover: Mover, instruments: Instruments) -> None:
        self._mover = mover
        self._instruments = instruments

    async def take(self, tx: Tx, order: BrokerOrder, row: OrderRow, *, day_over: bool = False) -> bool:
        """The broker's row about a number we know. True when money moved. `day_over`: its trade date has passed, so
        what is left of it has lapsed."""
        moved, order = await self._count(tx, order, row)
        await self._end(tx, order, row, day_over=day_over)
        return moved

    async def noticed(self, tx: Tx, order: BrokerOrder, quantity: int, price: int) -> None:
        """A provisional fill from a notice: shown, never booked."""
        after = order.progress.notice(quantity, price)
        await tx.orders.change(order, tx.now, noticed=after.noticed, noticed_amount=after.noticed_amount)
        if order.intent_id is not None:
            await self._show(tx, order.intent_id, "체결 통보를 받았어요. 확인하고 있어요.")

    # The parts ------------------------------------------------------------------------------------------------------

    async def _count(self, tx: Tx, order: BrokerOrder, row: OrderRow) -> tuple[bool, BrokerOrder]:
        order, moved_less = _as_moved(order, row)
        before = order.progress
        amount, estimated = _amount(row, order)
        after = before.confirm(min(row.filled, order.quantity), amount, estimated=estimated)
        if after.confirmed != before.confirmed or after.noticed > after.confirmed:
            # What an inquiry begun after the notice does not show is not there: provisional falls back to confirmed.
            after = OrderProgress(
                after.quantity, after.confirmed, after.amount, after.estimated, after.confirmed, after.amount
            )
        changes = {
            "filled": after.confirmed,
            "amount": after.amount,
            "estimated": after.estimated,
            "noticed": after.noticed,
            "noticed_amount": after.noticed_amount,
            "cancelled": row.cancelled or 0,
            "rejected": row.rejected or 0,
        } | moved_less
        fill = fill_between(before, after, self._terms(order))
        if fill is None and after == before and order.cancelled == changes["cancelled"] and not moved_less:
            return False, order
        evidence = {"filled": after.confirmed, "amount": after.amount, "by": "inquiry"}
        if after.confirmed > before.confirmed:
            event = fill_event(after.confirmed, order.quantity)
            if not allowed(Machine.ORDER, order.state, event):
                event = Event.FILL_PARTIAL
            order = await self._mover.order(tx, order, event, evidence, **changes)
        else:
            await tx.orders.change(order, tx.now, **changes)
            order = await self._again(tx, order)
        if fill is not None:
            await self._book(tx, order, fill, after)
        if order.intent_id is not None:
            await self._count_intent(tx, order, evidence)
        return fill is not None, order

    async def _count_intent(self, tx: Tx, order: BrokerOrder, evidence: Mapping[str, Any]) -> None:
        assert order.intent_id is not None
        intent = await tx.intents.get(order.intent_id)
        if intent is None:
            return
        chain = await tx.orders.chain(order.intent_id)
        fills = await tx.books.fills_of(order.intent_id)
        filled = sum(link.filled for link in chain)
        changes: dict[str, Any] = {
            "filled": filled,
            "provisional": min(sum(link.progress.provisional for link in chain), intent.quantity - filled),
            "filled_amount": sum(link.amount for link in chain),
            "fee": sum(fill.fee for fill in fills),
            "tax": sum(fill.tax for fill in fills),
            "amount_estimated": any(link.estimated for link in chain),
        }
        if filled > intent.filled:
            event = fill_event(filled, intent.quantity)
            if allowed(Machine.INTENT, intent.state, event):
                await self._mover.intent(tx, intent, event, evidence, **changes)
                return
        await tx.intents.change(intent.intent_id, tx.now, **changes)
        await self._show(tx, intent.intent_id, intent.state_note)

    async def _end(self, tx: Tx, order: BrokerOrder, row: OrderRow, *, day_over: bool) -> None:
        """Nothing is left of it at the broker although not everything filled."""
        if not order.live or order.filled >= order.quantity or row.remaining > 0:
            return
        evidence = {"cancelled": row.cancelled or 0, "rejected": row.rejected or 0, "filled": order.filled}
        intent = await tx.intents.get(order.intent_id) if order.intent_id is not None else None
        if intent is None:
            if order.state is OrderState.FOREIGN:
                await self._mover.order(tx, order, Event.FOREIGN_ENDED, evidence)
            return
        if order.state in (OrderState.REVISE_PENDING, OrderState.REVISE_UNKNOWN):
            return  # its remainder has moved to another number; the revision's own row, or a person, tells
        if (row.rejected or 0) > 0 and order.filled == 0:
            event = Event.EXCHANGE_REJECTED
        elif intent.state in _CANCELLING:
            event = Event.CANCEL_CONFIRMED
        elif day_over:
            event = Event.EXPIRED
        else:
            event = Event.ENDED_BY_BROKER
        if allowed(Machine.ORDER, order.state, event):
            await self._mover.order(tx, order, event, evidence)
        if allowed(Machine.INTENT, intent.state, event):
            await self._mover.intent(tx, intent, event, evidence)
        await self._requests_done(tx, intent)

    async def lapse(self, tx: Tx, order: BrokerOrder) -> None:
        """Its day is over and the broker has been asked with its date: the remainder is gone."""
        if not order.live:
            return
        evidence = {"trade_date": order.trade_date.isoformat()}
        if order.intent_id is None:
            await self._mover.order(tx, order, Event.FOREIGN_ENDED, evidence)
            return
        intent = await tx.intents.get(order.intent_id)
        if allowed(Machine.ORDER, order.state, Event.EXPIRED):
            await self._mover.order(tx, order, Event.EXPIRED, evidence)
        if intent is not None and allowed(Machine.INTENT, intent.state, Event.EXPIRED):
            await self._mover.intent(tx, intent, Event.EXPIRED, evidence)
            await self._requests_done(tx, intent)

    async def still_live(self, tx: Tx, order: BrokerOrder, row: OrderRow) -> None:
        """A cancel that came to nothing: the order lives on."""
        intent = await tx.intents.get(order.intent_id) if order.intent_id is not None else None
        if intent is None or intent.state not in _CANCELLING or row.remaining <= 0:
            return
        event = with_fills(Event.CANCEL_REFUSED, intent.filled)
        evidence = {"remaining": row.remaining}
        own = with_fills(Event.CANCEL_REFUSED, order.filled)
        if allowed(Machine.ORDER, order.state, own):
            await self._mover.order(tx, order, own, evidence)
        await self._mover.intent(tx, intent, event, evidence)
        await self._requests_done(tx, intent)

    async def _requests_done(self, tx: Tx, intent: Intent) -> None:
        for request in await tx.intents.requests_of(intent.intent_id):
            if request.kind == "cancel" and request.state in ("ASKED", "SENDING", "ACKED", "UNKNOWN"):
                await tx.intents.change_request(intent.account_ref, request.request_id, tx.now, state="DONE")

    async def _book(self, tx: Tx, order: BrokerOrder, fill: Fill, after: OrderProgress) -> None:
        intent = await tx.intents.get(order.intent_id) if order.intent_id is not None else None
        sleeve = intent.sleeve if intent is not None else OUTSIDE
        positions = {s.sleeve: s.position for s in await tx.books.sleeves(order.account_ref, order.ticker)}
        if intent is None and fill.side is Side.SELL:
            positions = _with_unseen(positions, fill)
        booked = book_fill(positions, sleeve, fill)
        realised = sum(p.realised for p in booked.values()) - sum(p.realised for p in positions.values())
        for name, position in booked.items():
            if position != positions.get(name):
                await tx.books.put_sleeve(order.account_ref, Sleeve(order.ticker, name, position), tx.now)
                held_before = positions[name].quantity if name in positions else 0
                await self._exit_mandate(tx, order, intent, name, held_before, position.quantity)
        await tx.books.add_fill(
            FillRow(
                account_ref=order.account_ref,
                trade_date=order.trade_date,
                branch=order.branch,
                odno=order.odno,
                intent_id=order.intent_id,
                ticker=order.ticker,
                side=order.side,
                sleeve=sleeve,
                quantity=fill.quantity,
                amount=fill.amount,
                cumulative=after.confirmed,
                fee=fill.fee,
                tax=fill.tax,
                realised=realised,
                estimated=after.estimated,
                at=tx.now,
            )
        )

    async def _exit_mandate(
        self, tx: Tx, order: BrokerOrder, intent: Intent | None, sleeve: str, before: int, now: int
    ) -> None:
        """Born with the position, gone with it."""
        if before > 0 and now == 0:
            await tx.books.close_exit_mandate(order.account_ref, order.ticker, sleeve, tx.now)
        elif before == 0 and now > 0 and intent is not None and order.side is Side.BUY:
            generation = await tx.books.next_exit_generation(order.account_ref, order.ticker, sleeve)
            origin = ("exit", order.ticker, sleeve, generation)
            await tx.books.open_exit_mandate(
                ids.plan_id(order.account_ref, origin),
                order.account_ref,
                order.ticker,
                sleeve,
                intent.authority,
                intent.authority_id,
                tx.now,
            )

    async def _show(self, tx: Tx, intent_id: Any, message: str) -> None:
        intent = await tx.intents.get(intent_id)
        if intent is None:
            return
        chain = await tx.orders.chain(intent_id)
        provisional = min(sum(link.progress.provisional for link in chain), intent.quantity - intent.filled)
        if provisional != intent.provisional:
            await tx.intents.change(intent_id, tx.now, provisional=provisional)
            intent = await tx.intents.get(intent_id)
        if intent is not None:
            await self._mover.tell(tx, intent, message)

    async def _again(self, tx: Tx, order: BrokerOrder) -> BrokerOrder:
        found = await tx.orders.get(order.account_ref, order.trade_date, order.odno)
        return found if found is not None else order

    def _terms(self, order: BrokerOrder) -> Terms:
        instrument = self._instruments.get(order.ticker)
        if instrument is None:  # placed by hand in a name we do not know: taxed like a KOSPI share
            return Terms(order.side, Market.KOSPI, Kind.STOCK, order.trade_date)
        return Terms(order.side, instrument.market, instrument.kind, order.trade_date)


def _as_moved(order: BrokerOrder, row: OrderRow) -> tuple[BrokerOrder, dict[str, int]]:
    """A revision moved what was left at that moment, which may be less than we knew: the number's own row says."""
    if order.kind != "revise" or not order.filled <= row.quantity < order.quantity or row.quantity < row.filled:
        return order, {}
    return replace(order, quantity=row.quantity), {"quantity": row.quantity}


def _with_unseen(positions: Mapping[str, Position], fill: Fill) -> dict[str, Position]:
    """A sale by hand of more than the book holds: the rest came from outside too, at the price it was sold for."""
    missing = fill.quantity - sum(position.quantity for position in positions.values())
    if missing <= 0:
        return dict(positions)
    cost = fill.amount * missing // fill.quantity
    return {**positions, OUTSIDE: positions.get(OUTSIDE, Position()).imported(missing, cost)}


def _amount(row: OrderRow, order: BrokerOrder) -> tuple[int, bool]:
    """Cumulative amount of a row, and whether it is only an estimate (no amount, no average shown)."""
    if row.filled == 0:
        return 0, False
    if row.filled_amount:
        return row.filled_amount, False
    if row.average_price is not None and row.average_price > 0:
        return int(row.average_price * row.filled), True
    price = order.price or (order.noticed_amount // order.noticed if order.noticed else 0) or row.price
    return max(1, price * row.filled), True
