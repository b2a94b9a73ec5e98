"""Admitting a plan: verify, gate and reserve in one transaction under the account's lock; or say why not.

Contract: whole or not at all. The caller sends ids; legs, hash, owner, account, expiry and decision are read here. The
approval is consumed by the same commit that makes the intents durable. The same ids with the same payload answer with
the orders that are already there; with another payload nothing is done. Version n+1 replaces n only while every leg of
n is still NEW. Sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import structlog

from domain.clock import Clock
from domain.gate.finding import Finding, PlanVerdict
from domain.gate.order import GateOrder, Stage, order_of
from domain.gate.plan import check_plan, lowered
from domain.gate.view import Approval, Authority, Exiting, Mandated
from domain.mandate import ExitMandate, Usage, mandate_of
from domain.orders.plans import plan_hash
from domain.orders.transitions import Event, Machine, advance
from domain.orders.types import IntentState, Plan, Side
from domain.orders.words import START
from execution.oms.auth import Authority as Word
from execution.oms.auth import Caller
from execution.oms.errors import Refusal
from execution.oms.ledger.desk import Decision
from execution.oms.ledger.rows import Intent, Reservation
from execution.oms.ledger.store import Ledger, Tx
from execution.oms.marketclock import MarketClock
from execution.oms.moves import Mover
from execution.oms.sessions import AccountSession
from execution.oms.texts import NOTES
from execution.oms.views import Fetched, Views

log = structlog.get_logger("oms.admission")


@dataclass(frozen=True, slots=True)
class Asked:
    """A Submit, authenticated: which plan, on whose word."""

    caller: Caller
    plan: Plan
    plan_hash: str
    word: Word
    word_id: UUID


@dataclass(frozen=True, slots=True)
class Admitted:
    """`fresh` False: it was there before."""

    intents: tuple[Intent, ...]
    fresh: bool
    findings: tuple[Finding, ...] = ()


class Refused(Exception):
    """The gate said no; nothing was done."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(", ".join(f.code for f in findings))
        self.findings = findings


