"""A Submit as it was asked and on whose word: an answer to this very plan, a signed mandate, or an exit mandate.

Contract: reads inside the admitting transaction; raises Refusal for a word that is missing, another person's, another
text's or out of date. Bounds, hashes and expiry that the gate judges are handed to it and not judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.gate.order import GateOrder
from domain.gate.view import Approval, Authority
from domain.orders.types import Plan
from execution.oms.auth import Authority as Word
from execution.oms.auth import Caller
from execution.oms.authority import exiting, mandated
from execution.oms.errors import Refusal
from execution.oms.ledger.desk import Decision
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent


@dataclass(frozen=True, slots=True)
class Asked:
    """A Submit, authenticated: which plan, on whose word. `derived`: the OMS made the plan itself from a position and
    its exit mandate, so no row of the desk holds it, and a repeat is the same exit at whatever price; `note` is what
    the order says first, `stop_price` that it rests at the broker until that price is seen."""

    caller: Caller
    plan: Plan
    plan_hash: str
    word: Word
    word_id: UUID
    derived: bool = False
    note: str = ""
    stop_price: int | None = None

    @property
    def approval_id(self) -> UUID | None:
        return self.word_id if self.word is Word.APPROVAL else None


def approved_quantities(asked: Asked, decision: Decision | None) -> Mapping[int, int]:
    """What the user lowered, by leg; empty for mandates. Only to recognise a repeat: expiry does not matter here."""
    if asked.word is not Word.APPROVAL:
        return {}
    return _approved(decision, asked, settled=True)[0]


async def admitting_authority(
    tx: Tx, asked: Asked, today: date, decision: Decision | None
) -> tuple[Mapping[int, int], Authority]:
    """Approved quantities and the authority for the gate; `decision` is the approval's answer. Raises Refusal."""
    if asked.word is Word.APPROVAL:
        return _approved(decision, asked, settled=False)
    if tx.now >= asked.plan.expires_at:
        raise Refusal("PLAN_EXPIRED", "주문 계획의 유효 시간이 지났어요. 다시 만들어 주세요.")
    if asked.word is Word.MANDATE:
        return {}, await _mandated(tx, asked, today)
    return {}, await _exiting(tx, asked)


async def _mandated(tx: Tx, asked: Asked, today: date) -> Authority:
    row = await tx.desk.mandate(asked.word_id)
    plan = asked.plan
    if row is None or row.account_ref != plan.account_ref or row.user_id != plan.user_id:
        raise Refusal("MANDATE_UNKNOWN", "그런 위임이 없어요.")
    if row.signed_at is None or row.signed_by != row.user_id:
        raise Refusal("MANDATE_UNSIGNED", "서명하지 않은 위임이에요.")
    try:
        return await mandated(tx, row, plan.strategy_id, today)
    except (KeyError, ValueError) as error:
        raise Refusal("MANDATE_BOUNDS", "위임의 범위를 읽을 수 없어요. 다시 위임해 주세요.") from error


async def _exiting(tx: Tx, asked: Asked) -> Authority:
    found = await exiting(tx, asked.word_id, asked.plan.account_ref)
    if found is None:
        raise Refusal("EXIT_UNKNOWN", "그런 청산 위임이 없어요.")
    return found


def _approved(decision: Decision | None, asked: Asked, *, settled: bool) -> tuple[Mapping[int, int], Approval]:
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
        stop_price=intent.stop_price,
    )
