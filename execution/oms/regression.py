"""After the ledger has gone back in time: nothing that it still thinks unsent may leave.

A restored ledger shows an order as waiting that may have left, filled and ended since; its number would come back as
one placed by hand. Contract: called when a regression was found, before anything can be sent. What waits is withdrawn,
which needs no broker; everything else is imported by the questions that every start asks: numbers and fills since the
last day that the ledger knows, then positions and cash.
"""

from __future__ import annotations

import structlog

from domain.orders.transitions import Event
from domain.orders.types import IntentState
from execution.oms.core import Core

log = structlog.get_logger("oms.regression")
_UNSENT = (IntentState.NEW, IntentState.NOT_SENT)


async def take_back_unsent(core: Core, why: str) -> int:
    """Returns how many were withdrawn."""
    async with core.ledger.read() as tx:
        waiting = [i for i in await tx.intents.open_everywhere(core.environment) if i.state in _UNSENT]
    for intent in waiting:
        async with core.ledger.write(intent.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is not None and known.state in _UNSENT:
                note = "장부가 예전 상태로 돌아가 보내지 않고 거뒀어요. 이미 나갔다면 증권사 내역에 있어요."
                await core.mover.intent(tx, known, Event.WITHDRAWN, {"regression": why}, note=note)
    if waiting:
        log.warning("unsent_taken_back", intents=len(waiting))
    return len(waiting)