class Admission:
    def __init__(self, ledger: Ledger, views: Views, market: MarketClock, wall: Clock, mover: Mover) -> None:
        self._ledger = ledger
        self._views = views
        self._market = market
        self._wall = wall
        self._mover = mover

    async def load(self, tx: Tx, plan_id: UUID, version: int) -> tuple[Plan, str]:
        """The plan and its recomputed hash. Raises Refusal when it is not there or was tampered with."""
        found = await tx.desk.plan(plan_id, version)
        if found is None or not found[0].legs:
            raise Refusal("PLAN_UNKNOWN", "그런 주문 계획이 없어요.")
        plan, written = found
        computed = plan_hash(plan)
        if computed != written:
            raise Refusal("PLAN_HASH", "주문 계획의 내용이 기록과 달라요. 다시 만들어 주세요.")
        for leg in plan.legs:
            if leg.quantity <= 0:
                raise Refusal("PLAN_LEG", "주문 계획에 수량이 없는 주문이 있어요.")
        return plan, computed

    async def known(self, asked: Asked) -> Admitted | None:
        """The orders of this plan if it has been admitted before. Raises Refusal CONFLICT for another payload."""
        async with self._ledger.read() as tx:
            quantities, _ = await self._authority(tx, asked, settled=True)
            return await self._repeat(tx, asked, quantities)

    async def admit(self, asked: Asked, session: AccountSession, fetched: Fetched) -> Admitted:
        """Raises Refusal (authority, conflict) or Refused (gate)."""
        async with self._ledger.write(asked.plan.account_ref) as tx:
            quantities, authority = await self._authority(tx, asked, settled=True)
            repeat = await self._repeat(tx, asked, quantities)
            if repeat is not None:
                return repeat
            quantities, authority = await self._authority(tx, asked, settled=False)
            if asked.plan.version != await tx.desk.latest_version(asked.plan.plan_id):
                raise Refusal("PLAN_SUPERSEDED", "더 새로운 계획이 있어요. 새 계획을 확인해 주세요.")
            await self._supersede(tx, asked.plan)
            orders = lowered([order_of(asked.plan, leg) for leg in asked.plan.legs], quantities)
            if not orders:
                raise Refusal("NOTHING_APPROVED", "승인한 수량이 없어요.")
            view = await self._views.build(tx, session, asked.plan.user_id, fetched, authority, plan=asked.plan)
            verdict = check_plan(orders, view, Stage.ADMIT)
            if not verdict.admissible:
                raise Refused(verdict.findings)
            if asked.word is Word.APPROVAL and not await tx.intents.consume_approval(
                asked.word_id, asked.plan.account_ref, asked.plan.plan_id, asked.plan.version, tx.now
            ):
                raise Refusal("APPROVAL_CONSUMED", "이미 쓴 승인이에요.")
            intents = [await self._insert(tx, asked, verdict, index) for index in range(len(orders))]
        log.info(
            "admitted",
            plan=str(asked.plan.plan_id),
            version=asked.plan.version,
            account=asked.plan.account_ref,
            word=asked.word.value,
            legs=len(intents),
        )
        return Admitted(tuple(intents), fresh=True, findings=verdict.findings)

    # The parts ------------------------------------------------------------------------------------------------------

    async def _insert(self, tx: Tx, asked: Asked, verdict: PlanVerdict, index: int) -> Intent:
        judged = verdict.legs[index].verdict
        order = judged.order
        assert order is not None
        plan = asked.plan
        leg = next(leg for leg in plan.legs if leg.leg == order.leg)
        state = advance(Machine.INTENT, START, Event.ADMITTED)
        intent = Intent(
            intent_id=order.intent_id,
            plan_id=plan.plan_id,
            version=plan.version,
            leg=order.leg,
            account_ref=plan.account_ref,
            user_id=plan.user_id,
            ticker=order.ticker,
            side=order.side,
            order_type=order.order_type,
            limit_price=order.limit_price,
            quantity=order.quantity,
            not_after=order.not_after,
            initiative=order.initiative,
            after_leg=order.after_leg,
            sleeve=order.sleeve,
            reason=leg.reason,
            payload_hash=order.payload_hash,
            authority=asked.word.value,
            authority_id=asked.word_id,
            profile_version=plan.profile_version,
            strategy_id=plan.strategy_id,
            plan_expires_at=plan.expires_at,
            trade_date=self._market.trade_date,
            state=state,
            state_note=NOTES[Event.ADMITTED],
            filled=0,
            provisional=0,
            filled_amount=0,
            fee=0,
            tax=0,
            amount_estimated=False,
            epoch=None,
            sent_at=None,
            send_deadline=None,
            baseline=None,
            uncertain_since=None,
            created_at=tx.now,
            updated_at=tx.now,
        )
        await tx.intents.insert(intent)
        shares = order.quantity if order.side is Side.SELL else 0
        await tx.intents.reserve(
            Reservation(intent.intent_id, intent.account_ref, intent.ticker, judged.reserve, shares, None, None)
        )
        evidence = {
            "plan_hash": asked.plan_hash,
            "authority": asked.word.value,
            "authority_id": str(asked.word_id),
            "by": asked.caller.name,
            "findings": [f.code for f in judged.findings],
        }
        await tx.journal.transition(
            tx.now,
            intent.account_ref,
            Machine.INTENT.value,
            str(intent.intent_id),
            START,
            Event.ADMITTED.value,
            state.value,
            evidence,
        )
        await self._mover.tell(tx, intent)
        return intent

    async def _repeat(self, tx: Tx, asked: Asked, quantities: Mapping[int, int]) -> Admitted | None:
        existing = await tx.intents.of_plan(asked.plan.plan_id)
        if not existing or max(intent.version for intent in existing) < asked.plan.version:
            return None
        orders = lowered([order_of(asked.plan, leg) for leg in asked.plan.legs], quantities)
        same = {order.intent_id: order for order in orders}
        for intent in existing:
            order = same.get(intent.intent_id)
            if order is None or order.payload_hash != intent.payload_hash or intent.version != asked.plan.version:
                raise Refusal("CONFLICT", "같은 번호로 내용이 다른 주문이 이미 있어요. 아무것도 하지 않았어요.")
        if len(same) != len(existing):
            raise Refusal("CONFLICT", "같은 번호로 내용이 다른 주문이 이미 있어요. 아무것도 하지 않았어요.")
        return Admitted(tuple(existing), fresh=False)

    async def _supersede(self, tx: Tx, plan: Plan) -> None:
        """Withdraws an older version whose legs are all still NEW. Raises Refusal otherwise."""
        older = await tx.intents.of_plan(plan.plan_id)
        if any(intent.state is not IntentState.NEW for intent in older):
            raise Refusal("PLAN_STARTED", "이 계획의 앞 버전이 이미 나갔어요. 그 주문을 취소하고 새로 만들어 주세요.")
        for intent in older:
            await self._mover.intent(
                tx,
                intent,
                Event.WITHDRAWN,
                {"superseded_by": plan.version},
                note="새 버전의 계획으로 바꿨어요.",
            )

    async def _authority(self, tx: Tx, asked: Asked, *, settled: bool) -> tuple[Mapping[int, int], Authority]:
        """Approved quantities and the authority for the gate. `settled`: only to recognise a repeat."""
        match asked.word:
            case Word.APPROVAL:
                decision = await tx.desk.decision(asked.word_id)
                return _approved(decision, asked, settled=settled)
            case Word.MANDATE:
                return await self._mandated(tx, asked)
            case Word.EXIT:
                return await self._exiting(tx, asked)

    async def _mandated(self, tx: Tx, asked: Asked) -> tuple[Mapping[int, int], Authority]:
        row = await tx.desk.mandate(asked.word_id)
        plan = asked.plan
        if row is None or row.account_ref != plan.account_ref or row.user_id != plan.user_id:
            raise Refusal("MANDATE_UNKNOWN", "그런 위임이 없어요.")
        if row.signed_at is None or row.signed_by != row.user_id:
            raise Refusal("MANDATE_UNSIGNED", "서명하지 않은 위임이에요.")
        strategy = await tx.desk.strategy_hash(plan.strategy_id) if plan.strategy_id is not None else None
        try:
            mandate = mandate_of(
                row.mandate_id, row.account_ref, row.kind, row.strategy_hash, row.bounds, row.expires_at
            )
        except (KeyError, ValueError) as error:
            raise Refusal("MANDATE_BOUNDS", "위임의 범위를 읽을 수 없어요. 다시 위임해 주세요.") from error
        bought = sum(
            (intent.filled_amount if intent.terminal else (intent.limit_price or 0) * intent.quantity)
            for intent in await tx.intents.created_on(plan.account_ref, self._market.trade_date)
            if intent.authority_id == row.mandate_id and intent.side is Side.BUY
        )
        return {}, Mandated(mandate, Usage(bought), row.bounds_hash, strategy, row.revoked_at)

    async def _exiting(self, tx: Tx, asked: Asked) -> tuple[Mapping[int, int], Authority]:
        plan = asked.plan
        found = await tx.books.exit_mandate(asked.word_id, plan.account_ref)
        if found is None:
            raise Refusal("EXIT_UNKNOWN", "그런 청산 위임이 없어요.")
        ticker, sleeve, source = found
        parts = {s.sleeve: s.position.quantity for s in await tx.books.sleeves(plan.account_ref, ticker)}
        mandate = ExitMandate(asked.word_id, plan.account_ref, ticker, sleeve, source)
        return {}, Exiting(mandate, parts.get(sleeve, 0))


