"""From a waiting intent to the wire: grant, second gate, SENDING committed, one POST, classified reply.

Contract: one POST for one SENDING, never a second; whatever stands between the commit and the first byte (halt, lease,
witness, deadline) ends as NOT_SENT, which is proof. The deadline begins before the commit, so the stored one is never
earlier than the transport's. A reply is written down before anything else is concluded from it; if that cannot be done
the intent stays SENDING and a successor asks the broker. Which intent is next is the queue's matter: see `sender`.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from domain.gate.check import check
from domain.gate.order import Stage
from domain.orders.transitions import Event
from domain.orders.types import IntentState, OrderType, Side
from execution.oms import reach
from execution.oms.asked import gate_order_of
from execution.oms.authority import release_authority
from execution.oms.binding import bind_ack
from execution.oms.chains import sized
from execution.oms.core import Core
from execution.oms.errors import CommitInDoubt, Taken
from execution.oms.evidence import sending_baseline
from execution.oms.ledger.rows import Intent
from execution.oms.sessions import AccountSession
from execution.oms.views import Fetched
from execution.oms.witness import witnessed
from execution.oms.writedown import until_written
from tools.kis.budget import Priority
from tools.kis.deadline import Deadline
from tools.kis.errors import KisError, NotSent, OutcomeUnknown, Rejected, Unreachable
from tools.kis.orders import CashOrder, OrderAck

log = structlog.get_logger("oms.posting")
# Refusals that time may lift.
_WAITS = frozenset({"UNANSWERED", "RECONCILED", "CLOCK_SKEW", "CHANNEL", "MESSAGE_RATE"})


class Poster:
    """Sends one intent at a time for whoever asks; knows which of them are on the wire."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._posts: set[asyncio.Task[None]] = set()
        self.working: set[UUID] = set()

    @property
    def in_flight(self) -> int:
        return len(self._posts)

    async def drain(self) -> None:
        """Waits for the POSTs that have begun."""
        if self._posts:
            await asyncio.wait(self._posts)

    def _stopped(self, intent: Intent) -> bool:
        """A person has stopped what this order belongs to, or the ledger is no longer ours."""
        states, ref = self._core.states, intent.account_ref
        adds = intent.side is Side.BUY and intent.sleeve in states.stopped_sleeves(ref)
        return adds or states.halted(ref) or not self._core.ledger.lease.held

    def may_send(self) -> bool:
        return self._core.sending and not self._core.draining and self._core.ledger.lease.held

    async def send(self, session: AccountSession, intent: Intent) -> bool:
        """True when it is on its way (or settled otherwise); False when it should be looked at again soon."""
        core = self._core
        priority = Priority.REDUCE if intent.side is Side.SELL else Priority.ORDER
        buying = [intent.ticker] if intent.side is Side.BUY else []
        fetched = await core.views.fetch(session, [intent.ticker], buying=buying, priority=priority)
        if fetched.unreachable:
            await reach.lost(core, session)
        if fetched.trouble or intent.ticker not in fetched.snapshots:
            return False  # nothing fresh to decide on: it waits, not_after ends the waiting
        await session.budget.grant(priority)
        deadline = Deadline.after(core.timing.deadline_s, core.awake, lambda: self._stopped(intent))
        until = core.wall.now() + timedelta(seconds=core.timing.deadline_s)
        try:
            sending = await self._commit(session, intent.intent_id, fetched, until)
        except CommitInDoubt:
            session.budget.give_back()
            await self._after_doubt(session, intent.intent_id)
            return False
        except Taken:
            session.budget.give_back()
            return False
        if sending is None:
            session.budget.give_back()
            return True
        task = asyncio.create_task(self._post(session, sending, deadline), name=f"post {sending.intent_id}")
        self._posts.add(task)
        self.working.add(intent.intent_id)
        task.add_done_callback(lambda done: self._posted(done, intent.intent_id))
        return True

    def _posted(self, task: asyncio.Task[None], intent_id: UUID) -> None:
        self._posts.discard(task)
        self.working.discard(intent_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("post_task_failed", error=type(error).__name__, text=str(error)[:200])

    async def _commit(
        self, session: AccountSession, intent_id: UUID, fetched: Fetched, until: datetime
    ) -> Intent | None:
        """The intent in SENDING, durable; None when it will not be sent now (settled otherwise in the same commit)."""
        core = self._core
        async with core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(intent_id)
            if intent is None or intent.state is not IntentState.NEW or not self.may_send():
                return None
            if intent.replaces is not None:
                intent = await sized(tx, intent)
                if intent.quantity <= 0:
                    return None  # the queue takes it back
            authority = await release_authority(tx, intent, core.market.trade_date)
            view = await core.views.build(tx, session, intent.user_id, fetched, authority)
            verdict = check(gate_order_of(intent), view, Stage.RELEASE)
            if not verdict.admissible:
                codes = [finding.code for finding in verdict.refusals]
                if set(codes) <= _WAITS:
                    return None
                log.info("gate2_refused", intent=str(intent_id), codes=codes)
                await core.mover.intent(
                    tx, intent, Event.GATE2_REFUSED, {"codes": codes}, note=verdict.refusals[0].message
                )
                return None
            return await core.mover.intent(
                tx,
                intent,
                Event.SEND_STARTED,
                {"epoch": tx.epoch, "deadline_s": core.timing.deadline_s},
                epoch=tx.epoch,
                sent_at=tx.now,
                send_deadline=until,
                trade_date=core.market.trade_date,
                baseline=await sending_baseline(core, tx, intent, fetched.figures),
                uncertain_since=None,
            )

    async def _after_doubt(self, session: AccountSession, intent_id: UUID) -> None:
        """COMMIT gave no answer: nothing was posted. If SENDING is there after all, that is proof of NOT_SENT."""
        async with self._core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(intent_id)
            if intent is not None and intent.state is IntentState.SENDING and intent.epoch == tx.epoch:
                await self._core.mover.intent(tx, intent, Event.NOT_SENT, {"why": "commit in doubt, never posted"})

    async def _post(self, session: AccountSession, intent: Intent, deadline: Deadline) -> None:
        core = self._core
        started = core.wall.monotonic()
        order = CashOrder(
            intent.side,
            intent.ticker,
            intent.quantity,
            intent.order_type,
            intent.limit_price or 0 if intent.order_type is OrderType.LIMIT else 0,
            intent.stop_price or 0,
        )
        try:
            await witnessed(core.ledger, core.witness)
            if self._stopped(intent):
                raise NotSent("halted or fenced before the first byte")
            ack = await session.client.orders.place(order, deadline=deadline, priority=None)
        except KisError as error:
            await self._failed(session, intent, error)
        else:
            await self._acked(session, intent, ack)
            log.info(
                "order_acked",
                intent=str(intent.intent_id),
                account=session.account_ref,
                ms=round((core.wall.monotonic() - started) * 1000),
            )
        session.forget_figures()
        session.send_hint.set()
        session.ask_hint.set()

    async def _acked(self, session: AccountSession, intent: Intent, ack: OrderAck) -> None:
        async def write() -> None:
            async with self._core.ledger.write(session.account_ref) as tx:
                known = await tx.intents.get(intent.intent_id)
                if known is None or known.state is not IntentState.SENDING:
                    return  # written before; its answer got lost
                evidence = {
                    "code": ack.reply.code,
                    "odno": ack.order.number,
                    "accepted_at": ack.accepted_at.isoformat(),
                }
                await bind_ack(
                    tx,
                    self._core.mover,
                    known,
                    Event.REPLY_ACKED,
                    ack.trade_date,
                    ack.order.branch,
                    ack.order.number,
                    "reply",
                    evidence,
                )

        await until_written(write)
        await reach.found(self._core, session)

    async def _failed(self, session: AccountSession, intent: Intent, error: KisError) -> None:
        if isinstance(error, Rejected):
            event, note = Event.REPLY_REJECTED, f"증권사가 거절했어요: {error.message}"
        elif isinstance(error, OutcomeUnknown):
            event, note = Event.REPLY_UNKNOWN, ""
        elif isinstance(error, NotSent):
            event, note = Event.NOT_SENT, ""
        else:
            event, note = Event.REPLY_UNKNOWN, ""
        log.warning(
            "order_not_acked",
            intent=str(intent.intent_id),
            account=session.account_ref,
            becomes=event.value,
            code=error.code,
            kind=type(error).__name__,
        )
        reply = error.reply
        evidence = {
            "code": error.code,
            "kind": type(error).__name__,
            "http": reply.http_status if reply is not None else None,
            "message": reply.message if reply is not None else error.message,
        }

        async def write() -> None:
            async with self._core.ledger.write(session.account_ref) as tx:
                known = await tx.intents.get(intent.intent_id)
                if known is not None and known.state is IntentState.SENDING:
                    await self._core.mover.intent(tx, known, event, evidence, note=note)

        await until_written(write)
        if isinstance(error, Unreachable):
            await reach.lost(self._core, session)
