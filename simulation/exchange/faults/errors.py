"""Errors of KIS's own that nothing here leads to by itself: said on request, in their envelope and status.

Contract: `CODES` is every code that `server_error_kis` may carry, `reply` says one. A request that meets one of
`UNCERTAIN` is carried out unless the fault says not, one that meets another is not. Texts are KIS's where they are
known; the HTTP status of OPSQ codes is not, and taken from OPSQ0002's. What the socket's codes say is in `controls`.
"""

from __future__ import annotations

from simulation.exchange.controls import MESSAGES
from simulation.exchange.envelope import GATEWAY_TEXT, GatewayError, Reply, business

DEFAULT = "EGW00002"

_CALLS = {  # HTTP 500, as the gateway's
    "OPSQ0003": "호출 오류 입니다.",
    "OPSQ0008": "호출 후처리(MCI전송) 오류 입니다.",
    "OPSQ0009": "호출 후처리(MCI수신) 오류 입니다.",
    "OPSQ1002": "세션 연결 오류",
}
_LEDGER = {  # HTTP 200: (rt_cd, text)
    "KIOK0320": ("7", "장운영시간이 아닙니다"),
    "IGW00009": ("7", "입력값을 확인해주세요."),  # text ours
    "APAC0489": ("7", "계좌번호 입력 오류입니다"),  # text that of APAC0081
    "40910000": ("1", "모의투자 주문이 불가한 계좌입니다."),
    "90020000": ("1", "모의투자 서비스가 지연되고 있습니다"),
}
# after these nobody can know whether the request was carried out; the others are refusals
UNCERTAIN = frozenset(
    {"EGW00001", "EGW00002", "EGW00203", "EGW00301", "EGW00302", "90020000", *_CALLS},
)
CODES = frozenset({*GATEWAY_TEXT, *_CALLS, *_LEDGER})
# said to a registration; the first two are a success
SOCKET_CODES = frozenset(MESSAGES) - {"OPSP0000", "OPSP0001"}
# after these nobody can know whether the request was carried out; the others are refusals
UNCERTAIN = frozenset({"EGW00001", "EGW00002", "EGW00203", "EGW00301", "EGW00302", "90020000", *_CALLS})


def reply(code: str) -> Reply:
    """The answer that carries a code of `CODES`."""
    code = code or DEFAULT
    if code in _LEDGER:
        rt_cd, text = _LEDGER[code]
        return business(code, text, rt_cd)
    return GatewayError(code, text=_CALLS.get(code)).reply()
