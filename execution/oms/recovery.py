"""Taking over: what a predecessor left under way becomes a question to the broker, never a second POST.

Contract: runs once, after the lease is ours and before anything leaves. Raising the epoch waited for every writer of
the old one, so no new SENDING can appear behind us; what is SENDING now may or may not have left. The inquiries that
settle these wait for deadline, gateway and lag, as every UNKNOWN does.
"""

from __future__ import annotations

import structlog

from domain.orders.transitions import Event, Machine, allowed
from domain.orders.types import IntentState, TradingState
from execution.oms import manual
from execution.oms.core import Core
from execution.oms.regression import take_back_unsent
from execution.oms.revising import live_link
from execution.oms.witness import regression

log = structlog.get_logger("oms.recovery")
_UNDER_WAY = frozenset({IntentState.SENDING, IntentState.CANCEL_PENDING, IntentState.REVISE_PENDING})


async def check_witness(core: Core) -> None:
    """A ledger that is not the one we knew, or younger than it was: everything HALTED until a person has looked."""
    async with core.ledger.read() as tx:
        mark = await tx.mark()
    try:
        why = regression(core.witness.remembered(), mark)
    except (ValueError, KeyError):
        why = "expected a readable witness file, was damaged"
    if why:
        log.error("ledger_regression", why=why)
        if core.states.said("global", None) is not TradingState.HALTED:
            reason = "장부가 예전 상태로 돌아간 것 같아 모두 멈췄어요. 증권사 내역과 맞춘 뒤 재개해 주세요."
            async with core.ledger.write(None) as tx:
                await tx.states.add("global", None, TradingState.HALTED.value, reason, "oms:witness", tx.now)
            core.states.set("global", None, TradingState.HALTED, reason)
        await take_back_unsent(core, why)
    await core.witness.advance(mark)


async def recover(core: Core) -> int:
    """Moves every in-flight intent of earlier epochs to its uncertain state. Returns how many."""
    moved = 0
    async with core.ledger.read() as tx:
        left = [i for i in await tx.intents.open_everywhere(core.environment) if i.state in _UNDER_WAY]
        accounts = await tx.states.accounts()
    for intent in left:
        async with core.ledger.write(intent.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is None or known.state not in _UNDER_WAY:
                continue
            evidence = {"epoch_then": known.epoch, "epoch_now": tx.epoch}
            if known.state is not IntentState.SENDING:
                link = await live_link(tx, known)
                if link is not None and allowed(Machine.ORDER, link.state, Event.RECOVERED):
                    await core.mover.order(tx, link, Event.RECOVERED, evidence)
            await core.mover.intent(tx, known, Event.RECOVERED, evidence)
            moved += 1
    for account_ref in accounts:
        async with core.ledger.write(account_ref) as tx:
            for request in await tx.intents.requests_pending(account_ref):
                if request.state == "SENDING":
                    # A whole-remainder cancel may be sent again; a revision may not.
                    state = "ASKED" if request.kind == "cancel" else "UNKNOWN"
                    await tx.intents.change_request(account_ref, request.request_id, tx.now, state=state)
            if any(i.state is IntentState.MANUAL for i in await tx.intents.open(account_ref)):
                core.states.raise_cause(account_ref, manual.CAUSE, manual.REASON)
    if moved:
        log.warning("recovered", intents=moved)
    return moved
