"""The queue of an account: what may be sent next, what waits, what is withdrawn.

Contract: sales first, then by age. While an order of the same (account, ticker, side) is in flight or uncertain the
next one waits; the database's partial unique index says the same. A leg that waits for another is released when that
one has ended with a fill, and a buy only when the broker's figures can show the proceeds. A replacement is released
when the order before it has ended by its cancel. Nothing leaves while the broker is UNREACHABLE; `not_after` ends every
waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from domain.orders.transitions import POSSIBLY_LIVE, Event
from domain.orders.types import IntentState, Side
from execution.oms.chains import given_way
from execution.oms.core import Core
from execution.oms.ledger.rows import Intent
from execution.oms.orphans import recover_orphans
from execution.oms.posting import Poster
from execution.oms.revise import Reviser
from execution.oms.sessions import QUIET_S, AccountSession

log = structlog.get_logger("oms.sender")
_LOCKING = frozenset({IntentState.SENDING, IntentState.UNKNOWN, IntentState.MANUAL})
_ATTEMPTS = 5  # NOT_SENT this often is no accident
_UNDER_WAY = frozenset({IntentState.SENDING, IntentState.REVISE_PENDING})  # may be found to be nobody's
_SOON_S, _IDLE_S = 0.05, 0.5


class Sender:
    """Serves every account; each account has its own loop."""

    def __init__(self, core: Core, poster: Poster, reviser: Reviser) -> None:
        self._core = core
        self._poster = poster
        self._reviser = reviser
        self._attempts: dict[UUID, int] = {}

    async def run(self, session: AccountSession) -> None:
        while True:
            session.send_hint.clear()
            await session.send_hint.within(await self._pass(session) if self._poster.may_send() else _IDLE_S)

    async def _pass(self, session: AccountSession) -> float:
        """One look at the queue; the seconds after which another is due though nobody hints at it."""
        async with self._core.ledger.read() as tx:
            open_intents = await tx.intents.open(session.account_ref)
            plans = {i.plan_id: await tx.intents.of_plan(i.plan_id) for i in open_intents if i.after_leg is not None}
        queue = [i for i in open_intents if i.state in (IntentState.NEW, IntentState.NOT_SENT)]
        queue.sort(key=lambda i: (i.side is not Side.SELL, i.created_at, i.leg))
        held_back = False
        await recover_orphans(self._core, open_intents, self._poster.working | self._reviser.working)
        locked = {(i.ticker, i.side) for i in open_intents if i.state in _LOCKING}
        if self._core.environment == "paper":  # one live order a side, so that a change of holdings can be attributed
            locked |= {(i.ticker, i.side) for i in open_intents if i.state in POSSIBLY_LIVE}
        for intent in queue:
            if self._core.wall.now() >= intent.not_after:
                await self._withdraw(session, intent, "유효 시간이 지나 보내지 않았어요.", {"not_after": "passed"})
                continue
            if session.unreachable:
                continue
            if intent.after_leg is not None and not await self._released(session, intent, plans[intent.plan_id]):
                continue
            if intent.state is IntentState.NOT_SENT:
                await self._requeue(session, intent)
                held_back = True
                continue
            if intent.replaces is not None and not await self._given_way(session, intent):
                continue
            if (intent.ticker, intent.side) in locked:
                continue
            if await self._poster.send(session, intent):
                locked.add((intent.ticker, intent.side))
            else:
                held_back = True
        if held_back:
            return _SOON_S
        return _IDLE_S if queue or any(i.state in _UNDER_WAY for i in open_intents) else QUIET_S

    async def _released(self, session: AccountSession, intent: Intent, plan: Sequence[Intent]) -> bool:
        """Has the leg it waits for ended? An end without a fill withdraws it."""
        before = next((other for other in plan if other.leg == intent.after_leg), None)
        if before is not None and not before.terminal:
            return False
        if before is None or before.filled == 0:
            await self._withdraw(
                session, intent, "먼저 나간 주문이 체결되지 않아 보내지 않았어요.", {"after_leg": "unfilled"}
            )
            return False
        if before.side is Side.SELL and intent.side is Side.BUY:  # the broker's buying power may trail its own fills
            return self._core.wall.now() >= before.updated_at + timedelta(seconds=self._core.timing.lag_s)
        return True

    async def _given_way(self, session: AccountSession, intent: Intent) -> bool:
        """Has the order whose remainder it takes over ended by its cancel? Another end withdraws it."""
        async with self._core.ledger.read() as tx:
            answer = await given_way(tx, intent)
        if isinstance(answer, str):
            await self._withdraw(session, intent, answer, {"replaces": "not cancelled"})
            return False
        return answer

    async def _requeue(self, session: AccountSession, intent: Intent) -> None:
        attempts = self._attempts.get(intent.intent_id, 0) + 1
        self._attempts[intent.intent_id] = attempts
        if attempts >= _ATTEMPTS:
            await self._withdraw(
                session, intent, "여러 번 보내려 했지만 증권사에 닿지 않아 거뒀어요.", {"attempts": attempts}
            )
            return
        async with self._core.ledger.write(session.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is not None and known.state is IntentState.NOT_SENT:
                await self._core.mover.intent(tx, known, Event.REQUEUED, {"attempt": attempts})

    async def _withdraw(self, session: AccountSession, intent: Intent, note: str, evidence: dict[str, object]) -> None:
        async with self._core.ledger.write(session.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is not None and known.state in (IntentState.NEW, IntentState.NOT_SENT):
                await self._core.mover.intent(tx, known, Event.WITHDRAWN, evidence, note=note)
