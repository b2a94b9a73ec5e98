"""Small fakes of every port, for graph and node tests: in memory, on a manual clock, with switches for failure.

`make_ports()` gives a complete set; each fake can be handed in ready-made. `FakeOms` admits what was approved, once,
and remembers every call; `FakeDesk.decide` is what the user's click would write.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain import ids
from domain.clock import KST, ManualClock
from domain.exits import ExitRule, RuleRow, RuleSource
from domain.fundamentals import Fundamentals
from domain.instruments import Instruments
from domain.orders.plans import plan_hash
from domain.orders.types import Leg, OrderType, Plan, Side
from domain.proto import oms_pb2 as pb
from domain.reports import AnalystReport
from domain.strategy.running import RunState, StrategyRun
from domain.strategy.spec import StrategySpec
from domain.strategy.trial import Trial, Weak
from tools.ports import (
    ApprovalDecision,
    ApprovalRequest,
    Headline,
    Identity,
    JournalEntry,
    MacroSnapshot,
    PortRefused,
    Ports,
    PortUnavailable,
    StoredMandate,
    StoredProfile,
    StoredStrategy,
)

START = datetime(2026, 11, 23, 10, 0, tzinfo=KST)  # a Monday, in the continuous session
USER = Identity(UUID("00000000-0000-4000-8000-000000000001"), "민수", "sim-alpha", "sim")
OTHER = Identity(UUID("00000000-0000-4000-8000-000000000002"), "영희", "sim-beta", "sim")

PRICES = {
    "005930": 72_000,  # 삼성전자
    "000660": 180_000,  # SK하이닉스
    "035720": 45_000,  # 카카오
    "069500": 36_000,  # KODEX 200
}


def finding(
    code: str, effect: str, leg: int = 1, message: str = "한도를 넘어요.", was: int = 0, limit: int = 0
) -> pb.Finding:
    return pb.Finding(code=code, effect=effect, leg=leg, message=message, was=was, limit=limit)


_OPEN = frozenset({"NEW", "SENDING", "ACKED", "PARTIAL", "UNKNOWN", "MANUAL"})


class FakeMarket:
    """Quotes from a price table, daily bars that wander plausibly. `down` raises PortUnavailable."""

    def __init__(self, clock: ManualClock, prices: Mapping[str, int] | None = None) -> None:
        self.clock = clock
        self.prices = dict(PRICES if prices is None else prices)
        self.bars: dict[str, list[pb.Bar]] = {}
        self.minute_bars: dict[str, list[pb.Bar]] = {}
        self.accounts: dict[str, Fundamentals] = {}
        self.default_price = 50_000
        self.down = False
        self.chart_down: set[str] = set()
        self.chart_calls: list[str] = []
        self.phase = "continuous"
        self.calendar = "always"

    def _check(self) -> None:
        if self.down:
            raise PortUnavailable("시세를 받지 못하고 있어요.", where="market")

    async def quote(self, ticker: str) -> pb.QuoteReply:
        self._check()
        instrument = Instruments.load().get(ticker)
        if instrument is None and ticker not in self.prices:
            return pb.QuoteReply(ticker=ticker, found=False)
        price = self.prices.get(ticker, instrument.level if instrument and instrument.level else self.default_price)
        reply = pb.QuoteReply(
            ticker=ticker,
            name=instrument.name if instrument else ticker,
            price=price,
            base_price=price,
            open=price,
            high=price,
            low=price,
            volume=1_000_000,
            upper_limit=int(price * 1.3),
            lower_limit=int(price * 0.7),
            source="stream",
            found=True,
        )
        reply.as_of.FromDatetime(self.clock.now())
        return reply

    async def quotes(self, tickers: Sequence[str]) -> list[pb.QuoteReply]:
        return [await self.quote(ticker) for ticker in tickers]

    async def order_book(self, ticker: str) -> pb.OrderBookReply:
        price = (await self.quote(ticker)).price
        return pb.OrderBookReply(
            ticker=ticker,
            asks=[pb.Level(price=price + 100, quantity=500)],
            bids=[pb.Level(price=price, quantity=500)],
        )

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[pb.Bar]:
        self._check()
        self.chart_calls.append(ticker)
        await asyncio.sleep(0)
        if ticker in self.chart_down:
            raise PortUnavailable("차트를 받지 못했어요.", where="market")
        if ticker in self.bars:
            return list(self.bars[ticker])
        quote = await self.quote(ticker)
        if not quote.found:
            return []
        return wandering_bars(quote.price, self.clock.now(), 260)

    async def minutes(self, ticker: str, since: str = "", until: str = "") -> list[pb.Bar]:
        self._check()
        return [bar for bar in self.minute_bars.get(ticker, []) if since <= bar.time <= (until or "99:99")]

    async def fundamentals(self, tickers: Sequence[str]) -> list[Fundamentals]:
        self._check()
        return [self.accounts[ticker] for ticker in tickers if ticker in self.accounts]

    async def market_clock(self) -> pb.MarketClockReply:
        self._check()
        now = self.clock.now()
        reply = pb.MarketClockReply(
            trade_date=now.date().isoformat(), phase=self.phase, calendar=self.calendar, speed="1", label="모의 시세"
        )
        reply.now.FromDatetime(now)
        return reply


def wandering_bars(last: int, end: datetime, count: int) -> list[pb.Bar]:
    """Daily bars that rise in waves up to `last`; deterministic."""
    bars = []
    for back in range(count, 0, -1):
        day = (end - timedelta(days=back)).date()
        close = int(last * (1 - 0.001 * back) * (1 + 0.03 * ((back % 20) - 10) / 10))
        bars.append(
            pb.Bar(
                date=day.isoformat(),
                open=close,
                high=int(close * 1.01),
                low=int(close * 0.99),
                close=close,
                volume=100_000 + 1_000 * (back % 7),
            )
        )
    return bars


@dataclass
class FakeDesk:
    """The desk's tables in dictionaries."""

    clock: ManualClock
    profiles: dict[UUID, list[StoredProfile]] = field(default_factory=dict)
    assessments: list[tuple[UUID, datetime, Mapping[str, Any], int, str]] = field(default_factory=list)
    stored_strategies: dict[UUID, list[StoredStrategy]] = field(default_factory=dict)
    reports: list[tuple[UUID | None, AnalystReport]] = field(default_factory=list)
    plans: dict[tuple[UUID, int], Plan] = field(default_factory=dict)
    requests: dict[UUID, ApprovalRequest] = field(default_factory=dict)
    decisions: dict[UUID, ApprovalDecision] = field(default_factory=dict)
    stored_mandates: dict[UUID, StoredMandate] = field(default_factory=dict)
    entries: list[tuple[UUID, JournalEntry]] = field(default_factory=list)
    rules: list[tuple[str, RuleRow]] = field(default_factory=list)
    runs: list[StrategyRun] = field(default_factory=list)
    down: bool = False

    def _check(self) -> None:
        if self.down:
            raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="desk")

    async def latest_profile(self, user_id: UUID) -> StoredProfile | None:
        self._check()
        found = self.profiles.get(user_id, [])
        return found[-1] if found else None

    async def assessments_since(self, user_id: UUID, since: datetime) -> list[Mapping[str, Any]]:
        return [
            {"at": at, "answers": answers, "score": score, "grade": grade}
            for who, at, answers, score, grade in self.assessments
            if who == user_id and at >= since
        ]

    async def record_assessment(
        self, user_id: UUID, at: datetime, answers: Mapping[str, Any], score: int, grade: str
    ) -> None:
        self.assessments.append((user_id, at, answers, score, grade))

    async def save_profile(
        self,
        user_id: UUID,
        grade: str,
        score: int,
        content: Mapping[str, Any],
        confirmed_at: datetime,
        expires_at: datetime,
    ) -> StoredProfile:
        versions = self.profiles.setdefault(user_id, [])
        stored = StoredProfile(len(versions) + 1, grade, score, content, confirmed_at, expires_at)
        versions.append(stored)
        return stored

    async def strategies(self, user_id: UUID, limit: int = 10) -> list[StoredStrategy]:
        self._check()
        return list(reversed(self.stored_strategies.get(user_id, [])))[:limit]

    async def save_strategy(
        self, user_id: UUID, strategy_id: UUID, hash_: str, spec: Mapping[str, Any], at: datetime
    ) -> StoredStrategy:
        versions = self.stored_strategies.setdefault(user_id, [])
        same = [known for known in versions if known.strategy_id == strategy_id]
        stored = StoredStrategy(strategy_id, len(same) + 1, hash_, spec, at)
        versions.append(stored)
        return stored

    async def save_reports(self, user_id: UUID | None, reports: Mapping[UUID, AnalystReport]) -> None:
        self._check()
        self.reports.extend((user_id, report) for report in reports.values())

    async def latest_report(self, analyst: str, ticker: str | None) -> AnalystReport | None:
        for _, report in reversed(self.reports):
            if report.analyst == analyst and report.ticker == ticker:
                return report
        return None

    async def save_plan(self, plan: Plan) -> str:
        self._check()
        known = self.plans.setdefault((plan.plan_id, plan.version), plan)
        return plan_hash(known)

    async def plan(self, plan_id: UUID, version: int | None = None) -> Plan | None:
        self._check()
        versions = [
            plan for (known, number), plan in self.plans.items() if known == plan_id and version in (None, number)
        ]
        return max(versions, key=lambda plan: plan.version, default=None)

    async def ask_approval(self, request: ApprovalRequest) -> None:
        self._check()
        self.requests.setdefault(request.approval_id, request)

    async def approval_request(self, approval_id: UUID) -> ApprovalRequest | None:
        self._check()
        return self.requests.get(approval_id)

    async def approval_decision(self, approval_id: UUID) -> ApprovalDecision | None:
        self._check()
        return self.decisions.get(approval_id)

    async def pending_approvals(self, user_id: UUID, now: datetime) -> list[ApprovalRequest]:
        return [
            request
            for request in self.requests.values()
            if request.user_id == user_id and request.expires_at > now and request.approval_id not in self.decisions
        ]

    async def undelivered_approvals(self, now: datetime) -> list[ApprovalRequest]:
        return [
            request
            for request in self.requests.values()
            if request.expires_at > now
            and request.approval_id in self.decisions
            and self.decisions[request.approval_id].decision == "approve"
        ]

    async def lapsed_approvals(self, since: datetime, now: datetime) -> list[ApprovalRequest]:
        return [
            request
            for request in self.requests.values()
            if since <= request.expires_at <= now and request.approval_id not in self.decisions
        ]

    async def identity_of(self, account_ref: str) -> Identity | None:
        return next((who for who in (USER, OTHER) if who.account_ref == account_ref), None)

    async def offer_mandate(self, who: Identity, mandate: StoredMandate) -> None:
        self.stored_mandates.setdefault(mandate.mandate_id, mandate)

    async def mandates(self, account_ref: str) -> list[StoredMandate]:
        self._check()
        return [mandate for mandate in self.stored_mandates.values() if mandate.account_ref == account_ref]

    async def exit_rules(self, account_ref: str) -> list[RuleRow]:
        return [row for account, row in self.rules if account == account_ref]

    async def keep_exit_rule(self, who: Identity, ticker: str, rule: ExitRule | None, strategy_id: UUID) -> None:
        number = len(self.rules) + 1
        named = replace(rule, source=RuleSource.STRATEGY, rule_id=number) if rule is not None else None
        self.rules.append((who.account_ref, RuleRow(number, RuleSource.STRATEGY, ticker, "", named)))

    async def strategy_runs(self, account_ref: str) -> list[StrategyRun]:
        newest = {run.strategy_id: run for run in self.runs if run.account_ref == account_ref}
        return list(newest.values())

    async def set_strategy_run(self, who: Identity, strategy: StoredStrategy, state: RunState, channel: str) -> None:
        known = {run.strategy_id: run for run in self.runs if run.account_ref == who.account_ref}
        said = known.get(strategy.strategy_id)
        if said is None or (said.hash, said.state) != (strategy.hash, state):
            made = (strategy.strategy_id, strategy.version, strategy.hash, state, self.clock.now())
            self.runs.append(StrategyRun(len(self.runs) + 1, who.account_ref, who.user_id, *made))

    async def note(self, user_id: UUID, entry: JournalEntry) -> None:
        self.entries.append((user_id, entry))

    async def journal(self, user_id: UUID, kinds: Sequence[str] = (), limit: int = 10) -> list[JournalEntry]:
        found = [entry for who, entry in self.entries if who == user_id and (not kinds or entry.kind in kinds)]
        return list(reversed(found))[:limit]

    # What only the user's hand writes ---------------------------------------------------------------------------
    def decide(
        self,
        approval_id: UUID | str,
        decision: str = "approve",
        *,
        quantities: Mapping[int, int] | None = None,
        unsuitable_ack: bool = False,
    ) -> None:
        key = UUID(str(approval_id))
        request = self.requests[key]
        self.decisions.setdefault(
            key,
            ApprovalDecision(key, request.user_id, decision, dict(quantities or {}), unsuitable_ack, self.clock.now()),
        )

    def sign(self, mandate: StoredMandate) -> None:
        self.stored_mandates[mandate.mandate_id] = replace(mandate, signed_at=self.clock.now())


