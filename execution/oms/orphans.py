"""What is under way in the ledger although no task of this process works on it: nobody will write its reply, so we ask.

A reply is written until it is written, so this is the net below: a defect, a task that ended with its loop, a COMMIT
whose answer was lost. Contract: only past the deadline, only what is not ours any more, never a second POST of an
order or a revision; a whole-remainder cancel may be sent again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from domain.orders.transitions import Event, Machine, allowed
from domain.orders.types import IntentState
from execution.oms.core import Core
from execution.oms.ledger.rows import Intent, Request
from execution.oms.revising import live_link

log = structlog.get_logger("oms.orphans")
_GRACE = timedelta(seconds=1)


async def recover_orphans(core: Core, intents: Sequence[Intent], working: Collection[UUID]) -> None:
    """SENDING and REVISE_PENDING past their deadline become questions."""
    for intent in intents:
        if intent.intent_id in working or not _late(core, intent):
            continue
        log.error("orphaned", intent=str(intent.intent_id), state=intent.state.value)
        evidence = {"why": "no reply was written down"}
        async with core.ledger.write(intent.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is None or known.state is not intent.state:
                continue
            link = await live_link(tx, known) if known.state is IntentState.REVISE_PENDING else None
            if link is not None and allowed(Machine.ORDER, link.state, Event.RECOVERED):
                await core.mover.order(tx, link, Event.RECOVERED, evidence)
            await core.mover.intent(tx, known, Event.RECOVERED, evidence)


def _late(core: Core, intent: Intent) -> bool:
    now = core.wall.now()
    if intent.state is IntentState.SENDING and intent.send_deadline is not None:
        return now >= intent.send_deadline + _GRACE
    if intent.state is IntentState.REVISE_PENDING:
        return now >= intent.updated_at + timedelta(seconds=core.timing.deadline_s) + _GRACE
    return False


async def ask_cancels_again(core: Core, requests: Sequence[Request], working: Collection[str]) -> None:
    """Cancels whose POST nobody waits for any more are asked for again."""
    limit = timedelta(seconds=core.timing.deadline_s) + _GRACE
    for request in requests:
        if request.state != "SENDING" or request.request_id in working:
            continue
        if core.wall.now() < request.updated_at + limit:
            continue
        log.error("orphaned_cancel", intent=str(request.intent_id or ""), request=request.request_id)
        async with core.ledger.write(request.account_ref) as tx:
            known = await tx.intents.request(request.account_ref, request.request_id)
            if known is not None and known.state == "SENDING":
                await tx.intents.change_request(request.account_ref, request.request_id, tx.now, state="ASKED")
