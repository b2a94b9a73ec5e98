"""The REST side, byte by byte where clients care: envelopes, headers, key sets, errors, paging."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulation.exchange import keys
from simulation.exchange.config import Environment, Limits


async def test_token_is_the_same_within_six_hours_and_new_after(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    first = caller.token
    place.move(hours=5, minutes=59)
    assert (await caller.login()).token == first
    place.move(minutes=2)
    assert (await caller.login()).token != first
    assert 100 < len(first) < 340


async def test_second_token_within_a_minute_is_egw00133_with_403_for_that_key_only(bench: Any) -> None:
    place = await bench(limits=Limits.DOCUMENTED)
    await place.caller().login()
    body = {"grant_type": "client_credentials", "appkey": "K" * 36, "appsecret": "s" * 180}
    again = await place.caller().http.post("/oauth2/tokenP", content=json.dumps(body))
    assert again.status_code == 403
    assert again.json() == {
        "error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
        "error_code": "EGW00133",
    }
    assert (await place.caller(key="L" * 36).login()).token
    place.move(seconds=61)
    assert (await place.caller().login()).token


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"grant_type": "password"}, "EGW00116"),
        ({"appkey": ""}, "EGW00102"),
        ({"appkey": "short"}, "EGW00103"),
        ({"appsecret": ""}, "EGW00104"),
        ({"appsecret": "x"}, "EGW00105"),
    ],
)
async def test_bad_login_answers_403_in_the_oauth_envelope(bench: Any, change: dict[str, str], code: str) -> None:
    place = await bench()
    body = {"grant_type": "client_credentials", "appkey": "K" * 36, "appsecret": "s" * 180} | change
    answer = await place.caller().http.post("/oauth2/tokenP", content=json.dumps(body))
    assert answer.status_code == 403
    assert answer.json()["error_code"] == code
    assert set(answer.json()) == {"error_code", "error_description"}


async def test_another_secret_for_a_known_key_is_refused(bench: Any) -> None:
    place = await bench()
    await place.caller().login()
    body = {"grant_type": "client_credentials", "appkey": "K" * 36, "appsecret": "another-secret"}
    answer = await place.caller().http.post("/oauth2/tokenP", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (403, "EGW00105")


async def test_revoked_and_expired_and_foreign_tokens_are_told_apart(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    old = caller.token
    body = {"appkey": caller.key, "appsecret": caller.secret, "token": old}
    assert (await caller.http.post("/oauth2/revokeP", json=body)).json()["code"] == 200
    codes = []
    for token, scheme in ((old, "Bearer"), ("x.y.z", "Bearer"), (old, "Basic")):
        headers = caller.headers("FHKST01010100") | {"authorization": f"{scheme} {token}"}
        answer = await caller.http.get("/uapi/domestic-stock/v1/quotations/inquire-price", headers=headers)
        assert answer.status_code == 500
        codes.append(answer.json()["msg_cd"])
    assert codes == ["EGW00121", "EGW00121", "EGW00205"]
    assert (await caller.login()).token != old, "a revoked token is not given out again"
    place.move(hours=25)
    answer = await caller.get("quotations/inquire-price", "FHKST01010100", FID_INPUT_ISCD="005930")
    assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW00123")


async def test_standard_headers_are_title_case_and_own_ones_lower_case(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    parts = urlsplit(place.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = "".join(f"{name}: {value}\r\n" for name, value in caller.headers("FHKST01010100").items())
    path = "/uapi/domestic-stock/v1/quotations/inquire-price?FID_INPUT_ISCD=005930"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n".encode())
    raw = await reader.read()
    writer.close()
    await writer.wait_closed()
    names = [line.split(b":")[0].decode() for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    lower = {name for name in names if name == name.lower()}
    assert lower == {"tr_id", "tr_cont", "gt_uid"}, "the official client makes identifiers of lower-case names"
    assert {"Content-Type", "Content-Length", "Date"} <= set(names)


async def test_double_slash_any_case_of_query_names_and_any_content_type_are_taken(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    path = "//uapi/domestic-stock/v1/quotations/inquire-price"
    answer = await caller.http.get(
        place.url + path, params={"fid_input_iscd": "005930"}, headers=caller.headers("FHKST01010100")
    )
    assert answer.json()["output"]["stck_shrn_iscd"] == "005930"
    body = json.dumps({**caller.account, "PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"})
    for kind in ({}, {"content-type": "text/plain"}, {"content-type": "application/json; charset=utf-8"}):
        answer = await caller.http.post(
            "/uapi/domestic-stock/v1/trading/order-cash", content=body, headers=caller.headers("TTTC0802U") | kind
        )
        assert answer.json()["rt_cd"] == "0"


async def test_chunked_body_is_a_routing_error(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()

    async def pieces() -> Any:
        yield b'{"CANO":'
        yield b'"12345678"}'

    answer = await caller.http.post(
        "/uapi/domestic-stock/v1/trading/order-cash", content=pieces(), headers=caller.headers("TTTC0012U")
    )
    assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW00202")


async def test_nineteenth_call_within_a_second_is_egw00201_and_is_in_the_arrival_log(bench: Any) -> None:
    place = await bench(limits=Limits.DOCUMENTED)
    caller = await place.caller().login()
    answers = [
        await caller.get("quotations/inquire-price", "FHKST01010100", FID_INPUT_ISCD="005930") for _ in range(19)
    ]
    assert [answer.status_code for answer in answers] == [200] * 18 + [500]
    assert answers[-1].json() == {"rt_cd": "1", "msg1": "초당 거래건수를 초과하였습니다.", "msg_cd": "EGW00201"}
    log = (await caller.http.get("/quartz/arrivals")).json()
    assert [row["admitted"] for row in log] == [True] * 18 + [False]
    assert caller.key not in json.dumps(log)
    place.move(seconds=1)
    assert (await caller.get("quotations/inquire-price", "FHKST01010100", FID_INPUT_ISCD="005930")).status_code == 200


async def test_paper_host_takes_one_call_a_second(bench: Any) -> None:
    place = await bench(env=Environment.PAPER, limits=Limits.DOCUMENTED)
    caller = await place.caller().login()
    first = await caller.get("quotations/inquire-price", "FHKST01010100", FID_INPUT_ISCD="005930")
    second = await caller.get("quotations/inquire-price", "FHKST01010100", FID_INPUT_ISCD="005930")
    assert (first.status_code, second.status_code) == (200, 500)


@pytest.mark.parametrize(
    ("env", "path", "tr_id", "status", "code"),
    [
        (Environment.REAL, "trading/inquire-balance", "VTTC8434R", 500, "EGW02004"),
        (Environment.PAPER, "trading/inquire-balance", "TTTC8434R", 500, "EGW02006"),
        (Environment.PAPER, "trading/inquire-psbl-rvsecncl", "TTTC0084R", 500, "EGW02006"),
        (Environment.PAPER, "trading/inquire-psbl-rvsecncl", "VTTC8036R", 200, "90000000"),
        (Environment.PAPER, "quotations/chk-holiday", "CTCA0903R", 500, "EGW02006"),
        (Environment.REAL, "trading/inquire-balance", "TTTC9999R", 500, "OPSQ0002"),
        (Environment.REAL, "trading/no-such-call", "TTTC8434R", 500, "EGW00300"),
    ],
)
async def test_wrong_environment_and_unknown_tr_ids(
    bench: Any, env: Environment, path: str, tr_id: str, status: int, code: str
) -> None:
    place = await bench(env=env)
    caller = await place.caller().login()
    answer = await caller.get(path, tr_id, **caller.account)
    assert (answer.status_code, answer.json()["msg_cd"]) == (status, code)


async def test_account_belongs_to_the_key_that_used_it_first(bench: Any) -> None:
    place = await bench()
    mine = await place.caller().login()
    theirs = await place.caller(key="L" * 36).login()
    assert (await mine.balance()).json()["output2"][0]["dnca_tot_amt"] == "100000000"
    for answer in ((await theirs.balance()).json(), await theirs.order("buy", 1)):
        assert answer["msg1"] == "ERROR : INPUT INVALID_CHECK_ACNO"
        assert answer["msg_cd"] == "OPSQ2000"


async def test_unknown_symbol_is_zeros_and_unknown_product_is_rt_cd_7(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    quote = await caller.quote("999999")
    assert quote["stck_prpr"] == "0"
    info = await caller.get("quotations/search-info", "CTPF1604R", PDNO="999999", PRDT_TYPE_CD="300")
    assert info.json()["rt_cd"] == "7"


def _sample(shared: Path, name: str) -> Any:
    return json.loads((shared / "kis" / "samples" / name).read_text())


async def test_price_has_the_keys_of_real_captures(bench: Any, shared_dir: Path) -> None:
    place = await bench()
    caller = await place.caller().login()
    quote = await caller.quote()
    for name in ("108320_20260415", "005930_20250916"):
        sample = _sample(shared_dir, f"inquire_price_FHKST01010100_{name}.json")
        output = (sample.get("body") or sample["responses"][0])["output"]
        assert set(output) <= set(quote)
    assert len(quote) == 82
    assert all(isinstance(value, str) for value in quote.values())


async def test_balance_has_the_keys_widths_and_shape_of_a_real_capture(bench: Any, shared_dir: Path) -> None:
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    body = {**caller.account, "PDNO": "000660", "ORD_DVSN": "01", "ORD_QTY": "3", "ORD_UNPR": "0"}
    done = (await caller.post("trading/order-cash", "VTTC0802U", **body)).json()
    assert (done["msg_cd"], done["msg1"]) == ("40600000", "모의투자 매수주문이 완료 되었습니다.")
    assert done["output"]["KRX_FWDG_ORD_ORGNO"] == "00950"
    answer = await caller.balance("VTTC8434R")
    ours, real = answer.json(), _sample(shared_dir, "inquire_balance_VTTC8434R_real_paper.json")["body"]
    assert list(ours) == [key for key in ("output1", "output2")] + [key for key in ours if not key.startswith("output")]
    assert set(ours) == set(real)
    assert list(ours["output1"][0]) == list(real["output1"][0])
    assert list(ours["output2"][0]) == list(real["output2"][0])
    assert (ours["msg_cd"], ours["msg1"]) == (real["msg_cd"], real["msg1"])
    assert len(ours["ctx_area_fk100"]) == len(ours["ctx_area_nk100"]) == 100
    assert answer.headers["tr_cont"] == "D"


async def test_empty_real_balance_is_the_captured_one(bench: Any, shared_dir: Path) -> None:
    place = await bench()
    caller = await place.caller().login()
    ours, real = (
        (await caller.balance()).json(),
        _sample(shared_dir, "inquire_balance_TTTC8434R_empty_real.json")["body"],
    )
    assert (ours["output1"], ours["msg_cd"], ours["msg1"]) == ([], real["msg_cd"], real["msg1"])
    assert list(ours["output2"][0]) == list(real["output2"][0])


async def test_minutes_executions_and_holidays_have_the_keys_of_samples(bench: Any, shared_dir: Path) -> None:
    place = await bench()
    caller = await place.caller().login()
    place.move(hours=1)
    query = {"FID_ETC_CLS_CODE": "", "FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    ours = (
        await caller.get("quotations/inquire-time-itemchartprice", "FHKST03010200", FID_INPUT_HOUR_1="110000", **query)
    ).json()
    real = _sample(shared_dir, "time_itemchartprice_FHKST03010200_005930_20250916.json")["responses"][0]
    assert set(ours["output1"]) == set(real["output1"])
    assert set(ours["output2"][0]) == set(real["output2"][0])
    assert len(ours["output2"]) == 30
    assert ours["output2"][0]["stck_cntg_hour"] > ours["output2"][1]["stck_cntg_hour"]
    await caller.order("buy", 1)
    rows = (await caller.executions(place.clock.now())).json()
    sample = _sample(shared_dir, "inquire_daily_ccld_TTTC0081R_doc.json")["body"]
    assert set(sample["output1"][0]) <= set(rows["output1"][0])
    assert {"cncl_cfrm_qty", "cnc_cfrm_qty", "excg_id_dvsn_Cd"} <= set(rows["output1"][0])
    assert set(sample["output2"]) == set(rows["output2"])
    days = (await caller.get("quotations/chk-holiday", "CTCA0903R", BASS_DT="20261231")).json()
    sample = _sample(shared_dir, "chk_holiday_CTCA0903R_doc.json")["body"]
    assert set(days) == set(sample)
    assert set(days["output"][0]) == set(sample["output"][0])
    assert days["output"][0] | {"opnd_yn": "N", "wday_dvsn_cd": "05"} == days["output"][0]


async def test_news_are_labelled_demo_titles(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    rows = (await caller.get("quotations/news-title", "FHKST01011800", FID_INPUT_ISCD="005930")).json()["output"]
    assert rows
    assert all(row["hts_pbnt_titl_cntt"].startswith("[데모]") for row in rows)
    assert (await caller.get("quotations/news-title", "FHKST01011800", FID_INPUT_ISCD="")).json()["output"] == []


async def test_chart_pages_back_a_hundred_rows_at_a_time_over_three_years(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "069500", "FID_ORG_ADJ_PRC": "0"}
    end, days = "20261123", []
    for _ in range(8):
        span = {"FID_INPUT_DATE_1": "19800104", "FID_INPUT_DATE_2": end, "FID_PERIOD_DIV_CODE": "D"}
        rows = (await caller.get("quotations/inquire-daily-itemchartprice", "FHKST03010100", **query, **span)).json()
        assert len(rows["output2"]) == 100
        assert list(rows["output2"][0]) == list(keys.CHART_ROW)
        days += [row["stck_bsop_date"] for row in rows["output2"]]
        end = str(int(days[-1]) - 1)
    assert days == sorted(set(days), reverse=True)
    assert days[-1] < "20231123"
    weeks = {"FID_INPUT_DATE_1": "20260101", "FID_INPUT_DATE_2": "20261123", "FID_PERIOD_DIV_CODE": "W"}
    rows = (await caller.get("quotations/inquire-daily-itemchartprice", "FHKST03010100", **query, **weeks)).json()
    assert 44 <= len(rows["output2"]) <= 48


async def test_executions_page_by_fifteen_on_paper_and_follow_the_cursor(bench: Any) -> None:
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    quote = await caller.quote()
    for _ in range(20):
        body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "00", "ORD_QTY": "1", "ORD_UNPR": quote["stck_llam"]}
        assert (await caller.post("trading/order-cash", "VTTC0012U", **body)).json()["rt_cd"] == "0"
    first = await caller.executions(place.clock.now(), "VTTC0081R")
    assert (len(first.json()["output1"]), first.headers["tr_cont"]) == (15, "M")
    cursor = first.json()["ctx_area_nk100"]
    assert len(cursor) == 100
    assert cursor.strip()
    second = await caller.executions(place.clock.now(), "VTTC0081R", CTX_AREA_NK100=cursor)
    assert (len(second.json()["output1"]), second.headers["tr_cont"]) == (5, "D")
    assert not second.json()["ctx_area_nk100"].strip()
    numbers = [row["odno"] for row in first.json()["output1"] + second.json()["output1"]]
    assert numbers == [f"{n:010d}" for n in range(20, 0, -1)]


async def test_failure_inside_answers_kis_error_without_leaking(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place = await bench()
    caller = await place.caller().login()

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(place.exchange.venue.market, "snapshot", broken)
    answer = await caller.get("quotations/inquire-price", "FHKST01010100", FID_INPUT_ISCD="005930")
    assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW00002")
    assert "secret detail" not in answer.text
