"""Realised profit, the whole account, rankings, investors and past minutes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.clock import KST
from simulation.exchange.config import Environment

FRIDAY_MORNING = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
SPAN = {"INQR_STRT_DT": "20261101", "INQR_END_DT": "20261130", "CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}


async def _trade(place: Any) -> Any:
    """Buy ten on Friday, sell four on Monday."""
    caller = await place.caller().login()
    assert (await caller.order("buy", 10))["rt_cd"] == "0"
    place.move(days=3)
    await caller.login()
    assert (await caller.order("sell", 4))["rt_cd"] == "0"
    return caller


def _sums(place: Any) -> tuple[int, int, int, int]:
    """(cost of what was sold, proceeds, fees, taxes) with arithmetic of our own, from the journal."""
    fills = [record for record in place.exchange.journal.recover() if record["kind"] == "fill"]
    bought = sum(record["qty"] * record["price"] for record in fills if record["side"] == "buy")
    sold = sum(record["qty"] * record["price"] for record in fills if record["side"] == "sell")
    left = bought
    for record in fills:
        if record["side"] == "sell":
            held = 10 - sum(r["qty"] for r in fills if r["side"] == "sell" and r["seq"] < record["seq"])
            left -= left * record["qty"] // held
    fees, taxes = (sum(record[name] for record in fills) for name in ("fee", "tax"))
    return bought - left, sold, fees, taxes


async def test_profit_of_a_sale_is_told_by_day_and_by_trade_to_the_won(bench: Any) -> None:
    place = await bench(at=FRIDAY_MORNING)
    caller = await _trade(place)
    cost, sold, fees, taxes = _sums(place)
    query = {**caller.account, **SPAN, "SORT_DVSN": "00", "CBLC_DVSN": "00", "PDNO": ""}
    body = (await caller.get("trading/inquire-period-profit", "TTTC8708R", **query)).json()
    assert [row["trad_dt"] for row in body["output1"]] == ["20261123", "20261120"]
    assert (body["output1"][0]["rlzt_pfls"], body["output1"][1]["rlzt_pfls"]) == (str(sold - cost), "0")
    sums = body["output2"]
    assert (int(sums["tot_rlzt_pfls"]), int(sums["tot_fee"]), int(sums["tot_tltx"])) == (sold - cost, fees, taxes)
    rows = (await caller.get("trading/inquire-period-trade-profit", "TTTC8715R", **query)).json()["output1"]
    assert (rows[0]["sll_qty"], rows[0]["rlzt_pfls"], rows[0]["hldg_qty"]) == ("4", str(sold - cost), "6")
    assert (rows[1]["buy_qty"], rows[1]["sll_qty"]) == ("10", "0")


async def test_profit_pages_by_fifty_rows_and_follows_the_cursor(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    tickers = list(place.exchange.venue.market.listings)[:60]
    for ticker in tickers:
        assert (await caller.order("buy", 1, ticker=ticker))["rt_cd"] == "0"
    query = {**caller.account, **SPAN, "PDNO": ""}
    first = await caller.get("trading/inquire-period-trade-profit", "TTTC8715R", **query)
    assert (len(first.json()["output1"]), first.headers["tr_cont"]) == (50, "M")
    more = query | {"CTX_AREA_NK100": first.json()["ctx_area_nk100"]}
    second = await caller.get("trading/inquire-period-trade-profit", "TTTC8715R", **more)
    assert (len(second.json()["output1"]), second.headers["tr_cont"]) == (10, "D")
    pages = first.json()["output1"] + second.json()["output1"]
    assert sorted(row["pdno"] for row in pages) == sorted(tickers)
    held = await caller.balance()
    assert (len(held.json()["output1"]), held.headers["tr_cont"]) == (50, "M")
    rest = await caller.balance(CTX_AREA_NK100=held.json()["ctx_area_nk100"])
    assert (len(rest.json()["output1"]), rest.headers["tr_cont"]) == (10, "D")


async def test_balance_with_realised_profit_and_account_assets_agree_with_the_balance(bench: Any) -> None:
    place = await bench(at=FRIDAY_MORNING)
    caller = await _trade(place)
    cost, sold, _, _ = _sums(place)
    plain = (await caller.balance()).json()
    query = {**caller.account, "INQR_DVSN": "00", "CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
    body = (await caller.get("trading/inquire-balance-rlz-pl", "TTTC8494R", **query)).json()
    assert body["output1"][0].items() <= plain["output1"][0].items()
    assert plain["output2"][0].items() <= body["output2"][0].items()
    assert int(body["output2"][0]["rlzt_pfls"]) == sold - cost
    assets = (await caller.get("trading/inquire-account-balance", "CTRP6548R", **caller.account)).json()
    assert assets["output2"]["nass_tot_amt"] == plain["output2"][0]["nass_amt"]
    assert assets["output1"][0]["evlu_amt"] == plain["output2"][0]["scts_evlu_amt"]


async def test_profit_comes_back_after_a_restart_from_the_journal(bench: Any) -> None:
    place = await bench(at=FRIDAY_MORNING)
    await _trade(place)
    before = place.exchange.venue.world.accounts["1234567801"].trades
    again = type(place.exchange.venue.world)()
    for record in place.exchange.journal.recover():
        again.apply(record)
    assert again.accounts["1234567801"].trades == before
    assert len(before) == 2


@pytest.mark.parametrize(
    ("path", "tr_id"),
    [
        ("trading/inquire-period-profit", "TTTC8708R"),
        ("trading/inquire-period-trade-profit", "TTTC8715R"),
        ("trading/inquire-balance-rlz-pl", "TTTC8494R"),
        ("trading/inquire-account-balance", "CTRP6548R"),
        ("ranking/market-cap", "FHPST01740000"),
        ("ranking/fluctuation", "FHPST01700000"),
        ("quotations/inquire-time-dailychartprice", "FHKST03010230"),
    ],
)
async def test_paper_lacks_profit_assets_rankings_and_past_minutes(bench: Any, path: str, tr_id: str) -> None:
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    answer = await caller.get(path, tr_id, **caller.account)
    assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW02006")
    if not tr_id.startswith("F"):
        answer = await caller.get(path, "V" + tr_id[1:], **caller.account)
        assert (answer.status_code, answer.json()["msg_cd"]) == (200, "90000000")


async def test_rankings_are_sorted_numbered_and_keep_to_their_market(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    caps = (await caller.get("ranking/market-cap", "FHPST01740000", fid_input_iscd="1001")).json()["output"]
    values = [int(row["stck_avls"]) for row in caps]
    assert values == sorted(values, reverse=True)
    listings = place.exchange.venue.market.listings
    assert not any(listings[row["mksc_shrn_iscd"]].kospi for row in caps)
    for code, falling in (("0000", False), ("0001", True)):
        query = {"fid_input_iscd": "0000", "fid_rank_sort_cls_code": code}
        rows = (await caller.get("ranking/fluctuation", "FHPST01700000", **query)).json()["output"]
        changes = [float(row["prdy_ctrt"]) for row in rows]
        assert changes == sorted(changes, reverse=not falling)
        assert [row["data_rank"] for row in rows] == [str(n) for n in range(1, 31)]
    for code, falling in (("2", False), ("3", True)):
        query = {"fid_input_iscd": "0000", "fid_rank_sort_cls_code": code}
        rows = (await caller.get("ranking/fluctuation", "FHPST01700000", **query)).json()["output"]
        since = [float(row["oprc_vrss_prpr_rate"]) for row in rows]
        assert since == sorted(since, reverse=not falling)
    by = {"0": "acml_vol", "1": "vol_inrt", "2": "vol_tnrt", "3": "acml_tr_pbmn", "4": "tr_pbmn_tnrt"}
    for code, key in by.items():
        query = {"FID_INPUT_ISCD": "0000", "FID_BLNG_CLS_CODE": code}
        rows = (await caller.get("quotations/volume-rank", "FHPST01710000", **query)).json()["output"]
        assert [float(row[key]) for row in rows] == sorted((float(row[key]) for row in rows), reverse=True), key
    bounds = {
        "FID_INPUT_ISCD": "2001",
        "FID_INPUT_PRICE_1": "50000",
        "FID_INPUT_PRICE_2": "90000",
        "FID_VOL_CNT": "1000",
    }
    rows = (await caller.get("quotations/volume-rank", "FHPST01710000", **bounds)).json()["output"]
    assert 0 < len(rows) < 30
    assert all(50_000 <= int(row["stck_prpr"]) <= 90_000 and int(row["acml_vol"]) >= 1_000 for row in rows)
    assert all(listings[row["mksc_shrn_iscd"]].kospi for row in rows)


@pytest.mark.parametrize("env", list(Environment))
async def test_investors_add_up_to_the_volume_and_today_appears_after_the_close(bench: Any, env: Environment) -> None:
    place = await bench(env=env)
    caller = await place.caller().login()
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    rows = (await caller.get("quotations/inquire-investor", "FHKST01010900", **query)).json()["output"]
    assert (len(rows), rows[0]["stck_bsop_date"]) == (30, "20261120")
    for row in rows:
        assert sum(int(row[f"{who}_ntby_qty"]) for who in ("prsn", "frgn", "orgn")) == 0
    place.move(hours=6)
    rows = (await caller.get("quotations/inquire-investor", "FHKST01010900", **query)).json()["output"]
    volume = int((await caller.quote())["acml_vol"])
    assert rows[0]["stck_bsop_date"] == "20261123"
    assert sum(int(rows[0][f"{who}_shnu_vol"]) for who in ("prsn", "frgn", "orgn")) == volume


async def test_minutes_of_a_past_day_come_by_a_hundred_and_twenty(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930", "FID_FAKE_TICK_INCU_YN": ""}
    path, tr_id = "quotations/inquire-time-dailychartprice", "FHKST03010230"
    body = (await caller.get(path, tr_id, **query, FID_INPUT_DATE_1="20261120", FID_INPUT_HOUR_1="153000")).json()
    rows = body["output2"]
    assert (len(rows), rows[0]["stck_cntg_hour"], rows[0]["stck_bsop_date"]) == (120, "153000", "20261120")
    chart = {"FID_INPUT_DATE_1": "20261120", "FID_INPUT_DATE_2": "20261120", "FID_PERIOD_DIV_CODE": "D"}
    daily = (await caller.get("quotations/inquire-daily-itemchartprice", "FHKST03010100", **query, **chart)).json()
    assert rows[0]["stck_prpr"] == daily["output2"][0]["stck_clpr"]
    closed = await caller.get(path, tr_id, **query, FID_INPUT_DATE_1="20261121", FID_INPUT_HOUR_1="153000")
    assert closed.json()["output2"] == []
