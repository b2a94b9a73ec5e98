"""Reserved orders: taken in the evening, sent in the morning, listed with what became of them. Credit orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.clock import KST, ManualClock
from domain.orders.types import Side
from simulation.exchange.config import ExchangeConfig, Limits
from simulation.exchange.exchange import build
from simulation.exchange.journal import read_journal
from simulation.exchange.reserved import Reservation

EVENING = datetime(2026, 11, 23, 17, 0, tzinfo=KST)


async def _reserve(caller: Any, quantity: int, price: int = 0, side: str = "02", **more: str) -> Any:
    body = {
        **caller.account,
        "PDNO": "005930",
        "ORD_QTY": str(quantity),
        "ORD_UNPR": str(price),
        "SLL_BUY_DVSN_CD": side,
        "ORD_DVSN_CD": "00" if price else "01",
        "ORD_OBJT_CBLC_DVSN_CD": "10",
        **more,
    }
    return (await caller.post("trading/order-resv", "CTSC0008U", **body)).json()


async def _list(caller: Any, **more: str) -> list[dict[str, str]]:
    query = {
        **caller.account,
        "RSVN_ORD_ORD_DT": "20261101",
        "RSVN_ORD_END_DT": "20261231",
        "RSVN_ORD_SEQ": "",
        "TMNL_MDIA_KIND_CD": "00",
        "PRCS_DVSN_CD": "0",
        "CNCL_YN": "Y",
        "PDNO": "",
        "SLL_BUY_DVSN_CD": "",
        "CTX_AREA_FK200": "",
        "CTX_AREA_NK200": "",
    }
    rows: list[dict[str, str]] = (await caller.get("trading/order-resv-ccnl", "CTSC0004R", **(query | more))).json()[
        "output"
    ]
    return rows


async def _change(caller: Any, tr_id: str, seq: str, **more: str) -> Any:
    body = {**caller.account, "RSVN_ORD_SEQ": seq, "RSVN_ORD_ORGNO": "", "RSVN_ORD_ORD_DT": "20261123", **more}
    return (await caller.post("trading/order-resv-rvsecncl", tr_id, **body)).json()


async def test_reserved_order_is_sent_when_the_next_auction_begins_and_told_of_in_the_list(bench: Any) -> None:
    place = await bench(at=EVENING)
    caller = await place.caller().login()
    done = await _reserve(caller, 3)
    assert (done["rt_cd"], done["msg_cd"], list(done["output"])) == ("0", "KIOK0430", ["RSVN_ORD_SEQ"])
    row = (await _list(caller))[0]
    assert (row["rsvn_ord_seq"], row["prcs_rslt"], row["odno"]) == (done["output"]["RSVN_ORD_SEQ"], "미처리", "")
    place.move(hours=15, minutes=20)
    assert place.exchange.venue.world.today() == {}, "20 past 8: the auction has not begun"
    place.move(minutes=15)
    row = (await _list(caller))[0]
    assert (row["prcs_rslt"], row["odno"], row["ord_tmd"]) == ("처리", "0000000001", "083000")
    place.move(minutes=30)
    row = (await _list(caller))[0]
    assert row["tot_ccld_qty"] == "3"
    assert (await caller.balance()).json()["output1"][0]["hldg_qty"] == "3"
    place.move(days=1)
    assert len(place.exchange.venue.world.today()) == 0, "without an end it is sent once"


async def test_period_order_is_sent_every_session_for_what_is_left_up_to_its_end(bench: Any) -> None:
    place = await bench(at=EVENING)
    caller = await place.caller().login()
    # far enough under the market on both days, still inside their bands
    under = int((await caller.quote())["stck_prpr"]) * 85 // 100 // 500 * 500
    await _reserve(caller, 5, under, RSVN_ORD_END_DT="20261125")
    days = []
    for _ in range(3):
        place.move(hours=16)
        days.append([(order.quantity, order.open) for order in place.exchange.venue.world.today().values()])
        place.move(hours=8)
    assert days == [[(5, 5)], [(5, 5)], []]
    row = (await _list(await caller.login()))[0]
    assert (row["rsvn_end_dt"], row["tot_ccld_qty"], row["odno"]) == ("20261125", "0", "0000000001")


async def test_what_the_broker_refuses_in_the_morning_says_why_in_the_list(bench: Any) -> None:
    place = await bench(at=EVENING)
    caller = await place.caller().login()
    await _reserve(caller, 5, 300_000, "01")
    place.move(hours=16)
    row = (await _list(caller))[0]
    assert (row["prcs_rslt"], row["rjct_rson2"], row["odno"]) == ("거부", "주문 가능한 수량을 초과했습니다.", "")


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (EVENING, "KIOK0430"),
        (EVENING.replace(hour=15, minute=39), "APBK0918"),
        (EVENING.replace(hour=15, minute=40), "KIOK0430"),
        (EVENING.replace(hour=23, minute=45), "APBK0918"),
        (EVENING.replace(hour=7, minute=29), "KIOK0430"),
        (EVENING.replace(hour=7, minute=31), "APBK0918"),
        (EVENING.replace(day=22, hour=12), "KIOK0430"),
    ],
)
async def test_reservations_are_taken_at_their_hours_only(bench: Any, at: datetime, code: str) -> None:
    place = await bench(at=at)
    caller = await place.caller().login()
    assert (await _reserve(caller, 1))["msg_cd"] == code


async def test_forms_of_reservations_that_are_refused(bench: Any) -> None:
    place = await bench(at=EVENING)
    caller = await place.caller().login()
    for more, code in (
        ({"PDNO": "999999"}, "APBK0656"),
        ({"ORD_DVSN_CD": "03"}, "OPSQ2001"),
        ({"ORD_QTY": "0"}, "APBK0400"),
        ({"ORD_DVSN_CD": "00"}, "APBK0506"),
        ({"RSVN_ORD_END_DT": "20261123"}, "APBK0918"),
        ({"RSVN_ORD_END_DT": "20261225"}, "APBK0918"),
        ({"RSVN_ORD_END_DT": "20261224"}, "KIOK0430"),
        ({"ORD_OBJT_CBLC_DVSN_CD": "12"}, "APBK1744"),
        ({"SLL_BUY_DVSN_CD": "03"}, "OPSQ2001"),
    ):
        assert (await _reserve(caller, 1, **more))["msg_cd"] == code, more
    venue = await bench(always_open=True)
    caller = await venue.caller().login()
    assert (await _reserve(caller, 1))["msg_cd"] == "APBK0918", "an always-open venue has no evening"


async def test_revised_and_cancelled_reservations_are_what_is_sent_and_what_is_not(bench: Any) -> None:
    place = await bench(at=EVENING)
    caller = await place.caller().login()
    first, second = [(await _reserve(caller, n))["output"]["RSVN_ORD_SEQ"] for n in (1, 2)]
    wanted = {
        "PDNO": "005930",
        "ORD_QTY": "4",
        "ORD_UNPR": "0",
        "SLL_BUY_DVSN_CD": "02",
        "ORD_DVSN_CD": "01",
        "ORD_OBJT_CBLC_DVSN_CD": "10",
    }
    assert (await _change(caller, "CTSC0013U", first, **wanted))["output"] == {"NRML_PRCS_YN": "Y"}
    assert (await _change(caller, "CTSC0009U", f"{int(second):010d}"))["output"] == {"NRML_PRCS_YN": "Y"}
    assert (await _change(caller, "CTSC0009U", second))["msg_cd"] == "APBK0344", "cancelled already"
    assert (await _change(caller, "CTSC0009U", "77"))["msg_cd"] == "APBK0344"
    rows = await _list(caller)
    assert [(row["rsvn_ord_seq"], row["prcs_rslt"], row["ord_rsvn_qty"]) for row in rows] == [
        (second, "취소", "2"),
        (first, "미처리", "4"),
    ]
    assert [row["rsvn_ord_seq"] for row in await _list(caller, CNCL_YN="N")] == [first]
    place.move(hours=16)
    assert [order.quantity for order in place.exchange.venue.world.today().values()] == [4]
    assert (await _change(caller, "CTSC0009U", first))["rt_cd"] == "7", "it is an order now"


async def test_list_pages_by_twenty_with_cursors_of_two_hundred(bench: Any) -> None:
    place = await bench(at=EVENING)
    caller = await place.caller().login()
    for n in range(23):
        await _reserve(caller, n + 1)
    query = {**caller.account, "RSVN_ORD_ORD_DT": "20261101", "RSVN_ORD_END_DT": "20261231", "PRCS_DVSN_CD": "2"}
    one = await caller.get("trading/order-resv-ccnl", "CTSC0004R", **query, CTX_AREA_NK200="")
    assert (len(one.json()["output"]), one.headers["tr_cont"], one.json()["msg_cd"]) == (20, "M", "KIOK0500")
    assert len(one.json()["ctx_area_fk200"]) == len(one.json()["ctx_area_nk200"]) == 200
    two = await caller.get("trading/order-resv-ccnl", "CTSC0004R", **query, CTX_AREA_NK200=one.json()["ctx_area_nk200"])
    assert (len(two.json()["output"]), two.headers["tr_cont"]) == (3, "D")
    seen = [row["rsvn_ord_seq"] for answer in (one, two) for row in answer.json()["output"]]
    assert seen == [str(n) for n in range(23, 0, -1)]


def test_reservations_outlive_the_process_and_are_sent_once(tmp_path: Path) -> None:
    config = ExchangeConfig(any_account=True, limits=Limits.OFF, data_dir=tmp_path)
    clock = ManualClock(EVENING)
    before = build(config, clock)
    before.venue.open_account("1234567801", "k")
    wanted = Reservation(0, "1234567801", Side.BUY, "005930", "01", 0, 2, None, EVENING)
    before.venue.reserve(wanted)
    before.journal.close()
    clock.advance(timedelta(hours=16).total_seconds())
    for _ in range(2):
        after = build(config, clock)
        assert [order.quantity for order in after.venue.world.today().values()] == [2]
        after.journal.close()
    kinds = [record["kind"] for record in read_journal(tmp_path / "journal.jsonl")]
    assert kinds.count("reserve_sent") == kinds.count("order") == 1


async def test_credit_orders_are_checked_like_orders_and_refused_for_want_of_an_agreement(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    whole = {
        **caller.account,
        "PDNO": "005930",
        "CRDT_TYPE": "21",
        "LOAN_DT": "20261123",
        "ORD_DVSN": "00",
        "ORD_QTY": "1",
        "ORD_UNPR": "300000",
    }
    for tr_id, change, code in (
        ("TTTC0052U", {}, "APBK1744"),
        ("TTTC0051U", {"CRDT_TYPE": "25"}, "APBK1744"),
        ("TTTC0051U", {}, "OPSQ2001"),
        ("TTTC0052U", {"LOAN_DT": "today"}, "OPSQ2001"),
        ("TTTC0052U", {"ORD_UNPR": "300001"}, "APBK0506"),
        ("TTTC0052U", {"PDNO": "999999"}, "APBK0656"),
    ):
        answer = (await caller.post("trading/order-credit", tr_id, **(whole | change))).json()
        assert answer["msg_cd"] == code, change
    assert place.exchange.venue.world.today() == {}
    assert (await caller.balance()).json()["output2"][0]["tot_loan_amt"] == "0"
