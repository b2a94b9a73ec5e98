"""What an answer means: two pure tables, one for writes (ORDERS, "What a reply means"), one for reads.

Nearly every gateway error is HTTP 500 and some arrive with HTTP 200, so the status alone decides nothing.
A write is NOT_SENT, REJECTED or ACKED only on the listed evidence; contradictory, unlisted or unreadable = UNKNOWN.
The code lists are judgement over reports, not a promise by KIS: dated 2026-11-22, extend them with evidence only.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from tools.kis.errors import ReplyClass


class TransportEvent(StrEnum):
    """How far one exchange got."""

    NOTHING_SENT = "nothing_sent"  # connect or TLS failure before the first byte
    DEADLINE = "deadline"  # our own abort before the first byte
    BROKEN = "broken"  # time-out, reset or garbage after the first byte
    ANSWERED = "answered"  # a complete HTTP response


# The gateway refused before routing to the ledger.
NOT_SENT_CODES: Mapping[str, str] = {
    "EGW00102": "app key missing",
    "EGW00103": "app key invalid",
    "EGW00104": "app secret missing",
    "EGW00105": "app secret invalid",
    "EGW00116": "grant type not supported",
    "EGW00121": "token invalid",
    "EGW00122": "token not found",
    "EGW00123": "token expired",
    "EGW00131": "hash key invalid",
    "EGW00132": "content type invalid",
    "EGW00201": "too many requests in a second",
    "EGW00205": "not a bearer token",
    "EGW00206": "no right to this API",
    "EGW00207": "IP refused",
    "EGW00208": "custtype invalid",
    "EGW00209": "seq_no invalid",
    "EGW00213": "not a paper TR",
    "EGW00304": "customer key invalid",
    "EGW02004": "not a live TR or key",
    "EGW02006": "not a paper TR",
    "EGW02007": "not a paper app key",
}

THROTTLE_CODES = frozenset({"EGW00201"})
TOKEN_CODES = frozenset({"EGW00121", "EGW00122", "EGW00123"})
KEY_CODES = frozenset({"EGW00102", "EGW00103", "EGW00104", "EGW00105", "EGW00206", "EGW00207", "EGW00304", "EGW02007"})


class RejectKind(StrEnum):
    """Why the broker said no, as far as it can be told; APBK0918 is reused, so its text decides."""

    CLOSED = "closed"
    CASH = "cash"
    QUANTITY = "quantity"
    TICK = "tick"
    BAND = "band"
    INSTRUMENT = "instrument"
    HALTED = "halted"
    ORDER_TYPE = "order_type"
    ACCOUNT = "account"
    NOTHING_LEFT = "nothing_left"  # nothing to revise or cancel: ask, do not conclude
    NOT_OFFERED = "not_offered"
    INPUT = "input"
    OTHER = "other"


# The ledger read the order and refused it (HTTP 200, rt_cd other than 0).
REJECTED_CODES: Mapping[str, RejectKind] = {
    "APBK0918": RejectKind.OTHER,
    "KIOK0320": RejectKind.CLOSED,
    "APBK0919": RejectKind.OTHER,
    "APBK0952": RejectKind.CASH,
    "APBK0400": RejectKind.QUANTITY,
    "APBK0506": RejectKind.TICK,
    "APBK0406": RejectKind.BAND,
    "APBK0407": RejectKind.BAND,  # the paper exchange's counterpart of 0406; KIS's own lower-limit code is not known
    "APBK0656": RejectKind.INSTRUMENT,
    "APBK0066": RejectKind.HALTED,
    "APBK1943": RejectKind.ORDER_TYPE,
    "APBK3013": RejectKind.ORDER_TYPE,
    "APBK1744": RejectKind.ACCOUNT,
    "APBK1234": RejectKind.QUANTITY,
    "APBK0344": RejectKind.NOTHING_LEFT,  # 원주문정보가 존재하지 않습니다
    "APBK0927": RejectKind.NOTHING_LEFT,  # 정정취소 가능수량이 없습니다, seen live 2026-09
    "APBK0963": RejectKind.ORDER_TYPE,
    "APBK1359": RejectKind.NOTHING_LEFT,
    "APAC0081": RejectKind.ACCOUNT,
    "APAC0489": RejectKind.INPUT,
    "IGW00009": RejectKind.INPUT,
    "IGW00017": RejectKind.INSTRUMENT,
    "OPSQ0002": RejectKind.NOT_OFFERED,
    "OPSQ2000": RejectKind.ACCOUNT,
    "OPSQ2001": RejectKind.INPUT,
    "OPSQ2002": RejectKind.INPUT,
    "40030000": RejectKind.TICK,
    "40070000": RejectKind.INSTRUMENT,
    "40100000": RejectKind.CLOSED,
    "40240000": RejectKind.QUANTITY,
    "40250000": RejectKind.CASH,
    "40270000": RejectKind.BAND,
    "40310000": RejectKind.CASH,
    "40330000": RejectKind.NOTHING_LEFT,
    "40570000": RejectKind.CLOSED,
    "40580000": RejectKind.CLOSED,
    "40910000": RejectKind.ACCOUNT,
    "90000000": RejectKind.NOT_OFFERED,
}

_KIND_BY_TEXT: tuple[tuple[str, RejectKind], ...] = (
    ("장운영", RejectKind.CLOSED),
    ("거래시간", RejectKind.CLOSED),
    ("장종료", RejectKind.CLOSED),
    ("장시작전", RejectKind.CLOSED),
    ("영업일이 아", RejectKind.CLOSED),
    ("정정/취소할 수량", RejectKind.NOTHING_LEFT),
    ("정정취소", RejectKind.NOTHING_LEFT),
    ("가능수량이 없", RejectKind.NOTHING_LEFT),
    ("원주문", RejectKind.NOTHING_LEFT),
    ("매매불가", RejectKind.INSTRUMENT),
    ("호가단위", RejectKind.TICK),
    ("상한가", RejectKind.BAND),
    ("하한가", RejectKind.BAND),
    ("주문가능금액", RejectKind.CASH),
    ("예수금", RejectKind.CASH),
    ("현금", RejectKind.CASH),
    ("매도가능", RejectKind.QUANTITY),
    ("보유수량", RejectKind.QUANTITY),
    ("잔고", RejectKind.QUANTITY),
    ("거래정지", RejectKind.HALTED),
)


def reply_code(body: Mapping[str, Any] | None) -> str:
    """`msg_cd`, or `error_code` of the oauth envelope, stripped; "" when there is neither."""
    if body is None:
        return ""
    return str(body.get("msg_cd") or body.get("error_code") or "").strip()


def reply_message(body: Mapping[str, Any] | None) -> str:
    """The broker's words without their padding."""
    if body is None:
        return ""
    return str(body.get("msg1") or body.get("error_description") or "").strip()


