"""Orders that a person placed by hand at the broker: shown with an id of their own, and cancellable by their owner.

Contract: such an order is nobody's intent and never becomes one here. Its cancel is asked for once a request id, passes
the gate on cancels, is durable before its POST, may be sent again because a whole-remainder cancel is idempotent in
effect, and ends by an inquiry alone. Programs that act on a mandate may not touch what a person placed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

import structlog

from domain.gate.cancel import check_cancel
from domain.gate.order import GateCancel
from domain.ids import QUARTZ_NAMESPACE
from domain.instruments import Instruments
from domain.orders.types import Side
from domain.orders.words import OrderState
from domain.proto import oms_pb2 as pb
from execution.oms.auth import Caller
from execution.oms.cancelpost import CancelReply, post_cancel
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Request
from execution.oms.sessions import AccountSession
from execution.oms.views import Fetched, foreign_id
from execution.oms.writedown import until_written
from tools.kis.budget import Priority

log = structlog.get_logger("oms.byhand")
PERSONS = frozenset({"web", "admin"})
_SIDES = {Side.BUY: "매수", Side.SELL: "매도"}
_ENDED = "이미 끝난 주문이라 취소할 것이 없어요."


def id_of(order: BrokerOrder) -> UUID:
    """The id under which callers name it; the gate's views use the same."""
    return foreign_id(order.account_ref, order.trade_date.isoformat(), order.branch, order.odno)


async def by_hand(tx: Tx, account_ref: str, order_id: UUID, today: date) -> BrokerOrder | None:
    """The order placed by hand that has this id: open, or ended today. None when there is none."""
    known = [*await tx.orders.live(account_ref), *await tx.orders.of_day(account_ref, today)]
    return next((order for order in known if order.intent_id is None and id_of(order) == order_id), None)


class HandOrders:
    """Asks for cancels and sends them; the canceller's loop calls `send`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def open(self, tx: Tx, account_ref: str) -> list[pb.Order]:
        """Those that are open, newest first, with what has been asked for."""
        asked = {r.target for r in await tx.intents.requests_pending(account_ref) if r.target is not None}
        found = [order for order in await tx.orders.live(account_ref) if order.intent_id is None]
        return [hand_message(order, self._core.instruments, asked=_key(order) in asked) for order in reversed(found)]

    async def ask(
        self, session: AccountSession, order_id: UUID, request_id: str, caller: Caller
    ) -> tuple[Request, BrokerOrder]:
        """Records the wish. Raises Refusal, with ORDER_UNKNOWN for an id that is no order placed by hand."""
        core, account_ref = self._core, session.account_ref
        if not request_id:
            raise Refusal("REQUEST_ID", "요청 번호가 필요해요.")
        async with core.ledger.write(account_ref) as tx:
            order = await by_hand(tx, account_ref, order_id, core.market.trade_date)
            if order is None:
                raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
            if caller.principal not in PERSONS:
                raise Refusal("FORBIDDEN", "증권사에서 직접 낸 주문은 본인만 취소할 수 있어요.")
            known = await tx.intents.request(account_ref, request_id)
            if known is not None:
                if known.target != _key(order):
                    raise Refusal("CONFLICT", "같은 요청 번호로 다른 요청이 이미 있어요.")
                return known, order
            if not order.live:
                raise Refusal("NOTHING_TO_CANCEL", _ENDED)
            await self._gate(tx, session, order, order_id, request_id)
            request = Request.of_number(order, request_id, caller.name, tx.now)
            await tx.intents.add_request(request)
            evidence = {"request": request_id, "by": caller.name}
            await tx.journal.transition(
                tx.now, account_ref, "request", request_id, "", "cancel_by_hand_asked", "ASKED", evidence
            )
        session.cancel_hint.set()
        return request, order

    async def send(self, session: AccountSession, request: Request) -> CancelReply | None:
        """One POST for a request that is ASKED, None when none was made. The caller writes the reply down."""
        core = self._core
        async with core.ledger.read() as tx:
            order = await _target(tx, request)
        if order is not None and order.live:
            if session.unreachable:
                return None  # the wish stays in the ledger
            await session.budget.grant(Priority.CANCEL)
        async with core.ledger.write(session.account_ref) as tx:
            order = await _target(tx, request)
            if order is None or not order.live:
                await _done(tx, request, "NOTHING_TO_CANCEL")
                return None
            await tx.intents.change_request(session.account_ref, request.request_id, tx.now, state="SENDING")
        return await post_cancel(core, session, order)

    async def written(self, session: AccountSession, request: Request, reply: CancelReply) -> None:
        changes = {"state": reply.state, "code": reply.code} | ({"odno": reply.odno} if reply.odno is not None else {})

        async def write() -> None:
            async with self._core.ledger.write(session.account_ref) as tx:
                pending = await tx.intents.request(session.account_ref, request.request_id)
                if pending is not None and pending.state == "SENDING":
                    await tx.intents.change_request(session.account_ref, request.request_id, tx.now, **changes)

        await until_written(write)
        log.info("hand_order_cancel_sent", account=session.account_ref, state=reply.state, code=reply.code)
        session.ask_hint.set()
        session.forget_figures()

    async def _gate(self, tx: Tx, session: AccountSession, order: BrokerOrder, order_id: UUID, request_id: str) -> None:
        core = self._core
        account = await tx.desk.account(session.account_ref)
        if account is None:
            raise Refusal("ACCOUNT_UNKNOWN", "그런 계좌가 없어요.")
        known = core.data.last(order.ticker)
        fetched = Fetched(session.last_figures(), {order.ticker: known} if known is not None else {})
        view = await core.views.build(tx, session, account.owner, fetched, None)
        name = uuid5(QUARTZ_NAMESPACE, f"cancel:{session.account_ref}:{request_id}")
        verdict = check_cancel(GateCancel(name, order_id), view)
        if not verdict.admissible:
            first = verdict.refusals[0]
            raise Refusal(first.code, first.message)


async def settle_hand_cancels(tx: Tx, core: Core, order: BrokerOrder, begun: datetime, *, remaining: int = 0) -> None:
    """After an inquiry has counted an order placed by hand: its cancels are done when it has ended, and came to nothing
    when a list asked after settle still shows it. `remaining` is what the broker's own list shows."""
    again = await tx.orders.get(order.account_ref, order.trade_date, order.odno)
    if again is None or again.intent_id is not None:
        return
    settle = timedelta(seconds=core.timing.settle_s)
    for request in await tx.intents.requests_pending(order.account_ref):
        if request.target != _key(again):
            continue
        if not again.live:
            await _done(tx, request, "" if again.filled < again.quantity else "NOTHING_TO_CANCEL")
            await _tell(tx, core, again)
        elif remaining > 0 and request.state in ("ACKED", "UNKNOWN") and begun >= request.updated_at + settle:
            await _done(tx, request, "STILL_LIVE")
            await _tell(tx, core, again)


