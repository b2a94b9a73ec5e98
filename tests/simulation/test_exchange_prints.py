"""Single prints, members, evenings, funds, credit: they say what the tape and the other calls say."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from domain.clock import KST

STOCK = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
PREFIX = "/uapi/etfetn/v1/quotations/inquire-price"


async def _ask(caller: Any, path: str, tr_id: str, **query: str) -> Any:
    body = (await caller.get(f"quotations/{path}", tr_id, **(STOCK | query))).json()
    assert body["rt_cd"] == "0", body
    return body


async def test_prints_up_to_an_hour_are_the_tapes_newest_first(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    body = await _ask(caller, "inquire-time-itemconclusion", "FHPST01060000", FID_INPUT_HOUR_1="093000")
    rows, tape = body["output2"], place.exchange.venue.market.tape("005930", place.clock.now().date())
    assert len(rows) == 30
    assert rows == sorted(rows, key=lambda row: row["stck_cntg_hour"], reverse=True)
    assert rows[0]["stck_cntg_hour"] <= "093000"
    for newer, older in pairwise(rows):
        assert int(newer["acml_vol"]) - int(older["acml_vol"]) == int(newer["cnqn"])
    hour = rows[0]["stck_cntg_hour"]
    index = tape.index_at(int(hour[:2]) * 3600 + int(hour[2:4]) * 60 + int(hour[4:]))
    assert int(rows[0]["stck_prpr"]) == int(tape.prices[index])
    assert body["output1"]["stck_prpr"] == (await caller.quote())["stck_prpr"]


async def test_days_of_programmes_and_volumes_agree_with_the_daily_prices(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    prices = (await _ask(caller, "inquire-daily-price", "FHKST01010400", FID_PERIOD_DIV_CODE="D"))["output"]
    days = (await _ask(caller, "program-trade-by-stock-daily", "FHPPG04650201", FID_INPUT_DATE_1=""))["output"]
    assert len(days) == 30
    assert [row["stck_bsop_date"] for row in days[:29]] == [row["stck_bsop_date"] for row in prices[1:]]
    for newer, older in pairwise(days):
        step = int(newer["whol_smtn_ntby_qty"]) - int(older["whol_smtn_ntby_qty"])
        assert step == int(newer["whol_ntby_vol_icdc"])
    span = {"FID_INPUT_DATE_1": "20260101", "FID_INPUT_DATE_2": "20261123"}
    volumes = (await _ask(caller, "inquire-daily-trade-volume", "FHKST03010800", **span))["output2"]
    assert len(volumes) == 100
    for row, price in zip(volumes, prices, strict=False):
        assert int(row["total_seln_qty"]) + int(row["total_shnu_qty"]) == int(price["acml_vol"])
    query = {**caller.account, "INQR_STRT_DT": "20261101", "INQR_END_DT": "20261123"}
    rights = (await caller.get("trading/period-rights", "CTRGA011R", **query)).json()
    assert (rights["rt_cd"], rights["output1"]) == ("0", [])


async def test_members_are_five_a_side_with_parts_of_the_day(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    output = (await _ask(caller, "inquire-member", "FHKST01010600"))["output"][0]
    volume = int((await caller.quote())["acml_vol"])
    for side in ("seln", "shnu"):
        sold = [int(output[f"total_{side}_qty{i}"]) for i in range(1, 6)]
        assert sold == sorted(sold, reverse=True)
        assert 0 < sum(sold) < volume
        assert all(output[f"{side}_mbcr_name{i}"].startswith("데모") for i in range(1, 6))
        assert {output[f"{side}_mbcr_glob_yn_{i}"] for i in range(1, 6)} <= {"Y", "N"}
    assert int(output["glob_ntby_qty"]) == int(output["glob_total_shnu_qty"]) - int(output["glob_total_seln_qty"])


async def test_evenings_have_single_prices_until_they_are_abolished(bench: Any) -> None:
    before = await bench(at=datetime(2026, 9, 11, 17, 0, tzinfo=KST))
    caller = await before.caller().login()
    body = await _ask(caller, "inquire-time-overtimeconclusion", "FHPST02310000", FID_HOUR_CLS_CODE="1")
    assert len(body["output2"]) >= 5, "one single price in ten minutes"
    assert int(body["output1"]["ovtm_untp_vol"]) == int(body["output2"][0]["acml_vol"]) > 0
    days = (await _ask(caller, "inquire-daily-overtimeprice", "FHPST02320000"))["output2"]
    assert len(days) == 30
    assert all(row["ovtm_untp_prpr"] == row["stck_clpr"] for row in days)
    after = await bench(at=datetime(2026, 11, 23, 17, 0, tzinfo=KST))
    caller = await after.caller().login()
    body = await _ask(caller, "inquire-time-overtimeconclusion", "FHPST02310000", FID_HOUR_CLS_CODE="1")
    assert (body["output1"]["ovtm_untp_prpr"], body["output2"]) == ("0", [])
    assert {
        row["ovtm_untp_vol"] for row in (await _ask(caller, "inquire-daily-overtimeprice", "FHPST02320000"))["output2"]
    } == {"0"}


async def test_a_funds_price_stands_beside_its_worth_on_either_path(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = STOCK | {"FID_INPUT_ISCD": "069500"}
    there = (await caller.http.get(PREFIX, params=query, headers=caller.headers("FHPST02400000"))).json()["output"]
    here = (await _ask(caller, "inquire-price", "FHPST02400000", FID_INPUT_ISCD="069500"))["output"]
    quote = await caller.quote("069500")
    assert here == there
    assert all(here[key] == quote[key] for key in ("stck_prpr", "stck_mxpr", "acml_vol", "frgn_hldn_qty", "prdy_ctrt"))
    assert abs(float(here["nav"]) - int(here["stck_prpr"])) * 500 < int(here["stck_prpr"])
    assert (await _ask(caller, "inquire-price", "FHPST02400000"))["output"]["stck_prpr"] == "0", "no fund"


async def test_index_categories_are_the_indices_of_the_market(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {
        "FID_COND_MRKT_DIV_CODE": "U",
        "FID_INPUT_ISCD": "0001",
        "FID_MRKT_CLS_CODE": "K",
        "FID_BLNG_CLS_CODE": "0",
    }
    body = await _ask(caller, "inquire-index-category-price", "FHPUP02140000", **query)
    assert [row["bstp_cls_code"] for row in body["output2"]] == ["0001", "2001"]
    assert body["output2"][0]["bstp_nmix_prpr"] == body["output1"]["bstp_nmix_prpr"]
    assert body["output2"][0]["acml_vol_rlim"] == "100.00"


async def test_an_index_by_the_minute_ends_where_the_index_is(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": "1001", "FID_INPUT_HOUR_1": "60", "FID_ETC_CLS_CODE": "0"}
    body = await _ask(caller, "inquire-time-indexchartprice", "FHKUP03500200", **query, FID_PW_DATA_INCU_YN="Y")
    rows, head = body["output2"], body["output1"]
    assert (rows[0]["stck_cntg_hour"], rows[-1]["stck_cntg_hour"], len(rows)) == ("100000", "090000", 61)
    assert (rows[0]["bstp_nmix_prpr"], rows[0]["acml_tr_pbmn"]) == (head["bstp_nmix_prpr"], head["acml_tr_pbmn"])
    for row in rows:
        low, high = float(row["bstp_nmix_lwpr"]), float(row["bstp_nmix_hgpr"])
        assert low <= float(row["bstp_nmix_oprc"]) <= high
        assert low <= float(row["bstp_nmix_prpr"]) <= high
    times = (await _ask(caller, "inquire-index-timeprice", "FHPUP02110200", **query | {"FID_INPUT_HOUR_1": "600"}))[
        "output"
    ]
    assert [row["bsop_hour"] for row in times] == ["100000", "095000", "094000", "093000", "092000", "091000", "090000"]
    assert times[1]["bstp_nmix_prpr"] == rows[1]["bstp_nmix_prpr"], "both end at a second to ten"


async def test_an_account_without_credit_can_buy_nothing_on_it_and_sold_nothing_abroad(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {**caller.account, "PDNO": "005930", "ORD_UNPR": "0", "ORD_DVSN": "01", "CRDT_TYPE": "21"}
    output = (await caller.get("trading/inquire-credit-psamount", "TTTC8909R", **query)).json()["output"]
    assert (output["ord_psbl_cash"], output["max_buy_amt"], output["max_buy_qty"]) == ("100000000", "0", "0")
    wrong = (await caller.get("trading/inquire-credit-psamount", "TTTC8909R", **query | {"CRDT_TYPE": "1"})).json()
    assert wrong["msg_cd"] == "OPSQ2001"
    path = "/uapi/overseas-stock/v1/trading/inquire-present-balance"
    body = (await caller.http.get(path, params=caller.account, headers=caller.headers("CTRP6504R"))).json()
    assert set(body["output3"].values()) == {"0"}, "clients want the sums of nothing"
    path = "/uapi/domestic-bond/v1/trading/inquire-balance"
    body = (await caller.http.get(path, params=caller.account, headers=caller.headers("CTSC8407R"))).json()
    assert (body["rt_cd"], body["output"]) == ("0", [])
    path = "/uapi/overseas-stock/v1/trading/inquire-period-profit"
    body = (await caller.http.get(path, params=caller.account, headers=caller.headers("TTTS3039R"))).json()
    assert (body["rt_cd"], body["output1"], body["output2"]["smtl_fee1"]) == ("0", [], "0")


async def test_sums_by_day_are_whole_won_and_those_by_trade_have_a_rate_as_well(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {**caller.account, "INQR_STRT_DT": "20261101", "INQR_END_DT": "20261123"}
    days = (await caller.get("trading/inquire-period-profit", "TTTC8708R", **query)).json()["output2"]
    trades = (await caller.get("trading/inquire-period-trade-profit", "TTTC8715R", **query)).json()["output2"]
    assert all(value.lstrip("-").isdecimal() for value in days.values())
    assert set(trades) - set(days) == {"tot_pftrt"}
