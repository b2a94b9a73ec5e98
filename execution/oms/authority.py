"""The word on which an admitted intent stands, as the second gate sees it: mandates may have been revoked since.

Contract: the ledger alone is no word. What leaves is looked up again where persons write: the plan as it was hashed,
this very leg of it, the answer to that text or the signature, of that account and that person. An intent that says
anything else has no authority, whoever wrote it into the ledger. A price may only have moved against us, by a tick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

import structlog

from domain.gate.order import order_of
from domain.gate.plan import lowered
from domain.gate.view import Approval, Authority, Exiting, Mandated
from domain.mandate import ExitMandate, Usage, mandate_of
from domain.orders.plans import plan_hash
from domain.orders.types import Side
from execution.oms.chains import first_of
from execution.oms.ledger.desk import MandateRow
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent

log = structlog.get_logger("oms.authority")


async def release_authority(tx: Tx, intent: Intent, today: date) -> Authority | None:
    """None when it is gone, never was, or was used: the gate refuses then. One word is one order, so an intent that the
    broker has given a number never leaves as new again, whatever its row says."""
    found: Authority | None = None
    if await tx.orders.chain(intent.intent_id):
        log.error("sent_before", intent=str(intent.intent_id))
    elif intent.authority == "approval":
        found = await _approved(tx, intent)
    elif intent.authority == "mandate":
        found = await _mandated(tx, intent, today)
    else:
        found = await exiting(tx, intent.authority_id, intent.account_ref)
    if found is None:
        log.warning("no_authority", intent=str(intent.intent_id), word=intent.authority)
    return found


async def _approved(tx: Tx, intent: Intent) -> Approval | None:
    if intent.replaces is not None:
        return await _replacing(tx, intent)
    return await _answered(tx, intent)


async def _replacing(tx: Tx, intent: Intent) -> Approval | None:
    """The approval of the order that the chain began with; the price is the person's newer word, as a revision's is."""
    first = await first_of(tx, intent)
    given = await _answered(tx, first, at_any_price=True) if first is not None else None
    return None if given is None else replace(given, quantities={intent.leg: intent.quantity})


async def _answered(tx: Tx, intent: Intent, *, at_any_price: bool = False) -> Approval | None:
    decision = await tx.desk.decision(intent.authority_id)
    if decision is None or decision.answered_hash is None:
        return None
    if (decision.plan_id, decision.version) != (intent.plan_id, intent.version):
        return None
    if {decision.user_id, decision.answered_by} != {intent.user_id} or decision.account_ref != intent.account_ref:
        return None
    text = await _text_of(tx, intent, decision.quantities, at_any_price=at_any_price)
    if text is None:
        return None
    return Approval(
        approved_hash=decision.answered_hash,
        plan_hash=text,
        quantities={intent.leg: intent.quantity},  # `_text_of` held it to what was approved
        expires_at=decision.expires_at,
        approved=decision.decision == "approve",
        unsuitable_ack=decision.unsuitable_ack,
    )


async def _mandated(tx: Tx, intent: Intent, today: date) -> Mandated | None:
    row = await tx.desk.mandate(intent.authority_id)
    if row is None or row.signed_at is None:
        return None
    if {row.user_id, row.signed_by} != {intent.user_id} or row.account_ref != intent.account_ref:
        return None
    if await _text_of(tx, intent, {}) is None:
        return None
    try:
        return await mandated(tx, row, intent.strategy_id, today, apart_from=intent.intent_id)
    except (KeyError, ValueError):  # admission refuses it in words; here it must not stop the account's queue
        return None


async def mandated(
    tx: Tx, row: MandateRow, strategy_id: UUID | None, today: date, *, apart_from: UUID | None = None
) -> Mandated:
    """A mandate of the desk as the gate takes it, with what it has used today but for one intent. Raises KeyError or
    ValueError when its bounds cannot be read."""
    strategy = await tx.desk.strategy_hash(strategy_id) if strategy_id is not None else None
    mandate = mandate_of(row.mandate_id, row.account_ref, row.kind, row.strategy_hash, row.bounds, row.expires_at)
    used = await mandate_usage(tx, row.account_ref, row.mandate_id, today, apart_from=apart_from)
    return Mandated(mandate, Usage(used), row.bounds_hash, strategy, row.revoked_at)


async def exiting(tx: Tx, mandate_id: UUID, account_ref: str) -> Exiting | None:
    """An exit mandate of the ledger as the gate takes it, with the shares of its sleeve; None when there is none."""
    found = await tx.books.exit_mandate(mandate_id, account_ref)
    if found is None:
        return None
    ticker, sleeve, source = found
    parts = {s.sleeve: s.position.quantity for s in await tx.books.sleeves(account_ref, ticker)}
    return Exiting(ExitMandate(mandate_id, account_ref, ticker, sleeve, source), parts.get(sleeve, 0))


async def _text_of(tx: Tx, intent: Intent, quantities: Mapping[int, int], *, at_any_price: bool = False) -> str | None:
    """The hash of the plan, if it is whole and this intent is its leg with the quantity that was approved."""
    found = await tx.desk.plan(intent.plan_id, intent.version)
    if found is None:
        return None
    plan, written = found
    computed = plan_hash(plan)
    asked = lowered([order_of(plan, leg) for leg in plan.legs if leg.leg == intent.leg], quantities)
    if computed != written or len(asked) != 1:
        return None
    (order,) = asked
    is_leg = (plan.account_ref, plan.user_id, order.intent_id, order.payload_hash) == (
        intent.account_ref,
        intent.user_id,
        intent.intent_id,
        intent.payload_hash,
    )
    is_same = (order.ticker, order.side, order.order_type, order.sleeve) == (
        intent.ticker,
        intent.side,
        intent.order_type,
        intent.sleeve,
    )
    is_within = intent.quantity <= order.quantity
    is_within &= at_any_price or _no_better_for_them(intent, order.limit_price)  # its own price was revised since
    return computed if is_leg and is_same and is_within else None


def _no_better_for_them(intent: Intent, asked: int | None) -> bool:
    """Never pays more, never takes less than the plan's price."""
    if intent.limit_price is None or asked is None:
        return intent.limit_price == asked
    return intent.limit_price <= asked if intent.side is Side.BUY else intent.limit_price >= asked


async def mandate_usage(
    tx: Tx, account_ref: str, mandate_id: UUID, today: date, *, apart_from: UUID | None = None
) -> int:
    """What the mandate has bought today, open orders at what they hold back included, won."""
    held = {row.intent_id: row.cash for row in await tx.intents.held(account_ref)}
    used = 0
    for intent in await tx.intents.created_on(account_ref, today):
        if intent.authority_id != mandate_id or intent.side is not Side.BUY or intent.intent_id == apart_from:
            continue
        open_value = (intent.limit_price or 0) * intent.quantity or held.get(intent.intent_id, 0)
        used += intent.filled_amount if intent.terminal else open_value
    return used
