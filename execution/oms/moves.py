"""Moving an intent or a broker order: by the table, with its log line, its event and its reservation, in one place.

Contract: inside a write transaction under the account's lock. An unlisted move raises IllegalTransition and so rolls
everything back. Ended intents release what they reserved; intents that come back to life hold it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from domain.instruments import Instruments
from domain.orders.transitions import RESERVING, Event, Machine, OrderState, advance
from domain.orders.types import TERMINAL, IntentState, Side
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent, Placed, Reservation
from execution.oms.texts import NOTES
from execution.oms.wire import order_message

_UNCERTAIN = frozenset({IntentState.UNKNOWN, IntentState.CANCEL_UNKNOWN, IntentState.REVISE_UNKNOWN})


class Mover:
    """Knows names for the events it writes; nothing else."""

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    async def intent(
        self,
        tx: Tx,
        intent: Intent,
        event: Event,
        evidence: Mapping[str, Any],
        *,
        note: str = "",
        **changes: Any,
    ) -> Intent:
        """The intent after `event`. `changes` are columns that change with it. Raises IllegalTransition."""
        becomes = advance(Machine.INTENT, intent.state, event)
        changes["state"] = becomes
        changes["state_note"] = note or NOTES.get(event, "")
        if becomes in _UNCERTAIN and intent.state not in _UNCERTAIN:
            changes["uncertain_since"] = tx.now
        moved = replace(intent, **changes, updated_at=tx.now)
        await tx.intents.change(intent.intent_id, tx.now, **{**changes, "state": becomes.value})
        await tx.journal.transition(
            tx.now,
            intent.account_ref,
            Machine.INTENT.value,
            str(intent.intent_id),
            intent.state.value,
            event.value,
            becomes.value,
            evidence,
        )
        if becomes in TERMINAL and intent.state not in TERMINAL:
            await tx.intents.release(intent.intent_id, tx.now)
        elif becomes in RESERVING and intent.state in TERMINAL:
            await tx.intents.hold_again(intent.intent_id)
        await self.tell(tx, moved)
        return moved

    def placed(self, intent: Intent, cash: int, evidence: Mapping[str, Any]) -> Placed:
        """A new intent with what it holds back: `cash` won for a buy, its shares for a sale."""
        shares = intent.quantity if intent.side is Side.SELL else 0
        held = Reservation(intent.intent_id, intent.account_ref, intent.ticker, cash, shares, None, None)
        return Placed(intent, held, evidence, order_message(intent, (), self._instruments))

    async def admitted(self, tx: Tx, orders: Sequence[Placed], *, consumes: bool) -> bool:
        """Writes them down. `consumes` their approval as well: False when that was consumed before, and nothing of this
        may be committed."""
        return await tx.admitted(orders, Event.ADMITTED.value, consumes=consumes)

    async def tell(
        self, tx: Tx, intent: Intent, message: str = "", *, chain: Sequence[BrokerOrder] | None = None
    ) -> None:
        """Writes the intent's numbered event. `chain`: its broker orders, where the caller knows them."""
        if chain is None:
            chain = await tx.orders.chain(intent.intent_id)
        await tx.journal.event(
            tx.now,
            intent.account_ref,
            "order",
            message or intent.state_note,
            order_message(intent, chain, self._instruments),
        )

    async def order(
        self, tx: Tx, order: BrokerOrder, event: Event, evidence: Mapping[str, Any], **changes: Any
    ) -> BrokerOrder:
        """The broker order after `event`. Raises IllegalTransition."""
        becomes = advance(Machine.ORDER, order.state, event)
        await tx.orders.change(order, tx.now, **{**changes, "state": becomes.value})
        await self._order_log(tx, order, order.state.value, event, becomes, evidence)
        return replace(order, **changes, state=becomes, updated_at=tx.now)

    async def new_order(
        self, tx: Tx, order: BrokerOrder, was: OrderState | str, event: Event, evidence: Mapping[str, Any]
    ) -> BrokerOrder | None:
        """A number that the ledger did not know, in the state that `event` gives it; None when it knew it after all."""
        becomes = advance(Machine.ORDER, was, event)
        fresh = replace(order, state=becomes)
        if not await tx.orders.add(fresh):
            return None
        await self._order_log(tx, fresh, str(was), event, becomes, evidence)
        return fresh

    async def _order_log(
        self,
        tx: Tx,
        order: BrokerOrder,
        was: str,
        event: Event,
        becomes: OrderState,
        evidence: Mapping[str, Any],
    ) -> None:
        name = f"{order.trade_date}/{order.branch}/{order.odno}"
        await tx.journal.transition(
            tx.now, order.account_ref, Machine.ORDER.value, name, was, event.value, becomes.value, evidence
        )
