"""A decision's trail without a database: from the desk's port and the order management's door.

Contract: as `tools.trail.TrailPort`, with what these ports tell: orders with their sums and no single fill, cards and
answers without the face they came through. For virtual time, the dev server and tests; remembers the plans it was told
of, because no port lists them.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain import ids
from domain.clock import KST
from domain.gate.order import payload_of
from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from domain.proto import oms_pb2 as pb
from tools.ports import DeskPort, Identity, OmsPort, ReceiptPort, StoredMandate
from tools.trail import Answer, FillFact, IntentFact, OrderFact, Trail

_LOOK_BACK = 50  # journal lines


class DoorTrail:
    """TrailPort over `DeskPort` and `OmsPort`."""

    def __init__(self, desk: DeskPort, oms: OmsPort, receipts: ReceiptPort) -> None:
        self._desk = desk
        self._oms = oms
        self._receipts = receipts
        self._seen: dict[UUID, str] = {}

    async def trail(self, plan_id: UUID) -> Trail | None:
        plans = await self._versions(plan_id)
        if not plans:
            return None
        first, last = plans[0], plans[-1]
        self._seen.setdefault(plan_id, first.account_ref)
        who = Identity(first.user_id, "", first.account_ref, "")
        orders = await self._oms.orders(who, plan_id=str(plan_id))
        profile = await self._desk.latest_profile(first.user_id)
        strategies = await self._desk.strategies(first.user_id, 10)
        made_under = [
            each for each in strategies if each.strategy_id == last.strategy_id and each.created_at <= last.created_at
        ]
        questions = [await self._desk.approval_request(ids.approval_id(plan_id, each.version)) for each in plans]
        asked = [question for question in questions if question is not None]
        answers = {}
        for question in asked:
            decision = await self._desk.approval_decision(question.approval_id)
            if decision is not None:
                answers[question.approval_id] = Answer(
                    decision.approval_id,
                    decision.decision,
                    dict(decision.quantities),
                    decision.unsuitable_ack,
                    "",
                    decision.decided_at,
                )
        journal = await self._desk.journal(first.user_id, ("refusal", "order"), _LOOK_BACK)
        mandates = await self._mandates(first.account_ref) if orders and not _approved(answers) else {}
        intents = tuple(_intent(order, plans, answers, mandates) for order in sorted(orders, key=lambda o: o.leg))
        return Trail(
            plans=tuple(plans),
            hashes={plan.version: plan_hash(plan) for plan in plans},
            profile=profile if profile is not None and profile.version == last.profile_version else None,
            strategy=made_under[0] if made_under else None,
            questions=tuple(asked),
            answers=answers,
            mandates=mandates,
            journal=tuple(entry for entry in reversed(journal) if entry.detail.get("plan_id") == str(plan_id)),
            intents=intents,
            orders=tuple(_order(order) for order in orders if order.broker_order_no),
            fills=tuple(_fill(order) for order in orders if order.filled),
            counts_fills=False,
        )

    async def moved(self, limit: int = 50) -> list[UUID]:
        waiting = set(await self._receipts.unfinished(limit))
        missing = [plan_id for plan_id in self._seen if not await self._receipts.chain(plan_id)]
        return [*waiting, *missing][:limit]

    async def recent(self, account_ref: str, limit: int = 20) -> list[Plan]:
        mine = [plan_id for plan_id, account in self._seen.items() if account == account_ref]
        found = [await self._desk.plan(plan_id) for plan_id in mine]
        plans = [plan for plan in found if plan is not None]
        return sorted(plans, key=lambda plan: plan.created_at, reverse=True)[:limit]

    async def _versions(self, plan_id: UUID) -> list[Plan]:
        newest = await self._desk.plan(plan_id)
        if newest is None:
            return []
        found = [await self._desk.plan(plan_id, version) for version in range(1, newest.version)]
        return [*(plan for plan in found if plan is not None), newest]

    async def _mandates(self, account_ref: str) -> dict[UUID, StoredMandate]:
        """The door does not say under which mandate orders came that nobody approved; the newest signed counts."""
        signed = [mandate for mandate in await self._desk.mandates(account_ref) if mandate.signed_at is not None]
        return {mandate.mandate_id: mandate for mandate in signed[:1]}


def _approved(answers: dict[UUID, Answer]) -> bool:
    return any(answer.decision == "approve" for answer in answers.values())


def _intent(
    order: pb.Order, plans: list[Plan], answers: dict[UUID, Answer], mandates: dict[UUID, StoredMandate]
) -> IntentFact:
    plan = next((each for each in plans if each.version == order.version), plans[-1])
    leg = next((each for each in plan.legs if each.leg == order.leg), None)
    word = next(iter(mandates), None)
    if word is None and (asked := ids.approval_id(plan.plan_id, plan.version)) in answers:
        word = asked
    return IntentFact(
        intent_id=UUID(order.intent_id),
        plan_id=plan.plan_id,
        version=plan.version,
        leg=order.leg,
        ticker=order.ticker,
        side=order.side,
        order_type=order.order_type or "limit",
        limit_price=order.price or None,
        quantity=order.quantity,
        payload_hash="" if leg is None else ids.payload_hash(payload_of(leg)),
        authority="mandate" if mandates else "approval",
        authority_id=word,
        state=order.state,
        filled=order.filled,
        filled_amount=order.filled_amount,
        fee=order.fee,
        tax=order.tax,
        amount_estimated=order.amount_estimated,
        trade_date=_day(order),
        replaces=UUID(order.replaces) if order.replaces else None,
        created_at=order.created_at.ToDatetime(KST),
        updated_at=order.updated_at.ToDatetime(KST),
    )


def _day(order: pb.Order) -> date:
    return order.created_at.ToDatetime(KST).date()


def _order(order: pb.Order) -> OrderFact:
    return OrderFact(
        UUID(order.intent_id),
        _day(order),
        int(order.broker_order_no),
        "order",
        order.price,
        order.quantity,
        order.filled,
        order.filled_amount,
        order.state,
        order.created_at.ToDatetime(KST),
    )


def _fill(order: pb.Order) -> FillFact:
    number = int(order.broker_order_no or 0)
    return FillFact(
        UUID(order.intent_id),
        _day(order),
        number,
        order.filled,
        order.filled_amount,
        order.fee,
        order.tax,
        order.amount_estimated,
        order.updated_at.ToDatetime(KST),
    )
