"""A price pushed in test mode: what rests meets it, what was is not changed, and a restart shows the same."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from wire_caller import Wire

from domain.clock import KST, ManualClock
from domain.instruments import Kind
from domain.ticks import on_tick
from simulation.exchange.app import make_app
from simulation.exchange.config import ExchangeConfig, Limits
from simulation.exchange.divisions import Board
from simulation.exchange.exchange import Exchange, build
from simulation.exchange.faults import Faults, Misarmed
from simulation.exchange.faults.pushing import by_hand

TEN = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
SAMSUNG = "005930"


class Place:
    """An exchange in test mode on a clock that moves only when told."""

    def __init__(self, exchange: Exchange, clock: ManualClock, wire: Wire) -> None:
        self.exchange, self.clock, self.wire = exchange, clock, wire

    async def push(self, **body: Any) -> Any:
        return await self.wire.http.post("/quartz/push", json={"ticker": SAMSUNG, **body})

    def move(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.exchange.venue.advance()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    clock = ManualClock(TEN)
    exchange = build(ExchangeConfig(any_account=True, limits=Limits.OFF, faults=True, data_dir=tmp_path), clock)
    async with TestServer(make_app(exchange, Faults(random.Random(1), clock))) as server:
        wire = await Wire(str(server.make_url("")).rstrip("/")).login()
        yield Place(exchange, clock, wire)
        await wire.http.aclose()
    exchange.journal.close()


async def test_a_stop_fires_at_the_print_that_was_pushed_under_it(place: Place) -> None:
    await place.wire.order("buy", 3)
    last = int((await place.wire.quote())["stck_prpr"])
    trigger = last * 95 // 100 // 1_000 * 1_000
    await place.wire.order("sell", 3, trigger - 3_000, ORD_DVSN="22", CNDT_PRIC=str(trigger))
    place.move(5)
    assert place.exchange.venue.world.resting
    answer = await place.push(price=trigger)
    assert (answer.status_code, answer.json()["to"], answer.json()["from"]) == (201, trigger, last)
    place.move(1)
    assert int((await place.wire.quote())["stck_prpr"]) == trigger
    assert not place.exchange.venue.world.resting
    kinds = [record["kind"] for record in place.exchange.journal.recover() if record.get("odno") == "0000000002"]
    assert kinds[:2] == ["order", "trigger"]
    assert set(kinds[2:]) == {"fill"}


async def test_a_push_leaves_the_past_and_moves_what_follows_in_proportion(place: Place) -> None:
    market = place.exchange.venue.market
    before = market.tape(SAMSUNG, TEN.date())
    now = market.index(SAMSUNG, TEN)
    answer = (await place.push(percent=-4.0)).json()
    after = market.tape(SAMSUNG, TEN.date())
    assert before is not None
    assert after is not None
    assert answer["at"] == "2026-11-23T10:00:01+09:00"
    assert (after.prices[: now + 1] == before.prices[: now + 1]).all()
    assert int(after.prices[now + 1]) == answer["to"]
    ratio = after.prices[now + 1 :] / before.prices[now + 1 :]
    assert 0.94 < float(ratio.min()) <= float(ratio.max()) < 0.98
    assert all(on_tick(int(price), Kind.STOCK, TEN.date()) for price in set(after.prices.tolist()))
    assert (after.cum_value[-1], after.run_low[-1]) == ((after.prices.astype(int) * after.volumes).sum(), after.bar.low)
    middle = market.tape(SAMSUNG, TEN.date(), Board.MIDPOINT)
    assert middle is not None
    assert abs(int(middle.prices[now + 60]) - int(after.prices[now + 60])) <= 500
    chart = await place.wire.get(
        "quotations/inquire-daily-itemchartprice",
        "FHKST03010100",
        FID_COND_MRKT_DIV_CODE="J",
        FID_INPUT_ISCD=SAMSUNG,
        FID_INPUT_DATE_1="20261123",
        FID_INPUT_DATE_2="20261123",
        FID_PERIOD_DIV_CODE="D",
        FID_ORG_ADJ_PRC="0",
    )
    place.move(1)
    assert int((await place.wire.quote())["stck_lwpr"]) <= answer["to"]
    assert chart.json()["rt_cd"] == "0"


async def test_pushes_add_up_end_at_the_band_and_come_back_after_a_restart(place: Place) -> None:
    for _ in range(9):
        await place.push(percent=-9)
        place.move(1)
    quote = await place.wire.quote()
    assert quote["stck_prpr"] == quote["stck_llam"]
    assert quote["prdy_vrss_sign"] == "4"
    records = place.exchange.journal.recover()
    assert [record["kind"] for record in records].count("push") == 9
    place.exchange.journal.close()
    again = build(place.exchange.config, place.clock)
    shown = again.venue.snapshot_at(SAMSUNG, place.clock.now())
    assert str(shown.last) == quote["stck_prpr"]
    again.journal.close()


async def test_a_market_shared_with_others_is_pushed_for_one_exchange_only(place: Place) -> None:
    other = build(ExchangeConfig(any_account=True), place.clock, market=place.exchange.venue.market)
    before = other.venue.snapshot_at(SAMSUNG, TEN).last
    await place.push(percent=5)
    place.move(1)
    assert place.exchange.venue.snapshot_at(SAMSUNG, place.clock.now()).last > before * 103 // 100
    assert abs(other.venue.snapshot_at(SAMSUNG, place.clock.now()).last - before) * 100 < before


async def test_the_evenings_own_market_is_pushed_while_it_trades_and_nothing_after_it(place: Place) -> None:
    place.clock.advance(7 * 3600)
    day = place.exchange.venue.market.tape(SAMSUNG, TEN.date())
    assert (await place.push(percent=-2)).status_code == 201
    assert place.exchange.venue.market.tape(SAMSUNG, TEN.date()) is day
    place.clock.advance(4 * 3600)
    assert (await place.push(percent=-2)).status_code == 409


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"percent": 1}, "ticker"),
        ({"ticker": "999999", "percent": 1}, "'999999'"),
        ({"ticker": SAMSUNG}, "either percent or price"),
        ({"ticker": SAMSUNG, "percent": 1, "price": 1}, "either percent or price"),
        ({"ticker": SAMSUNG, "percent": 61}, "from -60 to 60"),
        ({"ticker": SAMSUNG, "percent": float("nan")}, "from -60 to 60"),
        ({"ticker": SAMSUNG, "price": 1.5}, "whole number of won"),
        ({"ticker": SAMSUNG, "price": 1, "when": "now"}, "either percent or price"),
    ],
)
async def test_a_push_that_makes_no_sense_is_told_what_was_expected(
    place: Place, body: dict[str, Any], said: str
) -> None:
    with pytest.raises(Misarmed, match=said):
        by_hand(place.exchange, body)
