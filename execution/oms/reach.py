"""UNREACHABLE: the broker takes no order of this account because no token can be had; the user is told, nothing loops.

Contract: while it lasts the account reduces and nothing leaves the queue, whose deadlines go on. Only a token good for
an order ends it; the token keeper itself limits how often one is asked for.
"""

from __future__ import annotations

import structlog

from execution.oms.core import Core
from execution.oms.sessions import AccountSession

log = structlog.get_logger("oms.reach")
CAUSE = "unreachable"
LOST = "증권사 인증이 되지 않아 지금은 주문을 보낼 수 없어요. 연결되면 이어서 할게요."
FOUND = "증권사와 다시 연결됐어요."


async def lost(core: Core, session: AccountSession) -> None:
    session.unreachable = LOST
    if core.states.raise_cause(session.account_ref, CAUSE, LOST):
        log.error("unreachable", account=session.account_ref)
        await _tell(core, session.account_ref, LOST)


async def found(core: Core, session: AccountSession) -> None:
    session.unreachable = ""
    if core.states.clear_cause(session.account_ref, CAUSE):
        log.info("reachable_again", account=session.account_ref)
        await _tell(core, session.account_ref, FOUND)
        session.send_hint.set()


async def _tell(core: Core, account_ref: str, text: str) -> None:
    async with core.ledger.write(account_ref) as tx:
        await tx.journal.event(tx.now, account_ref, "trading_state", text)
