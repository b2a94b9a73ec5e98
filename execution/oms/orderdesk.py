"""What the door's order calls do, in the OMS's own words: submit, preview, cancel, revise, resolve, halt, status.

Contract: callers are authenticated; accounts of plans are verified here, before anything is read from the broker. A
Submit that was answered before is answered again without asking anybody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import httpx
import structlog

from domain.orders.types import IntentState, OrderType, Side
from domain.proto import oms_pb2 as pb
from execution.oms import reach
from execution.oms.accounts import Accounts
from execution.oms.admission import Admission, Admitted, Refused
from execution.oms.asked import Asked
from execution.oms.auth import Authority as Word
from execution.oms.auth import Caller
from execution.oms.byhand import hand_message
from execution.oms.callertokens import CallerTokens
from execution.oms.cancel import Canceller
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.exits import Exits
from execution.oms.halting import Halting
from execution.oms.ledger.rows import BrokerOrder, Intent
from execution.oms.preview import preview
from execution.oms.replacing import Replacer, Wanted
from execution.oms.resolve import Resolver
from execution.oms.resting import Resting
from execution.oms.revise import Reviser
from execution.oms.sessions import AccountSession
from execution.oms.showing import Showing
from execution.oms.waiting import too_late
from execution.oms.wire import finding_messages, order_message

log = structlog.get_logger("oms.desk")
_CANCEL_WAIT_S = 3.0
_UNDER_WAY = frozenset({IntentState.SENDING, IntentState.CANCEL_PENDING, IntentState.REVISE_PENDING})


class OrderDesk:
    def __init__(
        self,
        core: Core,
        accounts: Accounts,
        admission: Admission,
        canceller: Canceller,
        reviser: Reviser,
        resolver: Resolver,
        halting: Halting,
        tokens: CallerTokens,
    ) -> None:
        self.core = core
        self.tokens = tokens
        self.accounts = accounts
        self._admission = admission
        self._canceller = canceller
        self._reviser = reviser
        self._replacer = Replacer(core, canceller)
        self._showing = Showing(core)
        self._resolver = resolver
        self._halting = halting
        self.exits = Exits(core, accounts, admission, canceller)
        self.resting = Resting(core, accounts, admission, self.exits)

    async def submit(self, caller: Caller, plan_id: UUID, version: int, word: Word, word_id: UUID) -> pb.SubmitReply:
        """Raises Refusal."""
        approval = word_id if word is Word.APPROVAL else None
        found, intents = await self._admission.submitted(plan_id, version, approval)
        plan = found.plan
        account = caller.may_touch(found.account, self.core.environment)
        if account.owner != plan.user_id:
            raise Refusal("PLAN_FOREIGN", "이 계좌의 계획이 아니에요.")
        asked = Asked(caller, plan, found.plan_hash, word, word_id)
        known = self._admission.known(asked, found.word, intents)
        if known is not None:
            return await self._submitted(known)
        session = await self.accounts.ensure(plan.account_ref)
        await self._hold(plan.account_ref)
        await self.resting.give_way(session, plan, caller.name)
        queued, budget = found.queued, session.budget
        if too_late(plan.legs, self.core.wall.now(), budget.expected_wait_s(), budget.interval_s, queued):
            raise Refusal("QUEUE_TOO_LONG", "지금은 주문이 밀려 유효 시간 안에 보낼 수 없어요. 잠시 후 다시 해 주세요.")
        tickers, buying = [leg.ticker for leg in plan.legs], [leg.ticker for leg in plan.legs if leg.side is Side.BUY]
        fetched = await self.core.views.fetch(session, tickers, buying=buying)
        if fetched.unreachable:
            await reach.lost(self.core, session)
        try:
            admitted = await self._admission.admit(asked, session, fetched)
        except Refused as refused:
            log.info("gate_refused", plan=str(plan_id), codes=[f.code for f in refused.findings])
            blocking = [f for f in refused.findings if f.effect.value == "refuse"]
            return pb.SubmitReply(
                outcome=pb.SubmitReply.REFUSED,
                findings=finding_messages(refused.findings),
                message=blocking[0].message if blocking else "",
            )
        session.send_hint.set()
        return self._reply(admitted, {}) if admitted.fresh else await self._submitted(admitted)

    async def _submitted(self, admitted: Admitted) -> pb.SubmitReply:
        async with self.core.ledger.read() as tx:
            chains = await tx.orders.chains([intent.intent_id for intent in admitted.intents])
        return self._reply(admitted, chains)

    def _reply(self, admitted: Admitted, chains: Mapping[UUID, Sequence[BrokerOrder]]) -> pb.SubmitReply:
        return pb.SubmitReply(
            outcome=pb.SubmitReply.ADMITTED if admitted.fresh else pb.SubmitReply.ALREADY_ADMITTED,
            orders=admitted.messages
            or [order_message(i, chains.get(i.intent_id, ()), self.core.instruments) for i in admitted.intents],
            findings=finding_messages(admitted.findings),
            message="주문을 접수했어요." if admitted.fresh else "이미 접수한 주문이에요. 다시 보내지 않았어요.",
        )

    async def preview(
        self, caller: Caller, plan_id: UUID, version: int, quantities: Mapping[int, int]
    ) -> pb.PreviewReply:
        async with self.core.ledger.read() as tx:
            plan, plan_hash = await self._admission.load(tx, plan_id, version)
            account = caller.may_touch(await tx.desk.account(plan.account_ref), self.core.environment)
        session = await self.accounts.ensure(plan.account_ref)
        await self._hold(plan.account_ref)
        return await preview(self.core, session, plan, plan_hash, quantities, account.owner)

    async def _hold(self, account_ref: str) -> None:
        """Prices must not run away from a person who looks at a card; a venue that will not wait is no obstacle."""
        try:
            await self.core.market.hold(account_ref)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            log.warning("venue_not_held", error=type(error).__name__)

    async def cancel(self, caller: Caller, session: AccountSession, intent_id: UUID, request_id: str) -> pb.OrderReply:
        """Answers once the end is known, or after three seconds with how far it has come. Raises Refusal."""
        async with self.core.ledger.read() as tx:
            ours = await tx.intents.get(intent_id)
        if ours is None:
            return await self._cancel_by_hand(caller, session, intent_id, request_id)
        request, intent = await self._canceller.ask(session, intent_id, request_id, caller.name)
        end = self.core.wall.monotonic() + _CANCEL_WAIT_S
        while not intent.terminal and self.core.wall.monotonic() < end:
            await asyncio.sleep(0.1)
            intent = await self._intent(intent_id)
        async with self.core.ledger.read() as tx:
            known = await tx.intents.request(session.account_ref, request.request_id)
        if intent.state is IntentState.FILLED:
            raise Refusal("NOTHING_TO_CANCEL", "취소하기 전에 모두 체결됐어요.")
        done = intent.terminal
        code = "CANCELLED" if done else (known.code if known is not None else "") or "CANCEL_ASKED"
        message = intent.state_note if done else "취소를 요청했어요. 결과를 확인하고 있어요."
        return pb.OrderReply(accepted=True, order=await self.message(intent), code=code, message=message)

    async def _cancel_by_hand(
        self, caller: Caller, session: AccountSession, order_id: UUID, request_id: str
    ) -> pb.OrderReply:
        request, order = await self._canceller.by_hand.ask(session, order_id, request_id, caller)
        end = self.core.wall.monotonic() + _CANCEL_WAIT_S
        while order.live and request.state != "DONE" and self.core.wall.monotonic() < end:
            await asyncio.sleep(0.1)
            async with self.core.ledger.read() as tx:
                request = await tx.intents.request(session.account_ref, request_id) or request
                order = await tx.orders.get(order.account_ref, order.trade_date, order.odno) or order
        if not order.live and order.filled >= order.quantity:
            raise Refusal("NOTHING_TO_CANCEL", "취소하기 전에 모두 체결됐어요.")
        message = hand_message(order, self.core.instruments, asked=True)
        if order.live:
            code = request.code or "CANCEL_ASKED"
            text = "취소를 요청했어요. 결과를 확인하고 있어요."
            return pb.OrderReply(accepted=True, order=message, code=code, message=text)
        return pb.OrderReply(accepted=True, order=message, code="CANCELLED", message="남은 수량을 취소했어요.")

    async def by_hand(self, account_ref: str) -> list[pb.Order]:
        """Open orders that were placed at the broker itself."""
        async with self.core.ledger.read() as tx:
            return await self._canceller.by_hand.open(tx, account_ref)

    async def revise(
        self, caller: Caller, session: AccountSession, intent_id: UUID, new_price: int, request_id: str
    ) -> pb.OrderReply:
        intent, code = await self._reviser.revise(session, intent_id, new_price, request_id, caller.name)
        refused = code not in ("", "REVISED", "REVISE_UNKNOWN")
        return pb.OrderReply(
            accepted=not refused, order=await self.message(intent), code=code, message=intent.state_note
        )

    async def replace(self, caller: Caller, session: AccountSession, request: pb.ReplaceRequest) -> pb.OrderReply:
        """The new order, which leaves once the old one's cancel is confirmed. Raises Refusal, ValueError."""
        wanted = Wanted(
            UUID(request.intent_id),
            request.quantity,
            OrderType(request.order_type),
            request.price or None,
            request.request_id,
        )
        made = await self._replacer.replace(session, wanted, caller.name)
        return pb.OrderReply(accepted=True, order=await self.message(made), code="REPLACING", message=made.state_note)

    async def resolve(self, caller: Caller, session: AccountSession, request: pb.ResolveRequest) -> pb.OrderReply:
        intent = await self._resolver.resolve(
            session,
            UUID(request.intent_id),
            adopt=request.adopt_broker_order_no if request.WhichOneof("verdict") == "adopt_broker_order_no" else None,
            absent=request.absent,
            reason=request.reason,
            confirmation=request.confirmation,
            by=caller.name,
        )
        return pb.OrderReply(
            accepted=True, order=await self.message(intent), code="RESOLVED", message=intent.state_note
        )

    async def evidence(self, session: AccountSession, intent_id: UUID) -> pb.EvidenceReply:
        return await self._showing.evidence(session, intent_id)

    # Halting --------------------------------------------------------------------------------------------------------

    async def set_state(self, caller: Caller, request: pb.TradingStateRequest) -> pb.TradingStateReply:
        """Halts or resumes; what was already on its way is listed."""
        reply = await self._halting.set(caller, request)
        inside = request.account_ref if request.scope != "global" else None
        reply.in_flight.extend(await self._in_flight(inside, request.sleeve))
        return reply

    async def _in_flight(self, account_ref: str | None, sleeve: str = "") -> list[pb.Order]:
        async with self.core.ledger.read() as tx:
            if account_ref is not None:
                found = await tx.intents.open(account_ref)
            else:
                found = await tx.intents.open_everywhere(self.core.environment)
            found = [i for i in found if i.state in _UNDER_WAY and sleeve in ("", i.sleeve)]
            chains = await tx.orders.chains([intent.intent_id for intent in found])
        return [order_message(intent, chains[intent.intent_id], self.core.instruments) for intent in found]

    # Saying how it stands -------------------------------------------------------------------------------------------

    async def is_owner(self, user_id: UUID) -> bool:
        async with self.core.ledger.read() as tx:
            return await tx.desk.is_owner(user_id)

    async def status(self, account_ref: str) -> pb.StatusReply:
        core = self.core
        session = self.accounts.get(account_ref) if account_ref else next(iter(self.accounts.sessions()), None)
        effective = core.states.effective(account_ref)
        reply = pb.StatusReply(
            ready=core.sending and core.ledger.lease.held,
            environment=core.environment,
            lease_state=f"epoch {core.ledger.lease.epoch}" if core.ledger.lease.held else "lost",
            channel=session.channel.value if session is not None else "down",
            trading_state=effective.state.value,
            trading_state_reason=effective.reason,
        )
        if session is not None:
            token = session.client.tokens.status()
            until = f" until {token.expires_at.isoformat(timespec='minutes')}" if token.expires_at else ""
            reply.token_status = f"{token.state.value}{until}"
            skew = session.client.skew
            reply.clock_skew_ms = int(skew.offset.total_seconds() * 1000) if skew is not None else 0
            reply.message = session.unreachable
        if account_ref:
            reply.stopped_sleeves.extend(sorted(core.states.stopped_sleeves(account_ref)))
            async with core.ledger.read() as tx:
                manual = await tx.intents.in_state(account_ref, IntentState.MANUAL)
                chains = await tx.orders.chains([intent.intent_id for intent in manual])
            reply.manual.extend(order_message(i, chains[i.intent_id], core.instruments) for i in manual)
        return reply

    async def message(self, intent: Intent) -> pb.Order:
        async with self.core.ledger.read() as tx:
            chain = await tx.orders.chain(intent.intent_id)
        return order_message(intent, chain, self.core.instruments)

    async def _intent(self, intent_id: UUID) -> Intent:
        async with self.core.ledger.read() as tx:
            found = await tx.intents.get(intent_id)
        if found is None:
            raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
        return found
