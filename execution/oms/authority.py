"""The word on which an admitted intent stands, as the second gate sees it: mandates may have been revoked since."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.gate.view import Approval, Authority, Exiting, Mandated
from domain.mandate import ExitMandate, Usage, mandate_of
from domain.orders.types import Side
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent


async def release_authority(tx: Tx, intent: Intent, today: date) -> Authority | None:
    """None when it is gone; the gate refuses then."""
    if intent.authority == "approval":
        decision = await tx.desk.decision(intent.authority_id)
        if decision is None or decision.answered_hash is None:
            return None
        return Approval(
            approved_hash=decision.answered_hash,
            plan_hash=decision.plan_hash,
            quantities={intent.leg: intent.quantity},
            expires_at=decision.expires_at,
            approved=decision.decision == "approve",
            unsuitable_ack=decision.unsuitable_ack,
        )
    if intent.authority == "mandate":
        row = await tx.desk.mandate(intent.authority_id)
        if row is None:
            return None
        strategy = await tx.desk.strategy_hash(intent.strategy_id) if intent.strategy_id is not None else None
        mandate = mandate_of(row.mandate_id, row.account_ref, row.kind, row.strategy_hash, row.bounds, row.expires_at)
        used = await mandate_usage(tx, intent.account_ref, row.mandate_id, today, apart_from=intent.intent_id)
        return Mandated(mandate, Usage(used), row.bounds_hash, strategy, row.revoked_at)
    found = await tx.books.exit_mandate(intent.authority_id, intent.account_ref)
    if found is None:
        return None
    ticker, sleeve, source = found
    parts = {s.sleeve: s.position.quantity for s in await tx.books.sleeves(intent.account_ref, ticker)}
    return Exiting(ExitMandate(intent.authority_id, intent.account_ref, ticker, sleeve, source), parts.get(sleeve, 0))


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
