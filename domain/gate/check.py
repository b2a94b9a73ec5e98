"""The gate: one order against the views, by the table; the same function previews, admits and releases.

Contract: pure, synchronous, no I/O; never raises on what a view or an order holds. All objections are collected, in the
table's order. `clamp_allowed` lets value, weight and cash controls lower the quantity (never raise it) instead of
refusing; a price is moved to its tick, against us, in any case. Whoever admits must hold the account's single writer.
"""

from __future__ import annotations

from domain.costs import sell_tax
from domain.gate.case import ADMIT, INCREASE, LIMIT, REDUCE, REFUSE, WARN, Case
from domain.gate.exposure import reduces
from domain.gate.finding import Finding, Verdict
from domain.gate.order import GateOrder, Stage
from domain.gate.table import CONTROLS_FOR
from domain.gate.view import GateView

_INCREASING, _REDUCING = CONTROLS_FOR[INCREASE], CONTROLS_FOR[REDUCE]


def check(order: GateOrder, view: GateView, stage: Stage = ADMIT, *, clamp_allowed: bool = False) -> Verdict:
    """The verdict on one order. At RELEASE nothing is clamped but the tick: what was approved leaves or does not."""
    market = view.market.get(order.ticker)
    if market is None:
        return _unreadable(order, "SESSION", f"{order.ticker}: 시세와 장 상태를 알 수 없어 주문할 수 없어요.")
    if type(order.quantity) is not int or order.quantity <= 0:
        return _unreadable(order, "QUANTITY", "수량은 1주 이상의 정수여야 해요.")
    if (order.order_type is LIMIT) != (order.limit_price is not None):
        return _unreadable(order, "TICK", "지정가 주문에는 가격이 있어야 하고 시장가 주문에는 없어야 해요.")
    if order.limit_price is not None and (type(order.limit_price) is not int or order.limit_price <= 0):
        return _unreadable(order, "TICK", "가격은 1원 이상의 정수여야 해요.")
    case = Case(order, view, stage, clamp_allowed, market)
    case.order_class = reduces(case)
    findings: list[Finding] = []
    # A sale of more than is free falls to SELLABLE; what binds buys has nothing to say to it.
    for code, test in _INCREASING if case.buying else _REDUCING:
        hit = test(case)
        if hit is None:
            continue
        findings.append(Finding(code, hit.effect, order.leg, hit.message, hit.was, hit.limit))
        if hit.quantity is not None:
            case.resize(hit.quantity)
        if hit.price is not None:
            case.reprice(hit.price)
    return _verdict(case, tuple(findings))


def _verdict(case: Case, findings: tuple[Finding, ...]) -> Verdict:
    order, value = case.order, case.value
    if case.quantity != order.quantity or case.price != order.limit_price:
        order = order.moved(case.quantity, case.price)
    fee = case.config.fee(value)
    buying = case.buying
    tax = 0 if buying else sell_tax(value, case.facts.market, case.kind, case.on)
    return Verdict(
        order=order,
        order_class=case.order_class,
        findings=findings,
        asked_quantity=case.order.quantity,
        value=value,
        reserve=value + fee if buying else 0,
        fee=fee,
        tax=tax,
        needs_unsuitable_ack=bool(findings)
        and buying
        and any(f.code == "SUITABILITY" and f.effect is WARN for f in findings),
    )


def _unreadable(order: GateOrder, code: str, message: str) -> Verdict:
    finding = Finding(code, REFUSE, order.leg, message)
    return Verdict(order, INCREASE, (finding,), asked_quantity=order.quantity)
