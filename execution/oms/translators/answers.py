"""The door's answers as HTTP: which status each one is, and its messages as JSON.

Contract: a pure table. Money and quantities are JSON numbers (won, shares), times ISO 8601 in KST, absent times null.
What the door said in Korean is passed on unchanged; nothing else of an error leaves.
"""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from domain.clock import KST
from domain.proto import oms_pb2 as pb
from execution.oms.translators.bodies import Malformed

Answer = tuple[int, dict[str, Any]]  # HTTP status, body

# Refusals that say "not you" and not "not now": the same for every id that does not exist for this caller.
NOT_YOURS = frozenset({"FORBIDDEN", "AUTHORITY_FORBIDDEN", "ACCOUNT_UNKNOWN", "ACCOUNT_ELSEWHERE"})
_OUTCOMES = {
    pb.SubmitReply.ADMITTED: 200,
    pb.SubmitReply.ALREADY_ADMITTED: 200,
    pb.SubmitReply.CONFLICT: 409,
    pb.SubmitReply.REFUSED: 422,
}
_STATUSES = {
    grpc.StatusCode.UNAUTHENTICATED: (401, "UNAUTHENTICATED", "호출한 프로그램을 확인하지 못했어요."),
    grpc.StatusCode.INVALID_ARGUMENT: (400, "INVALID_ARGUMENT", "요청의 형식이 올바르지 않아요."),
    grpc.StatusCode.UNAVAILABLE: (503, "UNAVAILABLE", "주문 관리(OMS)가 지금 답할 수 없어요. 잠시 후 다시 해 주세요."),
    grpc.StatusCode.DEADLINE_EXCEEDED: (
        504,
        "LATE",
        "답이 늦어요. 같은 번호로 다시 물으면 주문이 있는지 알 수 있어요.",
    ),
}


def submitted(reply: pb.SubmitReply) -> Answer:
    codes = {finding.code for finding in reply.findings}
    status = 403 if codes & NOT_YOURS else _OUTCOMES.get(reply.outcome, 502)
    return status, {
        "outcome": pb.SubmitReply.Outcome.Name(reply.outcome),
        "message": reply.message,
        "orders": [order(each) for each in reply.orders],
        "findings": [as_json(each) for each in reply.findings],
    }


def cancelled(reply: pb.OrderReply) -> Answer:
    status = 200 if reply.accepted else 409 if reply.code == "CONFLICT" else 422
    known = reply.HasField("order")
    return status, {
        "accepted": reply.accepted,
        "code": reply.code,
        "message": reply.message,
        "order": order(reply.order) if known else None,
    }


def cancelable(reply: pb.OrdersReply) -> Answer:
    """Open orders only; `remaining` is what neither an inquiry nor a notice has shown as filled."""
    return 200, {"orders": [order(each) for each in reply.orders]}


def event(message: pb.Event) -> dict[str, Any]:
    body = as_json(message)
    body["order"] = order(message.order) if message.HasField("order") else None
    return {"type": "event", **body}


def order(message: pb.Order) -> dict[str, Any]:
    body = as_json(message)
    body["remaining"] = max(0, message.quantity - message.filled - message.provisional)
    return body


def as_json(message: Any) -> dict[str, Any]:
    """Every plain field of a message by its own name; messages inside it are left to the caller."""
    body: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if isinstance(value, Timestamp):
            body[field.name] = _moment(value)
        elif field.message_type is None:
            body[field.name] = value
    return body


def malformed(error: Malformed) -> Answer:
    return 400, {
        "error": "MALFORMED",
        "message": "요청의 형식이 올바르지 않아요. 아무것도 하지 않았어요.",
        "field": error.field,
        "expected": error.expected,
        "found": error.found,
    }


def refused(status: int, code: str, message: str) -> Answer:
    return status, {"error": code, "message": message}


def failed(error: grpc.aio.AioRpcError) -> Answer:
    """The door did not answer with a message."""
    details = error.details() or ""
    if error.code() is grpc.StatusCode.PERMISSION_DENIED:
        code, _, text = details.partition(": ")
        return refused(403, code or "FORBIDDEN", text or "이 호출은 허용되지 않았어요.")
    status, code, text = _STATUSES.get(error.code(), (502, "FAILED", "주문 관리(OMS)에서 문제가 생겼어요."))
    return refused(status, code, details if _is_korean(details) else text)


def _moment(at: Timestamp) -> str | None:
    return at.ToDatetime(tzinfo=KST).isoformat(timespec="milliseconds") if at.seconds else None


def _is_korean(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)
