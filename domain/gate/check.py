"""The gate: one order against the views, by the table; the same function previews, admits and releases.

Contract: pure, synchronous, no I/O; never raises on what a view or an order holds. All objections are collected, in the
table's order. `clamp_allowed` lets value, weight and cash controls lower the quantity (never raise it) instead of
refusing; a price is moved to its tick, against us, in any case. Whoever admits must hold the account's single writer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from domain.costs import sell_tax
from domain.gate.case import ADMIT, INCREASE, LIMIT, PREVIEW, REDUCE, REFUSE, RELEASE, WARN, Case
from domain.gate.exposure import reduces
from domain.gate.finding import Finding, Verdict, made
from domain.gate.order import GateOrder, Stage
from domain.gate.table import CONTROLS_FOR, Test
from domain.gate.view import Exiting, GateView, Mandated


class Shape(NamedTuple):
    """What of a case is settled before any figure is looked at. `priced`: with a limit; `suitable`: within the grade;
    `safe`: counts in no sector; `met`: another order in its name crosses it or has no answer."""

    buying: bool
    authority: type
    stage: Stage
    environment: str
    priced: bool
    suitable: bool
    safe: bool
    met: bool


# Controls that have nothing to say to a case of that shape need not be asked: a call costs more than most of them do.
_SILENT: Mapping[str, Callable[[Shape], bool]] = {
    "LIVE_SWITCH": lambda shape: shape.environment != "live",
    "CHANNEL": lambda shape: shape.environment != "paper",
    "ID_SEEN": lambda shape: shape.stage is RELEASE,
    "UNANSWERED": lambda shape: not shape.met,
    "TICK": lambda shape: not shape.priced,
    "DUPLICATE": lambda shape: shape.stage is RELEASE or shape.authority is Exiting,
    "SELF_TRADE": lambda shape: not shape.met,
    "SELLABLE": lambda shape: shape.buying,
    "SLEEVE": lambda shape: shape.buying,
    "SUITABILITY": lambda shape: shape.suitable,
    "APPROVAL": lambda shape: shape.stage is PREVIEW or shape.authority in (Mandated, Exiting),
    "EXIT_MANDATE": lambda shape: shape.authority is not Exiting,
    "MANDATE": lambda shape: shape.authority is not Mandated,
    "WEIGHT_SECTOR": lambda shape: shape.safe,
    "ABOVE_GRADE": lambda shape: shape.suitable,
}


@lru_cache(maxsize=1024)
def speaking(*of: Any) -> tuple[tuple[str, Test], ...]:
    """The controls to be asked of a case of that shape, in the table's order. A sale of more than is free falls to
    SELLABLE, so what binds buys is not asked about it."""
    shape = Shape(*of)
    bound = CONTROLS_FOR[INCREASE if shape.buying else REDUCE]
    return tuple((code, test) for code, test in bound if not (code in _SILENT and _SILENT[code](shape)))


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
    buying, findings = case.buying, []
    if not buying:
        case.order_class = reduces(case)
    given: type = type(view.authority)
    met = case.unanswered or case.crossing is not None
    for code, test in speaking(
        buying, given, stage, view.config.environment, case.price is not None, case.suitable,
        case.facts.safe, met,
    ):  # fmt: skip
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
    reserve = value + fee if buying else 0
    ack = buying and not case.suitable and any(f.code == "SUITABILITY" and f.effect is WARN for f in findings)
    return made(Verdict, (order, case.order_class, findings, case.order.quantity, value, reserve, fee, tax, ack))


def _unreadable(order: GateOrder, code: str, message: str) -> Verdict:
    finding = Finding(code, REFUSE, order.leg, message)
    return Verdict(order, INCREASE, (finding,), asked_quantity=order.quantity)