@dataclass
class FakeOms:
    """Gate, admission and orders of an obedient OMS.

    `refusals` and `clamps` steer previews: clamps maps ticker to the largest quantity allowed. `acks_after` is how many
    looks at the orders it takes until a new order is no longer NEW. `fail_submits` raises before that many submits
    take effect; `lose_replies` raises after the effect.
    """

    clock: ManualClock
    desk: FakeDesk
    market: FakeMarket
    refusals: list[pb.Finding] = field(default_factory=list)
    clamps: dict[str, int] = field(default_factory=dict)
    unsuitable: set[str] = field(default_factory=set)
    cash: int = 100_000_000
    positions: list[pb.Position] = field(default_factory=list)
    protected: list[pb.ProtectedPosition] = field(default_factory=list)
    placed: dict[str, pb.Order] = field(default_factory=dict)
    submits: list[pb.SubmitRequest] = field(default_factory=list)
    previews: list[pb.PlanRef] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    events: list[pb.Event] = field(default_factory=list)
    past: list[pb.Day] = field(default_factory=list)  # days of the account, oldest first
    trading_state: str = "ACTIVE"
    reason: str = ""  # why the account does not trade as usual
    keys: str = "house"  # whose keys serve: own | house | none
    unreachable: str = ""  # what the OMS says of a broker that does not answer
    stopped: dict[str, str] = field(default_factory=dict)  # what was said of single strategies
    verdicts: list[pb.ResolveRequest] = field(default_factory=list)
    shown: pb.EvidenceReply | None = None  # what the broker shows of an order that nobody could settle
    by_hand: list[pb.Order] = field(default_factory=list)  # open orders placed at the broker itself
    at_broker: set[str] = field(default_factory=set)  # numbers that a verdict may adopt
    fill: bool = True
    acks_after: int = 0
    down: bool = False
    fail_submits: int = 0
    lose_replies: int = 0
    door_says: PortRefused | None = None  # what the door itself answers to a submit
    _looks: int = 0
    _consumed: dict[str, str] = field(default_factory=dict)

    def _check(self) -> None:
        if self.down:
            raise PortUnavailable("주문 창구가 응답하지 않아요.", where="oms")

    async def preview(self, who: Identity, ref: pb.PlanRef) -> pb.PreviewReply:
        self._check()
        self.previews.append(ref)
        plan = await self.desk.plan(UUID(ref.plan_id), ref.version)
        assert plan is not None, "preview of a plan that was never saved"
        assert plan.account_ref == who.account_ref == ref.account_ref
        findings = list(self.refusals)
        legs = []
        spent = 0
        for leg in plan.legs:
            asked = ref.quantities.get(leg.leg, leg.quantity)
            allowed = min(asked, self.clamps.get(leg.ticker, asked))
            if allowed < asked:
                findings.append(
                    finding(
                        "WEIGHT_NAME",
                        "clamp",
                        leg.leg,
                        f"한 종목 한도로 {asked}주를 {allowed}주로 줄였어요.",
                        asked,
                        allowed,
                    )
                )
            quote = await self.market.quote(leg.ticker)
            price = leg.limit_price or quote.price
            amount = allowed * price
            spent += amount if leg.side is Side.BUY else -amount
            legs.append(
                pb.PreviewLeg(
                    leg=leg.leg,
                    ticker=leg.ticker,
                    name=quote.name,
                    side=leg.side.value,
                    quantity=allowed,
                    asked_quantity=asked,
                    price=price,
                    amount=amount,
                    fee=amount * 15 // 100_000,
                    tax=amount * 2 // 1_000 if leg.side is Side.SELL else 0,
                    needs_unsuitable_ack=leg.ticker in self.unsuitable,
                )
            )
        reply = pb.PreviewReply(
            admissible=not any(each.effect == "refuse" for each in findings),
            legs=legs,
            findings=findings,
            cash_before=self.cash,
            cash_after=self.cash - spent,
            plan_hash=plan_hash(plan),
        )
        reply.as_of.FromDatetime(self.clock.now())
        return reply

    async def submit(self, who: Identity, request: pb.SubmitRequest) -> pb.SubmitReply:
        self._check()
        if self.fail_submits:
            self.fail_submits -= 1
            raise PortUnavailable("주문 창구가 응답하지 않아요.", where="oms")
        self.submits.append(request)
        if self.door_says is not None:
            raise self.door_says
        reply = await self._admit(who, request)
        if self.lose_replies:
            self.lose_replies -= 1
            raise PortUnavailable("주문 창구의 답을 받지 못했어요.", where="oms")
        return reply

    async def _admit(self, who: Identity, request: pb.SubmitRequest) -> pb.SubmitReply:
        plan = await self.desk.plan(UUID(request.plan_id), request.version)
        assert plan is not None
        assert plan.account_ref == who.account_ref
        known = [order for order in self.placed.values() if order.plan_id == request.plan_id]
        if known:
            return pb.SubmitReply(
                outcome=pb.SubmitReply.ALREADY_ADMITTED, orders=known, message="이미 접수된 주문이에요."
            )
        quantities: Mapping[int, int] = {}
        if request.WhichOneof("authority") == "approval_id":
            decision = self.desk.decisions.get(UUID(request.approval_id))
            if decision is None or decision.decision != "approve":
                return self._refused("APPROVAL", "승인이 없어요.")
            if self.desk.requests[decision.approval_id].version != request.version:
                return self._refused("APPROVAL", "다른 계획의 승인이에요.")
            quantities = decision.quantities
        elif request.WhichOneof("authority") == "mandate_id":
            mandate = self.desk.stored_mandates.get(UUID(request.mandate_id))
            if mandate is None or mandate.signed_at is None:
                return self._refused("MANDATE", "서명한 위임이 없어요.")
        orders = []
        for leg in plan.legs:
            order = self._order(plan, leg, quantities.get(leg.leg, leg.quantity))
            self.placed[order.intent_id] = order
            self._emit(order)
            orders.append(order)
        self._looks = 0
        return pb.SubmitReply(outcome=pb.SubmitReply.ADMITTED, orders=orders, message="주문을 접수했어요.")

    def _refused(self, code: str, message: str) -> pb.SubmitReply:
        return pb.SubmitReply(
            outcome=pb.SubmitReply.REFUSED, findings=[finding(code, "refuse", 1, message)], message=message
        )

    def _order(self, plan: Plan, leg: Leg, quantity: int) -> pb.Order:
        instrument = Instruments.load().get(leg.ticker)
        order = pb.Order(
            intent_id=str(ids.intent_id(plan.plan_id, leg.leg)),
            plan_id=str(plan.plan_id),
            version=plan.version,
            leg=leg.leg,
            account_ref=plan.account_ref,
            ticker=leg.ticker,
            name=instrument.name if instrument else leg.ticker,
            side=leg.side.value,
            order_type=leg.order_type.value,
            price=0 if leg.order_type is OrderType.MARKET else leg.limit_price,
            quantity=quantity,
            state="NEW",
            reason=leg.reason,
            sleeve=plan.sleeve,
        )
        order.created_at.FromDatetime(self.clock.now())
        order.updated_at.FromDatetime(self.clock.now())
        return order

    def _emit(self, order: pb.Order) -> None:
        event = pb.Event(seq=len(self.events) + 1, account_ref=order.account_ref, kind="order", order=order)
        event.at.FromDatetime(self.clock.now())
        self.events.append(event)

    def _progress(self) -> None:
        self._looks += 1
        if self._looks <= self.acks_after:
            return
        for order in self.placed.values():
            if order.state == "NEW":
                order.state = "FILLED" if self.fill else "ACKED"
                order.broker_order_no = str(1_000 + len(self.events))
                if self.fill:
                    order.filled = order.quantity
                    order.filled_amount = order.quantity * (order.price or self.market.prices.get(order.ticker, 0))
                    self._book(order)
                self._emit(order)

    def _book(self, order: pb.Order) -> None:
        """What the fill changes: shares and cash, with the commission of the card (tax is the OMS's own matter)."""
        fee = order.filled_amount * 15 // 100_000
        held = next((each for each in self.positions if each.ticker == order.ticker), None)
        if order.side == Side.BUY.value:
            self.cash -= order.filled_amount + fee
            price = self.market.prices.get(order.ticker, order.price)
            had, paid = (held.quantity, held.cost) if held is not None else (0, 0)
            if held is not None:
                self.positions.remove(held)
            self.hold(order.ticker, had + order.filled, price, paid + order.filled_amount + fee)
        elif held is not None:
            self.cash += order.filled_amount - fee
            self.positions.remove(held)
            left = held.quantity - order.filled
            if left > 0:
                self.hold(order.ticker, left, held.price, held.cost * left // held.quantity)

    async def orders(
        self, who: Identity, *, open_only: bool = False, plan_id: str = "", from_date: str = "", limit: int = 50
    ) -> list[pb.Order]:
        self._check()
        self._progress()
        found = [
            order
            for order in reversed(self.placed.values())
            if order.account_ref == who.account_ref
            and (not plan_id or order.plan_id == plan_id)
            and (not open_only or order.state in _OPEN)
            and order.created_at.ToDatetime(UTC).astimezone(KST).date().isoformat() >= from_date
        ]
        return found[:limit]

    async def cancel(self, who: Identity, intent_id: str, request_id: str) -> pb.OrderReply:
        self._check()
        self.cancels.append(intent_id)
        order = self.placed.get(intent_id)
        foreign = next((each for each in await self.foreign(who) if each.intent_id == intent_id), None)
        if foreign is not None:
            self.by_hand.remove(foreign)
            return pb.OrderReply(accepted=True, order=foreign, code="CANCEL_ASKED", message="취소를 요청했어요.")
        if order is None or order.account_ref != who.account_ref or order.state not in {"NEW", "ACKED", "PARTIAL"}:
            return pb.OrderReply(accepted=False, code="NOTHING_TO_CANCEL", message="취소할 수 있는 수량이 없어요.")
        order.state = "CANCELLED"
        self._emit(order)
        return pb.OrderReply(accepted=True, order=order, message="취소했어요.")

    async def revise(self, who: Identity, intent_id: str, new_price: int, request_id: str) -> pb.OrderReply:
        self._check()
        order = self.placed.get(intent_id)
        if order is None or order.account_ref != who.account_ref or order.state not in {"NEW", "ACKED", "PARTIAL"}:
            return pb.OrderReply(accepted=False, code="NOTHING_TO_REVISE", message="정정할 수 있는 수량이 없어요.")
        order.price = new_price
        self._emit(order)
        return pb.OrderReply(accepted=True, order=order, message="정정했어요.")

    async def set_trading_state(
        self, who: Identity, state: str, reason: str, *, scope: str = "account", sleeve: str = ""
    ) -> pb.TradingStateReply:
        self._check()
        if scope == "strategy":
            self.stopped[sleeve] = state
        else:
            self.trading_state, self.reason = state, "" if state == "ACTIVE" else reason
        return pb.TradingStateReply(state=state, message="바꿨어요.")

    async def evidence(self, who: Identity, intent_id: str) -> pb.EvidenceReply:
        self._check()
        order = self.placed.get(intent_id)
        if order is None or order.account_ref != who.account_ref:
            raise PortRefused("ORDER_UNKNOWN", "그런 주문이 없어요.", where="oms")
        return self.shown or pb.EvidenceReply(order=order, shows_list=True)

    async def foreign(self, who: Identity) -> list[pb.Order]:
        self._check()
        return [order for order in self.by_hand if order.account_ref == who.account_ref]

    async def resolve(self, who: Identity, request: pb.ResolveRequest) -> pb.OrderReply:
        """A person's verdict, with the refusals of the real door in their order."""
        self._check()
        order = self.placed.get(request.intent_id)
        if order is None or order.account_ref != who.account_ref:
            return pb.OrderReply(code="ORDER_UNKNOWN", message="그런 주문이 없어요.")
        number = request.adopt_broker_order_no
        for code, message, wrong in (
            ("CONFIRMATION", "확인 글자가 달라요.", request.confirmation != request.intent_id[:8]),
            ("REASON", "판정한 까닭을 적어 주세요.", not request.reason.strip()),
            ("NUMBER_UNFIT", "증권사 내역에 그 번호의 같은 주문이 없어요.", number and number not in self.at_broker),
            ("NOT_MANUAL", "직접 확인이 필요한 주문이 아니에요.", order.state != "MANUAL"),
        ):
            if wrong:
                return pb.OrderReply(code=code, message=message, order=order)
        self.verdicts.append(request)
        order.state, order.broker_order_no = ("ACKED", number) if number else ("ABSENT", "")
        self._emit(order)
        return pb.OrderReply(accepted=True, code="RESOLVED", message="판정을 기록했어요.", order=order)

    async def book(self, who: Identity) -> pb.BookReply:
        self._check()
        value = sum(position.value for position in self.positions)
        reply = pb.BookReply(
            positions=self.positions,
            deposit=self.cash,
            cash_d2=self.cash,
            buying_power=self.cash,
            withdrawable=self.cash,
            total_value=self.cash + value,
            day_start_value=self.cash + value,
            unrealised=sum(position.unrealised for position in self.positions),
            trading_state=self.trading_state,
            reconciled=True,
            base_capital=self.cash + value,
        )
        reply.as_of.FromDatetime(self.clock.now())
        return reply

    async def days(self, who: Identity, limit: int = 0) -> list[pb.Day]:
        self._check()
        return self.past[-limit:]

    async def exits(self, who: Identity) -> list[pb.ProtectedPosition]:
        self._check()
        return [each for each in self.protected if each.account_ref == who.account_ref]

    async def status(self, who: Identity) -> pb.StatusReply:
        self._check()
        manual = [o for o in self.placed.values() if o.state == "MANUAL" and o.account_ref == who.account_ref]
        return pb.StatusReply(
            ready=True,
            environment=who.venue,
            trading_state=self.trading_state,
            trading_state_reason=self.reason,
            channel="proven",
            manual=manual,
            message=self.unreachable,
            keys=self.keys,
            stopped_sleeves=sorted(sleeve for sleeve, state in self.stopped.items() if state != "ACTIVE"),
        )

    async def watch(self, who: Identity, after_seq: int) -> AsyncIterator[pb.Event]:
        self._check()
        for event in self.events:
            if event.seq > after_seq and event.account_ref == who.account_ref:
                yield event

    def hold(self, ticker: str, quantity: int, price: int, cost: int | None = None) -> None:
        """Puts a position into the book."""
        instrument = Instruments.load().get(ticker)
        value = quantity * price
        paid = value if cost is None else cost
        self.positions.append(
            pb.Position(
                ticker=ticker,
                name=instrument.name if instrument else ticker,
                quantity=quantity,
                sellable=quantity,
                cost=paid,
                price=price,
                value=value,
                unrealised=value - paid,
                sleeves={"manual": quantity},
                sector=instrument.sector if instrument else "",
                product_risk=instrument.product_risk if instrument else 1,
            )
        )


@dataclass
class FakeMacro:
    value: MacroSnapshot | None = None
    down: bool = False

    async def snapshot(self) -> MacroSnapshot | None:
        if self.down:
            raise PortUnavailable("거시 지표를 받지 못했어요.", where="macro")
        return self.value


@dataclass
class FakeNews:
    value: list[Headline] = field(default_factory=list)
    down: bool = False

    async def headlines(self, limit: int = 100) -> list[Headline]:
        if self.down:
            raise PortUnavailable("뉴스를 받지 못했어요.", where="news")
        return self.value[:limit]


@dataclass
class FakeHistory:
    """Figures by a strategy's hash, the same for all that have none of their own. `slow` never gets done."""

    figures: dict[str, Trial] = field(default_factory=dict)
    tried: list[tuple[StrategySpec, int, float]] = field(default_factory=list)
    slow: bool = False
    down: str = ""

    async def trial(self, spec: StrategySpec, cash_krw: int, limits: Any, patience_s: float) -> Trial | None:
        self.tried.append((spec, cash_krw, patience_s))
        if self.down:
            raise PortUnavailable(self.down, where="history")
        return None if self.slow else self.figures.get(spec.content_hash(), past_trial(cash_krw))


def past_trial(cash: int = 20_000_000, gain: float = 0.123, **changed: Any) -> Trial:
    """Three years that went well enough, with the usual doubts."""
    weak = (Weak("few_trades", "끝난 거래가 23건뿐이에요. 30건보다 적으면 운과 실력을 가릴 수 없어요."),)
    made = Trial(
        first=date(2023, 11, 23),
        last=date(2026, 11, 20),
        sessions=731,
        cash=cash,
        final=round(cash * (1 + gain)),
        total_return=gain,
        cagr=gain / 3,
        depth=0.061,
        trades=23,
        open_trades=1,
        cost=84_000,
        index_name="코스피200 ETF",
        index_return=0.25,
        held_return=0.401,
        weaknesses=weak,
    )
    return replace(made, **changed)


def make_ports(
    *,
    clock: ManualClock | None = None,
    market: FakeMarket | None = None,
    desk: FakeDesk | None = None,
    oms: FakeOms | None = None,
    macro: FakeMacro | None = None,
    news: FakeNews | None = None,
    history: FakeHistory | None = None,
    who: Identity = USER,
) -> Ports:
    """Everything a graph can touch, faked; fields are the fakes themselves (`ports.oms` is a FakeOms)."""
    clock = clock or ManualClock(START)
    market = market or FakeMarket(clock)
    desk = desk or FakeDesk(clock)
    return Ports(
        clock=clock,
        new_id=ids.seeded_ids(1),
        instruments=Instruments.load(),
        oms=oms or FakeOms(clock, desk, market),
        market=market,
        desk=desk,
        macro=macro or FakeMacro(demo_macro(clock)),
        news=news or FakeNews(demo_headlines(clock)),
        history=history or FakeHistory(),
        identity=lambda runtime: who,
    )


def demo_macro(clock: ManualClock) -> MacroSnapshot:
    return MacroSnapshot(
        series=(
            {"code": "base_rate", "name": "기준금리", "value": 2.5, "previous": 2.75, "unit": "%", "period": "2026-10"},
            {
                "code": "cpi_yoy",
                "name": "소비자물가 상승률",
                "value": 2.1,
                "previous": 2.3,
                "unit": "%",
                "period": "2026-10",
            },
            {
                "code": "exports_yoy",
                "name": "수출 증가율",
                "value": 6.0,
                "previous": 4.0,
                "unit": "%",
                "period": "2026-10",
            },
            {
                "code": "usd_krw",
                "name": "원/달러 환율",
                "value": 1390.0,
                "previous": 1410.0,
                "unit": "원",
                "period": "2026-10",
            },
        ),
        as_of=clock.now() - timedelta(days=10),
        source="시연 자료",
        demo=True,
    )


def demo_headlines(clock: ManualClock) -> list[Headline]:
    at = clock.now() - timedelta(hours=2)
    return [
        Headline("삼성전자, 3분기 영업이익 시장 기대 상회", "시연 뉴스", at, ("005930",), True),
        Headline("SK하이닉스 HBM 수주 확대", "시연 뉴스", at, ("000660",), True),
        Headline("카카오 실적 부진에 목표가 하향", "시연 뉴스", at, ("035720",), True),
    ]


class OneConfirmedProfile(dict[str, Any]):
    """Content of a profile as `save_profile` stores it; override fields by keyword."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(
            {
                "capital_krw": 20_000_000,
                "monthly_krw": None,
                "preferred_sectors": ["반도체"],
                "excluded_sectors": [],
                "max_loss_pct": 20.0,
            }
            | fields
        )


async def give_profile(
    ports: Ports, grade: str = "적극투자형", score: int = 75, who: Identity = USER, **fields: Any
) -> StoredProfile:
    now = ports.clock.now()
    return await ports.desk.save_profile(
        who.user_id, grade, score, OneConfirmedProfile(**fields), now, now + timedelta(days=365)
    )
