"""MANUAL: the evidence does not say, so a person must. Freezes the ticker, reduces the account, tells the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.orders.transitions import Event
from domain.orders.types import IntentState
from execution.oms.core import Core
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent

CAUSE = "manual"
REASON = "직접 확인이 필요한 주문이 있어 새로 사지 않아요."


async def leave_to_person(tx: Tx, core: Core, intent: Intent, evidence: Mapping[str, Any]) -> Intent:
    moved = await core.mover.intent(tx, intent, Event.AMBIGUOUS, evidence)
    core.states.raise_cause(intent.account_ref, CAUSE, REASON)
    await tx.journal.event(
        tx.now, intent.account_ref, "trading_state", "직접 확인이 필요한 주문이 있어 매도와 취소만 해요."
    )
    return moved


async def none_left(tx: Tx, core: Core, account_ref: str) -> None:
    """After a verdict: the account is free again once no intent waits for a person."""
    if not await tx.intents.in_state(account_ref, IntentState.MANUAL):
        core.states.clear_cause(account_ref, CAUSE)
