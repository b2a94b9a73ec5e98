"""Every error body and HTTP status that the KIS reference lists, each from what causes it where something can."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from wire_caller import Wire

from domain.clock import KST, ManualClock
from simulation.exchange import rejects
from simulation.exchange.app import make_app
from simulation.exchange.config import AccountSpec, Environment, ExchangeConfig, Limits
from simulation.exchange.envelope import GATEWAY_TEXT, GatewayError, OauthError, Reply
from simulation.exchange.exchange import build
from simulation.exchange.faults import errors
from simulation.exchange.passage import Asked, Straight

PRICE = "/uapi/domestic-stock/v1/quotations/inquire-price"
ORDER = "/uapi/domestic-stock/v1/trading/order-cash"


def _at(hour: int, minute: int, *, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=KST)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appkey": ""}, "EGW00102"),
        ({"appsecret": ""}, "EGW00104"),
        ({"authorization": ""}, "EGW00122"),
        ({"authorization": "Bearer x.y.z"}, "EGW00121"),
        ({"authorization": "x.y.z"}, "EGW00205"),
        ({"appsecret": "another-secret"}, "EGW00304"),
        ({"hashkey": "not-a-hash"}, "EGW00131"),
        ({"custtype": "C"}, "EGW00208"),
        ({"custtype": "B", "ip_addr": "999.1.1.1"}, "EGW00207"),
        ({"custtype": "B", "seq_no": "abcd"}, "EGW00209"),
        ({"tr_id": "NOSUCH"}, "OPSQ0002"),
    ],
)
async def test_wrong_header_is_http_500_with_its_code(bench: Any, change: dict[str, str], code: str) -> None:
    place = await bench()
    caller = await place.caller().login()
    answer = await caller.http.get(
        PRICE, params={"FID_INPUT_ISCD": "005930"}, headers=caller.headers("FHKST01010100") | change
    )
    assert answer.status_code == 500
    assert answer.json() == {"rt_cd": "1", "msg1": GATEWAY_TEXT[code], "msg_cd": code}


async def test_what_companies_send_is_taken_when_it_is_right(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    right = {"custtype": "B", "ip_addr": "010.001.002.003", "seq_no": "001", "gt_uid": "0" * 32, "hashkey": "a" * 64}
    right |= {"personalseckey": "x", "mac_address": "00:00:00:00:00:00", "phone_number": "01000000000", "tr_cont": ""}
    answer = await caller.http.get(
        PRICE, params={"FID_INPUT_ISCD": "005930"}, headers=caller.headers("FHKST01010100") | right
    )
    assert answer.json()["rt_cd"] == "0"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/xml", 500),
        ("multipart/form-data; boundary=x", 500),
        ("text/plain", 200),
        ("application/json; charset=utf-8", 200),
        ("application/x-www-form-urlencoded", 200),
    ],
)
async def test_content_type_that_cannot_be_json_is_egw00132(bench: Any, kind: str, status: int) -> None:
    place = await bench()
    caller = await place.caller().login()
    body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    headers = caller.headers("TTTC0012U") | {"content-type": kind}
    answer = await caller.http.post(ORDER, content=json.dumps(body), headers=headers)
    assert answer.status_code == status
    assert answer.json()["msg_cd"] == ("EGW00132" if status == 500 else "APBK0013")
    if kind.endswith("urlencoded"):
        answer = await caller.http.post(ORDER, content="CANO=12345678&PDNO=005930", headers=headers)
        assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW00132")


async def test_grant_type_is_needed_and_has_one_value(bench: Any) -> None:
    place = await bench()
    caller = place.caller()
    pair = {"appkey": caller.key, "appsecret": caller.secret}
    for body, code in ((pair, "EGW00115"), (pair | {"grant_type": "password"}, "EGW00116")):
        for path in ("/oauth2/tokenP", "/oauth2/Approval"):
            answer = await caller.http.post(path, json=body)
            assert (answer.status_code, answer.json()["error_code"]) == (403, code)
            assert answer.json()["error_description"] == GATEWAY_TEXT[code]


async def test_approval_is_given_once_a_second_and_older_keys_stay_good(bench: Any) -> None:
    place = await bench(limits=Limits.DOCUMENTED)
    caller = place.caller()
    body = {"grant_type": "client_credentials", "appkey": caller.key, "secretkey": caller.secret}
    first = (await caller.http.post("/oauth2/Approval", json=body)).json()["approval_key"]
    again = await caller.http.post("/oauth2/Approval", json=body)
    assert (again.status_code, again.json()["msg_cd"]) == (500, "EGW00201")
    other = await caller.http.post("/oauth2/Approval", json=body | {"appkey": "L" * 36})
    assert other.status_code == 200, "another key has a second of its own"
    place.move(seconds=1)
    second = (await caller.http.post("/oauth2/Approval", json=body)).json()["approval_key"]
    now = place.exchange.wall_epoch()
    assert second != first
    assert place.exchange.credentials.read_approval(first, now) == place.exchange.credentials.read_approval(second, now)


async def test_tokens_are_given_once_a_minute_and_logins_that_fail_do_not_count(bench: Any) -> None:
    place = await bench(limits=Limits.DOCUMENTED)
    caller = place.caller()
    body = {"grant_type": "client_credentials", "appkey": caller.key, "appsecret": caller.secret}
    codes = []
    for change, ahead in (({"appsecret": "x"}, 0), ({"appsecret": "x"}, 0), ({}, 0), ({}, 30), ({}, 31), ({}, 0)):
        answer = await caller.http.post("/oauth2/tokenP", json=body | change)
        codes.append((answer.status_code, answer.json().get("error_code", "")))
        place.move(seconds=ahead)
    assert codes == [
        (403, "EGW00105"),
        (403, "EGW00105"),
        (200, ""),
        (403, "EGW00133"),
        (403, "EGW00133"),
        (200, ""),
    ]


class Says(Straight):
    """Answers everything with one error."""

    error: GatewayError

    async def answer(self, asked: Asked, make: Any) -> Reply:
        del asked, make
        return self.error.reply()


async def test_every_gateway_code_has_its_shape_on_both_kinds_of_path() -> None:
    exchange = build(ExchangeConfig(any_account=True, limits=Limits.OFF), ManualClock(_at(10, 0)))
    passage = Says()
    async with TestServer(make_app(exchange, passage)) as server:
        caller = Wire(str(server.make_url("")).rstrip("/"))
        caller.token = "x.y.z"
        for code, text in GATEWAY_TEXT.items():
            passage.error = GatewayError(code)
            answer = await caller.get("quotations/inquire-price", "FHKST01010100")
            assert (answer.status_code, list(answer.json())) == (500, ["rt_cd", "msg1", "msg_cd"])
            assert answer.json() == {"rt_cd": "1", "msg1": text, "msg_cd": code}
            passage.error = OauthError(code)
            answer = await caller.http.post("/oauth2/tokenP", json={})
            assert (answer.status_code, answer.json()) == (403, {"error_description": text, "error_code": code})
        await caller.http.aclose()


async def test_keys_of_a_closed_server_are_told_apart_on_business_paths() -> None:
    spec = AccountSpec("K" * 36, "s" * 180, ("1234567801",))
    exchange = build(ExchangeConfig(accounts=(spec,), limits=Limits.OFF), ManualClock(_at(10, 0)))
    async with TestServer(make_app(exchange)) as server:
        url = str(server.make_url("")).rstrip("/")
        stranger = Wire(url, key="L" * 36)
        body = {"grant_type": "client_credentials", "appkey": stranger.key, "appsecret": stranger.secret}
        answer = await stranger.http.post("/oauth2/tokenP", json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "EGW00103")
        caller = await Wire(url).login()
        assert (await caller.balance()).json()["rt_cd"] == "0"
        caller.account = {"CANO": "12345678", "ACNT_PRDT_CD": "03"}
        assert (await caller.balance()).json()["msg_cd"] == "OPSQ2000", "not this key's product"
        for one in (stranger, caller):
            await one.http.aclose()


async def test_fields_that_cannot_be_are_the_ledgers_own_refusals(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    for change, code, rt_cd in (
        ({"PDNO": ""}, "IGW00017", "7"),
        ({"PDNO": "0059301234567"}, "IGW00017", "7"),
        ({"CANO": "1234"}, "APAC0081", "7"),
        ({"ORD_QTY": "1.5"}, "OPSQ2002", "1"),
        ({"ORD_UNPR": "-100"}, "OPSQ2002", "1"),
    ):
        body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "00", "ORD_QTY": "1", "ORD_UNPR": "300000", **change}
        answer = await caller.post("trading/order-cash", "TTTC0012U", **body)
        assert (answer.status_code, answer.json()["rt_cd"], answer.json()["msg_cd"]) == (200, rt_cd, code)
    answer = await caller.http.post(ORDER, content="{", headers=caller.headers("TTTC0012U"))
    assert answer.json()["msg_cd"] == "OPSQ9999"
    query = {"FID_COND_MRKT_DIV_CODE": "Z", "FID_INPUT_ISCD": "005930"}
    answer = await caller.get("quotations/inquire-price", "FHKST01010100", **query)
    assert answer.json()["msg1"] == "ERROR : INPUT INVALID_CHECK_MRKT_DIV_CODE"


CASES = [  # when, what is asked, the codes of the two hosts
    (_at(10, 0, day=22), {}, "APBK0919", "40100000"),
    (_at(8, 0), {}, "APBK0918", "40570000"),
    (_at(15, 50), {}, "APBK0918", "40580000"),
    (_at(10, 0), {"ORD_QTY": "99999999"}, "APBK0952", "40250000"),
    (_at(10, 0), {"side": "sell"}, "APBK0400", "40240000"),
    (_at(10, 0), {"ORD_UNPR": "300001"}, "APBK0506", "40030000"),
    (_at(10, 0), {"ORD_UNPR": "9000000"}, "APBK0406", "40270000"),
    (_at(10, 0), {"ORD_UNPR": "1000"}, "APBK0407", "40270000"),
    (_at(10, 0), {"PDNO": "999999"}, "APBK0656", "40070000"),
    (_at(16, 30), {}, "APBK3013", "40580000"),
    (_at(10, 0), {"ACNT_PRDT_CD": "29"}, "APBK1744", "40910000"),
    (_at(10, 0), {"cancel": "7"}, "APBK0344", "40330000"),
]


@pytest.mark.parametrize("env", list(Environment))
@pytest.mark.parametrize("case", range(len(CASES)))
async def test_orders_are_refused_in_the_words_of_their_host(bench: Any, env: Environment, case: int) -> None:
    at, asked, real, paper = CASES[case]
    place = await bench(env=env, at=at)
    caller = await place.caller().login()
    change = dict(asked)
    letter = "T" if env is Environment.REAL else "V"
    cancel, side = change.pop("cancel", ""), change.pop("side", "buy")
    body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "00", "ORD_QTY": "1", "ORD_UNPR": "300000", **change}
    if cancel:
        body |= {"ORGN_ODNO": cancel, "RVSE_CNCL_DVSN_CD": "02", "QTY_ALL_ORD_YN": "Y", "KRX_FWDG_ORD_ORGNO": ""}
        answer = await caller.post("trading/order-rvsecncl", f"{letter}TTC0013U", **body)
    else:
        tr_id = f"{letter}TTC00{'12' if side == 'buy' else '11'}U"
        answer = await caller.post("trading/order-cash", tr_id, **body)
    found = answer.json()
    wanted = ("7", real) if env is Environment.REAL else ("1", paper)
    assert (answer.status_code, found["rt_cd"], found["msg_cd"]) == (200, *wanted), found
    assert "output" not in found


def test_reject_codes_and_texts_of_the_reference_are_the_ones_said(shared_dir: Path) -> None:
    """Section 5.4 line by line; two codes that nothing leads to by itself are said on request."""
    text = (shared_dir / "kis" / "kis-api.md").read_text(encoding="utf-8").split("### 5.4", 1)[1].split("\n## 6", 1)[0]
    listed = re.findall(r"^\| \*{0,2}([A-Z0-9]{8})\*{0,2} \| ([^|]+) \|", text, re.MULTILINE)
    said: dict[str, set[str]] = {"90000000": {"모의투자에서는 해당업무가 제공되지 않습니다."}}
    for table in rejects.TABLES.values():
        for code, words in table.values():
            said.setdefault(code, set()).add(words)
    assert len(listed) > 20
    missing = {code for code, _ in listed} - set(said)
    assert missing == {"KIOK0320", "90020000"}
    assert missing <= errors.CODES
    other_words = {"APBK1744"}  # the reference gives a meaning, not KIS's text
    for code, words in listed:
        if code in said and code not in other_words:
            assert any(words.strip().startswith(one.removesuffix(".")) for one in said[code]), code
