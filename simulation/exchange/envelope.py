"""Shapes of answers: business envelope, the two gateway error shapes, padding, headers.

Contract: every leaf is a string; `msg1` of ledger calls is padded to 80 bytes (cp949, as KIS counts), cursors to
exactly 100 characters; headers of our own are lower case without a dash (`tr_id`, `tr_cont`, `gt_uid`), the
standard ones stay Title-Case (aiohttp's way): the official client turns every lower-case header into an identifier.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

CURSOR_WIDTH = 100


def padded_message(text: str, width: int = 80) -> str:
    """Ledger messages come right-padded with blanks to 80 bytes."""
    return text + " " * max(0, width - len(text.encode("cp949", "replace")))


def cursor(text: str = "") -> str:
    return text[:CURSOR_WIDTH].ljust(CURSOR_WIDTH)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: JSON body, HTTP status, and `tr_cont` (blank where there is no paging)."""

    body: Mapping[str, Any]
    status: int = 200
    tr_cont: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


def business(msg_cd: str, msg1: str, rt_cd: str = "0", tr_cont: str = "", **parts: Any) -> Reply:
    """A ledger or quotation answer with its output parts first, as KIS writes them."""
    return Reply({**parts, "rt_cd": rt_cd, "msg_cd": msg_cd, "msg1": msg1}, tr_cont=tr_cont)


def quotation(**parts: Any) -> Reply:
    """Every quotation TR succeeds with the same words."""
    return business("MCA00000", "정상처리 되었습니다.", **parts)


class GatewayError(Exception):
    """Refused before the business code: HTTP 500 with rt_cd 1 on business paths."""

    def __init__(self, code: str, status: int = 500, text: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.text = text if text is not None else GATEWAY_TEXT[code]

    def reply(self) -> Reply:
        return Reply({"rt_cd": "1", "msg1": self.text, "msg_cd": self.code}, status=self.status)


class OauthError(GatewayError):
    """Refused on an oauth2 path: HTTP 403 and the other envelope."""

    def __init__(self, code: str, status: int = 403) -> None:
        super().__init__(code, status)

    def reply(self) -> Reply:
        return Reply({"error_description": self.text, "error_code": self.code}, status=self.status)


GATEWAY_TEXT = {
    "EGW00001": "일시적 오류가 발생했습니다.",
    "EGW00002": "서버 에러가 발생했습니다.",
    "EGW00102": "AppKey는 필수입니다.",
    "EGW00103": "유효하지 않은 AppKey입니다.",
    "EGW00104": "AppSecret은 필수입니다.",
    "EGW00105": "유효하지 않은 AppSecret입니다.",
    "EGW00115": "grant_type은 필수입니다.",
    "EGW00116": "지원하지 않는 grant_type입니다.",
    "EGW00121": "유효하지 않은 token 입니다.",
    "EGW00122": "token을 찾을 수 없습니다.",
    "EGW00123": "기간이 만료된 token 입니다.",
    "EGW00131": "유효하지 않은 hashkey 입니다.",
    "EGW00132": "Content-Type이 유효하지 않습니다.",
    "EGW00133": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
    "EGW00201": "초당 거래건수를 초과하였습니다.",
    "EGW00202": "GW라우팅 중 오류가 발생했습니다.",
    "EGW00203": "OPS라우팅 중 오류가 발생했습니다.",
    "EGW00205": "credentials_type이 유효하지 않습니다.(Bearer)",
    "EGW00206": "API 사용 권한이 없습니다.",
    "EGW00207": "IP 주소가 유효하지 않습니다.",
    "EGW00208": "고객유형(custtype)이 유효하지 않습니다.",
    "EGW00209": "일련번호(seq_no)가 유효하지 않습니다.",
    "EGW00213": "모의투자 tr이 아닙니다.",
    "EGW00215": "원장에서 허용 가능한 초당 거래건수를 초과하였습니다.",
    "EGW00300": "Gateway 라우팅 오류가 발생했습니다.",
    "EGW00301": "연결 시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.",
    "EGW00302": "거래 시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.",
    "EGW00304": "고객식별키가 유효하지 않습니다.",
    "EGW02004": "실전투자 TR 이 아닙니다.",
    "EGW02006": "모의투자 TR  이 아닙니다.",
    "EGW02007": "해당 앱키는 모의투자용 앱키가 아닙니다.",
    "OPSQ0002": "없는 서비스 코드 입니다.",
}


def to_response(reply: Reply, tr_id: str = "", gt_uid: str = "") -> web.Response:
    """The HTTP answer."""
    headers = {"Content-Type": "application/json;charset=utf-8", **reply.extra}
    if tr_id or gt_uid:
        headers |= {"tr_id": tr_id, "tr_cont": reply.tr_cont, "gt_uid": gt_uid}
    return web.Response(status=reply.status, body=json.dumps(reply.body, ensure_ascii=False).encode(), headers=headers)
