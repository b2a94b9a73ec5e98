"""What users read about an order's state, in one table (해요체). Codes are for programs, these are for people."""

from __future__ import annotations

from domain.orders.types import IntentState
from domain.orders.words import Event

NOTES: dict[Event, str] = {
    Event.ADMITTED: "주문을 접수했어요. 곧 보낼게요.",
    Event.GATE2_REFUSED: "보내기 직전 확인에서 막혔어요.",
    Event.WITHDRAWN: "보내지 않고 거뒀어요.",
    Event.SEND_STARTED: "증권사로 보내는 중이에요.",
    Event.NOT_SENT: "증권사에 닿지 않았어요. 다시 보낼 수 있는지 확인할게요.",
    Event.REQUEUED: "다시 보낼 차례를 기다려요.",
    Event.REPLY_ACKED: "증권사가 주문을 받았어요.",
    Event.REPLY_REJECTED: "증권사가 주문을 거절했어요.",
    Event.REPLY_UNKNOWN: "증권사의 답을 확인하지 못했어요. 다시 보내지 않고 주문 내역을 조회해요.",
    Event.RECOVERED: "프로그램이 다시 시작돼 주문 내역을 조회해요.",
    Event.FOUND_ONE: "조회에서 주문을 찾았어요.",
    Event.FOUND_NONE: "증권사에 닿지 않은 것으로 확인됐어요. 다시 보내지 않아요.",
    Event.AMBIGUOUS: "어느 주문인지 자동으로 가릴 수 없어요. 직접 확인이 필요해요.",
    Event.LATE_EVIDENCE: "닿지 않은 줄 알았던 주문의 흔적이 나타나 다시 확인해요.",
    Event.EXCHANGE_REJECTED: "거래소가 주문을 거절했어요.",
    Event.FILL_PARTIAL: "일부 체결됐어요.",
    Event.FILL_COMPLETE: "모두 체결됐어요.",
    Event.CANCEL_REQUESTED: "취소를 요청하는 중이에요.",
    Event.CANCEL_CONFIRMED: "남은 수량을 취소했어요.",
    Event.CANCEL_REFUSED: "취소되지 않았어요. 주문이 살아 있어요.",
    Event.CANCEL_REFUSED_PARTIAL: "취소되지 않았어요. 남은 주문이 살아 있어요.",
    Event.CANCEL_UNKNOWN: "취소 결과를 확인하고 있어요.",
    Event.REVISE_REQUESTED: "정정을 요청하는 중이에요.",
    Event.REVISE_CONFIRMED: "가격을 정정했어요.",
    Event.REVISE_CONFIRMED_PARTIAL: "남은 수량의 가격을 정정했어요.",
    Event.REVISE_REFUSED: "정정되지 않았어요. 처음 가격 그대로예요.",
    Event.REVISE_REFUSED_PARTIAL: "정정되지 않았어요. 처음 가격 그대로예요.",
    Event.REVISE_UNKNOWN: "정정 결과를 확인하고 있어요.",
    Event.ENDED_BY_BROKER: "증권사나 거래소에서 취소됐어요.",
    Event.EXPIRED: "장이 끝나 남은 수량이 소멸됐어요.",
    Event.PERSON_ADOPTED: "직접 확인한 주문번호로 이어졌어요.",
    Event.PERSON_ABSENT: "주문이 없는 것으로 직접 확인했어요.",
}

STATES: dict[IntentState, str] = {
    IntentState.NEW: "대기",
    IntentState.SENDING: "전송 중",
    IntentState.NOT_SENT: "미전송",
    IntentState.UNKNOWN: "확인 중",
    IntentState.ACKED: "접수",
    IntentState.PARTIAL: "일부 체결",
    IntentState.FILLED: "체결",
    IntentState.CANCEL_PENDING: "취소 중",
    IntentState.CANCEL_UNKNOWN: "취소 확인 중",
    IntentState.REVISE_PENDING: "정정 중",
    IntentState.REVISE_UNKNOWN: "정정 확인 중",
    IntentState.CANCELLED: "취소",
    IntentState.REJECTED: "거절",
    IntentState.REFUSED: "거부",
    IntentState.ABSENT: "미도달",
    IntentState.WITHDRAWN: "철회",
    IntentState.EXPIRED: "소멸",
    IntentState.MANUAL: "직접 확인 필요",
}
