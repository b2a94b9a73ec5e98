"""Giving an intent its number at the broker: the chain's next link, and the intent's move, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.orders.transitions import Event, OrderState
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent
from execution.oms.moves import Mover

_WAS = {
    Event.REPLY_ACKED: OrderState.SENDING,
    Event.FOUND_ONE: OrderState.UNKNOWN,
    Event.PERSON_ADOPTED: OrderState.MANUAL,
}


async def bind_ack(
    tx: Tx,
    mover: Mover,
    intent: Intent,
    event: Event,
    trade_date: date,
    branch: str,
    odno: int,
    how: str,
    evidence: Mapping[str, Any],
    *,
    quantity: int | None = None,
    replaces: int | None = None,
) -> Intent:
    """`event` is REPLY_ACKED, FOUND_ONE or PERSON_ADOPTED. A number seen before as an order placed by hand is ours.
    `quantity` is the number's own when a revision moved a remainder to it, which `replaces` says."""
    order = BrokerOrder.placed(
        intent.account_ref,
        trade_date,
        branch,
        odno,
        intent_id=intent.intent_id,
        kind="order" if replaces is None else "revise",
        replaces=replaces,
        ticker=intent.ticker,
        side=intent.side,
        order_type=intent.order_type.value,
        price=intent.limit_price or 0,
        quantity=quantity or intent.quantity,
        state=OrderState.LIVE,
        how=how,
        at=tx.now,
    )
    added = await mover.new_order(tx, order, _WAS[event], event, evidence)
    if added is None:
        seen = await tx.orders.get(intent.account_ref, trade_date, odno)
        if seen is None or seen.intent_id is not None:
            raise LookupError(f"expected number {odno} of {trade_date} to be free, was bound")
        await mover.order(tx, seen, Event.FOREIGN_CLAIMED, evidence, intent_id=intent.intent_id, kind="order")
        for request in await tx.intents.requests_pending(intent.account_ref):
            if request.target == (
                trade_date,
                seen.branch,
                odno,
            ):  # asked for when it was nobody's: the intent has its own
                await tx.intents.change_request(intent.account_ref, request.request_id, tx.now, state="DONE")
    await tx.intents.reservation_acked(intent.intent_id, tx.now)
    return await mover.intent(tx, intent, event, evidence, uncertain_since=None)
