"""The approval card: what the user is asked, as data that every face can draw and as a few lines of Korean. Pure.

Contract: every number on it comes from the gate's preview of exactly the plan version it asks about; `reference` is the
market's price at that moment, which preflight compares with. The card is stored with the question and never edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.clock import format_moment
from domain.exit_words import describe
from domain.exits import DEFAULT_RULE
from domain.orders.types import OrderType, Plan, Side
from domain.proto import oms_pb2 as pb

SIDES = {Side.BUY: "매수", Side.SELL: "매도"}

AGAIN = {
    "expired": "승인 시간이 지나 지금 가격으로 다시 여쭤봐요.",
    "repriced": "가격이 많이 움직여 지금 가격으로 다시 여쭤봐요.",
    "limits": "그사이 한도가 달라져 수량을 줄여 다시 여쭤봐요.",
    "mandate": "위임 범위를 벗어나 직접 여쭤봐요.",
}


EXITS = f"산 뒤 자동 매도: {' · '.join(describe(DEFAULT_RULE))} (주문판에서 변경)"


def won(amount: int) -> str:
    return f"{amount:,}원"


def make_card(
    plan: Plan,
    preview: pb.PreviewReply,
    limits: Sequence[Mapping[str, Any]],
    reference: Mapping[str, int],
    *,
    label: str,
    why_again: str | None,
) -> dict[str, Any]:
    """Plain JSON. Amounts are int won; `limits` says what each control changed or warned about."""
    by_number = {leg.leg: leg for leg in plan.legs}
    legs: list[dict[str, Any]] = []
    for shown in preview.legs:
        leg = by_number[shown.leg]
        legs.append(
            {
                "leg": shown.leg,
                "ticker": shown.ticker,
                "name": shown.name or shown.ticker,
                "side": leg.side.value,
                "qty": shown.quantity,
                "order_type": leg.order_type.value,
                "price": shown.price,
                "amount": shown.amount,
                "fee": shown.fee,
                "tax": shown.tax,
                "reference": reference.get(shown.ticker),
                "reason": leg.reason,
                "initiative": leg.initiative.value,
                "after_leg": leg.after_leg,
                "needs_unsuitable_ack": shown.needs_unsuitable_ack,
            }
        )
    buys = sum(leg["amount"] for leg in legs if leg["side"] == Side.BUY.value)
    sells = sum(leg["amount"] for leg in legs if leg["side"] == Side.SELL.value)
    fee, tax = sum(leg["fee"] for leg in legs), sum(leg["tax"] for leg in legs)
    return {
        "plan_id": str(plan.plan_id),
        "version": plan.version,
        "sleeve": plan.sleeve,
        "legs": legs,
        "buy_amount": buys,
        "sell_amount": sells,
        "fee": fee,
        "tax": tax,
        "cash_before": preview.cash_before,
        "cash_after": preview.cash_after,
        "limits": [dict(limit) for limit in limits],
        "needs_unsuitable_ack": any(leg["needs_unsuitable_ack"] for leg in legs),
        "label": label,
        "why_again": why_again,
        "exits": EXITS if buys else None,
        "expires_at": plan.expires_at.isoformat(),
    }


def card_lines(card: Mapping[str, Any], expires: str) -> list[str]:
    """The card in words, for a terminal or a message."""
    lines = []
    if card["why_again"]:
        lines.append(AGAIN[card["why_again"]])
    for leg in card["legs"]:
        side = SIDES[Side(leg["side"])]
        price = "시장가" if leg["order_type"] == OrderType.MARKET.value else f"지정가 {won(leg['price'])}"
        if leg["reference"]:
            price += f" (지금 {won(leg['reference'])})"
        lines.append(f"{leg['name']}({leg['ticker']}) {leg['qty']:,}주 {side} · {price} · 약 {won(leg['amount'])}")
    costs = f"수수료 {won(card['fee'])}" + (f" · 세금 {won(card['tax'])}" if card["tax"] else "")
    lines.append(f"{costs} · 주문 뒤 살 수 있는 돈 {won(card['cash_after'])}")
    lines += [f"한도: {limit['message']}" for limit in card["limits"]]
    if card.get("exits"):  # cards of before have none
        lines.append(card["exits"])
    if card["needs_unsuitable_ack"]:
        lines.append("투자성향보다 위험한 상품이에요. 승인하려면 부적합 확인이 필요해요.")
    lines.append(f"{expires}까지 승인할 수 있어요." + (f" ({card['label']})" if card["label"] else ""))
    return lines


def card_text(card: Mapping[str, Any], plan_expires: Any) -> str:
    """`plan_expires` is an aware datetime."""
    return "\n".join(card_lines(card, format_moment(plan_expires)))


def as_finding(found: pb.Finding) -> dict[str, Any]:
    return {
        "code": found.code,
        "effect": found.effect,
        "leg": found.leg,
        "message": found.message,
        "was": found.was,
        "limit": found.limit,
    }


def as_order(order: pb.Order) -> dict[str, Any]:
    """An order as state and faces carry it: no account, no frames."""
    return {
        "intent_id": order.intent_id,
        "plan_id": order.plan_id,
        "leg": order.leg,
        "ticker": order.ticker,
        "name": order.name,
        "side": order.side,
        "order_type": order.order_type,
        "price": order.price,
        "qty": order.quantity,
        "filled": order.filled,
        "provisional": order.provisional,
        "filled_amount": order.filled_amount,
        "state": order.state,
        "note": order.state_note,
        "reason": order.reason,
    }
