"""A revision's end: the broker's new number takes over the remainder, or the old one lives on.

Contract: inside a write transaction under the account's lock. Whole remainder, never upwards, never sent again. The new
link's quantity is what the broker moved; the old link keeps its fills and is REPLACED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from domain.orders.transitions import Event, Machine, OrderState, allowed, with_fills
from domain.orders.types import IntentState
from execution.oms.binding import bind_ack
from execution.oms.core import Core
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent
from execution.oms.manual import leave_to_person
from tools.kis.executions import Executions, OrderRow


async def live_link(tx: Tx, intent: Intent) -> BrokerOrder | None:
    """The one link of the chain that may still trade."""
    return next((link for link in await tx.orders.chain(intent.intent_id) if link.live), None)


async def revision_confirmed(
    tx: Tx,
    core: Core,
    intent: Intent,
    old: BrokerOrder,
    trade_date: date,
    branch: str,
    odno: int,
    price: int,
    how: str,
    evidence: Mapping[str, Any],
) -> Intent:
    await core.mover.order(tx, old, with_fills(Event.REVISE_CONFIRMED, old.filled), evidence)
    quantity = intent.quantity - sum(link.filled for link in await tx.orders.chain(intent.intent_id))
    link = _successor(tx, old, trade_date, branch, odno, price, quantity, how)
    await core.mover.new_order(tx, link, OrderState.SENDING, Event.REPLY_ACKED, evidence)
    moved = await core.mover.intent(
        tx,
        intent,
        with_fills(Event.REVISE_CONFIRMED, intent.filled),
        evidence,
        limit_price=price,
        uncertain_since=None,
    )
    await _done(tx, intent, "DONE", "")
    return moved


async def revision_refused(
    tx: Tx, core: Core, intent: Intent, old: BrokerOrder | None, code: str, note: str, evidence: Mapping[str, Any]
) -> Intent:
    if old is not None:
        event = with_fills(Event.REVISE_REFUSED, old.filled)
        if allowed(Machine.ORDER, old.state, event):
            await core.mover.order(tx, old, event, evidence)
    event = with_fills(Event.REVISE_REFUSED, intent.filled)
    moved = await core.mover.intent(tx, intent, event, evidence, note=note, uncertain_since=None)
    await _done(tx, intent, "REFUSED", code)
    return moved


async def settle_revision(
    tx: Tx, core: Core, intent: Intent, answer: Executions, loose: list[OrderRow], *, settled: bool
) -> list[OrderRow]:
    """A REVISE_UNKNOWN against a complete answer: the revision's own row, or after settle the old one, which lives on
    or has ended. Returns the row that is bound now and has not been counted."""
    old = await live_link(tx, intent)
    if old is None or intent.state is not IntentState.REVISE_UNKNOWN:
        return []
    fitting = [
        row
        for row in loose
        if row.original == old.odno
        and row.ordered_at.date() == old.trade_date
        and row.ticker == intent.ticker
        and (row.remaining > 0 or row.filled > 0)
    ]
    evidence: dict[str, Any] = {
        "candidates": [row.order.number for row in fitting],
        "rows": len(answer.rows),
        "inconclusive": answer.inconclusive,
    }
    if len(fitting) == 1:
        row = fitting[0]
        loose.remove(row)
        await revision_confirmed(
            tx,
            core,
            intent,
            old,
            row.ordered_at.date(),
            row.order.branch,
            row.order.number,
            row.price,
            "inquiry",
            evidence,
        )
        return [row]
    if not settled:
        return []
    number = (old.trade_date, old.odno)  # which begin anew every day
    own = next((row for row in answer.rows if (row.ordered_at.date(), row.order.number) == number), None)
    if not fitting and own is not None and own.remaining > 0:
        await revision_refused(tx, core, intent, old, "NOT_ARRIVED", "", evidence)
    elif not fitting and own is not None and intent.trade_date < core.market.trade_date:
        return []  # what filled is counted, nothing is left of either number: it lapses with its day
    elif not fitting and own is not None:  # nothing is left of either number, whoever ended it
        await core.mover.order(tx, old, Event.ENDED_BY_BROKER, evidence)
        await core.mover.intent(tx, intent, Event.ENDED_BY_BROKER, evidence)
        await _done(tx, intent, "REFUSED", "ENDED")
    else:
        await leave_to_person(tx, core, intent, evidence)
    return []


async def revision_judged(
    tx: Tx, core: Core, intent: Intent, old: BrokerOrder, row: OrderRow | None, evidence: Mapping[str, Any]
) -> Intent:
    """A person's verdict on a revision that nothing could settle: the old number lives on, the new one took over, or
    (None) nothing is left at the broker. The old one may have lapsed while the person thought."""

    async def ends(event: Event) -> None:
        if allowed(Machine.ORDER, old.state, event):
            await core.mover.order(tx, old, event, evidence)

    if row is None:
        await ends(Event.ENDED_BY_BROKER)
        moved = await core.mover.intent(tx, intent, Event.PERSON_ABSENT, evidence)
    elif row.order.number == old.odno:
        await ends(with_fills(Event.REVISE_REFUSED, old.filled))
        moved = await core.mover.intent(tx, intent, Event.PERSON_ADOPTED, evidence, uncertain_since=None)
    else:
        await ends(with_fills(Event.REVISE_CONFIRMED, old.filled))
        await tx.intents.change(intent.intent_id, tx.now, limit_price=row.price or intent.limit_price)
        moved = await bind_ack(
            tx,
            core.mover,
            replace(intent, limit_price=row.price or intent.limit_price),
            Event.PERSON_ADOPTED,
            row.ordered_at.date(),
            row.order.branch,
            row.order.number,
            "person",
            evidence,
            quantity=row.quantity,
            replaces=old.odno,
        )
    await _done(tx, intent, "DONE", "RESOLVED")
    return moved


async def late_link(tx: Tx, core: Core, account_ref: str, row: OrderRow, how: str) -> BrokerOrder | None:
    """A number that comes to light when its intent has ended: what a revision in doubt had brought, over by now, is the
    chain's, so its fills count there. One that still lives would be nobody's to cancel there, and stays outside."""
    if row.original is None or row.remaining > 0:
        return None
    old = await tx.orders.get(account_ref, row.ordered_at.date(), row.original)
    intent = await tx.intents.get(old.intent_id) if old is not None and old.intent_id is not None else None
    if old is None or intent is None or not intent.terminal:
        return None
    requests = await tx.intents.requests_of(intent.intent_id)
    if not any(request.kind == "revise" and request.state in ("SENDING", "UNKNOWN") for request in requests):
        return None
    evidence = {"odno": row.order.number, "late": True}
    link = _successor(tx, old, old.trade_date, row.order.branch, row.order.number, row.price, row.quantity, how)
    await _done(tx, intent, "DONE", "")
    return await core.mover.new_order(tx, link, OrderState.SENDING, Event.REPLY_ACKED, evidence)


def _successor(
    tx: Tx, old: BrokerOrder, trade_date: date, branch: str, odno: int, price: int, quantity: int, how: str
) -> BrokerOrder:
    """The number that took over what was left of another."""
    return BrokerOrder.placed(
        old.account_ref,
        trade_date,
        branch,
        odno,
        intent_id=old.intent_id,
        kind="revise",
        replaces=old.odno,
        ticker=old.ticker,
        side=old.side,
        order_type=old.order_type,
        price=price,
        quantity=quantity,
        state=OrderState.LIVE,
        how=how,
        at=tx.now,
    )


async def _done(tx: Tx, intent: Intent, state: str, code: str) -> None:
    for request in await tx.intents.requests_of(intent.intent_id):
        if request.kind == "revise" and request.state in ("ASKED", "SENDING", "ACKED", "UNKNOWN"):
            await tx.intents.change_request(intent.account_ref, request.request_id, tx.now, state=state, code=code)
