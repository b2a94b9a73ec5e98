"""What is said while an approval card waits: nothing in words approves an order.

Contract: pure; returns the reply to an approval-like or cancel-like message, or None when the message is about
something else and may be answered beside the waiting card.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.clock import KST
from domain.korean.acts import WATCHING, Act
from domain.korean.reading import Reading
from tools.ports import ApprovalRequest

_APPROVE = (Act.SEND_PROPOSALS, Act.YES)
_REJECT = (Act.CANCEL_ORDER, Act.CANCEL_LAST, Act.REJECT_WORDS, Act.NO, Act.NO_ORDER, Act.NOT_THAT)
_SOMETHING_ELSE = (
    *(Act.PRICE, Act.CHART, Act.ANALYSE, Act.BALANCE, Act.PNL, Act.OPEN_ORDERS, Act.HISTORY, Act.WHY, Act.RECEIPT),
    *(Act.HELP, Act.EXPLAIN, Act.HALT, Act.MACRO, Act.NEWS, Act.EQUITY, Act.STOPS, Act.WHY_HALTED),
)


def reply_while_pending(reading: Reading, request: ApprovalRequest | Mapping[str, Any]) -> str | None:
    """'네, 사줘' points to the card, '취소' offers rejecting it; None lets the message run aside."""
    approval_id, expires = _ids(request)
    until = f" {expires.astimezone(KST):%H:%M}까지 기다릴게요." if expires else ""
    if reading.does(Act.INJECTION):
        return f"말이나 붙여 넣은 글로는 승인되지 않아요. 승인은 카드에서만 할 수 있어요.{until}"
    if reading.does(Act.HALT, *WATCHING):
        return None
    if reading.does(Act.FEWER) and not reading.tickers:
        return (
            "승인 카드의 수량은 말로 바꿀 수 없어요. 거절한 다음 '반만 사줘'나 '1번만'처럼 말씀해 주세요.\n"
            f"터미널에서는 /reject {approval_id}"
        )
    if reading.does(*_REJECT) and not reading.tickers:
        return (
            "승인 카드를 거절하면 주문은 나가지 않아요. 카드에서 [거절]을 눌러 주세요.\n"
            f"터미널에서는 /reject {approval_id}"
        )
    if reading.does(*_SOMETHING_ELSE):
        return None
    if reading.does(Act.BUY, Act.SELL, Act.ORDER_SIDELESS) and (reading.tickers or reading.foreign):
        return (
            "지금 승인을 기다리는 주문이 있어요. 먼저 카드에서 [승인]이나 [거절]을 "
            f"골라 주세요.\n터미널에서는 /approve {approval_id} 또는 /reject {approval_id}"
        )
    if reading.does(*_APPROVE, Act.BUY, Act.SELL, Act.ORDER_SIDELESS):
        return (
            "말로는 승인되지 않아요. 카드의 내용을 확인하고 [승인]을 눌러 "
            f"주세요.{until}\n터미널에서는 /approve {approval_id}"
        )
    return None


def _ids(request: ApprovalRequest | Mapping[str, Any]) -> tuple[str, datetime | None]:
    if isinstance(request, Mapping):
        raw = request.get("expires_at")
        return str(request.get("approval_id", "")), datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    return str(request.approval_id), request.expires_at
