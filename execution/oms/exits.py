"""Exits by rule: the order that a stop becomes, derived here from the position and its exit mandate.

Contract: the caller names a mandate, a generation and what it saw; ticker, sleeve, quantity, type and price are decided
here. The plan's id follows from (position, exit generation), so one generation is one exit however often and by
whomever it is asked for, and while an exit of the position lives none is added (the database's `one_live_exit` says the
same). What rests of the same sleeve and holds the shares, and own purchases of the name that the sale could trade with,
are cancelled first, and only their confirmed end lets the exit leave. The gate decides as for every order: REDUCING
lets it pass, HALTED does not. Observations are evidence and text, never authority.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from domain.clock import KST
from domain.exit_words import KINDS, order_note, order_reason
from domain.exits import ExitKind
from domain.gate.view import GateView
from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, IntentState, Leg, OrderType, Plan, Side, TradingState
from domain.proto import oms_pb2 as pb
from execution.oms.accounts import Accounts
from execution.oms.admission import Admission, Refused
from execution.oms.asked import Asked
from execution.oms.auth import Authority as Word
from execution.oms.auth import Caller
from execution.oms.cancel import Canceller
from execution.oms.core import Core
from execution.oms.errors import Refusal, Taken
from execution.oms.ledger.desk import DeskAccount
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent, Protected
from execution.oms.positions import (
    exit_plan_id,
    exit_price,
    exiting,
    free_shares,
    live_exit,
    name_of,
    position_message,
    position_of,
)
from execution.oms.sessions import AccountSession
from execution.oms.wire import order_message
from tools.kis.budget import Priority

log = structlog.get_logger("oms.exits")
_LIFE = timedelta(minutes=2)  # unsent for so long, the price it was meant for is another
_OLD_S = 90.0  # an observation older than this is nobody's reason to sell
_TAKEN_BACK = frozenset({IntentState.NEW, IntentState.NOT_SENT, IntentState.ACKED, IntentState.PARTIAL})
_ON_ITS_WAY = frozenset({IntentState.SENDING, IntentState.CANCEL_PENDING, IntentState.CANCEL_UNKNOWN})


class Exits:
    """Serves the guard; shared by every account."""

    def __init__(self, core: Core, accounts: Accounts, admission: Admission, canceller: Canceller) -> None:
        self._core = core
        self._accounts = accounts
        self._admission = admission
        self._canceller = canceller
        self._locks: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._told: dict[UUID, str] = {}

    async def positions(self, caller: Caller, account_ref: str) -> list[pb.ProtectedPosition]:
        """What stands under an exit mandate. Raises Refusal for an account that is not the caller's."""
        core = self._core
        async with core.ledger.read() as tx:
            if account_ref:
                caller.may_touch(await tx.desk.account(account_ref), core.environment)
            found = await tx.books.protected(core.environment, account_ref or None)
            messages = []
            for account in dict.fromkeys(row.account_ref for row in found):
                live = {(i.ticker, i.sleeve): i for i in await tx.intents.open(account) if i.authority == "exit"}
                chains = await tx.orders.chains([intent.intent_id for intent in live.values()])
                for row in found:
                    if row.account_ref == account:
                        exit_ = live.get((row.ticker, row.sleeve))
                        chain = chains[exit_.intent_id] if exit_ is not None else []
                        messages.append(position_message(core, row, exit_, chain))
        return messages

    async def exit(self, caller: Caller, request: pb.ExitRequest) -> pb.ExitReply:
        """Raises Refusal for what may not be asked, ValueError for what cannot be read."""
        kind, mandate_id = ExitKind(request.kind), UUID(request.exit_mandate_id)
        observed_at = request.observed_at.ToDatetime(tzinfo=UTC).astimezone(KST)
        if request.generation < 1 or request.observed_price < 1 or request.level < 0:
            raise ValueError("expected a generation and a price above zero")
        async with self._core.ledger.read() as tx:
            account = caller.may_touch(await tx.desk.account(request.account_ref), self._core.environment)
        session = await self._accounts.ensure(request.account_ref)
        async with self.lock(mandate_id):
            reply = await self._standing(request.account_ref, mandate_id, request.generation)
            if reply is not None:
                return reply
            self._require_fresh(observed_at)
            return await self._exit(caller, account, session, mandate_id, request, kind)

    def lock(self, mandate_id: UUID) -> asyncio.Lock:
        """One call about a position at a time."""
        return self._locks[mandate_id]

    # The parts ------------------------------------------------------------------------------------------------------

    async def _standing(self, account_ref: str, mandate_id: UUID, generation: int) -> pb.ExitReply | None:
        """The answer that the ledger has already; None when a new exit may be made. Raises Refusal."""
        async with self._core.ledger.read() as tx:
            position = await position_of(tx, self._core.environment, account_ref, mandate_id)
            known = await tx.intents.of_plan(exit_plan_id(account_ref, mandate_id, generation))
            live = await live_exit(tx, position) if position is not None else None
            if known and (known[0].stop_price is None or known[0].terminal):
                return await self.there(tx, known[0], "이미 낸 주문이에요.")
            if position is None:
                raise Refusal("EXIT_UNKNOWN", "그런 보유가 없거나 이미 모두 팔았어요.")
            if live is not None and live.stop_price is None:
                return await self.there(tx, live, "이미 나가 있는 매도 주문이 있어요.")
            if generation != position.exits + 1:
                raise Refusal("GENERATION", "보유의 상태가 바뀌었어요. 다시 확인해 주세요.")
        return None

    async def _exit(
        self,
        caller: Caller,
        account: DeskAccount,
        session: AccountSession,
        mandate_id: UUID,
        request: pb.ExitRequest,
        kind: ExitKind,
    ) -> pb.ExitReply:
        core, account_ref = self._core, account.account_ref
        effective = core.states.effective(account_ref)
        if effective.state is TradingState.HALTED:
            return await self._refused(account_ref, mandate_id, kind, "HALT", "정지 중이라 취소만 할 수 있어요.")
        async with core.ledger.read() as tx:
            position = await position_of(tx, self._core.environment, account_ref, mandate_id)
            if position is None:
                raise Refusal("EXIT_UNKNOWN", "그런 보유가 없거나 이미 모두 팔았어요.")
            in_the_way = await self._in_the_way(tx, position)
        if await self.take_back(session, in_the_way, caller.name):
            return pb.ExitReply(
                outcome=pb.ExitReply.WAITING, code="TAKING_BACK", message="걸어 둔 주문을 먼저 취소하고 있어요."
            )
        fetched = await core.views.fetch(session, [position.ticker], priority=Priority.REDUCE)
        if position.ticker not in fetched.snapshots:
            return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code="QUOTE", message="시세를 확인하지 못했어요.")
        async with core.ledger.read() as tx:
            view = await core.views.build(tx, session, account.owner, fetched, exiting(position))
            plain = not await self._market_was_rejected(tx, position)
        generation = request.generation
        plan = self._plan(
            account, position, generation, view, plain, order_reason(kind, request.observed_price, request.level)
        )
        if plan is None:
            return await self._refused(
                account_ref,
                mandate_id,
                kind,
                "EXIT_HELD",
                "다른 매도 주문이 주식을 잡고 있어 팔 수 있는 수량이 없어요.",
            )
        asked = Asked(caller, plan, plan_hash(plan), Word.EXIT, mandate_id, derived=True, note=order_note(kind))
        try:
            admitted = await self._admission.admit(asked, session, fetched)
        except Refused as refused:
            blocking = next(f for f in refused.findings if f.effect.value == "refuse")
            return await self._refused(account_ref, mandate_id, kind, blocking.code, blocking.message)
        except Taken:  # another exit of the position was quicker
            return pb.ExitReply(outcome=pb.ExitReply.WAITING, code="TAKEN", message="다른 매도 주문을 확인하고 있어요.")
        self._told.pop(mandate_id, None)
        session.send_hint.set()
        log.info("exit_admitted", mandate=str(mandate_id), generation=generation, kind=kind.value, fresh=admitted.fresh)
        async with core.ledger.read() as tx:
            return await self.there(tx, admitted.intents[0], order_note(kind), fresh=admitted.fresh)

    def _plan(
        self, account: DeskAccount, position: Protected, generation: int, view: GateView, plain: bool, reason: str
    ) -> Plan | None:
        """The whole sleeve, as far as it is free; None when nothing is."""
        quantity = min(position.position.quantity, free_shares(view, position))
        if quantity <= 0:
            return None
        now = self._core.wall.now()
        order_type, price = exit_price(self._core, view, position.ticker, market_too=plain)
        leg = Leg(
            1, position.ticker, Side.SELL, quantity, order_type, price, now + _LIFE, Initiative.AGENT, None, reason
        )
        return self.plan_of(account, position, generation, leg, now + _LIFE)

    def plan_of(self, account: DeskAccount, position: Protected, generation: int, leg: Leg, until: datetime) -> Plan:
        return Plan(
            plan_id=exit_plan_id(account.account_ref, position.exit_mandate_id, generation),
            version=1,
            account_ref=account.account_ref,
            user_id=account.owner,
            sleeve=position.sleeve,
            origin=("position", str(position.exit_mandate_id), generation),
            legs=(leg,),
            profile_version=None,
            strategy_id=None,
            created_at=self._core.wall.now(),
            expires_at=until,
        )

    async def _market_was_rejected(self, tx: Tx, position: Protected) -> bool:
        """The broker would not have the last exit as a market order: the next one is a limit order."""
        last = await tx.intents.of_plan(exit_plan_id(position.account_ref, position.exit_mandate_id, position.exits))
        return bool(last) and last[0].state is IntentState.REJECTED and last[0].order_type is OrderType.MARKET

    async def _in_the_way(self, tx: Tx, position: Protected) -> list[Intent]:
        """What holds the sleeve's shares, and own purchases of the name that the sale could trade with."""
        return [
            intent
            for intent in await tx.intents.open(position.account_ref)
            if intent.ticker == position.ticker
            and intent.remaining > 0
            and (intent.side is Side.BUY or intent.sleeve == position.sleeve)
        ]

    async def take_back(self, session: AccountSession, resting: list[Intent], by: str) -> bool:
        """Asks for cancels of what may be cancelled. True while something is not confirmed yet."""
        waiting = False
        for intent in resting:
            if intent.state in _ON_ITS_WAY:
                waiting = True
            elif intent.state in _TAKEN_BACK and (intent.order_type is OrderType.LIMIT):
                waiting = True
                # A cancel that came to nothing leaves another state and so another request.
                request_id = f"exit:{intent.intent_id}:{int(intent.updated_at.timestamp() * 1000)}"
                try:
                    await self._canceller.ask(session, intent.intent_id, request_id, by)
                except Refusal as no:
                    log.info("not_taken_back", intent=str(intent.intent_id), code=no.code)
            elif intent.state in _TAKEN_BACK:
                waiting = True  # a market order of the person's: it ends by itself
        return waiting

    def _require_fresh(self, observed_at: datetime) -> None:
        market = self._core.market
        age = abs((market.now() - observed_at).total_seconds())
        if age > _OLD_S * max(1.0, market.speed):
            raise Refusal("OBSERVATION_OLD", "오래된 시세로는 팔지 않아요.")

    async def _refused(self, account_ref: str, mandate_id: UUID, kind: ExitKind, code: str, why: str) -> pb.ExitReply:
        """Told once to the person, however often the guard asks."""
        if self._told.get(mandate_id) != code:
            core = self._core
            async with core.ledger.write(account_ref) as tx:
                position = await position_of(tx, self._core.environment, account_ref, mandate_id)
                if position is not None:
                    name = name_of(self._core, position.ticker)
                    text = f"{name}: {KINDS[kind]} 기준에 닿았지만 주문하지 않았어요. {why}"
                    await tx.journal.event(tx.now, account_ref, "notice", text)
            self._told[mandate_id] = code
            log.info("exit_refused", mandate=str(mandate_id), kind=kind.value, code=code)
        return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code=code, message=why)

    async def there(self, tx: Tx, intent: Intent, message: str, *, fresh: bool = False) -> pb.ExitReply:
        chain = await tx.orders.chain(intent.intent_id)
        return pb.ExitReply(
            outcome=pb.ExitReply.ADMITTED if fresh else pb.ExitReply.ALREADY_ADMITTED,
            order=order_message(intent, chain, self._core.instruments),
            message=message,
        )
