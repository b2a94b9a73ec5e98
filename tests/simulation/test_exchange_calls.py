"""Every call of the table on both hosts: its ids old and new, another's id, a missing field, and who lacks what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulation.exchange import streams, trs
from simulation.exchange.config import Environment
from simulation.exchange.handlers import HANDLERS
from simulation.exchange.trs import TABLE, Tr

DOCS = Path(__file__).resolve().parents[2] / "docs" / "paper-exchange.md"
# one value for every field that some call needs; a field without one fails the test of the table
VALUES = {
    "PDNO": "005930",
    "ORD_DVSN": "00",
    "ORD_QTY": "1",
    "ORD_UNPR": "10000",
    "ORGN_ODNO": "1",
    "RVSE_CNCL_DVSN_CD": "02",
    "CRDT_TYPE": "21",
    "LOAN_DT": "20261123",
    "SLL_BUY_DVSN_CD": "02",
    "ORD_DVSN_CD": "00",
    "ORD_OBJT_CBLC_DVSN_CD": "10",
    "RSVN_ORD_SEQ": "1",
    "RSVN_ORD_ORD_DT": "20261101",
    "RSVN_ORD_END_DT": "20261130",
    "INQR_STRT_DT": "20261101",
    "INQR_END_DT": "20261130",
    "FID_INPUT_ISCD": "005930",
    "FID_INPUT_ISCD_1": "005930",
    "FID_INPUT_DATE_1": "20261101",
    "FID_INPUT_DATE_2": "20261123",
    "MKSC_SHRN_ISCD": "005930",
    "SHT_CD": "005930",
    "BASS_DT": "20261123",
    "F_DT": "20250101",
    "T_DT": "20261130",
}
# whole requests that end in a business reject here: under the band, nothing there, out of hours
REFUSED_BY_THE_BROKER = {
    **dict.fromkeys(("buy", "sell", "credit_buy", "credit_sell"), "APBK0407"),
    **dict.fromkeys(("change", "reserve_cancel", "reserve_revise"), "APBK0344"),
    "reserve": "APBK0918",
}


def _fields(caller: Any, tr: Tr, *, without: str = "") -> dict[str, str]:
    fields = {**caller.account, **{name: VALUES[name] for name in tr.needs if name in VALUES}}
    if tr.operation in ("buy", "sell", "credit_buy", "credit_sell", "reserve", "reserve_revise"):
        fields["ORD_UNPR"] = VALUES["ORD_UNPR"]
    if tr.path.endswith(("indexchartprice", "index-price", "index-daily-price", "category-price", "index-timeprice")):
        fields["FID_INPUT_ISCD"] = "0001"
    if tr.operation == "credit_sell":
        fields["CRDT_TYPE"] = "25"
    return {name: value for name, value in fields.items() if name != without}


async def _ask(caller: Any, tr: Tr, tr_id: str, fields: dict[str, str]) -> httpx.Response:
    headers = caller.headers(tr_id)
    if tr.method == "GET":
        asked = caller.http.get(tr.full_path, params=fields, headers=headers)
    else:
        asked = caller.http.post(tr.full_path, json=fields, headers=headers)
    answer: httpx.Response = await asked
    return answer


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    assert {tr.operation for tr in TABLE} == set(HANDLERS)
    ids = [(tr.full_path, tr_id) for tr in TABLE for tr_id in tr.real]
    assert len(ids) == len(set(ids))
    for tr in TABLE:
        assert not set(tr.needs) - {"CANO", "ACNT_PRDT_CD"} - set(VALUES), tr.operation


async def test_real_host_answers_every_id_old_and_new(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    for tr in TABLE:
        for tr_id in tr.real:
            answer = await _ask(caller, tr, tr_id, _fields(caller, tr))
            body = answer.json()
            assert answer.status_code == 200, (tr.operation, tr_id, body)
            wanted = REFUSED_BY_THE_BROKER.get(tr.operation)
            if wanted is None:
                assert body["rt_cd"] == "0", (tr.operation, body)
            else:
                assert (body["rt_cd"], body["msg_cd"]) == ("7", wanted), (tr.operation, body)
            assert answer.headers["tr_id"] == tr_id
            assert {"rt_cd", "msg_cd", "msg1"} <= set(body)
            assert all(name.isidentifier() for name in body)
            assert _all_text(body), tr.operation


def _all_text(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_all_text(part) for part in value.values())
    if isinstance(value, list):
        return all(_all_text(part) for part in value)
    return isinstance(value, str)


async def test_paper_host_offers_what_the_table_says_and_tells_the_rest_apart(bench: Any) -> None:
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    for tr in TABLE:
        for tr_id in tr.paper:
            answer = await _ask(caller, tr, tr_id, _fields(caller, tr))
            assert answer.status_code == 200, (tr.operation, answer.text)
            assert answer.json()["msg_cd"] != "90000000"
        for tr_id in set(tr.real) - set(tr.paper):
            answer = await _ask(caller, tr, tr_id, _fields(caller, tr))
            assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW02006"), tr_id
            assert answer.json()["msg1"] == "모의투자 TR  이 아닙니다."
        for tr_id in tr.real if not tr.paper else ():
            if tr_id[0] in "TJC":
                answer = await _ask(caller, tr, trs.paper_id(tr_id), _fields(caller, tr))
                assert (answer.status_code, answer.json()["msg_cd"]) == (200, "90000000"), tr_id
                assert answer.json()["rt_cd"] == "1"


async def test_real_host_refuses_paper_ids_and_both_refuse_ids_of_other_folders(bench: Any) -> None:
    for env in Environment:
        place = await bench(env=env)
        caller = await place.caller().login()
        for tr in TABLE:
            if env is Environment.REAL:
                for tr_id in set(tr.paper) - set(tr.real):
                    answer = await _ask(caller, tr, tr_id, _fields(caller, tr))
                    assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW02004"), tr_id
            of_trading = "TTTC8434R" if env is Environment.REAL else "VTTC8434R"
            elsewhere = "FHKST01010100" if tr.path.startswith(("trading", "/")) else of_trading
            for tr_id in (elsewhere, "NOSUCHTR0001", ""):
                answer = await _ask(caller, tr, tr_id, _fields(caller, tr))
                assert (answer.status_code, answer.json()["msg_cd"]) == (500, "OPSQ0002"), (tr.operation, tr_id)


async def test_a_missing_field_is_named_and_nothing_happens(bench: Any) -> None:
    for env in Environment:
        place = await bench(env=env)
        caller = await place.caller().login()
        for tr in TABLE:
            for tr_id in tr.real[:1] if env is Environment.REAL else tr.paper[:1]:
                for name in tr.needs:
                    answer = await _ask(caller, tr, tr_id, _fields(caller, tr, without=name))
                    body = answer.json()
                    assert (answer.status_code, body["rt_cd"], body["msg_cd"]) == (200, "1", "OPSQ2001"), (tr_id, name)
                    assert body["msg1"] == f"ERROR INPUT FIELD NOT FOUND ({name})"
        assert place.exchange.venue.world.today() == {}


async def test_an_account_of_somebody_else_is_refused_by_every_account_call(bench: Any) -> None:
    place = await bench()
    mine = await place.caller().login()
    await mine.balance()
    theirs = await place.caller(key="L" * 36).login()
    for tr in TABLE:
        if "CANO" in tr.needs:
            body = (await _ask(theirs, tr, tr.real[0], _fields(theirs, tr))).json()
            assert (body["msg_cd"], body["msg1"]) == ("OPSQ2000", "ERROR : INPUT INVALID_CHECK_ACNO"), tr.operation


@pytest.mark.parametrize(
    ("path", "ids"),
    [  # KIS reference 3.0: (real old, real new), (paper old, paper new)
        ("trading/order-cash", "TTTC0802U TTTC0012U VTTC0802U VTTC0012U"),
        ("trading/order-cash", "TTTC0801U TTTC0011U VTTC0801U VTTC0011U"),
        ("trading/order-rvsecncl", "TTTC0803U TTTC0013U VTTC0803U VTTC0013U"),
        ("trading/inquire-psbl-rvsecncl", "TTTC8036R TTTC0084R"),
        ("trading/inquire-balance", "TTTC8434R VTTC8434R"),
        ("trading/inquire-psbl-order", "TTTC8908R VTTC8908R"),
        ("trading/inquire-psbl-sell", "TTTC8408R"),
        ("trading/inquire-daily-ccld", "TTTC8001R TTTC0081R VTTC8001R VTTC0081R"),
        ("trading/inquire-daily-ccld", "CTSC9115R CTSC9215R VTSC9115R VTSC9215R"),
        ("trading/inquire-balance-rlz-pl", "TTTC8494R"),
        ("trading/inquire-period-profit", "TTTC8708R"),
        ("trading/inquire-period-trade-profit", "TTTC8715R"),
        ("trading/inquire-account-balance", "CTRP6548R"),
        ("trading/intgr-margin", "TTTC0869R"),
        ("trading/order-credit", "TTTC0052U"),
        ("trading/order-credit", "TTTC0051U"),
        ("trading/order-resv", "CTSC0008U"),
        ("trading/order-resv-rvsecncl", "CTSC0009U"),
        ("trading/order-resv-rvsecncl", "CTSC0013U"),
        ("trading/order-resv-ccnl", "CTSC0004R"),
    ],
)
def test_ids_of_orders_and_accounts_are_those_of_the_reference(path: str, ids: str) -> None:
    wanted = set(ids.split())
    found = [tr for tr in TABLE if tr.path == path and wanted & {*tr.real, *tr.paper}]
    assert len(found) == 1
    assert {*found[0].real, *found[0].paper} == wanted


def test_calls_of_the_reference_are_all_there(shared_dir: Path) -> None:
    """Every quotation id that the reference names is served."""
    text = (shared_dir / "kis" / "kis-api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:FH|HH|CT)[A-Z]{1,4}\d{5,8}[A-Z0-9]{0,3})\b", text))
    served = {tr_id for tr in TABLE for tr_id in (*tr.real, *tr.paper)}
    assert {tr_id for tr_id in named if len(tr_id) in (9, 13)} <= served
    named = set(re.findall(r"\b(H0(?:ST|NX|UN|UP)[A-Z]{3}\d)\b", text))
    assert named <= set(streams.STREAMS)


def test_documentation_shows_the_tables_as_they_are() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for page in (trs.table_page(), streams.table_page()):
        assert page in text, "write the table of trs or streams (table_page) into docs/paper-exchange.md again"
