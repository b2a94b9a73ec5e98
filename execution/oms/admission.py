"""Admitting a plan: verify, gate and reserve in one transaction under the account's lock; or say why not.

Contract: whole or not at all. The caller sends ids; legs, hash, owner, account, expiry and decision are read here. The
approval is consumed by the same commit that makes the intents durable. The same ids with the same payload answer with
the orders that are already there; with another payload nothing is done. Version n+1 replaces n only while every leg of
n is still NEW. Sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from domain.clock import Clock
from domain.gate.finding import Finding, PlanVerdict, Verdict
from domain.gate.order import Stage, order_of
from domain.gate.plan import check_plan, lowered
from domain.orders.plans import plan_hash
from domain.orders.transitions import Event, Machine, advance
from domain.orders.types import IntentState, Plan
from domain.orders.words import START
from domain.proto import oms_pb2 as pb
from execution.oms.asked import Asked, admitting_authority, approved_quantities
from execution.oms.auth import Authority as WordKind
from execution.oms.errors import Refusal
from execution.oms.ledger.port import Ledger, Tx
from execution.oms.ledger.rows import Intent, Placed
from execution.oms.ledger.standing import Submitted, Word
from execution.oms.marketclock import MarketClock
from execution.oms.moves import Mover
from execution.oms.sessions import AccountSession
from execution.oms.texts import NOTES
from execution.oms.views import Fetched, Views

log = structlog.get_logger("oms.admission")


@dataclass(frozen=True, slots=True)
class Admitted:
    """`fresh` False: it was there before. `messages`: of what is fresh, as its events show it."""

    intents: tuple[Intent, ...]
    fresh: bool
    findings: tuple[Finding, ...] = ()
    messages: tuple[pb.Order, ...] = ()


@dataclass(frozen=True, slots=True)
class _There:
    """What the ledger and the desk hold of a plan: its newest version, the answer to its approval, its intents."""

    word: Word
    intents: Sequence[Intent]


def _whole(found: tuple[Plan, str] | None) -> tuple[Plan, str]:
    """The plan as it was written, and its hash."""
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
        return _whole(await tx.desk.plan(plan_id, version))

    async def submitted(
        self, plan_id: UUID, version: int, approval_id: UUID | None
    ) -> tuple[Submitted, Sequence[Intent]]:
        """What a Submit needs to know first: `load`'s, and the orders of the plan so far."""
        async with self._ledger.read() as tx:
            found = await tx.desk.submitted(plan_id, version, approval_id)
            intents = await tx.intents.of_plan(plan_id) if found is not None and found.started else ()
        _whole(None if found is None else (found.plan, found.plan_hash))
        assert found is not None
        return found, intents

    def known(self, asked: Asked, word: Word, intents: Sequence[Intent]) -> Admitted | None:
        """The orders of this plan if it has been admitted before. Raises Refusal CONFLICT for another payload."""
        return self._repeat(asked, _There(word, intents))

    async def admit(self, asked: Asked, session: AccountSession, fetched: Fetched) -> Admitted:
        """Raises Refusal (authority, conflict) or Refused (gate)."""
        plan = asked.plan
        async with self._ledger.write(plan.account_ref) as tx:
            of = self._views.standing_of(tx.now, session, plan.user_id, fetched, plan, asked.approval_id)
            standing = await tx.standing(of)
            there = _There(standing.word, await tx.intents.of_plan(plan.plan_id) if standing.of_plan else ())
            repeat = self._repeat(asked, there)
            if repeat is not None:
                return repeat
            quantities, authority = await admitting_authority(tx, asked, self._market.trade_date, there.word.decision)
            if not asked.derived and asked.plan.version != there.word.newest:
                raise Refusal("PLAN_SUPERSEDED", "더 새로운 계획이 있어요. 새 계획을 확인해 주세요.")
            await self._supersede(tx, asked.plan, there.intents)
            orders = lowered([order_of(asked.plan, leg) for leg in asked.plan.legs], quantities)
            if asked.stop_price is not None:
                orders = tuple(replace(order, stop_price=asked.stop_price) for order in orders)
            if not orders:
                raise Refusal("NOTHING_APPROVED", "승인한 수량이 없어요.")
            if there.intents:  # what this transaction has withdrawn itself is not in the way
                standing = await tx.standing(of)
            view = self._views.view(standing, tx.now, session, fetched, authority, plan)
            verdict = check_plan(orders, view, Stage.ADMIT)
            if not verdict.admissible:
                raise Refused(verdict.findings)
            placed = await self._write(tx, asked, verdict)
        log.info(
            "admitted",
            plan=str(asked.plan.plan_id),
            version=asked.plan.version,
            account=asked.plan.account_ref,
            word=asked.word.value,
            legs=len(placed),
        )
        intents, messages = tuple(one.intent for one in placed), tuple(one.message for one in placed)
        return Admitted(intents, fresh=True, findings=verdict.findings, messages=messages)

    # The parts ------------------------------------------------------------------------------------------------------

    async def _write(self, tx: Tx, asked: Asked, verdict: PlanVerdict) -> list[Placed]:
        """All at once: what one of them finds undone undoes all. Raises Refusal for an approval that was used."""
        reasons = {leg.leg: leg.reason for leg in asked.plan.legs}
        orders = [self._placed(tx.now, asked, leg.verdict, reasons) for leg in verdict.legs]
        if not await self._mover.admitted(tx, orders, consumes=asked.word is WordKind.APPROVAL):
            raise Refusal("APPROVAL_CONSUMED", "이미 쓴 승인이에요.")
        return orders

    def _placed(self, now: datetime, asked: Asked, judged: Verdict, reasons: Mapping[int, str]) -> Placed:
        order = judged.order
        assert order is not None
        plan = asked.plan
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
            reason=reasons[order.leg],
            payload_hash=order.payload_hash,
            authority=asked.word.value,
            authority_id=asked.word_id,
            profile_version=plan.profile_version,
            strategy_id=plan.strategy_id,
            plan_expires_at=plan.expires_at,
            trade_date=self._market.trade_date,
            state=state,
            state_note=asked.note or NOTES[Event.ADMITTED],
            created_at=now,
            updated_at=now,
            stop_price=asked.stop_price,
        )
        evidence = {
            "plan_hash": asked.plan_hash,
            "authority": asked.word.value,
            "authority_id": str(asked.word_id),
            "by": asked.caller.name,
            "findings": [f.code for f in judged.findings],
        }
        return self._mover.placed(intent, judged.reserve, evidence)

    def _repeat(self, asked: Asked, known: _There) -> Admitted | None:
        quantities, of_plan = approved_quantities(asked, known.word.decision), known.intents
        newest = max((intent.version for intent in of_plan), default=0)
        if newest < asked.plan.version:
            return None
        existing = [intent for intent in of_plan if intent.version == newest]  # older legs were withdrawn unsent
        if asked.derived:
            return Admitted(tuple(existing), fresh=False)
        orders = lowered([order_of(asked.plan, leg) for leg in asked.plan.legs], quantities)
        asked_for = {order.intent_id: order.payload_hash for order in orders}
        there = {intent.intent_id: intent.payload_hash for intent in existing}
        if newest != asked.plan.version or asked_for != there:
            raise Refusal("CONFLICT", "같은 번호로 내용이 다른 주문이 이미 있어요. 아무것도 하지 않았어요.")
        return Admitted(tuple(existing), fresh=False)

    async def _supersede(self, tx: Tx, plan: Plan, older: Sequence[Intent]) -> None:
        """Withdraws an older version whose legs are all still NEW. Raises Refusal otherwise."""
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
