"""Rows of the tables and replies of the OMS as the API's JSON. Pure mapping; what a card's state is follows from rows.

Contract: amounts int won, quantities shares, percentages numbers with two decimals, times ISO text in KST. Words come
from where they are already said (`nodes.account`, `execution.desk`); unknown figures are null, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from google.protobuf.timestamp_pb2 import Timestamp

from domain.clock import KST
from domain.mandate import KIND_LABELS, MandateKind, describe
from domain.orders.types import TERMINAL, IntentState
from domain.proto import oms_pb2 as pb
from execution.desk.card import as_order
from nodes.account.context import percent_change
from nodes.account.views import state_word
from tools.ports import StoredMandate
from tools.store.decisions import MESSAGES, Recorded

CardState = Literal["open", "approved", "rejected", "expired", "superseded"]
MandateState = Literal["offered", "live", "revoked", "expired"]

_STATES = {state.value: state for state in IntentState}
_CANCELABLE = frozenset({IntentState.NEW, IntentState.NOT_SENT, IntentState.ACKED, IntentState.PARTIAL})
OUTSIDE = "outside"  # on nobody's word here: placed by hand at the broker
BY_HAND = "앱에서 낸 주문"
REPLACED = "더는 유효하지 않은 카드예요. 결과는 대화에서 확인해 주세요."
REJECTED = "거절하셔서 주문은 나가지 않았어요."
APPROVED = "승인은 기록됐어요. 접수된 주문은 아직 없어요."
APPROVED_TOO_LATE = "승인 시간 안에 접수되지 않아 주문은 나가지 않았어요."


def moment(at: datetime | Timestamp | None) -> str | None:
    """ISO text in KST; None for a time that was never set."""
    if isinstance(at, Timestamp):
        return at.ToDatetime(tzinfo=KST).isoformat(timespec="seconds") if at.seconds else None
    return None if at is None else at.astimezone(KST).isoformat(timespec="seconds")


def order_row(order: pb.Order) -> dict[str, Any]:
    """OrderCardRow. What was placed by hand at the broker has a broker order's states, of which we know the ends."""
    by_hand = order.authority == OUTSIDE
    state = _STATES.get(order.state) if by_hand else IntentState(order.state)
    ended = state in TERMINAL
    return {
        **as_order(order),
        "fee": order.fee,
        "tax": order.tax,
        "state_text": BY_HAND if by_hand and not ended else state_word(order),
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
        "cancelable": not ended if by_hand else state in _CANCELABLE,
        "open": not ended,
    }


def book_json(book: pb.BookReply, label: str) -> dict[str, Any]:
    """`day_change` is null on a day whose beginning was not marked."""
    held = sorted((position for position in book.positions if position.quantity), key=lambda each: -each.value)
    return {
        "cash": book.cash_d2,
        "deposit": book.deposit,
        "buying_power": book.buying_power,
        "withdrawable": book.withdrawable,
        "total_value": book.total_value,
        "realised_today": book.realised_today,
        "realised_total": book.realised_total,
        "unrealised": book.unrealised,
        "fees_total": book.fees_total,
        "taxes_total": book.taxes_total,
        "day_change": book.total_value - book.day_start_value if book.day_start_value else None,
        "holdings": [_holding(position, book.total_value) for position in held],
        "trading_state": book.trading_state or "HALTED",  # an OMS that does not say is treated as the strictest
        "trading_state_reason": book.trading_state_reason,
        "reconciled": book.reconciled,
        "as_of": moment(book.as_of),
        "label": label,
    }


def _holding(position: pb.Position, total: int) -> dict[str, Any]:
    return {
        "ticker": position.ticker,
        "name": position.name or position.ticker,
        "qty": position.quantity,
        "sellable": position.sellable,
        "cost": position.cost,
        "price": position.price,
        "value": position.value,
        "unrealised": position.unrealised,
        "unrealised_pct": float(percent_change(position.value, position.cost)) if position.cost else None,
        "sector": position.sector,
        "weight_pct": float(percent_change(total + position.value, total)) if total > 0 else None,
        "sleeves": dict(position.sleeves),
    }


def card_state(row: Mapping[str, Any], now: datetime) -> CardState:
    """What can still be done with a card. One whose plan has a newer version is superseded even if it was approved:
    that approval was not carried out, and the newer card asks again."""
    if row["decision"] == "reject":
        return "rejected"
    if row["superseded"]:
        return "superseded"
    if row["decision"] == "approve":
        return "approved"
    return "expired" if now >= row["expires_at"] else "open"


def approval_json(
    row: Mapping[str, Any], orders: Sequence[pb.Order], now: datetime, unavailable: str | None = None
) -> dict[str, Any]:
    """The card as it stands; `unavailable` says why its orders could not be read."""
    state = card_state(row, now)
    placed = [order for order in orders if order.version in (0, row["version"])]
    answer = {
        "id": str(row["approval_id"]),
        "plan_id": str(row["plan_id"]),
        "state": state,
        "note": _note(row, state, bool(placed) or unavailable is not None, now),
        "card": row["card"],
        "created_at": moment(row["created_at"]),
        "expires_at": moment(row["expires_at"]),
        "now": moment(now),
        "decision": _decision(row),
        "newer": str(row["newer"]) if row["newer"] is not None else None,
        "orders": [order_row(order) for order in sorted(placed, key=lambda order: order.leg)],
    }
    return answer if unavailable is None else {**answer, "unavailable": unavailable}


def _decision(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["decision"] is None:
        return None
    return {
        "decision": row["decision"],
        "quantities": row["quantities"],
        "unsuitable_ack": row["unsuitable_ack"],
        "channel": row["channel"],
        "decided_at": moment(row["decided_at"]),
    }


def _note(row: Mapping[str, Any], state: CardState, spoken_for: bool, now: datetime) -> str:
    """One sentence about a card that is no longer open; empty when its orders say it themselves."""
    if state == "superseded":
        return MESSAGES[Recorded.SUPERSEDED] if row["newer"] is not None else REPLACED
    if state == "expired":
        return MESSAGES[Recorded.EXPIRED]
    if state == "rejected":
        return REJECTED
    if state == "open" or spoken_for:
        return ""
    return APPROVED_TOO_LATE if now >= row["expires_at"] else APPROVED


def mandate_json(mandate: StoredMandate, names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The bounds in words, and what they are now."""
    kind = MandateKind(mandate.kind)
    return {
        "id": str(mandate.mandate_id),
        "kind": kind.value,
        "label": KIND_LABELS[kind],
        "state": mandate_state(mandate, now),
        "lines": list(describe(mandate.read(), names)),
        "signed_at": moment(mandate.signed_at),
        "expires_at": moment(mandate.expires_at),
        "revoked_at": moment(mandate.revoked_at),
    }


def mandate_state(mandate: StoredMandate, now: datetime) -> MandateState:
    if mandate.revoked_at is not None:
        return "revoked"
    if mandate.expires_at <= now:
        return "expired"
    return "offered" if mandate.signed_at is None else "live"
