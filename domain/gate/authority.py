"""Controls on who allowed it: suitability, profile, approval, mandate, exit mandate.

Contract: as `domain.gate.standing`. At PREVIEW there is no authority yet, so nothing is asked of it; a product above
the grade is then a warning that the card must turn into a dated confirmation. The agent never goes above the grade.
"""

from __future__ import annotations

from functools import lru_cache

from domain.gate.case import ADMIT, PREVIEW, REDUCE, Case, Hit, refuse, warn
from domain.gate.finding import made
from domain.gate.pricing import shrink
from domain.gate.view import Approval, Exiting, Mandated
from domain.limits import Approval as ApprovalMode
from domain.mandate import Mandate, Request, bounds_hash, permits
from domain.orders.types import Initiative


@lru_cache(maxsize=1024)
def _found(signature: str) -> list[Mandate]:
    """The mandate whose text has that hash, once somebody has worked it out: a standing approval is asked for every
    order that it covers, and comparing is cheaper than hashing it all."""
    return []


def _is_signed(mandate: Mandate, signature: str) -> bool:
    found = _found(signature)
    if found and found[0] == mandate:
        return True
    if bounds_hash(mandate) != signature:
        return False
    found[:] = (mandate,)
    return True


_RISKIER = "{}: 위험등급 {}등급 상품이라 {} 성향보다 위험해요. "


@lru_cache(maxsize=64)
def _safest(allowed: frozenset[int]) -> int:
    return min(allowed, default=0)


def suitability(case: Case) -> Hit | None:
    if not case.buying or case.suitable:
        return None
    limits, stage = case.limits, case.stage
    risk = case.facts.product_risk
    safest = _safest(limits.allowed_products)
    figures = (case.name, risk, limits.grade)
    if case.order.initiative is Initiative.AGENT:
        return refuse(_RISKIER + "제안하지 않아요.", figures, risk, safest)
    if limits.above_grade_bps == 0:
        return refuse(_RISKIER + "지금 한도로는 주문할 수 없어요.", figures, risk, safest)
    authority = case.view.authority
    if isinstance(authority, Approval) and authority.unsuitable_ack:
        return None
    if stage is PREVIEW:
        return warn(_RISKIER + "주문하려면 부적합 확인이 필요해요.", figures, risk, safest)
    return refuse(_RISKIER + "부적합 확인이 없어 주문하지 않았어요.", figures, risk, safest)


def profile(case: Case) -> Hit | None:
    held = case.view.suitability
    if not case.buying:
        return None
    if held is None:
        return refuse("투자성향 진단이 없어 매수할 수 없어요. 먼저 진단해 주세요.")
    if case.wall >= held.expires_at:
        return refuse("투자성향 진단의 유효기간이 지났어요. 다시 진단해 주세요.")
    if held.grade is not case.limits.grade and case.limits.grade.rank > held.grade.rank:
        text = "투자성향과 한도가 맞지 않아요. 잠시 뒤에 다시 해 주세요."
        return refuse(text, (), case.limits.grade.rank, held.grade.rank)
    return None


def approval(case: Case) -> Hit | None:
    given, stage = case.view.authority, case.stage
    if stage is PREVIEW:
        return None
    if given is None:
        return refuse("승인이나 위임이 없어 주문하지 않았어요.")
    if not isinstance(given, Approval):
        return None
    if not given.approved:
        return refuse("거절한 주문이에요.")
    if given.approved_hash != given.plan_hash:
        return refuse("승인한 내용과 주문 내용이 달라요. 다시 승인해 주세요.")
    if stage is ADMIT and case.wall >= given.expires_at:
        return refuse("승인 시간이 지났어요. 지금 가격으로 다시 승인해 주세요.")
    most = given.quantities.get(case.order.leg, 0)
    if case.quantity > most:
        return shrink(case, most, "승인한 수량은 {:,}주예요.", (most,), case.quantity, most)
    return None


def mandate(case: Case) -> Hit | None:
    given = case.view.authority
    if not isinstance(given, Mandated):
        return None
    if given.revoked_at is not None:
        return refuse("철회한 위임이에요.")
    if not _is_signed(given.mandate, given.bounds_hash):
        return refuse("위임한 내용과 달라요. 다시 위임해 주세요.")
    reducing = case.order_class is REDUCE
    if not reducing and case.limits.approval is ApprovalMode.ALWAYS:
        return refuse("{} 성향은 매수할 때마다 승인이 필요해요.", (case.limits.grade,))
    market, order = case.market, case.order
    asked = (order.ticker, case.sector, case.side, case.value, market.now, case.wall, reducing, given.strategy_hash)
    breach = permits(given.mandate, made(Request, asked), given.usage)
    if breach is None:
        return None
    if breach.room is None or case.cost_price <= 0:
        return refuse(breach.sentence, breach.figures, breach.was, breach.limit)
    most = breach.room // case.cost_price
    return shrink(case, most, breach.sentence, breach.figures, breach.was, breach.limit)


def exit_mandate(case: Case) -> Hit | None:
    given, order = case.view.authority, case.order
    if not isinstance(given, Exiting):
        return None
    held = given.mandate
    if given.revoked_at is not None:
        return refuse("철회한 청산 위임이에요.")
    if case.order_class is not REDUCE:
        return refuse("청산 위임으로는 보유를 줄이는 매도만 할 수 있어요.")
    if (order.ticker, order.sleeve) != (held.ticker, held.sleeve):
        return refuse("{}: 청산 위임이 다른 보유에 걸려 있어요.", (case.name,))
    if case.quantity > given.remaining:
        text = "{}: 청산 위임으로 팔 수 있는 수량은 {:,}주예요."
        return shrink(case, given.remaining, text, (case.name, given.remaining), case.quantity, given.remaining)
    return None