def _approved(decision: Decision | None, asked: Asked, *, settled: bool) -> tuple[Mapping[int, int], Authority]:
    """Verifies that this very person answered this very text for this very plan."""
    plan = asked.plan
    if decision is None or decision.decision is None:
        raise Refusal("APPROVAL_UNKNOWN", "승인 기록이 없어요.")
    if (
        decision.plan_id != plan.plan_id
        or decision.account_ref != plan.account_ref
        or decision.user_id != plan.user_id
        or decision.answered_by != plan.user_id
        or asked.caller.user_id != plan.user_id
    ):
        raise Refusal("APPROVAL_FOREIGN", "이 계획에 대한 승인이 아니에요.")
    if decision.version != plan.version:
        raise Refusal("APPROVAL_VERSION", "다른 버전에 대한 승인이에요. 다시 승인해 주세요.")
    if decision.plan_hash != asked.plan_hash or decision.answered_hash != asked.plan_hash:
        raise Refusal("APPROVAL_HASH", "승인한 내용과 주문 내용이 달라요. 다시 승인해 주세요.")
    if decision.decision != "approve":
        raise Refusal("APPROVAL_REJECTED", "거절한 주문이에요.")
    asked_for = {leg.leg: leg.quantity for leg in plan.legs}
    for leg, quantity in decision.quantities.items():
        if leg not in asked_for or quantity < 0 or quantity > asked_for[leg]:
            raise Refusal("APPROVAL_QUANTITY", "승인한 수량이 계획의 수량보다 커요.")
    if not settled and (decision.decided_at is None or decision.decided_at > decision.expires_at):
        raise Refusal("APPROVAL_LATE", "승인 시간이 지난 뒤에 답했어요. 다시 승인해 주세요.")
    quantities = {leg: decision.quantities.get(leg, most) for leg, most in asked_for.items()}
    approval = Approval(
        approved_hash=decision.answered_hash,
        plan_hash=asked.plan_hash,
        quantities=quantities,
        expires_at=min(decision.expires_at, plan.expires_at),
        unsuitable_ack=decision.unsuitable_ack,
    )
    return quantities, approval


def gate_order_of(intent: Intent) -> GateOrder:
    """The intent as the second gate sees it."""
    return GateOrder(
        intent_id=intent.intent_id,
        ticker=intent.ticker,
        side=intent.side,
        quantity=intent.quantity,
        order_type=intent.order_type,
        limit_price=intent.limit_price,
        not_after=intent.not_after,
        sleeve=intent.sleeve,
        initiative=intent.initiative,
        leg=intent.leg,
        after_leg=intent.after_leg,
        payload_hash=intent.payload_hash,
    )
