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


async def review(core: Core, account_ref: str) -> None:
    """The account is free again once no intent waits for a person. By what is committed: a verdict whose COMMIT came to
    nothing frees nobody, and a question that was lost with its COMMIT binds nobody. Under the account's lock, so that
    no question is being asked meanwhile."""
    async with core.ledger.write(account_ref) as tx:
        if await tx.intents.in_state(account_ref, IntentState.MANUAL):
            core.states.raise_cause(account_ref, CAUSE, REASON)
        else:
            core.states.clear_cause(account_ref, CAUSE)
