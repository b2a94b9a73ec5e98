"""The reply table, line by line: what each answer to an order proves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.kis.errors import ReplyClass
from tools.kis.replies import (
    NOT_SENT_CODES,
    REJECTED_CODES,
    ReadClass,
    RejectKind,
    TransportEvent,
    classify_read,
    classify_write,
    order_number,
    reject_kind,
)
from tools.kis.transport import parse_object

ANSWERED = TransportEvent.ANSWERED
ACK = {"rt_cd": "0", "msg_cd": "APBK0013", "output": {"KRX_FWDG_ORD_ORGNO": "06010", "ODNO": "0001569157"}}

CONTRACT_NOT_SENT = [
    *("EGW00102", "EGW00103", "EGW00104", "EGW00105", "EGW00116", "EGW00121", "EGW00122", "EGW00123"),
    *("EGW00131", "EGW00132", "EGW00201", "EGW00205", "EGW00206", "EGW00207", "EGW00208", "EGW00209"),
    *("EGW00213", "EGW00304", "EGW02004", "EGW02006", "EGW02007"),
]
CONTRACT_UNKNOWN = [
    *("EGW00001", "EGW00002", "EGW00202", "EGW00203", "EGW00215", "EGW00300", "EGW00301", "EGW00302"),
    *("OPSQ0003", "OPSQ0008", "OPSQ0009", "OPSQ1002", "90020000", "EGW00133", "EGW99999", "ZZZZ0000", ""),
]


def refusal(code: str, rt_cd: str = "1") -> dict[str, Any]:
    return {"rt_cd": rt_cd, "msg_cd": code, "msg1": "말씀".ljust(80)}


def test_the_table_lists_exactly_the_codes_of_the_contract() -> None:
    assert set(NOT_SENT_CODES) == set(CONTRACT_NOT_SENT)


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize("code", CONTRACT_NOT_SENT)
def test_a_listed_gateway_code_proves_not_sent_whatever_the_status(code: str, status: int) -> None:
    assert classify_write(status, refusal(code), ANSWERED) is ReplyClass.NOT_SENT


def test_the_oauth_envelope_counts_as_a_code() -> None:
    body = {"error_code": "EGW00123", "error_description": "기간이 만료된 token 입니다."}
    assert classify_write(403, body, ANSWERED) is ReplyClass.NOT_SENT


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("code", CONTRACT_UNKNOWN)
def test_every_other_code_proves_nothing(code: str, status: int) -> None:
    assert classify_write(status, refusal(code), ANSWERED) is ReplyClass.UNKNOWN


@pytest.mark.parametrize("rt_cd", ["1", "7"])
@pytest.mark.parametrize("code", sorted(REJECTED_CODES))
def test_a_listed_refusal_at_http_200_is_a_rejection(code: str, rt_cd: str) -> None:
    assert classify_write(200, refusal(code, rt_cd), ANSWERED) is ReplyClass.REJECTED


@pytest.mark.parametrize("code", sorted(REJECTED_CODES))
def test_a_listed_refusal_with_another_status_or_without_rt_cd_proves_nothing(code: str) -> None:
    assert classify_write(500, refusal(code), ANSWERED) is ReplyClass.UNKNOWN
    assert classify_write(200, {"msg_cd": code, "msg1": "?"}, ANSWERED) is ReplyClass.UNKNOWN


def test_an_order_number_with_rt_cd_0_is_an_acknowledgement() -> None:
    assert classify_write(200, ACK, ANSWERED) is ReplyClass.ACKED
    assert classify_write(200, {"rt_cd": "0", "output": {"odno": "0000000005"}}, ANSWERED) is ReplyClass.ACKED


@pytest.mark.parametrize(
    "body",
    [
        {"rt_cd": "0"},
        {"rt_cd": "0", "output": {}},
        {"rt_cd": "0", "output": {"ODNO": ""}},
        {"rt_cd": "0", "output": {"ODNO": "0000000000"}},
        {"rt_cd": "0", "output": {"ODNO": "없음"}},
        {"rt_cd": "0", "output": {"ODNO": "١٢"}},
        {"rt_cd": "0", "output": []},
        {"rt_cd": "0", "msg_cd": "EGW00201"},
        {"rt_cd": "0", "msg_cd": "40580000"},
        {"rt_cd": "1", "msg_cd": "40580000", "output": {"ODNO": "0000000005"}},
        {"rt_cd": "1", "msg_cd": "EGW00201", "output": {"ODNO": "0000000005"}},
        {},
    ],
)
def test_an_acceptance_without_number_or_a_contradiction_proves_nothing(body: dict[str, Any]) -> None:
    assert classify_write(200, body, ANSWERED) is ReplyClass.UNKNOWN


@pytest.mark.parametrize(
    "raw", [b"", b"<html>502</html>", b'{"rt_cd":"0","msg', b"[]", b"\xff\xfe", b"null", b"[" * 9999]
)
@pytest.mark.parametrize("status", [200, 302, 500, 502])
def test_an_unreadable_body_proves_nothing(raw: bytes, status: int) -> None:
    assert classify_write(status, parse_object(raw), ANSWERED) is ReplyClass.UNKNOWN


def test_a_body_with_padding_and_byte_order_mark_is_readable() -> None:
    raw = b"\xef\xbb\xbf  " + json.dumps(ACK).encode() + b"  \r\n"
    assert classify_write(200, parse_object(raw), ANSWERED) is ReplyClass.ACKED


@pytest.mark.parametrize("event", [TransportEvent.NOTHING_SENT, TransportEvent.DEADLINE])
def test_nothing_sent_is_not_sent(event: TransportEvent) -> None:
    assert classify_write(None, None, event) is ReplyClass.NOT_SENT


def test_a_connection_broken_after_the_first_byte_proves_nothing_even_with_a_status() -> None:
    assert classify_write(None, None, TransportEvent.BROKEN) is ReplyClass.UNKNOWN
    assert classify_write(200, ACK, TransportEvent.BROKEN) is ReplyClass.UNKNOWN


def test_real_order_answers_are_read_as_their_reporters_did(shared_dir: Path) -> None:
    samples = json.loads((shared_dir / "kis/samples/order_and_error_bodies.json").read_text())
    seen: dict[str, set[ReplyClass]] = {}
    for sample in samples:
        if "tokenP" in sample["api"]:
            continue
        for status in (200, 500) if "or" in str(sample["http"]) else (int(sample["http"]),):
            code = sample["body"].get("msg_cd") or "(none)"
            seen.setdefault(code, set()).add(classify_write(status, sample["body"], ANSWERED))
    assert seen == {
        "APBK0013": {ReplyClass.ACKED},
        "APBK1359": {ReplyClass.REJECTED},
        "40580000": {ReplyClass.REJECTED},
        "40250000": {ReplyClass.REJECTED},
        "(none)": {ReplyClass.UNKNOWN},
        "40070000": {ReplyClass.REJECTED},
        "EGW00201": {ReplyClass.NOT_SENT},
        "EGW00123": {ReplyClass.NOT_SENT},
        "EGW02004": {ReplyClass.NOT_SENT},
    }


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("APBK0918", "장운영시간이 아닙니다.(주문불가)", RejectKind.CLOSED),
        ("APBK0918", "주문가능금액이 부족합니다", RejectKind.CASH),
        ("APBK0918", "매도가능수량 부족", RejectKind.QUANTITY),
        ("APBK0919", "장운영일자가 주문일과 상이합니다", RejectKind.CLOSED),
        ("40330000", "모의투자 정정/취소할 수량이 없습니다.", RejectKind.NOTHING_LEFT),
        ("APBK0927", "정정취소 가능수량이 없습니다.", RejectKind.NOTHING_LEFT),
        ("APBK0344", "원주문정보가 존재하지 않습니다", RejectKind.NOTHING_LEFT),
        ("APBK0918", "모의투자 장내채권/ETF/ETN/ELW 매매불가", RejectKind.INSTRUMENT),
        ("APBK0506", "", RejectKind.TICK),
        ("NEW00001", "처음 보는 말", RejectKind.OTHER),
    ],
)
def test_the_words_tell_the_reason_before_the_code(code: str, message: str, kind: RejectKind) -> None:
    assert reject_kind(code, message) is kind


def test_order_numbers_compare_without_their_zeros() -> None:
    assert order_number(ACK) == 1569157


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"rt_cd": "0"}, ReadClass.OK),
        (200, {"rt_cd": "0", "msg_cd": "70070000"}, ReadClass.OK),
        (200, refusal("EGW00201"), ReadClass.THROTTLED),
        (500, refusal("EGW00201"), ReadClass.THROTTLED),
        (500, refusal("EGW00215"), ReadClass.THROTTLED),
        (500, refusal("EGW00123"), ReadClass.TOKEN),
        (500, refusal("EGW00121"), ReadClass.TOKEN),
        (500, refusal("EGW00304"), ReadClass.KEY),
        (500, refusal("EGW00300"), ReadClass.TRANSIENT),
        (502, None, ReadClass.TRANSIENT),
        (500, {"rt_cd": "0"}, ReadClass.TRANSIENT),
        (200, refusal("90000000"), ReadClass.REFUSED),
        (500, refusal("EGW02006"), ReadClass.REFUSED),
    ],
)
def test_reads_are_asked_again_only_where_that_helps(
    status: int, body: dict[str, Any] | None, expected: ReadClass
) -> None:
    assert classify_read(status, body, ANSWERED) is expected
    assert classify_read(status, body, TransportEvent.BROKEN) is ReadClass.TRANSIENT
