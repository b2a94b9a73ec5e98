"""NXT: its own hours, its own market, no call auctions; what the broker routes there and what it refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.clock import KST
from simulation.exchange.config import Environment
from simulation.exchange.divisions import Board
from simulation.exchange.exchange import build

NXT = {"EXCG_ID_DVSN_CD": "NXT"}


def _at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, second, tzinfo=KST)


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (_at(8, 55), "APBK0918"),  # KRX's auction, which NXT does not have
        (_at(9, 0, 29), "APBK0918"),
        (_at(9, 0, 30), "APBK0013"),
        (_at(15, 19, 59), "APBK0013"),
        (_at(15, 20), "APBK0918"),
        (_at(15, 39, 59), "APBK0918"),
        (_at(15, 40), "APBK0013"),
        (_at(19, 59, 59), "APBK0013"),
        (_at(20, 0), "APBK0918"),
    ],
)
async def test_nxt_takes_orders_in_its_own_hours(bench: Any, at: datetime, code: str) -> None:
    place = await bench(at=at)
    caller = await place.caller().login()
    low = int((await caller.quote())["stck_llam"])
    assert (await caller.order("buy", 1, low, **NXT))["msg_cd"] == code


async def test_before_the_evening_trades_nxt_takes_only_what_has_a_price(bench: Any) -> None:
    place = await bench(at=_at(15, 45))
    caller = await place.caller().login()
    high = int((await caller.quote())["stck_mxpr"])
    best = await caller.order("buy", 1, ORD_DVSN="03", ORD_UNPR="0", **NXT)
    assert best["msg1"].startswith("단일가")
    taken = await caller.order("buy", 1, high, **NXT)
    order = place.exchange.venue.world.today()[int(taken["output"]["ODNO"])]
    assert (order.board, order.filled) == (Board.AFTER, 0)
    place.move(minutes=16)
    assert order.filled == 1, "KRX's after-market has begun"


async def test_an_order_on_nxt_stays_out_of_krx_auctions_and_ends_when_the_main_market_does(bench: Any) -> None:
    place = await bench(at=_at(15, 19))
    caller = await place.caller().login()
    quote = await caller.quote()
    low, high = int(quote["stck_llam"]), int(quote["stck_mxpr"])
    bought = await caller.order("buy", 2, high, **NXT)
    rests = await caller.order("buy", 1, low, **NXT)
    there = await caller.order("buy", 1, low)
    world = place.exchange.venue.world
    assert world.today()[int(bought["output"]["ODNO"])].filled == 2, "continuous trading"
    assert {order.board for order in world.open_orders()} == {Board.NXT, Board.REGULAR}
    place.move(seconds=61)
    ended = world.today()[int(rests["output"]["ODNO"])]
    assert (ended.open, ended.expired) == (0, 1)
    assert world.today()[int(there["output"]["ODNO"])].open == 1, "KRX's waits for its closing auction"
    tape = place.exchange.venue.market.tape("005930", _at(10, 0).date(), Board.NXT)
    assert tape is not None
    assert not any(tape.single(index) and tape.volumes[index] for index in (0, tape.size - 1))
    assert not tape.volumes[:30].any()


async def test_an_order_on_nxt_is_revised_on_nxt_and_comes_back_after_a_restart(bench: Any, tmp_path: Any) -> None:
    place = await bench(data_dir=tmp_path)
    caller = await place.caller().login()
    low = int((await caller.quote())["stck_llam"])
    first = await caller.order("buy", 2, low, **NXT)
    revised = await caller.cancel(
        first["output"]["ODNO"], RVSE_CNCL_DVSN_CD="01", ORD_UNPR=str(low + 1_000), QTY_ALL_ORD_YN="Y"
    )
    assert revised["rt_cd"] == "0"
    place.exchange.journal.close()
    again = build(place.exchange.config, place.clock)
    (order,) = again.venue.world.open_orders()
    assert (order.board, order.exchange, order.price) == (Board.NXT, "NXT", low + 1_000)
    again.journal.close()


async def test_names_that_nxt_does_not_trade_and_the_paper_host_know_no_nxt(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    fund = int((await caller.quote("069500"))["stck_llam"])
    assert (await caller.order("buy", 1, fund, "069500", **NXT))["msg_cd"] == "OPSQ2001"
    paper = await bench(env=Environment.PAPER)
    caller = await paper.caller().login()
    body = {**caller.account, "PDNO": "005930", "ORD_DVSN": "00", "ORD_QTY": "1", "ORD_UNPR": "300000", **NXT}
    assert (await caller.post("trading/order-cash", "VTTC0012U", **body)).json()["rt_cd"] == "1"


async def test_an_always_open_venue_has_nxt_all_day(bench: Any) -> None:
    place = await bench(at=_at(3, 0), always_open=True)
    caller = await place.caller().login()
    high = int((await caller.quote())["stck_mxpr"])
    bought = await caller.order("buy", 1, high, **NXT)
    assert place.exchange.venue.world.today()[int(bought["output"]["ODNO"])].filled == 1
