"""The gate: one order against the views, by the table; the same function previews, admits and releases.

Contract: pure, synchronous, no I/O; never raises on what a view or an order holds. All objections are collected, in the
table's order. `clamp_allowed` lets value, weight and cash controls lower the quantity (never raise it) instead of
refusing; a price is moved to its tick, against us, in any case. Whoever admits must hold the account's single writer.
"""

from __future__ import annotations

from domain.costs import sell_tax
from domain.gate.case import ADMIT, INCREASE, LIMIT, REDUCE, REFUSE, WARN, Case
from domain.gate.exposure import reduces
from domain.gate.finding import Finding, Verdict, made
from domain.gate.order import GateOrder, Stage
from domain.gate.table import CONTROLS_FOR, Test
from domain.gate.view import Approval, Exiting, GateView, Mandated

_REDUCING = CONTROLS_FOR[REDUCE]


def _buying(*authorities: str) -> tuple[tuple[str, Test], ...]:
    """Controls of a buy without those that ask about sales, or about another authority than the one that is given."""
    silent = {"SELLABLE", "SLEEVE", "MANDATE", "EXIT_MANDATE"}.difference(authorities)
    return tuple((code, test) for code, test in CONTROLS_FOR[INCREASE] if code not in silent)


_BUYING = {type(None): _buying(), Approval: _buying(), Mandated: _buying("MANDATE"), Exiting: _buying("EXIT_MANDATE")}


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
    for code, test in _BUYING[type(view.authority)] if case.buying else _REDUCING:
        hit = test(case)
        if hit is None:
            continue
        effect, sentence, figures, was, limit, quantity, price = hit
        findings.append(made(Finding, (code, effect, order.leg, sentence, was, limit, figures)))
        if quantity is not None:
            case.resize(quantity)
        if price is not None:
            case.reprice(price)
    return _verdict(case, tuple(findings))


def _verdict(case: Case, findings: tuple[Finding, ...]) -> Verdict:
    order, value = case.order, case.value
    if case.quantity != order.quantity or case.price != order.limit_price:
        order = order.moved(case.quantity, case.price)
    fee = case.config.fee(value)
    buying = case.buying
    tax = 0 if buying else sell_tax(value, case.facts.market, case.kind, case.on)
    reserve, ack = value + fee if buying else 0, False
    for finding in findings:
        ack = ack or (buying and finding.code == "SUITABILITY" and finding.effect is WARN)
    return made(Verdict, (order, case.order_class, findings, case.order.quantity, value, reserve, fee, tax, ack))


def _unreadable(order: GateOrder, code: str, message: str) -> Verdict:
    finding = Finding(code, REFUSE, order.leg, message)
    return Verdict(order, INCREASE, (finding,), asked_quantity=order.quantity)
