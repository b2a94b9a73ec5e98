"""Stops that rest at the broker: order type 22, one a position, moved by taking back and placing anew.

Contract: a resting stop is an exit of its position like any other (exit mandate, a generation of its own, the
database's `one_live_exit`), so it and the guard's own exit never live together: whoever comes next waits for its
confirmed end. Its trigger is the highest orderable price that still meets the rule, its limit the lowest that the
collar under the trigger and the day's band allow. It lapses with the day and is placed again with the next price.
Whoever sells by hand comes before it. Where an environment takes none, and while halted, nothing is placed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from domain.exit_words import KINDS
from domain.exits import ExitKind
from domain.gate.view import GateView
from domain.instruments import Kind
from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side, TradingState
from domain.proto import oms_pb2 as pb
from domain.ticks import tick_size
from execution.oms.accounts import Accounts
from execution.oms.admission import Admission, Refused
from execution.oms.asked import Asked
from execution.oms.auth import Authority as Word
from execution.oms.auth import Caller
from execution.oms.core import Core
from execution.oms.errors import Refusal, Taken
from execution.oms.exits import Exits
from execution.oms.ledger.desk import DeskAccount
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent, Protected
from execution.oms.positions import (
    exiting,
    free_shares,
    kind_of,
    live_exit,
    lowest_price,
    position_of,
    takes_resting,
)
from execution.oms.sessions import AccountSession
from tools.kis.budget import Priority

log = structlog.get_logger("oms.resting")
_LIFE = timedelta(minutes=2)
_GIVE_WAY_S = 3.0
_STEP_S = 0.1
_WAITING = pb.ExitReply(
    outcome=pb.ExitReply.WAITING, code="TAKING_BACK", message="걸어 둔 손절 주문을 먼저 취소하고 있어요."
)


class Resting:
    def __init__(self, core: Core, accounts: Accounts, admission: Admission, exits: Exits) -> None:
        self._core = core
        self._accounts = accounts
        self._admission = admission
        self._exits = exits

    async def rest(self, caller: Caller, request: pb.RestStopRequest) -> pb.ExitReply:
        """Makes the broker hold exactly this stop for the position, or none. Raises Refusal, ValueError."""
        core, mandate_id = self._core, UUID(request.exit_mandate_id)
        if request.generation < 1 or request.stop_price < 0:
            raise ValueError("expected a generation and a price that is not negative")
        async with core.ledger.read() as tx:
            account = caller.may_touch(await tx.desk.account(request.account_ref), core.environment)
        session = await self._accounts.ensure(request.account_ref)
        async with self._exits.lock(mandate_id):
            async with core.ledger.read() as tx:
                position = await position_of(tx, core.environment, request.account_ref, mandate_id)
                if position is None:
                    raise Refusal("EXIT_UNKNOWN", "그런 보유가 없거나 이미 모두 팔았어요.")
                live = await live_exit(tx, position)
            if live is not None and live.stop_price is None:
                raise Refusal("EXIT_LIVE", "이미 나가 있는 매도 주문이 있어요.")
            if request.stop_price == 0:
                return await self._none(session, live, caller.name)
            return await self._one(caller, account, session, position, live, request)

    async def give_way(self, session: AccountSession, plan: Plan, by: str) -> None:
        """A person, or another origin, sells: the shares that a resting stop holds are handed back first. Raises
        Refusal when that is not confirmed in time; nothing was done then."""
        selling = {leg.ticker for leg in plan.legs if leg.side is Side.SELL}
        end = self._core.wall.monotonic() + _GIVE_WAY_S
        while selling:
            async with self._core.ledger.read() as tx:
                stops = [stop for stop in await resting_stops(tx, session.account_ref) if stop.ticker in selling]
            if not stops:
                return
            await self._exits.take_back(session, stops, by)
            if self._core.wall.monotonic() >= end:
                raise Refusal("STOP_RESTS", "걸어 둔 손절 주문을 취소하고 있어요. 잠시 뒤에 다시 해 주세요.")
            await self._core.wall.sleep(_STEP_S)

    # The parts ------------------------------------------------------------------------------------------------------

    async def _none(self, session: AccountSession, live: Intent | None, by: str) -> pb.ExitReply:
        if live is None:
            return pb.ExitReply(outcome=pb.ExitReply.ALREADY_ADMITTED, message="걸어 둔 손절 주문이 없어요.")
        await self._exits.take_back(session, [live], by)
        return _WAITING

    async def _one(
        self,
        caller: Caller,
        account: DeskAccount,
        session: AccountSession,
        position: Protected,
        live: Intent | None,
        request: pb.RestStopRequest,
    ) -> pb.ExitReply:
        core = self._core
        if not takes_resting(core.environment):
            raise Refusal("NOT_HERE", "이 환경에서는 증권사에 손절 주문을 걸어 둘 수 없어요.")
        if core.states.effective(account.account_ref).state is TradingState.HALTED:
            raise Refusal("HALT", "정지 중이라 취소만 할 수 있어요.")
        kind = kind_of(core, position.ticker)
        today = core.market.trade_date
        stop = (
            request.stop_price
            // tick_size(request.stop_price, kind, today)
            * tick_size(request.stop_price, kind, today)
        )
        if live is not None:
            if live.stop_price == stop and live.quantity - live.filled == position.position.quantity:
                async with core.ledger.read() as tx:
                    return await self._exits.there(tx, live, "이미 걸어 둔 손절 주문이에요.")
            await self._exits.take_back(session, [live], caller.name)
            return _WAITING
        if request.generation != position.exits + 1:
            raise Refusal("GENERATION", "보유의 상태가 바뀌었어요. 다시 확인해 주세요.")
        fetched = await core.views.fetch(session, [position.ticker], priority=Priority.REDUCE)
        snapshot = fetched.snapshots.get(position.ticker)
        if snapshot is None:
            raise Refusal("QUOTE", "시세를 확인하지 못했어요.")
        if snapshot.price <= stop:
            raise Refusal("THROUGH", "가격이 이미 기준 아래예요.")
        async with core.ledger.read() as tx:
            view = await core.views.build(tx, session, account.owner, fetched, exiting(position))
        leg = self._leg(view, position, stop, kind)
        if leg is None:
            raise Refusal("EXIT_HELD", "다른 매도 주문이 주식을 잡고 있어요.")
        plan = self._exits.plan_of(account, position, request.generation, leg, leg.not_after)
        asked = Asked(
            caller,
            plan,
            plan_hash(plan),
            Word.EXIT,
            position.exit_mandate_id,
            derived=True,
            note="손절 주문을 증권사에 걸어 뒀어요.",
            stop_price=stop,
        )
        try:
            admitted = await self._admission.admit(asked, session, fetched)
        except Refused as refused:
            blocking = next(f for f in refused.findings if f.effect.value == "refuse")
            raise Refusal(blocking.code, blocking.message) from None
        except Taken:
            return _WAITING
        session.send_hint.set()
        log.info("stop_rests", mandate=str(position.exit_mandate_id), stop=stop, generation=request.generation)
        async with core.ledger.read() as tx:
            return await self._exits.there(tx, admitted.intents[0], asked.note, fresh=admitted.fresh)

    def _leg(self, view: GateView, position: Protected, stop: int, kind: Kind) -> Leg | None:
        quantity = min(position.position.quantity, free_shares(view, position))
        price = lowest_price(view.market[position.ticker], stop, view.config.collar_bp, kind)
        if quantity <= 0 or price > stop:
            return None
        until = self._core.wall.now() + _LIFE
        reason = f"{KINDS[ExitKind.STOP_LOSS]}: {stop:,}원에 닿으면 팔도록 증권사에 걸어 둔 주문이에요"
        return Leg(
            1, position.ticker, Side.SELL, quantity, OrderType.LIMIT, price, until, Initiative.AGENT, None, reason
        )


async def resting_stops(tx: Tx, account_ref: str) -> list[Intent]:
    """Stops of ours that have not ended."""
    return [intent for intent in await tx.intents.open(account_ref) if intent.stop_price is not None]


def without_stops(view: GateView, stops: Sequence[Intent]) -> GateView:
    """The view of somebody who sells by hand: what rests as a stop gives way before the sale leaves."""
    if not stops:
        return view
    numbers = {stop.intent_id: stop.ticker for stop in stops}
    held: dict[str, int] = {}
    orders = []
    for order in view.account.open_orders:
        if order.order_id in numbers:
            held[order.ticker] = held.get(order.ticker, 0) + order.remaining
        else:
            orders.append(order)
    holdings = tuple(
        holding
        if holding.sellable is None
        else replace(holding, sellable=min(holding.quantity, holding.sellable + held.get(holding.ticker, 0)))
        for holding in view.account.holdings
    )
    return replace(view, account=replace(view.account, open_orders=tuple(orders), holdings=holdings))