def classify_write(status: int | None, body: Mapping[str, Any] | None, event: TransportEvent) -> ReplyClass:
    """The class of a write's reply. `body` is the parsed JSON object, None when there was none to parse."""
    if event in (TransportEvent.NOTHING_SENT, TransportEvent.DEADLINE):
        return ReplyClass.NOT_SENT
    if event is TransportEvent.BROKEN or status is None or body is None:
        return ReplyClass.UNKNOWN
    accepted = str(body.get("rt_cd", "")).strip() == "0"
    numbered = order_number(body) is not None
    if accepted:
        return ReplyClass.ACKED if numbered else ReplyClass.UNKNOWN
    if numbered:
        return ReplyClass.UNKNOWN  # a refusal with an order number contradicts itself
    code = reply_code(body)
    if code in NOT_SENT_CODES:
        return ReplyClass.NOT_SENT
    if status == 200 and str(body.get("rt_cd", "")).strip() and code in REJECTED_CODES:
        return ReplyClass.REJECTED
    return ReplyClass.UNKNOWN


def order_number(body: Mapping[str, Any]) -> int | None:
    """ODNO of an order answer (upper case on the wire, lower case in the documents), None when absent or zero."""
    output = body.get("output")
    if not isinstance(output, Mapping):
        return None
    text = str(output.get("ODNO") or output.get("odno") or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text) or None


def reject_kind(code: str, message: str) -> RejectKind:
    """Why it was refused: the words first, because KIS reuses codes, then the code."""
    for words, kind in _KIND_BY_TEXT:
        if words in message:
            return kind
    return REJECTED_CODES.get(code, RejectKind.OTHER)


class ReadClass(StrEnum):
    """What to do with the answer to a question."""

    OK = "ok"
    THROTTLED = "throttled"  # ask again, later
    TOKEN = "token"  # noqa: S105  # renew it, ask once more
    TRANSIENT = "transient"  # ask again, bounded
    KEY = "key"  # the gateway does not accept the key
    REFUSED = "refused"  # a definite no


_TRANSIENT_CODES = frozenset(
    {
        *("EGW00001", "EGW00002", "EGW00202", "EGW00203", "EGW00300", "EGW00301", "EGW00302"),
        *("OPSQ0003", "OPSQ0008", "OPSQ0009", "OPSQ1002", "90020000"),
    }
)


def classify_read(status: int | None, body: Mapping[str, Any] | None, event: TransportEvent) -> ReadClass:
    """The class of a read's answer. EGW00215, the ledger's cap over all customers, is waited out like our own."""
    if event is not TransportEvent.ANSWERED or status is None or body is None:
        return ReadClass.TRANSIENT
    code = reply_code(body)
    rt_cd = str(body.get("rt_cd", "")).strip()
    if code in THROTTLE_CODES or (code == "EGW00215" and rt_cd != "0"):
        return ReadClass.THROTTLED
    if code in TOKEN_CODES:
        return ReadClass.TOKEN
    if status == 200 and rt_cd == "0":
        return ReadClass.OK
    if code in KEY_CODES:
        return ReadClass.KEY
    if code in _TRANSIENT_CODES or not code:
        return ReadClass.TRANSIENT
    return ReadClass.REFUSED
