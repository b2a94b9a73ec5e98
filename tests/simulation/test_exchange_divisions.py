"""Order types over the wire: what each code pays, what becomes of its remainder, when and where it is taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.clock import KST
from simulation.exchange.config import Environment
from simulation.exchange.divisions import DIVISIONS, Board

TEN = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


def _at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, second, tzinfo=KST)


async def _asking(caller: Any, ticker: str = "005930") -> dict[str, int]:
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": ticker}
    body = (await caller.get("quotations/inquire-asking-price-exp-ccn", "FHKST01010200", **query)).json()
    return {key: int(value) for key, value in body["output1"].items() if value.lstrip("-").isdecimal()}


async def _row(caller: Any, place: Any, odno: str) -> dict[str, str]:
    rows = (await caller.executions(place.clock.now(), EXCG_ID_DVSN_CD="ALL")).json()["output1"]
    found: dict[str, str] = next(row for row in rows if row["odno"] == odno)
    return found


async def test_best_limit_takes_the_opposite_price_and_priority_limit_joins_its_own(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    book = await _asking(caller)
    best = await caller.order("buy", 3, ORD_DVSN="03", ORD_UNPR="0")
    row = await _row(caller, place, best["output"]["ODNO"])
    assert (row["ord_unpr"], row["tot_ccld_qty"], row["ord_dvsn_name"]) == (str(book["askp1"]), "3", "최유리지정가")
    own = await caller.order("buy", 3, ORD_DVSN="04", ORD_UNPR="0")
    row = await _row(caller, place, own["output"]["ODNO"])
    assert (row["ord_unpr"], row["rmn_qty"], row["ord_dvsn_name"]) == (str(book["bidp1"]), "3", "최우선지정가")


async def test_ioc_drops_what_it_cannot_have_at_once_and_fok_wants_all_or_nothing(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    ticker = "247540"
    book = await _asking(caller, ticker)
    first = book["askp_rsqn1"]
    fok = await caller.order("buy", first + 1, book["askp1"], ticker, ORD_DVSN="12")
    row = await _row(caller, place, fok["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["rmn_qty"], row["cncl_cfrm_qty"]) == ("0", "0", str(first + 1))
    assert (await _asking(caller, ticker))["askp_rsqn1"] == first, "a fill-or-kill that is killed takes nothing"
    ioc = await caller.order("buy", first + 1, book["askp1"], ticker, ORD_DVSN="11")
    row = await _row(caller, place, ioc["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["rmn_qty"], row["cncl_cfrm_qty"]) == (str(first), "0", "1")
    assert row["ccld_cndt_name"] == "IOC"
    assert place.exchange.venue.world.open_orders() == []
    whole = await caller.order("buy", 1, ticker=ticker, ORD_DVSN="14")
    assert (await _row(caller, place, whole["output"]["ODNO"]))["tot_ccld_qty"] == "1"


@pytest.mark.parametrize("code", ["13", "14", "15", "16"])
async def test_unpriced_immediate_orders_trade_and_never_rest(bench: Any, code: str) -> None:
    place = await bench()
    caller = await place.caller().login()
    done = await caller.order("buy", 2, ORD_DVSN=code, ORD_UNPR="0")
    row = await _row(caller, place, done["output"]["ODNO"])
    assert (row["ord_dvsn_cd"], row["tot_ccld_qty"], row["rmn_qty"]) == (code, "2", "0")


async def test_conditional_limit_rests_all_day_and_trades_at_the_closing_price(bench: Any) -> None:
    place = await bench(at=_at(15, 19))
    caller = await place.caller().login()
    quote = await caller.quote()
    done = await caller.order("buy", 3, int(quote["stck_llam"]), ORD_DVSN="02")
    number = done["output"]["ODNO"]
    upper = int(quote["stck_mxpr"])
    query = {**caller.account, "PDNO": "005930", "ORD_UNPR": "", "ORD_DVSN": "01"}
    power = (await caller.get("trading/inquire-psbl-order", "TTTC8908R", **query)).json()["output"]
    assert int(power["ord_psbl_cash"]) == 100_000_000 - 3 * upper - 3 * upper * 15 // 100_000
    place.move(minutes=2)
    late = await caller.order("buy", 1, int(quote["stck_llam"]), ORD_DVSN="02")
    assert late["msg_cd"] == "APBK0918", "the closing auction takes no conditional order any more"
    place.move(minutes=10)
    row = await _row(caller, place, number)
    assert (row["tot_ccld_qty"], row["avg_prvs"]) == ("3", (await caller.quote())["stck_prpr"])
    kinds = [record["kind"] for record in place.exchange.journal.recover() if record.get("odno") == number]
    assert kinds == ["order", "convert", "fill"]


async def test_stop_order_waits_for_its_price_reserves_meanwhile_and_then_is_a_limit_order(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    tape = place.exchange.venue.market.tape("005930", TEN.date())
    now = int((await caller.quote())["stck_prpr"])
    unit = int((await caller.quote())["aspr_unit"])
    rises = int(tape.prices[3600:].max()) > now
    trigger = now + unit if rises else now
    stop = await caller.order("buy", 4, trigger + 5 * unit, ORD_DVSN="22", CNDT_PRIC=str(trigger))
    number = stop["output"]["ODNO"]
    row = await _row(caller, place, number)
    assert (row["rmn_qty"], row["stpm_cndt_pric"]) == ("4", str(trigger))
    assert (await _asking(caller)).get("bidp1", 0) < trigger + 5 * unit, "a waiting stop order is not in the book"
    place.move(hours=5)
    records = [record for record in place.exchange.journal.recover() if record.get("odno") == number]
    assert [record["kind"] for record in records][:2] == ["order", "trigger"]
    fills = [record for record in records if record["kind"] == "fill"]
    assert sum(record["qty"] for record in fills) == 4
    assert all(record["price"] <= trigger + 5 * unit for record in fills)
    bad = await caller.order("buy", 1, now, ORD_DVSN="22", CNDT_PRIC=str(now + 1))
    assert bad["msg_cd"] in ("APBK0506", "APBK0918")


async def test_auctions_take_neither_immediate_nor_best_price_orders(bench: Any) -> None:
    place = await bench(at=_at(8, 45))
    caller = await place.caller().login()
    upper = int((await caller.quote())["stck_mxpr"])
    for code in ("03", "04", "11", "12", "13", "14", "15", "16"):
        answer = await caller.order("buy", 1, upper if code in ("11", "12") else 0, ORD_DVSN=code)
        assert (answer["rt_cd"], answer["msg_cd"]) == ("7", "APBK0918"), code
    for code, price in (("00", upper), ("01", 0), ("02", upper)):
        assert (await caller.order("buy", 1, price, ORD_DVSN=code))["rt_cd"] == "0", code


async def test_close_price_orders_trade_before_the_open_at_yesterdays_and_after_the_close_at_todays(bench: Any) -> None:
    place = await bench(at=_at(8, 31))
    caller = await place.caller().login()
    base = (await caller.quote())["stck_sdpr"]
    assert (await caller.order("buy", 1, ORD_DVSN="06", ORD_UNPR="0"))["msg_cd"] == "APBK0918"
    early = await caller.order("buy", 5, ORD_DVSN="05", ORD_UNPR="0")
    place.move(minutes=10)
    row = await _row(caller, place, early["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["avg_prvs"], row["ord_dvsn_name"]) == ("5", base, "장전 시간외")
    assert (await caller.order("buy", 1, ORD_DVSN="05", ORD_UNPR="0"))["msg_cd"] == "APBK0918", "08:41 is too late"
    place.move(hours=6, minutes=51)  # 15:32
    close = (await caller.quote())["stck_prpr"]
    late = await caller.order("sell", 5, ORD_DVSN="06", ORD_UNPR="0")
    assert (await _row(caller, place, late["output"]["ODNO"]))["tot_ccld_qty"] == "0", "entered, not yet traded"
    place.move(minutes=20)
    row = await _row(caller, place, late["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["avg_prvs"]) == ("5", close)


async def test_after_market_takes_its_own_types_until_eight_and_no_funds(bench: Any) -> None:
    place = await bench(at=_at(16, 30))
    caller = await place.caller().login()
    book = await _asking(caller)
    quote = await caller.quote()
    for code in ("00", "01", "03", "11"):
        answer = await caller.order("buy", 1, 0 if code in ("01", "03") else book["askp1"], ORD_DVSN=code)
        assert (answer["msg_cd"], answer["msg1"].strip()) == (
            "APBK3013",
            "[애프터마켓]지정가 및 최유리/최우선지정가 주문만 가능합니다.",
        )
    bought = await caller.order("buy", 2, book["askp1"], ORD_DVSN="41")
    row = await _row(caller, place, bought["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["avg_prvs"]) == ("2", str(book["askp1"]))
    assert (await caller.quote())["acml_vol"] == quote["acml_vol"], "another market: the regular day's figures stay"
    for code in ("44", "45", "46"):
        done = await caller.order("buy", 1, ORD_DVSN=code, ORD_UNPR="0")
        assert (await _row(caller, place, done["output"]["ODNO"]))["tot_ccld_qty"] == "1", code
    resting = await caller.order("buy", 3, int(quote["stck_llam"]), ORD_DVSN="41")
    assert (await caller.order("buy", 1, 50_000, "069500", ORD_DVSN="41"))["rt_cd"] == "7"
    assert (await caller.order("buy", 1, ORD_DVSN="07"))["rt_cd"] != "0", "the single-price evening was abolished"
    place.move(hours=3, minutes=31)
    expired = [record for record in place.exchange.journal.recover() if record["kind"] == "expire"]
    assert [(record["odno"], record["t"][11:16]) for record in expired] == [(resting["output"]["ODNO"], "20:00")]
    assert (await caller.order("buy", 1, book["askp1"], ORD_DVSN="41"))["msg_cd"] == "APBK0918"


async def test_unfilled_regular_orders_do_not_move_into_the_after_market(bench: Any) -> None:
    place = await bench(at=_at(15, 0))
    caller = await place.caller().login()
    low = int((await caller.quote())["stck_llam"])
    done = await caller.order("buy", 1, low)
    early = await caller.order("buy", 1, low, ORD_DVSN="41")
    assert early["msg_cd"] == "APBK0918"
    place.move(hours=1, minutes=5)
    assert (await _row(caller, place, done["output"]["ODNO"]))["rmn_qty"] == "0"
    assert place.exchange.venue.world.open_orders() == []


async def test_evening_single_price_of_earlier_years_trades_every_ten_minutes_at_the_close(bench: Any) -> None:
    place = await bench(at=datetime(2026, 9, 9, 16, 1, tzinfo=KST))
    caller = await place.caller().login()
    close = int((await caller.quote())["stck_prpr"])
    done = await caller.order("buy", 2, close, ORD_DVSN="07")
    assert (await _row(caller, place, done["output"]["ODNO"]))["tot_ccld_qty"] == "0"
    place.move(minutes=10)
    row = await _row(caller, place, done["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["avg_prvs"]) == ("2", str(close))
    assert (await caller.order("buy", 1, close, ORD_DVSN="41"))["msg_cd"] == "OPSQ2001"


async def test_paper_takes_the_first_five_types_only(bench: Any) -> None:
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    price = (await caller.quote())["stck_prpr"]
    for code, division in DIVISIONS.items():
        body = {**caller.account, "PDNO": "005930", "ORD_DVSN": code, "ORD_QTY": "1", "ORD_UNPR": price}
        answer = (await caller.post("trading/order-cash", "VTTC0012U", **body)).json()
        assert answer["msg_cd"] == ("40600000" if division.paper else "40070000"), code
    assert [code for code, division in DIVISIONS.items() if division.paper] == ["00", "01", "02", "03", "04"]


async def test_types_of_the_krx_alone_are_not_taken_for_other_venues(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    price = int((await caller.quote())["stck_prpr"])
    for code, venue in (("02", "SOR"), ("02", "NXT"), ("01", "NXT"), ("22", "SOR")):
        answer = await caller.order("buy", 1, 0 if code == "01" else price, ORD_DVSN=code, EXCG_ID_DVSN_CD=venue)
        assert answer["msg_cd"] == "OPSQ2001", (code, venue)


async def test_revision_stays_on_its_board_and_may_change_the_type(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    quote = await caller.quote()
    low = int(quote["stck_llam"])
    first = (await caller.order("buy", 2, low))["output"]["ODNO"]
    change = {"RVSE_CNCL_DVSN_CD": "01", "QTY_ALL_ORD_YN": "Y"}
    refused = await caller.cancel(first, **change, ORD_DVSN="41", ORD_UNPR=str(low))
    assert refused["rt_cd"] == "7"
    assert (await caller.cancel(first, **change, ORD_DVSN="11", ORD_UNPR=str(low)))["rt_cd"] != "0"
    best = await caller.cancel(first, **change, ORD_DVSN="03")
    assert (await _row(caller, place, best["output"]["ODNO"]))["tot_ccld_qty"] == "2"


def test_every_type_lives_on_one_board_and_only_priced_ones_may_stop() -> None:
    for code, division in DIVISIONS.items():
        assert isinstance(division.board, Board)
        assert len(code) == 2
        assert ("KRX" in division.venues) is (division.board is not Board.NXT_PRE)


async def test_midpoint_order_pays_the_middle_and_is_seen_by_nobody(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    before = await _asking(caller)
    taken = await caller.order("buy", 2, ORD_DVSN="21", ORD_UNPR="0")
    row = await _row(caller, place, taken["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["ord_dvsn_name"]) == ("2", "중간가")
    assert int(row["avg_prvs"]) * 2 == before["askp1"] + before["bidp1"]
    assert await _asking(caller) == before, "midpoint trades take nothing from the book"
    huge = await caller.order("buy", 10_000_000, ticker="069500", ORD_DVSN="21", ORD_UNPR="0")
    assert huge["msg_cd"] == "APBK0952", "it reserves the upper limit"


async def test_midpoint_orders_of_users_meet_each_other_first_and_ioc_drops_the_rest(bench: Any) -> None:
    place = await bench(opening_cash=100_000_000_000)
    one = await place.caller().login()
    other = await place.caller(key="L" * 36, account="7654321001").login()
    assert (await one.order("buy", 5_000))["rt_cd"] == "0"
    tape = place.exchange.venue.market.tape("005930", place.clock.now().date(), Board.MIDPOINT)
    hidden = place.exchange.venue._crossing._depth.background(
        "005930", tape, place.exchange.venue.market.index("005930", place.clock.now(), Board.MIDPOINT)
    )
    there = hidden.asks[0].quantity
    buy = await other.order("buy", there + 3, ORD_DVSN="21", ORD_UNPR="0")
    assert (await _row(other, place, buy["output"]["ODNO"]))["rmn_qty"] == "3"
    sell = await one.order("sell", 2, ORD_DVSN="23", ORD_UNPR="0")
    assert (await _row(one, place, sell["output"]["ODNO"]))["tot_ccld_qty"] == "2"
    assert (await _row(other, place, buy["output"]["ODNO"]))["rmn_qty"] == "1"
    fok = await other.order("buy", 10_000, ORD_DVSN="24", ORD_UNPR="0")
    row = await _row(other, place, fok["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["cncl_cfrm_qty"]) == ("0", "10000")


@pytest.mark.parametrize(("hour", "minute", "code"), [(8, 40, "APBK0918"), (15, 25, "APBK0918")])
async def test_midpoint_orders_belong_to_continuous_trading(bench: Any, hour: int, minute: int, code: str) -> None:
    place = await bench(at=_at(hour, minute))
    caller = await place.caller().login()
    assert (await caller.order("buy", 1, ORD_DVSN="21", ORD_UNPR="0"))["msg_cd"] == code


async def test_nxt_pre_market_trades_from_eight_and_its_remainder_ends_at_ten_to_nine(bench: Any) -> None:
    place = await bench(at=_at(8, 20))
    caller = await place.caller().login()
    quote = await caller.quote()
    low = int(quote["stck_llam"])
    assert (await caller.order("buy", 1, low, ORD_DVSN="27"))["rt_cd"] != "0", "it is NXT's market"
    rests = await caller.order("buy", 1, low, ORD_DVSN="27", EXCG_ID_DVSN_CD="NXT")
    best = await caller.order("buy", 1, ORD_DVSN="28", ORD_UNPR="0", EXCG_ID_DVSN_CD="NXT")
    assert (await _row(caller, place, best["output"]["ODNO"]))["tot_ccld_qty"] == "1"
    assert (await _row(caller, place, rests["output"]["ODNO"]))["rmn_qty"] == "1"
    place.move(minutes=31)
    assert place.exchange.venue.world.open_orders() == []
    late = await caller.order("buy", 1, low, ORD_DVSN="27", EXCG_ID_DVSN_CD="NXT")
    assert late["msg_cd"] == "APBK0918"


async def test_nxt_takes_its_daytime_types_in_the_evening_and_krx_does_not(bench: Any) -> None:
    place = await bench(at=_at(16, 30))
    caller = await place.caller().login()
    assert (await caller.order("buy", 1, ORD_DVSN="03", ORD_UNPR="0"))["msg_cd"] == "APBK3013"
    taken = await caller.order("buy", 1, ORD_DVSN="03", ORD_UNPR="0", EXCG_ID_DVSN_CD="NXT")
    row = await _row(caller, place, taken["output"]["ODNO"])
    assert (row["tot_ccld_qty"], row["excg_id_dvsn_Cd"], row["ord_dvsn_cd"]) == ("1", "NXT", "03")
    rests = await caller.order("buy", 1, int((await caller.quote())["stck_llam"]), EXCG_ID_DVSN_CD="NXT")
    place.move(hours=4)
    assert (await _row(caller, place, rests["output"]["ODNO"]))["rmn_qty"] == "0", "the evening ends at eight"
