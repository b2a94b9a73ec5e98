"""What the desk says in Korean, as blocks for whoever answers the user. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.orders.types import TERMINAL, IntentState, Side
from execution.desk.card import SIDES, won

NO_EFFECT = "주문은 나가지 않았어요."


def block(kind: str, text: str, **data: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, "data": data}


def refused(findings: Sequence[Mapping[str, Any]], message: str = "") -> dict[str, Any]:
    reasons = list(dict.fromkeys(found["message"] for found in findings if found["effect"] == "refuse"))
    text = "\n".join([f"{NO_EFFECT} 이유는 이래요.", *(f"· {reason}" for reason in reasons[:4])])
    if not reasons:
        text = f"{NO_EFFECT} {message}".strip()
    return block("order_refused", text, findings=[dict(found) for found in findings])


def nothing_left(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    reasons = list(dict.fromkeys(found["message"] for found in findings))
    text = "\n".join([f"한도 때문에 살 수 있는 수량이 없어요. {NO_EFFECT}", *(f"· {reason}" for reason in reasons[:4])])
    return block("order_refused", text, findings=[dict(found) for found in findings])


def bad_request() -> dict[str, Any]:
    return block("order_refused", f"주문 내용을 알아듣지 못했어요. {NO_EFFECT} 종목, 수량, 가격을 다시 말씀해 주세요.")


def nothing_to_order() -> dict[str, Any]:
    return block(
        "order_refused",
        f"주문할 내용이 없어요. {NO_EFFECT} 먼저 '추천'을 받거나 '삼성전자 10주 매수'처럼 말씀해 주세요.",
    )


def rejected() -> dict[str, Any]:
    return block("order_rejected", f"알겠어요. 거절하셔서 {NO_EFFECT}")


def expired() -> dict[str, Any]:
    return block("order_expired", f"승인 시간이 지났어요. {NO_EFFECT} 다시 원하시면 말씀해 주세요.")


def too_many_rounds() -> dict[str, Any]:
    return block("order_refused", f"가격이나 한도가 계속 바뀌어 멈췄어요. {NO_EFFECT} 잠시 뒤 다시 시도해 주세요.")


def unavailable(message: str) -> dict[str, Any]:
    return block("order_unavailable", f"{message} {NO_EFFECT}")


UNDELIVERED = "주문 창구가 답하지 않아 접수됐는지 아직 몰라요. 다시 이어지면 승인 시간 안에 꼭 한 번만 접수돼요."


def uncertain() -> dict[str, Any]:
    return block("order_unavailable", "주문 창구가 답하지 않아 접수됐는지 아직 몰라요. 같은 주문을 두 번 내지 않아요.")


def already(orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return block(
        "order_submitted", "이미 접수된 주문이에요.\n" + "\n".join(map(order_line, orders)), orders=list(orders)
    )


def submitted(orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return block("order_submitted", "\n".join(map(order_line, orders)), orders=list(orders))


def order_line(order: Mapping[str, Any]) -> str:
    """One order in one line, in the words of its state."""
    state = IntentState(order["state"])
    side = SIDES[Side(order["side"])]
    what = f"{order['name'] or order['ticker']}({order['ticker']}) {order['qty']:,}주 {side}"
    filled = order["filled"]
    if state is IntentState.FILLED:
        amount = order["filled_amount"]
        average = f" · 평균 {won((2 * amount + filled) // (2 * filled))}" if filled and amount else ""
        return f"{what} 체결됐어요{average}."
    if state is IntentState.PARTIAL:
        return f"{what} 중 {filled:,}주가 체결됐고 {order['qty'] - filled:,}주는 미체결이에요."
    if state in TERMINAL:
        note = f" ({order['note']})" if order["note"] else ""
        return f"{what} {_ENDS[state]}{note}."
    return f"{what} {_WAITS.get(state, '확인 중이에요')}."


_ENDS = {
    IntentState.CANCELLED: "취소됐어요",
    IntentState.REJECTED: "주문을 거래소가 거부했어요",
    IntentState.REFUSED: "주문을 한도 점검에서 막았어요",
    IntentState.ABSENT: "주문은 증권사에 닿지 않은 것으로 확인됐어요",
    IntentState.WITHDRAWN: "주문을 보내지 않고 거뒀어요",
    IntentState.EXPIRED: "주문의 남은 수량이 장 마감으로 끝났어요",
}
_WAITS = {
    IntentState.NEW: "주문이 접수돼 차례를 기다려요",
    IntentState.SENDING: "주문을 보내는 중이에요",
    IntentState.NOT_SENT: "주문이 아직 나가지 않았어요",
    IntentState.ACKED: "주문이 접수됐고 아직 미체결이에요",
    IntentState.UNKNOWN: "주문의 결과를 증권사에 확인하고 있어요. 같은 주문을 다시 보내지 않아요",
    IntentState.MANUAL: "주문은 사람이 확인해야 해요. '미체결'에서 볼 수 있어요",
    IntentState.CANCEL_PENDING: "주문을 취소하는 중이에요",
    IntentState.CANCEL_UNKNOWN: "주문의 취소 결과를 확인하고 있어요",
    IntentState.REVISE_PENDING: "주문을 정정하는 중이에요",
    IntentState.REVISE_UNKNOWN: "주문의 정정 결과를 확인하고 있어요",
}
