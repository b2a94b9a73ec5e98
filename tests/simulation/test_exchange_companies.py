"""Made-up companies, indices and investors agree with themselves, with each other and with the quotes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from domain.clock import KST
from simulation.exchange import flows, indices
from simulation.exchange.fundamentals import Period, accounts, has_accounts, known, latest_year
from simulation.exchange.keys_company import CLASSES

MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
STOCK = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}


async def _rows(caller: Any, path: str, tr_id: str, **query: str) -> list[dict[str, str]]:
    body = (await caller.get(path, tr_id, **(STOCK | query))).json()
    assert (body["rt_cd"], body["msg_cd"]) == ("0", "MCA00000")
    rows: list[dict[str, str]] = body["output"]
    return rows


async def test_statements_add_up_for_every_company_and_period(bench: Any) -> None:
    place = await bench()
    listings = place.exchange.venue.market.listings.values()
    companies = [listing for listing in listings if has_accounts(listing)]
    assert len(companies) > 50
    for listing in companies:
        for period in known(MORNING.date(), quarters=True, count=20):
            now, before = (accounts(1, listing, Period(period.year - back, period.quarter)) for back in (0, 1))
            last_year = accounts(1, listing, Period(period.year - 1, 4))
            assert now.assets == now.debt + now.equity == now.current_assets + now.fixed_assets
            assert now.equity == last_year.equity + now.net_income - now.dividend
            assert now.sales == now.cost + now.selling + now.operating
            assert now.equity == now.capital + now.surplus + now.retained > 0
            assert now.net_income > 0
            assert before.shares == now.shares
            assert 0 <= now.net_income - now.eps * now.shares < now.shares
        quarters = [accounts(1, listing, Period(2025, n)) for n in (1, 2, 3, 4)]
        assert quarters == sorted(quarters, key=lambda one: one.sales), "cumulative within the year"


async def test_reports_come_out_after_their_period_and_the_newest_year_makes_the_multiples(bench: Any) -> None:
    place = await bench(at=datetime(2026, 3, 30, 10, 0, tzinfo=KST))
    caller = await place.caller().login()
    venue = place.exchange.venue
    listing = venue.market.listings["005930"]
    for moment, year in ((MORNING.replace(month=3, day=30), 2024), (MORNING, 2025)):
        place.clock.advance((moment - place.clock.now()).total_seconds())
        place.exchange.venue.advance()
        await caller.login()
        company = latest_year(1, listing, venue.market.trade_date(moment))
        assert company is not None
        assert company.period.year == year
        quote = await caller.quote()
        price, eps, bps = (Decimal(quote[key]) for key in ("stck_prpr", "eps", "bps"))
        assert abs(Decimal(quote["per"]) * eps - price) <= eps / 100
        assert abs(Decimal(quote["pbr"]) * bps - price) <= bps / 100
        assert 3 < Decimal(quote["per"]) < 60
        ratios = (await _rows(caller, "finance/financial-ratio", "FHKST66430300", FID_DIV_CLS_CODE="0"))[0]
        assert (ratios["stac_yymm"], ratios["eps"], ratios["bps"]) == (f"{year}12", quote["eps"], quote["bps"])
    span = {"FID_INPUT_DATE_1": "20261101", "FID_INPUT_DATE_2": "20261123", "FID_PERIOD_DIV_CODE": "D"}
    chart = (await caller.get("quotations/inquire-daily-itemchartprice", "FHKST03010100", **STOCK, **span)).json()[
        "output1"
    ]
    assert {key: chart[key] for key in ("per", "eps", "pbr")} == {key: quote[key] for key in ("per", "eps", "pbr")}
    fund = await caller.quote("069500")
    assert (fund["per"], fund["eps"]) == ("0.00", "0.00")


async def test_ratios_follow_from_the_statements_that_are_shown(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    for kind in ("0", "1"):
        sheets = await _rows(caller, "finance/balance-sheet", "FHKST66430100", FID_DIV_CLS_CODE=kind)
        incomes = await _rows(caller, "finance/income-statement", "FHKST66430200", FID_DIV_CLS_CODE=kind)
        ratios = await _rows(caller, "finance/financial-ratio", "FHKST66430300", FID_DIV_CLS_CODE=kind)
        profits = await _rows(caller, "finance/profit-ratio", "FHKST66430400", FID_DIV_CLS_CODE=kind)
        steady = await _rows(caller, "finance/stability-ratio", "FHKST66430600", FID_DIV_CLS_CODE=kind)
        growth = await _rows(caller, "finance/growth-ratio", "FHKST66430800", FID_DIV_CLS_CODE=kind)
        other = await _rows(caller, "finance/other-major-ratios", "FHKST66430500", FID_DIV_CLS_CODE=kind)
        labels = [row["stac_yymm"] for row in sheets]
        assert labels == sorted(labels, reverse=True)
        for table in (incomes, ratios, profits, steady, growth, other):
            assert [row["stac_yymm"] for row in table] == labels
        for sheet, income, ratio_, profit, safe in zip(sheets, incomes, ratios, profits, steady, strict=True):
            value = {key: Decimal(text) for key, text in (sheet | income).items()}
            assert abs(value["total_aset"] - value["total_lblt"] - value["total_cptl"]) <= Decimal("0.02")
            assert abs(value["sale_account"] - value["sale_cost"] - value["sale_totl_prfi"]) <= Decimal("0.02")
            assert _percent(value["total_lblt"], value["total_cptl"]) == Decimal(ratio_["lblt_rate"])
            assert ratio_["lblt_rate"] == safe["lblt_rate"]
            assert _percent(value["thtr_ntin"], value["sale_account"]) == Decimal(profit["sale_ntin_rate"])
            assert _percent(value["thtr_ntin"], value["total_cptl"]) == Decimal(ratio_["roe_val"])
            assert _percent(value["cras"], value["flow_lblt"]) == Decimal(safe["crnt_rate"])
        if kind == "0":
            grown = _percent(*(Decimal(row["sale_account"]) for row in incomes[:2]), change=True)
            assert abs(grown - Decimal(growth[0]["grs"])) <= Decimal("0.01")
    empty = await _rows(caller, "finance/balance-sheet", "FHKST66430100", FID_INPUT_ISCD="069500")
    assert empty == [], "a fund has no accounts"


def _percent(part: Decimal, whole: Decimal, *, change: bool = False) -> Decimal:
    return ((part - whole if change else part) * 100 / whole).quantize(Decimal("0.01"), "ROUND_HALF_UP")


async def test_dividends_are_what_equity_lost_and_come_once_a_year(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {"CTS": "", "GB1": "0", "F_DT": "20240101", "T_DT": "20261123", "HIGH_GB": ""}
    rows = (await caller.get("ksdinfo/dividend", "HHKDB669102C0", SHT_CD="005930", **query)).json()["output1"]
    assert [row["record_date"] for row in rows] == ["20251231", "20241231"]
    listing = place.exchange.venue.market.listings["005930"]
    for row in rows:
        year = accounts(1, listing, Period(int(row["record_date"][:4]), 4))
        assert int(row["per_sto_divi_amt"]) * listing.shares == year.dividend
        assert row["divi_pay_dt"] > row["record_date"][:4]
    other = await _rows(caller, "finance/other-major-ratios", "FHKST66430500", FID_DIV_CLS_CODE="0")
    eps = (await _rows(caller, "finance/financial-ratio", "FHKST66430300", FID_DIV_CLS_CODE="0"))[0]["eps"]
    assert _percent(Decimal(rows[0]["per_sto_divi_amt"]), Decimal(eps)) - Decimal(other[0]["payout_rate"]) < 1
    everybody = (await caller.get("ksdinfo/dividend", "HHKDB669102C0", SHT_CD="", **query)).json()["output1"]
    assert len(everybody) == 100
    interim = await caller.get("ksdinfo/dividend", "HHKDB669102C0", SHT_CD="005930", **(query | {"GB1": "2"}))
    assert interim.json()["output1"] == []


async def test_opinions_and_estimates_are_labelled_stay_the_same_and_fit_the_price(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    span = {"FID_COND_SCR_DIV_CODE": "16633", "FID_INPUT_DATE_1": "20260101", "FID_INPUT_DATE_2": "20261123"}
    rows = await _rows(caller, "quotations/invest-opinion", "FHKST663300C0", **span)
    assert rows == await _rows(caller, "quotations/invest-opinion", "FHKST663300C0", **span), "never by call"
    assert [row["stck_bsop_date"] for row in rows] == sorted((row["stck_bsop_date"] for row in rows), reverse=True)
    for row in rows:
        assert row["mbcr_name"].startswith("데모")
        target, close = int(row["hts_goal_prc"]), int(row["stck_prdy_clpr"])
        assert _percent(Decimal(close - target), Decimal(target)) == Decimal(row["dprt"])
        assert (row["invt_opnn"] == "매수") is (target * 100 >= close * 115)
    body = (await caller.get("quotations/estimate-perform", "HHKST668300C0", SHT_CD="005930")).json()
    assert [row["dt"] for row in body["output4"]] == ["2023.12", "2024.12", "2025.12", "2026.12E", "2027.12E"]
    assert (len(body["output2"]), len(body["output3"])) == (6, 8)
    assert body["output1"]["name1"] == "데모"
    ratios = await _rows(caller, "finance/financial-ratio", "FHKST66430300", FID_DIV_CLS_CODE="0")
    assert body["output3"][1]["data3"] + ".00" == ratios[0]["eps"]


async def test_index_is_its_members_and_its_calls_agree(bench: Any, shared_dir: Path) -> None:
    place = await bench()
    caller = await place.caller().login()
    venue = place.exchange.venue
    for code in ("0001", "1001", "2001"):
        index = indices.INDICES[code]
        now = (await _rows_of_index(caller, "inquire-index-price", "FHPUP02100000", code))["output"]
        members = indices.members(venue, index)
        value = base = 0
        for member in members:
            quote = venue.snapshot_at(member.ticker, place.clock.now())
            value, base = value + quote.last * member.shares, base + quote.base * member.shares
        change = Decimal(value - base) * 100 / base
        assert abs(change - Decimal(now["bstp_nmix_prdy_ctrt"])) <= Decimal("0.02")
        counted = sum(int(now[f"{what}_issu_cnt"]) for what in ("ascn", "stnr", "down"))
        assert counted == len(members)
        daily = await _rows_of_index(
            caller, "inquire-index-daily-price", "FHPUP02120000", code, FID_INPUT_DATE_1="20261123"
        )
        span = {"FID_INPUT_DATE_1": "20260101", "FID_INPUT_DATE_2": "20261123", "FID_PERIOD_DIV_CODE": "D"}
        chart = await _rows_of_index(caller, "inquire-daily-indexchartprice", "FHKUP03500100", code, **span)
        assert (len(daily["output2"]), len(chart["output2"])) == (100, 50)
        for one, other in zip(daily["output2"], chart["output2"], strict=False):
            assert {key: one[key] for key in other if key in one} == {key: other[key] for key in other if key in one}
            low, high = Decimal(one["bstp_nmix_lwpr"]), Decimal(one["bstp_nmix_hgpr"])
            assert low <= Decimal(one["bstp_nmix_prpr"]) <= high
            assert low <= Decimal(one["bstp_nmix_oprc"]) <= high
        assert chart["output2"][0]["bstp_nmix_prpr"] == now["bstp_nmix_prpr"] == daily["output1"]["bstp_nmix_prpr"]
        assert chart["output2"][1]["bstp_nmix_prpr"] == chart["output1"]["prdy_nmix"]
    sample = json.loads((shared_dir / "kis/samples/index_daily_price_FHPUP02120000_20250915.json").read_text())
    assert list(daily["output1"]) == list(sample["responses"][0]["output1"])
    assert list(daily["output2"][0]) == list(sample["responses"][0]["output2"][0])
    unknown = await _rows_of_index(caller, "inquire-index-price", "FHPUP02100000", "9999")
    assert unknown["output"]["bstp_nmix_prpr"] == "0"


async def _rows_of_index(caller: Any, path: str, tr_id: str, code: str, **more: str) -> Any:
    query = {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": code, **more}
    return (await caller.get(f"quotations/{path}", tr_id, **query)).json()


async def test_investors_add_up_and_every_call_tells_the_same_of_them(bench: Any, shared_dir: Path) -> None:
    place = await bench()
    caller = await place.caller().login()
    short = await _rows(caller, "quotations/inquire-investor", "FHKST01010900")
    query = STOCK | {"FID_INPUT_DATE_1": "20261123", "FID_ORG_ADJ_PRC": "", "FID_ETC_CLS_CODE": ""}
    body = (await caller.get("quotations/investor-trade-by-stock-daily", "FHPTJ04160001", **query)).json()
    assert len(body["output2"]) == len(short) == 30
    assert body["output2"][0]["stck_bsop_date"] == "20261120", "today's only after the close"
    for row, other in zip(body["output2"], short, strict=True):
        assert all(row[key] == other[key] for key in other)
        for side in ("shnu_vol", "seln_vol"):
            assert sum(int(row[f"{who}_{side}"]) for who in flows.GROUPS) == int(row["acml_vol"])
            assert sum(int(row[f"{who}_{side}"]) for who in flows.INSTITUTIONS) == int(row[f"orgn_{side}"])
        assert int(row["frgn_reg_ntby_qty"]) + int(row["frgn_nreg_ntby_qty"]) == int(row["frgn_ntby_qty"])
        nets = [int(row[f"{who}_ntby_qty"]) for who in flows.GROUPS]
        assert sum(nets) == 0
    assert set(CLASSES) >= {*flows.GROUPS, *flows.INSTITUTIONS, *flows.OTHERS}
    ranked = (await caller.get("quotations/foreign-institution-total", "FHPTJ04400000", FID_INPUT_ISCD="0000")).json()[
        "output"
    ]
    nets = [int(row["ntby_qty"]) for row in ranked]
    assert (len(ranked), nets) == (30, sorted(nets, reverse=True))
    mine = [row for row in ranked if row["mksc_shrn_iscd"] == "005930"]
    assert all(row["frgn_ntby_qty"] == short[0]["frgn_ntby_qty"] for row in mine)
    trend = (await caller.get("quotations/investor-trend-estimate", "HHPTJ04160200", MKSC_SHRN_ISCD="005930")).json()[
        "output2"
    ]
    assert [row["bsop_hour_gb"] for row in trend] == ["2", "1"], "half past nine and ten"
    programme = await _rows(caller, "quotations/program-trade-by-stock", "FHPPG04650101")
    sample = json.loads((shared_dir / "kis/samples/program_trade_by_stock_005930_20250916.json").read_text())
    assert list(programme[0]) == list(sample["responses"][0]["output"][0])
    assert (await caller.quote())["pgtr_ntby_qty"] == programme[0]["whol_smtn_ntby_qty"]
    daily = await _rows(caller, "quotations/inquire-daily-price", "FHKST01010400", FID_PERIOD_DIV_CODE="D")
    assert daily[0]["frgn_ntby_qty"] == "0", "today's only after the close"
    assert [row["frgn_ntby_qty"] for row in daily[1:]] == [row["frgn_ntby_qty"] for row in short[:29]]
    for newer, older in pairwise(programme):
        step = int(newer["whol_smtn_ntby_qty"]) - int(older["whol_smtn_ntby_qty"])
        assert step == int(newer["whol_ntby_vol_icdc"])


async def test_margin_is_the_money_that_may_be_spent(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    await caller.order("buy", 10, int((await caller.quote())["stck_llam"]))
    query = {**caller.account, "CMA_EVLU_AMT_ICLD_YN": "N", "WCRC_FRCR_DVSN_CD": "01", "FWEX_CTRT_FRCR_DVSN_CD": "01"}
    margin = (await caller.get("trading/intgr-margin", "TTTC0869R", **query)).json()["output"]
    power = (
        await caller.get("trading/inquire-psbl-order", "TTTC8908R", **caller.account, PDNO="", ORD_UNPR="")
    ).json()["output"]
    assert margin["stck_cash100_max_ord_psbl_amt"] == power["nrcvb_buy_amt"]
    assert int(margin["stck_cash_objt_amt"]) - int(margin["stck_cash_use_amt"]) == int(margin["stck_cash_ord_psbl_amt"])
    assert margin["usd_ord_psbl_amt"] == "0"


async def test_second_quote_agrees_with_the_first(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    one = await caller.quote()
    body = (await caller.get("quotations/inquire-price-2", "FHPST01010000", **STOCK)).json()
    two = body["output"]
    assert len(two) == 54
    same = {key for key in two if key in one} - {"new_hgpr_lwpr_cls_code"}
    assert {key: two[key] for key in same} == {key: one[key] for key in same}
    assert two["stck_prdy_clpr"] == one["stck_sdpr"]
    assert int(two["stck_prpr"]) - int(two["stck_lwpr"]) == int(two["lwpr_vrss_prpr"])


async def test_names_that_are_watched_carry_the_codes_of_their_state(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    listings = place.exchange.venue.market.listings
    for status, codes in (
        ("normal", ("55", "00", "N", "N", "N")),
        ("managed", ("51", "00", "N", "Y", "N")),
        ("warning", ("53", "02", "N", "N", "N")),
        ("delisting", ("51", "00", "N", "N", "Y")),
        ("halted", ("58", "00", "Y", "N", "N")),
    ):
        listing = listings["005930"]
        listings["005930"] = replace(listing, instrument=replace(listing.instrument, status=status))
        one = await caller.quote()
        keys = ("iscd_stat_cls_code", "mrkt_warn_cls_code", "temp_stop_yn", "mang_issu_cls_code", "sltr_yn")
        assert tuple(one[key] for key in keys) == codes
        two = (await caller.get("quotations/inquire-price-2", "FHPST01010000", **STOCK)).json()["output"]
        assert (two["mrkt_warn_cls_code"], two["trht_yn"]) == (codes[1], codes[2])


async def test_foreigners_hold_what_they_held_and_what_they_bought_since(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    quote = await caller.quote()
    shares, held = int(quote["lstn_stcn"]), int(quote["frgn_hldn_qty"])
    assert quote["hts_frgn_ehrt"] == f"{held / shares * 100:.2f}"
    assert 2 < float(quote["hts_frgn_ehrt"]) < 60
    more = {"FID_PERIOD_DIV_CODE": "D", "FID_ORG_ADJ_PRC": "0"}
    rows = (await caller.get("quotations/inquire-daily-price", "FHKST01010400", **query, **more)).json()["output"]
    assert rows[0]["hts_frgn_ehrt"] == quote["hts_frgn_ehrt"]
    assert len({row["hts_frgn_ehrt"] for row in rows}) > 1
    place.move(days=1)
    await caller.login()
    yesterday = (await caller.get("quotations/inquire-investor", "FHKST01010900", **query)).json()["output"][0]
    assert int((await caller.quote())["frgn_hldn_qty"]) - held == int(yesterday["frgn_ntby_qty"])
    assert float((await caller.quote("069500"))["hts_frgn_ehrt"]) < 10, "funds are held at home"
