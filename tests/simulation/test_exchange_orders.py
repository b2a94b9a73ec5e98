"""Orders over the wire: who is refused with which words, what a revision or a cancel does, what lists then show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.clock import KST
from simulation.exchange.config import Environment
from simulation.exchange.envelope import padded_message

SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=KST)
EARLY = datetime(2026, 11, 23, 7, 0, tzinfo=KST)
AUCTION = datetime(2026, 11, 23, 8, 45, tzinfo=KST)
EVENING = datetime(2026, 11, 23, 16, 30, tzinfo=KST)
OPEN = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


@pytest.mark.parametrize(
    ("env", "at", "code"),
    [
        (Environment.REAL, SUNDAY, "APBK0919"),
        (Environment.REAL, EARLY, "APBK0918"),
        (Environment.REAL, AUCTION, "APBK0013"),
        (Environment.REAL, EVENING, "APBK3013"),
        (Environment.PAPER, SUNDAY, "40100000"),
        (Environment.PAPER, EARLY, "40570000"),
        (Environment.PAPER, AUCTION, "40570000"),
        (Environment.PAPER, EVENING, "40580000"),
        (Environment.PAPER, OPEN, "40600000"),
    ],
)
async def test_hours_are_kept_in_the_words_of_each_environment(
    bench: Any, env: Environment, at: datetime, code: str
) -> None:
    place = await bench(env=env, at=at)
    caller = await place.caller().login()
    tr_id = "TTTC0012U" if env is Environment.REAL else "VTTC0012U"
    body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    answer = await caller.post("trading/order-cash", tr_id, **body)
    assert (answer.status_code, answer.json()["msg_cd"]) == (200, code)


@pytest.mark.parametrize(
    ("env", "change", "code"),
    [
        (Environment.REAL, {"PDNO": "999999"}, "APBK0656"),
        (Environment.REAL, {"ORD_UNPR": "tick"}, "APBK0506"),
        (Environment.REAL, {"ORD_UNPR": "above"}, "APBK0406"),
        (Environment.REAL, {"ORD_UNPR": "below"}, "APBK0407"),
        (Environment.REAL, {"ORD_QTY": "1000000"}, "APBK0952"),
        (Environment.REAL, {"ORD_QTY": "0"}, "APBK0400"),
        (Environment.REAL, {"ORD_QTY": "-1"}, "OPSQ2002"),
        (Environment.REAL, {"ORD_DVSN": "99"}, "OPSQ2001"),
        (Environment.PAPER, {"PDNO": "999999"}, "40070000"),
        (Environment.PAPER, {"ORD_UNPR": "tick"}, "40030000"),
        (Environment.PAPER, {"ORD_UNPR": "above"}, "40270000"),
        (Environment.PAPER, {"ORD_QTY": "1000000"}, "40250000"),
        (Environment.PAPER, {"EXCG_ID_DVSN_CD": "SOR"}, "40070000"),
    ],
)
async def test_bad_orders_are_refused_with_http_200_and_leave_nothing(
    bench: Any, env: Environment, change: dict[str, str], code: str
) -> None:
    place = await bench(env=env)
    caller = await place.caller().login()
    quote = await caller.quote()
    words = {
        "tick": str(int(quote["stck_prpr"]) + 1),
        "above": str(int(quote["stck_mxpr"]) + int(quote["aspr_unit"])),
        "below": str(int(quote["stck_llam"]) - int(quote["aspr_unit"])),
    }
    body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "00", "ORD_QTY": "1", "ORD_UNPR": quote["stck_prpr"]}
    body |= {name: words.get(value, value) for name, value in change.items()}
    answer = await caller.post("trading/order-cash", "TTTC0012U" if env is Environment.REAL else "VTTC0012U", **body)
    assert answer.status_code == 200
    assert answer.json()["msg_cd"] == code
    if not code.startswith("OPSQ"):
        assert answer.json()["rt_cd"] == ("7" if env is Environment.REAL else "1")
    assert place.exchange.venue.world.open_orders() == []


async def test_missing_field_and_lower_case_body_are_input_errors(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    answer = (await caller.post("trading/order-cash", "TTTC0012U", **caller.account, PDNO="005930")).json()
    assert answer["msg1"] == "ERROR INPUT FIELD NOT FOUND (ORD_DVSN)"
    lower = {key.lower(): value for key, value in caller.account.items()}
    answer = (await caller.post("trading/order-cash", "TTTC0012U", **lower, pdno="005930")).json()
    assert answer["msg1"] == "ERROR INPUT FIELD NOT FOUND (CANO)"


async def test_selling_needs_free_shares(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    assert (await caller.order("sell", 1))["msg_cd"] == "APBK0400"
    await caller.order("buy", 5)
    quote = await caller.quote()
    assert (await caller.order("sell", 4, int(quote["stck_mxpr"])))["rt_cd"] == "0"
    assert (await caller.order("sell", 2))["msg_cd"] == "APBK0400"
    row = (await caller.balance()).json()["output1"][0]
    assert (row["hldg_qty"], row["ord_psbl_qty"]) == ("5", "1")
    sellable = await caller.get("trading/inquire-psbl-sell", "TTTC8408R", **caller.account, PDNO="005930")
    assert sellable.json()["output"]["ord_psbl_qty"] == "1"


async def test_market_buy_reserves_the_upper_limit_and_buying_power_says_so(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    quote = await caller.quote()
    upper = int(quote["stck_mxpr"])
    query = {**caller.account, "PDNO": "005930", "ORD_UNPR": "", "ORD_DVSN": "01"}
    query |= {"CMA_EVLU_AMT_ICLD_YN": "N", "OVRS_ICLD_YN": "N"}
    power = (await caller.get("trading/inquire-psbl-order", "TTTC8908R", **query)).json()["output"]
    most = int(power["nrcvb_buy_qty"])
    assert (int(power["psbl_qty_calc_unpr"]), int(power["ord_psbl_cash"])) == (upper, 100_000_000)
    assert most * upper <= 100_000_000 < (most + 1) * upper * 1_001 // 1_000
    assert (await caller.order("buy", most + 1))["msg_cd"] == "APBK0952"
    assert (await caller.order("buy", most))["rt_cd"] == "0"
    unknown = await caller.get("trading/inquire-psbl-order", "TTTC8908R", **(query | {"PDNO": "999999"}))
    assert unknown.json()["rt_cd"] == "7"


async def test_resting_buys_keep_their_money_and_give_it_back_when_cancelled(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    quote = await caller.quote()
    price = int(quote["stck_llam"])
    done = await caller.order("buy", 100, price)
    query = {**caller.account, "PDNO": "005930", "ORD_UNPR": str(price), "ORD_DVSN": "00"}
    left = (await caller.get("trading/inquire-psbl-order", "TTTC8908R", **query)).json()["output"]
    assert int(left["ord_psbl_cash"]) == 100_000_000 - 100 * price - 100 * price * 15 // 100_000
    await caller.cancel(done["output"]["ODNO"])
    left = (await caller.get("trading/inquire-psbl-order", "TTTC8908R", **query)).json()["output"]
    assert int(left["ord_psbl_cash"]) == 100_000_000


async def test_partial_cancel_and_revision_make_new_numbers_and_lists_show_the_chain(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    quote = await caller.quote()
    low, unit = int(quote["stck_llam"]), int(quote["aspr_unit"])
    first = (await caller.order("buy", 10, low))["output"]["ODNO"]
    cut = (await caller.cancel(first, quantity=4))["output"]["ODNO"]
    moved = await caller.cancel(first, RVSE_CNCL_DVSN_CD="01", ORD_UNPR=str(low + 5 * unit))
    second = moved["output"]["ODNO"]
    assert len({first, cut, second}) == 3
    rows = (await caller.executions(place.clock.now())).json()["output1"]
    by_number = {row["odno"]: row for row in rows}
    assert [row["odno"] for row in rows] == [second, cut, first]
    assert (by_number[first]["rmn_qty"], by_number[first]["cncl_cfrm_qty"]) == ("0", "4")
    assert (by_number[cut]["orgn_odno"], by_number[cut]["sll_buy_dvsn_cd_name"]) == (first, "매수취소*")
    assert (by_number[second]["ord_qty"], by_number[second]["rmn_qty"]) == ("6", "6")
    assert by_number[second]["sll_buy_dvsn_cd_name"] == "매수정정*"
    query = {**caller.account, "INQR_DVSN_1": "0", "INQR_DVSN_2": "0", "CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
    for tr_id in ("TTTC0084R", "TTTC8036R"):
        opened = (await caller.get("trading/inquire-psbl-rvsecncl", tr_id, **query)).json()["output"]
        assert [(row["odno"], row["psbl_qty"]) for row in opened] == [(second, "6")]
    assert (await caller.cancel(first))["msg_cd"] == "APBK0344"
    assert (await caller.cancel(second, quantity=7))["msg_cd"] == "APBK1359"
    assert (await caller.cancel("4711"))["msg_cd"] == "APBK0344"
    stranger = await place.caller(key="L" * 36, account="9999999901").login()
    assert (await stranger.cancel(second))["msg_cd"] == "APBK0344", "an order of another account cannot be touched"


async def test_old_tr_ids_work_and_show_krx_orders_only(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    sor = await caller.order("buy", 1, EXCG_ID_DVSN_CD="SOR")
    assert sor["output"]["SOR_ODNO"] == sor["output"]["ODNO"]
    body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    assert (await caller.post("trading/order-cash", "TTTC0802U", **body)).json()["rt_cd"] == "0"
    old = (await caller.executions(place.clock.now(), "TTTC8001R")).json()["output1"]
    everything = (await caller.executions(place.clock.now(), EXCG_ID_DVSN_CD="ALL")).json()["output1"]
    assert (len(old), len(everything)) == (1, 2)


async def test_paper_says_when_there_is_nothing_to_show(bench: Any) -> None:
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    answer = (await caller.executions(place.clock.now(), "VTTC8001R")).json()
    assert (answer["rt_cd"], answer["msg_cd"], answer["output1"]) == ("0", "70070000", [])


async def test_balance_adds_up_to_the_won(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    await caller.order("buy", 7)
    await caller.order("buy", 30, ticker="069500")
    await caller.order("sell", 3)
    body = (await caller.balance()).json()
    sums = {key: int(value) for key, value in body["output2"][0].items() if value.lstrip("-").isdecimal()}
    assert sums["nass_amt"] == sums["tot_evlu_amt"] == sums["prvs_rcdl_excc_amt"] + sums["scts_evlu_amt"]
    assert sums["dnca_tot_amt"] == 100_000_000
    assert (
        sums["prvs_rcdl_excc_amt"] == 100_000_000 - sums["thdt_buy_amt"] + sums["thdt_sll_amt"] - sums["thdt_tlex_amt"]
    )
    assert sums["nxdy_excc_amt"] == 100_000_000, "nothing settles before D+2"
    for row in body["output1"]:
        assert int(row["evlu_amt"]) == int(row["hldg_qty"]) * int(row["prpr"])
        assert len(row["pchs_avg_pric"].split(".")[1]) == 4
    assert len(padded_message("조회가 완료되었습니다").encode("cp949")) == 80 == len(body["msg1"].encode("cp949"))
