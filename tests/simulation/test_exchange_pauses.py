"""Interruptions, halts, limit-lock and auctions: what orders do meanwhile and what quotes and frames say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from exchange_stream import stream

from domain.clock import KST
from domain.instruments import Kind
from domain.ticks import Band, on_tick, price_band
from simulation.exchange import pauses
from simulation.exchange.book import ladder
from simulation.exchange.config import Environment
from simulation.exchange.tape import Bar, Hours, Pause, Tape, weave

DAY = date(2026, 11, 23)
HOURS = Hours(9 * 3600, 15 * 3600 + 20 * 60, 15 * 3600 + 30 * 60, auction=True)
OPEN = datetime(2026, 11, 23, 9, 0, tzinfo=KST)


def _seed_with(kind: str, ticker: str = "005930") -> tuple[int, Pause]:
    """The first seed whose day has such a pause and nothing else."""
    for seed in range(20_000):
        found = pauses.drawn(seed, ticker, DAY, HOURS)
        if [pause.kind for pause in found] == [kind]:
            return seed, found[0]
    raise AssertionError(f"expected a {kind} among the seeds, was none")


def _wild(low: int = 55_000, high: int = 68_000) -> Tape:
    bar = Bar(DAY, 60_000, high, low, 61_000, 3_000_000, 60_000)
    band = price_band(60_000, Kind.STOCK, DAY)
    return weave(
        bar,
        HOURS,
        Kind.STOCK,
        4,
        "005930",
        band,
        hard_range=True,
        interrupt=lambda prices: pauses.static(4, "005930", DAY, prices, []),
    )


def test_ten_per_cent_from_the_last_single_price_is_an_auction_and_the_days_range_stays() -> None:
    tape = _wild()
    assert tape.pauses
    first = tape.pauses[0]
    assert first.reference == 60_000
    assert pauses.VI_SECONDS <= first.end - first.start <= pauses.VI_SECONDS + pauses.RANDOM_END_SECONDS
    assert abs(int(tape.prices[first.start]) - 60_000) * 10 < 60_000, "the print that set it off did not happen"
    for pause in tape.pauses:
        assert tape.volumes[pause.start : pause.end].sum() == 0
        assert tape.volumes[pause.end] > 0
        assert tape.single(pause.end)
        assert len(set(tape.prices[pause.start : pause.end].tolist())) == 1
    assert (tape.prices.min(), tape.prices.max()) == (55_000, 68_000)
    assert abs(int(tape.volumes.sum()) - 3_000_000) <= 4 + len(tape.pauses)
    assert _wild(59_000, 61_000).pauses == ()


def test_seed_draws_the_same_pauses_again_and_about_as_often_as_said() -> None:
    tickers = [f"{n:06d}" for n in range(4_000)]
    days = [pauses.drawn(1, ticker, DAY, HOURS) for ticker in tickers]
    assert days == [pauses.drawn(1, ticker, DAY, HOURS) for ticker in tickers]
    kinds = [pause.kind for found in days for pause in found]
    assert 40 <= kinds.count("dynamic") <= 130
    assert 0 < kinds.count("halt") <= 15


async def test_orders_during_an_interruption_wait_for_the_single_price(bench: Any) -> None:
    seed, pause = _seed_with("dynamic")
    place = await bench(at=OPEN + timedelta(seconds=pause.start - 5), seed=seed)
    caller = await place.caller().login()
    assert (await caller.quote())["vi_cls_code"] == "N"
    place.move(seconds=10)
    quote = await caller.quote()
    assert (quote["vi_cls_code"], quote["temp_stop_yn"]) == ("Y", "N")
    done = await caller.order("buy", 5, int(quote["stck_mxpr"]))
    market = await caller.order("buy", 2)
    assert place.exchange.venue.world.open_orders()[0].filled == 0
    for code in ("03", "11", "13"):
        answer = await caller.order("buy", 1, int(quote["stck_prpr"]) if code == "11" else 0, ORD_DVSN=code)
        assert answer["msg_cd"] == "APBK0918"
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    asked = (await caller.get("quotations/inquire-asking-price-exp-ccn", "FHKST01010200", **query)).json()["output2"]
    assert asked["vi_cls_code"] == "Y"
    assert on_tick(int(asked["antc_cnpr"]), Kind.STOCK, DAY)
    status = await caller.get("quotations/inquire-vi-status", "FHPST01390000", FID_INPUT_ISCD="005930")
    row = status.json()["output"][0]
    assert (row["vi_cls_code"], row["vi_kind_code"], row["vi_cncl_hour"]) == ("Y", "2", "000000")
    place.move(seconds=160)
    tape = place.exchange.venue.market.tape("005930", DAY)
    single = int(tape.prices[pause.end])
    fills = [record for record in place.exchange.journal.recover() if record["kind"] == "fill"]
    assert {record["odno"] for record in fills} == {done["output"]["ODNO"], market["output"]["ODNO"]}
    assert {record["price"] for record in fills} == {single}
    ends = OPEN + timedelta(seconds=pause.end)
    assert {record["t"] for record in fills} == {ends.isoformat()}
    status = await caller.get("quotations/inquire-vi-status", "FHPST01390000", FID_INPUT_ISCD="005930")
    assert (status.json()["output"][0]["vi_cls_code"], len(status.json()["output"])) == ("N", 1)


async def test_halted_name_takes_no_order_but_a_cancel_and_goes_on_after_half_an_hour(bench: Any) -> None:
    seed, pause = _seed_with("halt")
    place = await bench(at=OPEN + timedelta(seconds=pause.start - 5), seed=seed)
    caller = await place.caller().login()
    low = int((await caller.quote())["stck_llam"])
    resting = await caller.order("buy", 1, low)
    place.move(seconds=10)
    quote = await caller.quote()
    assert (quote["temp_stop_yn"], quote["iscd_stat_cls_code"]) == ("Y", "58")
    assert (await caller.order("buy", 1, low))["msg_cd"] == "APBK0066"
    assert (await caller.cancel(resting["output"]["ODNO"]))["rt_cd"] == "0"
    place.move(seconds=pauses.HALT_SECONDS)
    assert (await caller.quote())["temp_stop_yn"] == "N"
    assert (await caller.order("buy", 1))["rt_cd"] == "0"


async def test_frames_tell_of_an_interruption_its_reference_and_its_end(bench: Any) -> None:
    seed, pause = _seed_with("dynamic")
    place = await bench(at=OPEN + timedelta(seconds=pause.start - 5), seed=seed)
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        for tr_id in ("H0STMKO0", "H0STASP0", "H0STCNT0"):
            assert (await one.ask(tr_id, "005930"))["body"]["msg_cd"] == "OPSP0000"
        place.hub.pump()
        place.move(seconds=10)
        place.hub.pump()
        state = await one.frame("H0STMKO0")
        assert (len(state), state[0], state[1], state[8]) == (10, "005930", "N", "Y")
        place.move(seconds=30)
        place.hub.pump()
        book = await one.frame("H0STASP0")
        while book[2] != "C":
            book = await one.frame("H0STASP0")
        assert int(book[47]) > 0
        place.move(seconds=160)
        place.hub.pump()
        assert (await one.frame("H0STMKO0"))[8] == "N"
        trade = await one.frame("H0STCNT0")
        assert int(trade[45]) == int(place.exchange.venue.market.tape("005930", DAY).prices[pause.end])


async def test_paper_has_no_market_state_frames_and_no_vi_status(bench: Any) -> None:
    place = await bench(env=Environment.PAPER)
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        for tr_id in ("H0STMKO0", "H0NXCNT0", "H0UNCNT0", "H0NXASP0", "H0UNASP0"):
            assert (await one.ask(tr_id, "005930"))["body"]["msg_cd"] == "OPSP0009"
    answer = await caller.get("quotations/inquire-vi-status", "FHPST01390000")
    assert (answer.status_code, answer.json()["msg_cd"]) == (500, "EGW02006")


@pytest.mark.parametrize(("limit", "side"), [("upper", "asks"), ("lower", "bids")])
def test_name_locked_at_its_limit_has_one_side_only(limit: str, side: str) -> None:
    tape = _wild()
    last = int(tape.prices[5_000])
    band = Band(1_000, last) if limit == "upper" else Band(last, 200_000)
    book = ladder(replace(tape, band=band), 5_000, Kind.STOCK, 1_000, "005930")
    empty, full = (book.asks, book.bids) if side == "asks" else (book.bids, book.asks)
    assert empty == ()
    assert (full[0].price, len(full)) == (last, 10)


async def test_best_price_order_that_finds_nobody_is_refused_by_the_exchange(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await bench()
    caller = await place.caller().login()
    tape = place.exchange.venue.market.tape("005930", DAY)
    last = int(tape.prices[3_600])
    locked = replace(tape, band=Band(1_000, last), prices=np.full_like(tape.prices, last), ceiling=last)
    monkeypatch.setattr(place.exchange.venue.market, "tape", lambda *_: locked)
    async with stream(place, caller) as one:
        await one.ask("H0STCNI0", "myhts")
        done = await caller.order("buy", 2, ORD_DVSN="03", ORD_UNPR="0")
        assert done["rt_cd"] == "0", "the broker took it"
        accept, refusal = await one.frame("H0STCNI0"), await one.frame("H0STCNI0")
        assert (accept[12:15], refusal[12:15]) == (["0", "1", "1"], ["1", "1", "1"])
    rows = (await caller.executions(place.clock.now())).json()["output1"]
    assert (rows[0]["rjct_qty"], rows[0]["rmn_qty"]) == ("2", "0")
    waiting = await caller.order("buy", 1)
    assert place.exchange.venue.world.open_orders()[0].odno == waiting["output"]["ODNO"], "a market buy queues"


async def test_dropped_remainder_of_an_ioc_is_told_with_its_condition(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    low = int((await caller.quote())["stck_llam"])
    async with stream(place, caller) as one:
        await one.ask("H0STCNI0", "myhts")
        await caller.order("buy", 2, low, ORD_DVSN="11")
        accept, dropped = await one.frame("H0STCNI0"), await one.frame("H0STCNI0")
        assert (accept[7], accept[12:15]) == ("1", ["0", "1", "1"])
        assert (dropped[7], dropped[12:15], int(dropped[9])) == ("1", ["0", "1", "3"], 2)


async def test_opening_auction_shows_what_it_expects_nearer_and_nearer_to_the_open(bench: Any) -> None:
    place = await bench(at=datetime(2026, 11, 23, 8, 31, tzinfo=KST))
    caller = await place.caller().login()
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    opening = int(place.exchange.venue.market.tape("005930", DAY).prices[0])
    gaps = []
    for _ in range(4):
        body = (await caller.get("quotations/inquire-asking-price-exp-ccn", "FHKST01010200", **query)).json()
        gaps.append(abs(int(body["output2"]["antc_cnpr"]) - opening))
        place.move(minutes=9, seconds=30)
    assert gaps == sorted(gaps, reverse=True)


async def test_managed_name_takes_no_market_order(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place = await bench()
    listings = place.exchange.venue.market.listings
    managed = replace(listings["005930"].instrument, status="managed")
    monkeypatch.setitem(listings, "005930", replace(listings["005930"], instrument=managed))
    caller = await place.caller().login()
    assert (await caller.order("buy", 1))["msg_cd"] == "APBK1943"
    quote = await caller.quote()
    assert quote["mang_issu_cls_code"] == "Y"
    assert (await caller.order("buy", 1, int(quote["stck_prpr"])))["rt_cd"] == "0"


async def test_market_time_names_the_last_five_sessions_and_todays_hours(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    told = (await caller.get("quotations/market-time", "HHMCM000002C0")).json()["output1"]
    assert [told[f"date{i}"] for i in range(1, 6)] == ["20261123", "20261120", "20261119", "20261118", "20261117"]
    assert (told["today"], told["time"], told["s_time"], told["e_time"]) == ("20261123", "100000", "090000", "153000")
