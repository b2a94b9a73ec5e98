"""Requests in the shapes that public clients send: casing, missing custtype, hashkeys, paging, odd paths and types."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets
from wire_caller import KEY, SECRET

from simulation.exchange.config import Environment

TRADING = "/uapi/domestic-stock/v1/trading/"
QUOTES = "/uapi/domestic-stock/v1/quotations/"


def _headers(caller: Any, tr_id: str, shape: str) -> dict[str, str]:
    """The headers of one client for one call."""
    bearer = f"Bearer {caller.token}"
    return {
        # mojito2: camel case, JSON without charset, no custtype
        "mojito2": {
            "content-type": "application/json",
            "authorization": bearer,
            "appKey": caller.key,
            "appSecret": caller.secret,
            "tr_id": tr_id,
        },
        # python-kis: capital Authorization, no content type on queries, no custtype
        "python-kis": {"Authorization": bearer, "appkey": caller.key, "appsecret": caller.secret, "tr_id": tr_id},
        # the official sample: a content type of its own, an Accept that is not met, custtype and tr_cont always
        "official": {
            "Content-Type": "application/json",
            "Accept": "text/plain",
            "charset": "UTF-8",
            "User-Agent": "Mozilla/5.0",
            "authorization": bearer,
            "appkey": caller.key,
            "appsecret": caller.secret,
            "tr_id": tr_id,
            "custtype": "P",
            "tr_cont": "",
        },
        # clients around httpx and aiohttp: full content type, everything lower case
        "typed": {
            "content-type": "application/json; charset=utf-8",
            "authorization": bearer,
            "appkey": caller.key,
            "appsecret": caller.secret,
            "tr_id": tr_id,
            "custtype": "P",
            "hashkey": "",
        },
        # upper case all over, as some gateways in between leave it
        "shouting": {
            "CONTENT-TYPE": "application/json",
            "AUTHORIZATION": bearer,
            "APPKEY": caller.key,
            "APPSECRET": caller.secret,
            "TR_ID": tr_id,
            "CUSTTYPE": "P",
        },
    }[shape]


SHAPES = ("mojito2", "python-kis", "official", "typed", "shouting")


@pytest.mark.parametrize("shape", SHAPES)
async def test_quotes_orders_and_balances_in_every_shape_of_headers(bench: Any, shape: str) -> None:
    place = await bench()
    caller = await place.caller().login()
    slashes = "/" if shape == "mojito2" else ""  # its daily chart and buying power go to //uapi
    quote = await caller.http.get(
        place.url + slashes + QUOTES + "inquire-price",
        params={"fid_cond_mrkt_div_code": "UN", "fid_input_iscd": "005930"},
        headers=_headers(caller, "FHKST01010100", shape),
    )
    assert quote.json()["output"]["stck_shrn_iscd"] == "005930"
    body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    if shape == "official":  # all nine keys, empty where there is nothing to say
        body |= {"EXCG_ID_DVSN_CD": "KRX", "SLL_TYPE": "", "CNDT_PRIC": ""}
    headers = _headers(caller, "TTTC0802U", shape)
    if shape == "mojito2":
        asked = {key: value for key, value in headers.items() if key in ("content-type", "appKey", "appSecret")}
        hashed = (await caller.http.post("/uapi/hashkey", content=json.dumps(body), headers=asked)).json()
        assert hashed["BODY"] == body
        headers |= {"hashkey": hashed["HASH"], "custtype": "P"}
    order = await caller.http.post(TRADING + "order-cash", content=json.dumps(body), headers=headers)
    assert (order.status_code, order.json()["rt_cd"]) == (200, "0")
    balance = await caller.http.get(
        TRADING + "inquire-balance",
        params={**caller.account, "AFHR_FLPR_YN": "N", "OFL_YN": "N", "INQR_DVSN": "01", "UNPR_DVSN": "01"}
        | {"FUND_STTL_ICLD_YN": "N", "FNCG_AMT_AUTO_RDPT_YN": "N", "PRCS_DVSN": "01"}
        | {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""},
        headers=_headers(caller, "TTTC8434R", shape),
    )
    assert balance.json()["output1"][0]["hldg_qty"] == "1"
    assert balance.headers["tr_cont"] == "D", "read without asking whether it is there"


async def test_body_values_may_be_numbers_and_a_revision_needs_no_branch(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    low = int((await caller.quote())["stck_llam"])
    body: dict[str, Any] = {**caller.account, "PDNO": "005930", "ORD_DVSN": "00", "ORD_QTY": 2, "ORD_UNPR": low}
    headers = _headers(caller, "TTTC0012U", "typed")
    order = (await caller.http.post(TRADING + "order-cash", json=body, headers=headers)).json()
    assert order["rt_cd"] == "0"
    change: dict[str, Any] = {
        **caller.account,
        "KRX_FWDG_ORD_ORGNO": "",
        "ORGN_ODNO": int(order["output"]["ODNO"]),
        "ORD_DVSN": "00",
        "RVSE_CNCL_DVSN_CD": "02",
        "ORD_QTY": 0,
        "ORD_UNPR": 0,
        "QTY_ALL_ORD_YN": "Y",
    }
    headers = _headers(caller, "TTTC0803U", "typed")
    assert (await caller.http.post(TRADING + "order-rvsecncl", json=change, headers=headers)).json()["rt_cd"] == "0"


async def test_buying_power_is_told_on_the_path_that_an_old_client_asks_it_on(bench: Any) -> None:
    """pykis 0.7 sends TTTC8908R to inquire-daily-ccld."""
    for env, tr_id in ((Environment.REAL, "TTTC8908R"), (Environment.PAPER, "VTTC8908R")):
        place = await bench(env=env)
        caller = await place.caller().login()
        query = {**caller.account, "PDNO": "", "ORD_UNPR": "0", "ORD_DVSN": "02", "CMA_EVLU_AMT_ICLD_YN": "Y"}
        answer = await caller.http.get(
            TRADING + "inquire-daily-ccld", params=query, headers=_headers(caller, tr_id, "official")
        )
        assert answer.json()["output"]["ord_psbl_cash"] == "100000000"


@pytest.mark.parametrize("sends_tr_cont", [True, False])
async def test_pages_follow_the_cursor_whether_or_not_tr_cont_says_so(bench: Any, *, sends_tr_cont: bool) -> None:
    """official and python-kis send `tr_cont: N`, mojito2 does not; cursors come back padded as they were given."""
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    for _ in range(17):
        body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
        assert (await caller.post("trading/order-cash", "VTTC0012U", **body)).json()["rt_cd"] == "0"
    fk, nk, cont, numbers, marks = "", "", "", [], []
    for _ in range(5):
        query = {**caller.account, "INQR_STRT_DT": "20261123", "INQR_END_DT": "20261123", "SLL_BUY_DVSN_CD": "00"}
        query |= {"CCLD_DVSN": "00", "INQR_DVSN": "01", "CTX_AREA_FK100": fk, "CTX_AREA_NK100": nk}
        headers = _headers(caller, "VTTC0081R", "official") | ({"tr_cont": cont} if sends_tr_cont else {})
        answer = await caller.http.get(TRADING + "inquire-daily-ccld", params=query, headers=headers)
        found = answer.json()
        numbers += [int(row["odno"]) for row in found["output1"]]
        marks.append(answer.headers["tr_cont"])
        fk, nk, cont = found["ctx_area_fk100"], found["ctx_area_nk100"], "N"
        assert len(fk) == len(nk) == 100
        if marks[-1] in ("D", "E") or not nk.strip():
            break
    assert marks == ["M", "D"]
    assert numbers == list(range(1, 18))
    assert not nk.strip(), "blank at the end, for clients that look at the cursor only"


async def test_answers_can_be_made_into_records_by_their_names(bench: Any) -> None:
    """The official client makes attributes of lower-case headers and of top-level keys."""
    place = await bench()
    caller = await place.caller().login()
    for shape in SHAPES:
        answer = await caller.http.get(
            QUOTES + "inquire-ccnl",
            params={"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"},
            headers=_headers(caller, "FHKST01010300", shape),
        )
        names = [raw.decode() for raw, _ in answer.headers.raw]
        lower = {name for name in names if name.islower()}
        assert lower == {"tr_id", "tr_cont", "gt_uid"}
        assert all(name.isidentifier() for name in lower | set(answer.json()))


async def test_login_bodies_are_read_whatever_is_said_of_them(bench: Any) -> None:
    place = await bench()
    caller = place.caller()
    whole = {"grant_type": "client_credentials", "appkey": KEY, "appsecret": SECRET}
    for kind in (None, "application/json", "application/json; charset=UTF-8", "application/x-www-form-urlencoded"):
        headers = {"content-type": kind} if kind else {}
        answer = await caller.http.post("/oauth2/tokenP", content=json.dumps(whole), headers=headers)
        body = answer.json()
        assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 86_400)
        assert isinstance(body["expires_in"], int), "mojito2 adds it to a time"
        assert len(body["access_token_token_expired"]) == len("2026-11-24 10:00:00")
    for secret in ("secretkey", "appsecret"):  # documented, and what some send
        body = {"grant_type": "client_credentials", "appkey": KEY, secret: SECRET}
        answer = await caller.http.post("/oauth2/Approval", content=json.dumps(body))
        assert len(answer.json()["approval_key"]) == 36


@pytest.mark.parametrize("path", ["", "/tryitout", "/tryitout/H0STCNT0", "/websocket", "/a/b?c=d"])
@pytest.mark.parametrize("extra", [{"personalseckey": "1"}, {"content-type": "utf-8"}, {"tr_id": "H0STCNT0"}, {}])
async def test_registrations_in_every_shape_are_acknowledged(bench: Any, path: str, extra: dict[str, str]) -> None:
    place = await bench()
    body = {"grant_type": "client_credentials", "appkey": KEY, "secretkey": SECRET}
    approval = (await place.caller().http.post("/oauth2/Approval", json=body)).json()["approval_key"]
    parts = urlsplit(place.url)
    async with websockets.connect(f"ws://{parts.netloc}{path}", ping_interval=None) as socket:
        for tr_id, key in (("H0STCNT0", "005930"), ("H0STCNI0", "myhts")):
            header = {"approval_key": approval, "custtype": "P", "tr_type": "1", **extra}
            await socket.send(json.dumps({"header": header, "body": {"input": {"tr_id": tr_id, "tr_key": key}}}))
            answer = json.loads(await asyncio.wait_for(socket.recv(), 5))
            assert answer["body"]["msg_cd"] == "OPSP0000"
            assert answer["header"]["encrypt"] == ("Y" if tr_id == "H0STCNI0" else "N")
            assert {"iv", "key"} == set(answer["body"]["output"])


async def test_every_registration_may_bring_an_approval_key_of_its_own(bench: Any) -> None:
    """python-kis asks for a new key before each frame; all are the same session's."""
    place = await bench()
    caller = place.caller()
    body = {"grant_type": "client_credentials", "appkey": KEY, "secretkey": SECRET}
    async with websockets.connect(place.url.replace("http", "ws")) as socket:
        for key in ("005930", "000660", "035720"):
            approval = (await caller.http.post("/oauth2/Approval", json=body)).json()["approval_key"]
            place.move(seconds=1)
            header = {"approval_key": approval, "custtype": "P", "tr_type": "1"}
            await socket.send(json.dumps({"header": header, "body": {"input": {"tr_id": "H0STASP0", "tr_key": key}}}))
            while True:
                text = str(await asyncio.wait_for(socket.recv(), 5))
                if text[0] == "{":
                    break
            assert json.loads(text)["body"]["msg_cd"] == "OPSP0000"
