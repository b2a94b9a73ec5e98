"""A new price for what is left of an order: gated like an order, one POST, never sent again.

Contract: limit orders only, whole remainder, quantity never up, never while anything in the chain is uncertain. The
asker is the account owner, authenticated; approved quantities bind as before. A reply that proves nothing leaves
REVISE_UNKNOWN, which an inquiry settles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid5

import structlog

from domain.gate.check import check
from domain.gate.order import Stage
from domain.gate.view import Approval
from domain.ids import QUARTZ_NAMESPACE
from domain.orders.transitions import Event
from domain.orders.types import IntentState, OrderType, Side
from execution.oms.asked import gate_order_of
from execution.oms.core import Core
from execution.oms.errors import CommitInDoubt, Refusal
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent, Request
from execution.oms.revising import live_link, revision_confirmed, revision_refused
from execution.oms.sessions import AccountSession
from execution.oms.views import Fetched
from execution.oms.witness import witnessed
from execution.oms.writedown import until_written
from tools.kis.budget import Priority
from tools.kis.deadline import Deadline
from tools.kis.errors import KisError, NotSent, Rejected
from tools.kis.orders import BrokerOrder as BrokerNumber
from tools.kis.orders import OrderAck

log = structlog.get_logger("oms.revise")
Conclude = Callable[[Tx, Intent, BrokerOrder | None], Awaitable[Intent]]


class Reviser:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._posts: set[asyncio.Task[tuple[Intent, str]]] = set()
        self.working: set[UUID] = set()

    async def revise(
        self, session: AccountSession, intent_id: UUID, new_price: int, request_id: str, by: str
    ) -> tuple[Intent, str]:
        """The intent afterwards and a stable code. Raises Refusal."""
        core = self._core
        if not request_id or new_price <= 0:
            raise Refusal("REQUEST", "요청 번호와 1원 이상의 가격이 필요해요.")
        async with core.ledger.read() as tx:
            known = await tx.intents.request(session.account_ref, request_id)
            intent = await tx.intents.get(intent_id)
        if intent is None or intent.account_ref != session.account_ref:
            raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
        if known is not None:
            if (known.intent_id, known.kind, known.new_price) != (intent_id, "revise", new_price):
                raise Refusal("CONFLICT", "같은 요청 번호로 다른 요청이 이미 있어요.")
            return intent, known.code
        buying = [intent.ticker] if intent.side is Side.BUY else []
        fetched = await core.views.fetch(session, [intent.ticker], buying=buying)
        await session.budget.grant(Priority.ORDER)
        # The caller may go away; what has begun is finished and written down all the same.
        work = asyncio.create_task(
            self._begin(session, intent_id, new_price, request_id, by, fetched), name=f"revise {intent_id}"
        )
        self._posts.add(work)
        self.working.add(intent_id)
        work.add_done_callback(lambda done: self._ended(done, intent_id))
        return await asyncio.shield(work)

    def _stopped(self, account_ref: str) -> bool:
        return self._core.states.halted(account_ref) or not self._core.ledger.lease.held

    async def drain(self) -> None:
        """Waits for the POSTs that have begun."""
        if self._posts:
            await asyncio.wait(self._posts)

    def _ended(self, task: asyncio.Task[tuple[Intent, str]], intent_id: UUID) -> None:
        self._posts.discard(task)
        self.working.discard(intent_id)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Refusal):
            log.error("revise_task_failed", error=type(error).__name__, text=str(error)[:200])

    async def _begin(
        self, session: AccountSession, intent_id: UUID, new_price: int, request_id: str, by: str, fetched: Fetched
    ) -> tuple[Intent, str]:
        stopped = lambda: self._stopped(session.account_ref)  # noqa: E731
        deadline = Deadline.after(self._core.timing.deadline_s, self._core.awake, stopped)
        try:
            intent, link, price = await self._commit(session, intent_id, new_price, request_id, by, fetched)
        except (
            Refusal,
            CommitInDoubt,
        ):  # in doubt nothing is posted; REVISE_PENDING, if it is there, becomes a question
            session.budget.give_back()
            raise
        return await self._post(session, intent, link, price, deadline)

    async def _commit(
        self, session: AccountSession, intent_id: UUID, new_price: int, request_id: str, by: str, fetched: Fetched
    ) -> tuple[Intent, BrokerOrder, int]:
        core = self._core
        async with core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(intent_id)
            if intent is None or intent.state not in (IntentState.ACKED, IntentState.PARTIAL):
                raise Refusal("NOT_REVISABLE", "지금은 정정할 수 없는 상태예요.")
            link = await live_link(tx, intent)
            if link is None or intent.order_type is not OrderType.LIMIT or intent.stop_price is not None:
                raise Refusal("NOT_REVISABLE", "지정가 미체결 주문만 정정할 수 있어요.")
            left = intent.quantity - intent.filled
            name = uuid5(QUARTZ_NAMESPACE, f"revise:{session.account_ref}:{request_id}")
            order = replace(
                gate_order_of(intent),
                intent_id=name,
                quantity=left,
                limit_price=new_price,
                replaces=intent_id,
                not_after=max(intent.not_after, core.wall.now().replace(hour=23, minute=59)),
            )
            word = Approval("revise", "revise", {intent.leg: left}, order.not_after)
            view = await core.views.build(tx, session, intent.user_id, fetched, word)
            verdict = check(order, view, Stage.RELEASE)
            if not verdict.admissible or verdict.order is None:
                first = verdict.refusals[0]
                raise Refusal(first.code, first.message)
            price = verdict.order.limit_price or new_price
            request = Request.asked(intent, request_id, "revise", "SENDING", by, tx.now, new_price)
            if not await tx.intents.add_request(request):
                raise Refusal("CONFLICT", "같은 요청 번호로 다른 요청이 이미 있어요.")
            if intent.side is Side.BUY and price > (intent.limit_price or 0):
                held = -(-verdict.reserve * intent.quantity // left)
                await tx.intents.resize_reservation(intent_id, held, 0)
            evidence = {"request": request_id, "by": by, "price": price}
            link = await core.mover.order(tx, link, Event.REVISE_REQUESTED, evidence)
            intent = await core.mover.intent(tx, intent, Event.REVISE_REQUESTED, evidence)
        return intent, link, price

    async def _post(
        self, session: AccountSession, intent: Intent, link: BrokerOrder, price: int, deadline: Deadline
    ) -> tuple[Intent, str]:
        core = self._core
        try:
            await witnessed(core.ledger, core.witness)
            if self._stopped(session.account_ref) or core.draining:
                raise NotSent("halted or fenced before the first byte")
            ack = await session.client.orders.revise(
                BrokerNumber(link.branch, link.odno),
                order_type=OrderType.LIMIT,
                quantity=link.quantity - link.filled,
                price=price,
                deadline=deadline,
                priority=None,
            )
        except (Rejected, NotSent) as error:
            known, code = await self._refused(session, intent, error), error.code or "REFUSED"
        except KisError as error:
            known, code = await self._unknown(session, intent, error), "REVISE_UNKNOWN"
        else:
            known, code = await self._confirmed(session, intent, ack, price), "REVISED"
            session.forget_figures()
        session.ask_hint.set()
        return known, code

    async def _refused(self, session: AccountSession, intent: Intent, error: KisError) -> Intent:
        async def conclude(tx: Tx, known: Intent, old: BrokerOrder | None) -> Intent:
            evidence = {"code": error.code, "message": error.message}
            note = f"정정되지 않았어요: {error.message}" if isinstance(error, Rejected) else ""
            return await revision_refused(tx, self._core, known, old, error.code or "REFUSED", note, evidence)

        return await self._written(session, intent, conclude)

    async def _unknown(self, session: AccountSession, intent: Intent, error: KisError) -> Intent:
        async def conclude(tx: Tx, known: Intent, old: BrokerOrder | None) -> Intent:
            evidence = {"code": error.code}
            if old is not None:
                await self._core.mover.order(tx, old, Event.REVISE_UNKNOWN, evidence)
            return await self._core.mover.intent(tx, known, Event.REVISE_UNKNOWN, evidence)

        return await self._written(session, intent, conclude)

    async def _confirmed(self, session: AccountSession, intent: Intent, ack: OrderAck, price: int) -> Intent:
        async def conclude(tx: Tx, known: Intent, old: BrokerOrder | None) -> Intent:
            if old is None:
                return known
            number, evidence = ack.order, {"odno": ack.order.number}
            return await revision_confirmed(
                tx, self._core, known, old, ack.trade_date, number.branch, number.number, price, "reply", evidence
            )

        return await self._written(session, intent, conclude)

    async def _written(self, session: AccountSession, intent: Intent, conclude: Conclude) -> Intent:
        """The intent once the reply is in the ledger; as it was when only a successor can write."""
        after = intent

        async def write() -> None:
            nonlocal after
            async with self._core.ledger.write(session.account_ref) as tx:
                known = await tx.intents.get(intent.intent_id)
                assert known is not None
                after = known
                if known.state is IntentState.REVISE_PENDING:
                    after = await conclude(tx, known, await live_link(tx, known))

        await until_written(write)
        return after
