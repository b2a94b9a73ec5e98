"""From NEW to the wire: grant, second gate, SENDING committed, one POST, classified reply.

Contract: one POST for one SENDING, never a second; whatever stands between the commit and the first byte (halt, lease,
witness, deadline) ends as NOT_SENT, which is proof. While an order of the same (account, ticker, side) is in flight or
uncertain the next one waits; the database's partial unique index says the same. A reply is written down before
anything else is concluded from it; if that cannot be done the intent stays SENDING and a successor asks the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import psycopg
import structlog
from psycopg.errors import UniqueViolation

from domain.gate.check import check
from domain.gate.order import Stage
from domain.orders.transitions import POSSIBLY_LIVE, Event
from domain.orders.types import IntentState, OrderType, Side
from execution.oms.admission import gate_order_of
from execution.oms.authority import release_authority
from execution.oms.binding import bind_ack
from execution.oms.core import Core
from execution.oms.errors import CommitInDoubt, Fenced
from execution.oms.ledger.rows import Intent
from execution.oms.sessions import AccountSession
from execution.oms.views import Fetched
from execution.oms.witness import look
from tools.kis.budget import Priority
from tools.kis.deadline import Deadline
from tools.kis.errors import KisError, NotSent, OutcomeUnknown, Rejected, Unreachable
from tools.kis.orders import CashOrder, OrderAck

log = structlog.get_logger("oms.sender")
_WAITS = frozenset({"UNANSWERED", "RECONCILED", "CLOCK_SKEW"})  # refusals that time may lift
_LOCKING = frozenset({IntentState.SENDING, IntentState.UNKNOWN, IntentState.MANUAL})
_ATTEMPTS = 5  # NOT_SENT this often is no accident
_IDLE_S = 0.5

WriteDown = Callable[[], Awaitable[None]]


class Sender:
    """Sends for every account; each account has its own loop."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._posts: set[asyncio.Task[None]] = set()
        self._sending: set[UUID] = set()
        self._attempts: dict[UUID, int] = {}

    @property
    def in_flight(self) -> int:
        return len(self._posts)

    async def run(self, session: AccountSession) -> None:
        while True:
            session.send_hint.clear()
            waiting = await self._pass(session) if self._may_send() else False
            timeout = 0.05 if waiting else _IDLE_S
            try:
                await asyncio.wait_for(session.send_hint.wait(), timeout)
            except TimeoutError:
                continue

    async def drain(self) -> None:
        """Waits for the POSTs that have begun."""
        if self._posts:
            await asyncio.wait(self._posts)

    def _may_send(self) -> bool:
        return self._core.sending and not self._core.draining and self._core.ledger.lease.held

    async def _pass(self, session: AccountSession) -> bool:
        """One look at the queue. True when something is held back only for a moment."""
        async with self._core.ledger.read() as tx:
            open_intents = await tx.intents.open(session.account_ref)
            plans = {i.plan_id: await tx.intents.of_plan(i.plan_id) for i in open_intents if i.after_leg is not None}
        queue = [i for i in open_intents if i.state in (IntentState.NEW, IntentState.NOT_SENT)]
        queue.sort(key=lambda i: (i.side is not Side.SELL, i.created_at, i.leg))
        held_back = False
        for intent in open_intents:
            await self._orphan(session, intent)
        locked = {(i.ticker, i.side) for i in open_intents if i.state in _LOCKING}
        if self._core.environment == "paper":  # one live order a side, so that a change of holdings can be attributed
            locked |= {(i.ticker, i.side) for i in open_intents if i.state in POSSIBLY_LIVE}
        for intent in queue:
            if self._core.wall.now() >= intent.not_after:
                await self._withdraw(session, intent, "유효 시간이 지나 보내지 않았어요.", {"not_after": "passed"})
                continue
            if intent.after_leg is not None and not await self._released(session, intent, plans[intent.plan_id]):
                continue
            if intent.state is IntentState.NOT_SENT:
                await self._requeue(session, intent)
                held_back = True
                continue
            if (intent.ticker, intent.side) in locked:
                continue
            if await self._send(session, intent):
                locked.add((intent.ticker, intent.side))
            else:
                held_back = True
        return held_back

    async def _orphan(self, session: AccountSession, intent: Intent) -> None:
        """SENDING past its deadline without a POST of ours: nobody will write its reply, so the broker is asked."""
        if intent.state is not IntentState.SENDING or intent.intent_id in self._sending or intent.send_deadline is None:
            return
        if self._core.wall.now() < intent.send_deadline + timedelta(seconds=1):
            return
        log.error("orphaned_sending", intent=str(intent.intent_id))
        async with self._core.ledger.write(session.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is not None and known.state is IntentState.SENDING:
                await self._core.mover.intent(tx, known, Event.RECOVERED, {"why": "no reply was written down"})

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
        return True

    async def _send(self, session: AccountSession, intent: Intent) -> bool:
        """True when it is on its way (or settled otherwise); False when it should be looked at again soon."""
        core = self._core
        priority = Priority.REDUCE if intent.side is Side.SELL else Priority.ORDER
        fetched = await core.views.fetch(session, [intent.ticker], priority=priority)
        if fetched.trouble or intent.ticker not in fetched.snapshots:
            return False  # nothing fresh to decide on: it waits, not_after ends the waiting
        await session.budget.grant(priority)
        try:
            sending = await self._commit(session, intent.intent_id, fetched)
        except CommitInDoubt:
            session.budget.give_back()
            await self._after_doubt(session, intent.intent_id)
            return False
        except UniqueViolation:
            session.budget.give_back()
            return False
        if sending is None:
            session.budget.give_back()
            return True
        deadline = Deadline.after(core.timing.deadline_s)
        task = asyncio.create_task(self._post(session, sending, deadline), name=f"post {sending.intent_id}")
        self._posts.add(task)
        self._sending.add(intent.intent_id)
        task.add_done_callback(lambda done: self._posted(done, intent.intent_id))
        return True

    def _posted(self, task: asyncio.Task[None], intent_id: UUID) -> None:
        self._posts.discard(task)
        self._sending.discard(intent_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("post_task_failed", error=type(error).__name__, text=str(error)[:200])

    async def _commit(self, session: AccountSession, intent_id: UUID, fetched: Fetched) -> Intent | None:
        """The intent in SENDING, durable; None when it will not be sent now (settled otherwise in the same commit)."""
        core = self._core
        async with core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(intent_id)
            if intent is None or intent.state is not IntentState.NEW or not self._may_send():
                return None
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
            figures = fetched.figures
            held = next((h for h in view.account.holdings if h.ticker == intent.ticker), None)
            baseline = {
                "market_at": core.market.now().isoformat(),
                "buying_power": figures.power.amount if figures is not None else None,
                "settled_cash": figures.balance.settled_cash if figures is not None else None,
                "held": held.quantity if held is not None else 0,
                "sellable": held.sellable if held is not None else None,
                "numbers": [o.odno for o in await tx.orders.of_day(session.account_ref, core.market.trade_date)],
            }
            return await core.mover.intent(
                tx,
                intent,
                Event.SEND_STARTED,
                {"epoch": tx.epoch, "deadline_s": core.timing.deadline_s},
                epoch=tx.epoch,
                sent_at=tx.now,
                send_deadline=tx.now + timedelta(seconds=core.timing.deadline_s),
                trade_date=core.market.trade_date,
                baseline=baseline,
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
        )
        try:
            await self._witnessed()
            if core.states.halted(session.account_ref) or not core.ledger.lease.held:
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

    async def _witnessed(self) -> None:
        """The ledger's position is on disk outside the database before a byte leaves."""
        async with self._core.ledger.read() as tx:
            mark = await look(tx.connection)
        await asyncio.to_thread(self._core.witness.advance, mark)

    async def _acked(self, session: AccountSession, intent: Intent, ack: OrderAck) -> None:
        session.unreachable = ""

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

        await self._until_written(write)

    async def _failed(self, session: AccountSession, intent: Intent, error: KisError) -> None:
        if isinstance(error, Rejected):
            event, note = Event.REPLY_REJECTED, f"증권사가 거절했어요: {error.message}"
        elif isinstance(error, OutcomeUnknown):
            event, note = Event.REPLY_UNKNOWN, ""
        elif isinstance(error, NotSent):
            event, note = Event.NOT_SENT, ""
        else:
            event, note = Event.REPLY_UNKNOWN, ""
        if isinstance(error, Unreachable):
            session.unreachable = error.message
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

        await self._until_written(write)

    async def _until_written(self, write: WriteDown) -> None:
        """A reply must be in the ledger. Ends with the lease: then a successor asks the broker instead."""
        pause = 0.05
        while True:
            try:
                await write()
            except Fenced:
                log.error("reply_lost_to_fence")
                return
            except (CommitInDoubt, psycopg.OperationalError) as error:
                log.warning("reply_not_yet_written", error=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(1.0, pause * 2)
            else:
                return

    async def _requeue(self, session: AccountSession, intent: Intent) -> None:
        attempts = self._attempts.get(intent.intent_id, 0) + 1
        self._attempts[intent.intent_id] = attempts
        if attempts >= _ATTEMPTS:
            await self._withdraw(
                session, intent, "여러 번 보내려 했지만 증권사에 닿지 않아 거뒀어요.", {"attempts": attempts}
            )
            return
        if session.unreachable:
            await asyncio.sleep(1.0)
        async with self._core.ledger.write(session.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is not None and known.state is IntentState.NOT_SENT:
                await self._core.mover.intent(tx, known, Event.REQUEUED, {"attempt": attempts})

    async def _withdraw(self, session: AccountSession, intent: Intent, note: str, evidence: dict[str, object]) -> None:
        async with self._core.ledger.write(session.account_ref) as tx:
            known = await tx.intents.get(intent.intent_id)
            if known is not None and known.state in (IntentState.NEW, IntentState.NOT_SENT):
                await self._core.mover.intent(tx, known, Event.WITHDRAWN, evidence, note=note)
