"""Cancelling: what was not sent is withdrawn, what is at the broker is cancelled whole and then looked up.

Contract: a request id acts once. A whole-remainder cancel of a known number is idempotent in effect, so it is the one
write that may be sent again. The broker's receipt is not the end: only an inquiry makes an intent CANCELLED, and
"nothing to cancel" means ask. Never blocked by an UNKNOWN elsewhere; HALTED lets it pass.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

import structlog

from domain.gate.cancel import check_cancel
from domain.gate.order import GateCancel
from domain.ids import QUARTZ_NAMESPACE
from domain.orders.transitions import Event, Machine, allowed
from domain.orders.types import IntentState
from execution.oms.byhand import HandOrders
from execution.oms.cancelpost import CancelReply, post_cancel
from execution.oms.core import Core
from execution.oms.errors import CommitInDoubt, Refusal
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent, Request
from execution.oms.orphans import ask_cancels_again
from execution.oms.revising import live_link
from execution.oms.sessions import QUIET_S, AccountSession
from execution.oms.views import Fetched
from execution.oms.writedown import until_written
from tools.kis.budget import Priority

log = structlog.get_logger("oms.cancel")
_UNSENT = frozenset({IntentState.NEW, IntentState.NOT_SENT})
_AT_BROKER = frozenset({IntentState.ACKED, IntentState.PARTIAL, IntentState.CANCEL_PENDING, IntentState.CANCEL_UNKNOWN})
_RESENDS = 4
_SOON_S, _IDLE_S = 0.1, 0.5
_ENDED_WORDS = {
    IntentState.FILLED: "이미 모두 체결돼 취소할 수 없어요. 되돌리려면 반대 주문을 내야 해요.",
    IntentState.CANCELLED: "이미 취소된 주문이에요.",
}


class Canceller:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._resends: dict[str, int] = {}
        self._working: set[str] = set()
        self.by_hand = HandOrders(core)

    async def ask(self, session: AccountSession, intent_id: UUID, request_id: str, by: str) -> tuple[Request, Intent]:
        """Records the wish; what was never sent ends here. Raises Refusal, with NOTHING_TO_CANCEL for ended orders."""
        core = self._core
        if not request_id:
            raise Refusal("REQUEST_ID", "요청 번호가 필요해요.")
        async with core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(intent_id)
            if intent is None or intent.account_ref != session.account_ref:
                raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
            known = await tx.intents.request(session.account_ref, request_id)
            if known is not None:
                if known.intent_id != intent_id or known.kind != "cancel":
                    raise Refusal("CONFLICT", "같은 요청 번호로 다른 요청이 이미 있어요.")
                return known, intent
            if intent.terminal:
                raise Refusal(
                    "NOTHING_TO_CANCEL", _ENDED_WORDS.get(intent.state, "이미 끝난 주문이라 취소할 것이 없어요.")
                )
            request, intent = await self.wish(tx, session, intent, request_id, by)
        session.cancel_hint.set()
        return request, intent

    async def wish(
        self, tx: Tx, session: AccountSession, intent: Intent, request_id: str, by: str
    ) -> tuple[Request, Intent]:
        """In the caller's transaction, for an order that has not ended: judged, and written down. Raises Refusal."""
        await self._gate(tx, session, intent, request_id)
        request = Request.asked(intent, request_id, "cancel", "ASKED", by, tx.now)
        await tx.intents.add_request(request)
        if intent.state in _UNSENT:
            evidence = {"request": request_id, "by": by}
            note = "보내기 전에 취소했어요."
            intent = await self._core.mover.intent(tx, intent, Event.WITHDRAWN, evidence, note=note)
            await tx.intents.change_request(session.account_ref, request_id, tx.now, state="DONE")
        return request, intent

    async def _gate(self, tx: Tx, session: AccountSession, intent: Intent, request_id: str) -> None:
        known = self._core.data.last(intent.ticker)
        fetched = Fetched(session.last_figures(), {intent.ticker: known} if known is not None else {})
        view = await self._core.views.build(tx, session, intent.user_id, fetched, None)
        name = uuid5(QUARTZ_NAMESPACE, f"cancel:{session.account_ref}:{request_id}")
        verdict = check_cancel(GateCancel(name, intent.intent_id), view)
        if not verdict.admissible:
            first = verdict.refusals[0]
            raise Refusal(first.code, first.message)

    async def run(self, session: AccountSession) -> None:
        while True:
            session.cancel_hint.clear()
            pause = _IDLE_S
            if self._core.ledger.lease.held:
                try:
                    pause = await self._pass(session)
                except CommitInDoubt:
                    pause = _SOON_S
            await session.cancel_hint.within(pause)

    async def _pass(self, session: AccountSession) -> float:
        """One look at what is asked for; the seconds after which another is due though nobody hints at it."""
        async with self._core.ledger.read() as tx:
            pending = [r for r in await tx.intents.requests_pending(session.account_ref) if r.kind == "cancel"]
        await ask_cancels_again(self._core, pending, self._working)
        again = False
        for request in pending:
            if request.state != "ASKED":
                continue
            self._working.add(request.request_id)
            try:
                again |= not await self._send(session, request)
            finally:
                self._working.discard(request.request_id)
        return _SOON_S if again else _IDLE_S if pending else QUIET_S

    async def _send(self, session: AccountSession, request: Request) -> bool:
        """False when it should be tried again soon."""
        core = self._core
        if request.intent_id is None:
            return await self._send_by_hand(session, request)
        async with core.ledger.read() as tx:
            intent = await tx.intents.get(request.intent_id)
            link = await live_link(tx, intent) if intent is not None else None
        if intent is None or (not intent.terminal and intent.state not in _AT_BROKER | _UNSENT):
            return False  # not known at the broker yet: an UNKNOWN is being looked up, a POST is under way
        if intent.state in _AT_BROKER and link is None:
            return False  # its numbers have ended: an inquiry ends it, which would never get its turn behind cancels
        if session.unreachable:
            return True  # the wish stays in the ledger; asked again when the broker can be reached
        if not intent.terminal:
            await session.budget.grant(Priority.CANCEL)
        async with core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(request.intent_id)
            if intent is None or intent.terminal:
                code = "NOTHING_TO_CANCEL" if intent is not None and intent.filled else ""
                await tx.intents.change_request(
                    session.account_ref, request.request_id, tx.now, state="DONE", code=code
                )
                return True
            if intent.state in _UNSENT:
                await core.mover.intent(tx, intent, Event.WITHDRAWN, {"request": request.request_id})
                await tx.intents.change_request(session.account_ref, request.request_id, tx.now, state="DONE")
                return True
            link = await live_link(tx, intent)
            if link is None or intent.state not in _AT_BROKER:
                return False
            evidence = {"request": request.request_id, "by": request.asked_by}
            await core.mover.intent(tx, intent, Event.CANCEL_REQUESTED, evidence)
            if allowed(Machine.ORDER, link.state, Event.CANCEL_REQUESTED):
                await core.mover.order(tx, link, Event.CANCEL_REQUESTED, evidence)
            await tx.intents.change_request(session.account_ref, request.request_id, tx.now, state="SENDING")
        return await self._post(session, request, intent, link)

    async def _send_by_hand(self, session: AccountSession, request: Request) -> bool:
        reply = await self.by_hand.send(session, request)
        if reply is None:
            return True
        reply = self._counted(session, request, reply)
        await self.by_hand.written(session, request, reply)
        return not reply.again

    def _counted(self, session: AccountSession, request: Request, reply: CancelReply) -> CancelReply:
        """A reply that would have it sent again too often becomes a question to the broker."""
        if not reply.again or session.unreachable:
            return reply
        tries = self._resends[request.request_id] = self._resends.get(request.request_id, 0) + 1
        return replace(reply, state="UNKNOWN", event=Event.CANCEL_UNKNOWN) if tries >= _RESENDS else reply

    async def _post(self, session: AccountSession, request: Request, intent: Intent, link: BrokerOrder) -> bool:
        core = self._core
        reply = self._counted(session, request, await post_cancel(core, session, link))
        state, code, event = reply.state, reply.code, reply.event
        changes = {"state": state, "code": code} | ({"odno": reply.odno} if reply.odno is not None else {})

        async def write() -> None:
            async with core.ledger.write(session.account_ref) as tx:
                pending = await tx.intents.request(session.account_ref, request.request_id)
                if pending is None or pending.state != "SENDING":
                    return  # written before; its answer got lost
                await tx.intents.change_request(session.account_ref, request.request_id, tx.now, **changes)
                known = await tx.intents.get(intent.intent_id)
                if event is not None and known is not None and known.state is IntentState.CANCEL_PENDING:
                    await core.mover.intent(tx, known, event, {"code": code})
                    again = await live_link(tx, known)
                    if again is not None and allowed(Machine.ORDER, again.state, event):
                        await core.mover.order(tx, again, event, {"code": code})

        await until_written(write)
        log.info("cancel_sent", intent=str(intent.intent_id), state=state, code=code)
        session.ask_hint.set()
        session.forget_figures()
        return not reply.again