def hand_message(order: BrokerOrder, instruments: Instruments, *, asked: bool = False) -> pb.Order:
    """As an order of the door that belongs to no plan."""
    instrument = instruments.get(order.ticker)
    note = "증권사에서 직접 낸 주문이에요."
    if order.live and asked:
        note = f"{note} 취소를 요청했어요."
    message = pb.Order(
        intent_id=str(id_of(order)),
        account_ref=order.account_ref,
        ticker=order.ticker,
        name=instrument.name if instrument is not None else order.ticker,
        side=order.side.value,
        order_type=order.order_type,
        price=order.price if order.order_type == "limit" else 0,
        quantity=order.quantity,
        filled=order.filled,
        provisional=order.progress.provisional,
        filled_amount=order.amount,
        state=order.state.value,
        state_note=note if order.live else f"{note} 끝났어요.",
        broker_order_no=f"{order.odno:010d}" if order.odno > 0 else "",
        sleeve="outside",
        amount_estimated=order.estimated,
        authority="outside",
    )
    message.created_at.FromDatetime(order.acked_at)
    message.updated_at.FromDatetime(order.updated_at)
    return message


async def _target(tx: Tx, request: Request) -> BrokerOrder | None:
    """None also when an intent has claimed the number since: then it is cancelled by the intent's own request."""
    assert request.target is not None
    day, _, number = request.target
    order = await tx.orders.get(request.account_ref, day, number)
    return order if order is not None and order.intent_id is None and _key(order) == request.target else None


async def _done(tx: Tx, request: Request, code: str) -> None:
    await tx.intents.change_request(request.account_ref, request.request_id, tx.now, state="DONE", code=code)


async def _tell(tx: Tx, core: Core, order: BrokerOrder) -> None:
    instrument = core.instruments.get(order.ticker)
    name = instrument.name if instrument is not None else order.ticker
    left = order.quantity - order.filled
    what = f"증권사에서 직접 낸 {name} {_SIDES[order.side]} 주문"
    if order.state is OrderState.FOREIGN:
        text = f"{what}이 취소되지 않았어요. {left:,}주가 아직 살아 있어요."
    elif left == 0:
        text = f"{what}은 취소하기 전에 모두 체결됐어요."
    else:
        text = f"{what}의 남은 {left:,}주를 취소했어요."
    await tx.journal.event(tx.now, order.account_ref, "notice", text)


def _key(order: BrokerOrder) -> tuple[object, ...]:
    return order.trade_date, order.branch, order.odno
