"""Notices, frames and sessions that go wrong: what the client hears, and that the journal knows better."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import pytest
from exchange_stream import stream
from faulty_exchange import Customer, Ear, FaultyExchange
from wire_caller import Wire

from tools.kis.events import Down, Gap, Notice, QuoteFrame, Trouble
from tools.kis.frames import Trade
from tools.kis.notices import NoticeKind

numbers = count(1001)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyExchange]:
    place = FaultyExchange(tmp_path_factory.mktemp("faulty") / "data")
    yield place
    place.stop()


@pytest.fixture
async def customer(exchange: FaultyExchange) -> AsyncIterator[Customer]:
    made = Customer(exchange, next(numbers))
    yield made
    await made.client.aclose()


async def _kinds(ear: Ear, number: int) -> list[NoticeKind]:
    return [heard.notice.kind for heard in await ear.of(Notice, number)]


def _of(kind: NoticeKind) -> Any:
    return lambda event: isinstance(event, Notice) and event.notice.kind is kind


async def test_a_lost_notice_is_missing_on_the_wire_only(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("notice_lost", record="fill")
        await customer.buy(1)
        await customer.buy(1)
        assert await _kinds(ear, 3) == [NoticeKind.ACCEPTED, NoticeKind.ACCEPTED, NoticeKind.FILLED]
    assert len(customer.journal("fill")) == 2


async def test_a_notice_comes_twice_byte_for_byte(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("notice_duplicated", record="fill")
        await customer.buy(1)
        heard = await ear.of(Notice, 3)
    fills = [one.notice for one in heard if one.notice.kind is NoticeKind.FILLED]
    assert len(fills) == 2
    assert fills[0].digest == fills[1].digest
    assert len(customer.journal("fill")) == 1


async def test_a_fill_is_told_before_the_order_was_accepted(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("notice_reordered", record="order")
        await customer.buy(1)
        assert await _kinds(ear, 2) == [NoticeKind.FILLED, NoticeKind.ACCEPTED]
    assert [record["kind"] for record in customer.journal("order", "fill")] == ["order", "fill"]


async def test_a_held_notice_leaves_by_itself_when_none_follows(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("notice_reordered", record="order", seconds=0.4)
        await customer.buy(1, price=await customer.resting_price())
        started = time.monotonic()
        assert await _kinds(ear, 1) == [NoticeKind.ACCEPTED]
        assert time.monotonic() - started > 0.2


async def test_notices_come_before_the_answer_to_the_order(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("notice_before_reply", seconds=1.0)
        order = asyncio.ensure_future(customer.buy(1))
        heard = await ear.of(Notice, 2)
        assert not order.done()
        ack = await order
    assert {one.notice.order.number for one in heard} == {ack.order.number}


async def test_notices_fall_silent_while_pings_and_frames_go_on(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("notices_silent", seconds=1.0)
        await customer.buy(1)
        await asyncio.sleep(1.2)
        await customer.buy(2)
        heard = await ear.of(Notice, 2)
    assert {one.notice.order_quantity for one in heard} == {2}, "nothing of the first is ever told"
    assert not any(isinstance(event, Down) for event in ear.heard)
    assert [record["qty"] for record in customer.journal("order")] == [1, 2]


async def test_a_silent_channel_says_nothing_at_all_and_stays_open(exchange: FaultyExchange) -> None:
    wire = await Wire(exchange.url, key="S" * 36, account="7910000001").login()
    async with stream(exchange, wire) as one:
        await one.ask("H0STCNI0", "silenthts")
        exchange.arm("channel_silent", account="7910000001", seconds=1.5)
        await wire.order("buy", 1)
        with pytest.raises(TimeoutError):
            await one.receive(seconds=0.7)
        await asyncio.sleep(1.0)
        await wire.order("buy", 2)
        assert {(await one.frame("H0STCNI0"))[16] for _ in range(2)} == {"000000002"}
    await wire.http.aclose()


async def test_a_dropped_socket_loses_the_fills_of_its_gap_for_ever(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("socket_dropped", path="order-cash", seconds=0.5)
        await customer.buy(1)
        await ear.until(lambda event: isinstance(event, Down))
        gap = await ear.until(lambda event: isinstance(event, Gap))
        assert isinstance(gap, Gap)
        await customer.buy(2)
        heard = await ear.of(Notice, 2)
    assert {one.notice.order_quantity for one in heard} == {2}
    assert [record["qty"] for record in customer.journal("order")] == [1, 2]
    assert sum(record["qty"] for record in customer.journal("fill")) == 3


async def test_a_socket_drops_at_the_very_fill(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("socket_dropped", path="", record="fill", seconds=0.3)
        await customer.buy(1)
        await ear.until(lambda event: isinstance(event, Down))
    assert [one.notice.kind for one in ear.heard if isinstance(one, Notice)] in ([], [NoticeKind.ACCEPTED])
    assert len(customer.journal("fill")) == 1


async def test_more_tokens_than_known_do_not_disturb_a_notice(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("extra_fields_in_notices", count=2)
        ack = await customer.buy(3)
        heard = await ear.of(Notice, 2)
    assert [one.notice.order.number for one in heard] == [ack.order.number] * 2
    assert not any(isinstance(event, Trouble) for event in ear.heard)


async def _trades(ear: Ear, number: int) -> list[Trade]:
    found: list[Trade] = []
    while len(found) < number:
        (frame,) = await ear.of(QuoteFrame, 1, seconds=20)
        found += [record for record in frame.records if isinstance(record, Trade)]
    return found


async def _quotes(customer: Customer, ticker: str) -> AsyncIterator[Ear]:
    live = customer.client.stream()
    live.subscribe("H0STCNT0", ticker)
    async with live:
        yield Ear(live.events())


async def test_frames_with_more_fields_than_known_are_read_as_ever(customer: Customer) -> None:
    customer.exchange.arm("extra_fields_in_frames", ticker="005930", tr_id="H0STCNT0", count=None)
    async for ear in _quotes(customer, "005930"):
        trades = await _trades(ear, 6)
        assert {trade.ticker for trade in trades} == {"005930"}
        assert all(trade.price > 0 and trade.volume > 0 for trade in trades)
        assert not any(isinstance(event, Trouble) for event in ear.heard)
        volumes = [trade.total_volume for trade in trades]
        assert volumes == sorted(volumes)
    customer.exchange.disarm()


async def test_a_frozen_feed_repeats_one_frame_while_the_market_moves(customer: Customer) -> None:
    customer.exchange.arm("feed_frozen", ticker="000660", tr_id="H0STCNT0", seconds=30)
    async for ear in _quotes(customer, "000660"):
        frames = await ear.of(QuoteFrame, 3, seconds=25)
        assert len({frame.raw for frame in frames}) == 1
    customer.exchange.disarm()


async def test_a_silent_feed_sends_no_frames_and_a_stale_one_sends_them_late(customer: Customer) -> None:
    customer.exchange.arm("feed_silent", ticker="035420", tr_id="H0STCNT0", seconds=2.0)
    async for ear in _quotes(customer, "035420"):
        await ear.until(lambda event: isinstance(event, Gap))
        started = time.monotonic()
        customer.exchange.arm("feed_stale", ticker="035420", tr_id="H0STCNT0", seconds=1.5, count=None)
        told = await _trades(ear, 1)
        assert time.monotonic() - started > 2.0
        for _ in range(8):  # a name may print nothing for as long as its feed is late, but not time after time
            quote = await customer.client.quotes.price("035420")
            assert quote is not None
            if quote.volume > told[-1].total_volume:
                break
            told = await _trades(ear, 1)
        assert quote.volume > told[-1].total_volume, "what the feed tells is over"
    customer.exchange.disarm()


async def test_what_struck_can_be_read(exchange: FaultyExchange) -> None:
    hits = exchange.state()["hits"]
    assert hits["notice_lost"] == 1
    assert hits["socket_dropped"] == 2
    assert {one["kind"] for one in exchange.state()["begun"]} == set(hits)
