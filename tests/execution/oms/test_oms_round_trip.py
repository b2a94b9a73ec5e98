"""The whole path against the real paper exchange: an approved plan becomes an order, a fill, a book that agrees."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import aclosing
from datetime import UTC

import pytest
from oms_path import KODEX200, PATIENCE_S, SAMSUNG, Path_

from domain.clock import KST
from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from market.ingest.decoding import decoded
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import Identity, PortUnavailable


async def test_buy_and_sell_fill_and_exchange_ledger_and_book_agree_to_the_won(path: Path_) -> None:
    who = path.person()
    price = await path.marketable(SAMSUNG)
    reply = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 10, price)))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    (buy,) = await path.until(who, "FILLED")
    book = await path.agrees(who)
    assert [(p.ticker, p.quantity, dict(p.sleeves)) for p in book.positions] == [(SAMSUNG, 10, {"manual": 10})]
    assert book.cash_d2 == 100_000_000 - buy.filled_amount - buy.fee
    reply = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, 10, None)))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    orders = await path.until(who, "FILLED", count=2)
    sell = next(order for order in orders if order.side == "sell")
    book = await path.agrees(who)
    assert not book.positions
    expected = sell.filled_amount - sell.fee - sell.tax - buy.filled_amount - buy.fee
    assert book.realised_total == book.realised_today == expected
    assert book.cash_d2 == book.total_value == 100_000_000 + expected
    fills = [r for r in path.exchange.journal("fill") if r["odno"] in {o.broker_order_no for o in (buy, sell)}]
    assert sum(r["qty"] for r in fills) == 20
    assert sum(r["qty"] * r["price"] for r in fills) == buy.filled_amount + sell.filled_amount


async def test_a_market_order_reserves_the_upper_limit_and_books_the_real_price(path: Path_) -> None:
    who = path.person()
    reply = await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 5, None)))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    (order,) = await path.until(who, "FILLED")
    (held,) = path.sql("SELECT cash FROM ledger.reservations WHERE intent_id::text = %s", order.intent_id)
    assert held[0] > order.filled_amount + order.fee
    await path.agrees(who)


async def test_a_resting_order_is_cancelled_and_its_cash_comes_back(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 3, price)))
    (order,) = await path.until(who, "ACKED")
    reply = await path.client.cancel(who.identity, order.intent_id, "c-1")
    assert (reply.accepted, reply.order.state) == (True, "CANCELLED"), reply
    again = await path.client.cancel(who.identity, order.intent_id, "c-1")
    assert again.order.state == "CANCELLED"
    book = await path.agrees(who)
    assert book.cash_d2 == 100_000_000
    late = await path.client.cancel(who.identity, order.intent_id, "c-2")
    assert (late.accepted, late.code) == (False, "NOTHING_TO_CANCEL")


async def test_a_filled_order_cannot_be_cancelled_and_says_so(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    (order,) = await path.until(who, "FILLED")
    reply = await path.client.cancel(who.identity, order.intent_id, "c-1")
    assert (reply.accepted, reply.code) == (False, "NOTHING_TO_CANCEL")
    assert "체결" in reply.message


async def test_a_revised_price_carries_the_whole_remainder_to_a_new_number(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, await path.resting(SAMSUNG))))
    (order,) = await path.until(who, "ACKED")
    price = await path.marketable(SAMSUNG)
    reply = await path.client.revise(who.identity, order.intent_id, price, "r-1")
    assert (reply.accepted, reply.order.price) == (True, price), reply
    assert reply.order.broker_order_no != order.broker_order_no
    (filled,) = await path.until(who, "FILLED")
    assert filled.filled == 2
    await path.agrees(who)


async def test_a_dependent_buy_waits_for_the_sale_that_funds_it(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 4, await path.marketable(SAMSUNG))))
    await path.until(who, "FILLED")
    bid = (await path.market.order_book(SAMSUNG)).bids[4].price
    request = who.approved(
        (SAMSUNG, Side.SELL, 4, bid), (KODEX200, Side.BUY, 1, await path.marketable(KODEX200)), after={2: 1}
    )
    reply = await path.client.submit(who.identity, request)
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    orders = await path.until(who, "FILLED", count=3)
    by_side = {(o.ticker, o.side): o for o in orders}
    assert by_side[(KODEX200, "buy")].created_at.ToDatetime() >= by_side[(SAMSUNG, "buy")].created_at.ToDatetime()
    sent = path.sql("SELECT ticker, sent_at FROM ledger.intents WHERE account_ref = %s ORDER BY sent_at", who.account)
    assert [ticker for ticker, _ in sent] == [SAMSUNG, SAMSUNG, KODEX200]


async def test_a_preview_promises_what_submit_then_does(path: Path_) -> None:
    who = path.person()
    price = await path.marketable(SAMSUNG)
    plan = who.plan((SAMSUNG, Side.BUY, 10, price))
    ref = pb.PlanRef(plan_id=str(plan.plan_id), version=1, account_ref=who.account)
    preview = await path.client.preview(who.identity, ref)
    assert preview.admissible, preview
    leg = preview.legs[0]
    assert (leg.quantity, leg.price, leg.amount) == (10, price, 10 * price)
    assert preview.cash_before == 100_000_000
    assert preview.cash_after == 100_000_000 - leg.amount - leg.fee
    huge = who.plan((SAMSUNG, Side.BUY, 100_000, price))
    answer = await path.client.preview(
        who.identity, pb.PlanRef(plan_id=str(huge.plan_id), version=1, account_ref=who.account)
    )
    assert answer.legs[0].quantity < answer.legs[0].asked_quantity == 100_000
    assert any(f.effect == "clamp" for f in answer.findings)


async def test_events_are_numbered_without_gaps_and_can_be_replayed(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    await path.until(who, "FILLED")
    seen: list[pb.Event] = []
    async for event in path.client.watch(who.identity, 0):
        seen.append(event)
        if event.order.state == "FILLED":
            break
    assert [event.seq for event in seen] == list(range(1, len(seen) + 1))
    states = [event.order.state for event in seen if event.kind == "order"]
    assert states[:3] == ["NEW", "SENDING", "ACKED"]


async def test_two_users_never_see_or_touch_each_other(path: Path_) -> None:
    one, two = path.person(), path.person()
    price = await path.resting(SAMSUNG)
    await path.client.submit(one.identity, one.approved((SAMSUNG, Side.BUY, 1, price)))
    (order,) = await path.until(one, "ACKED")
    assert await path.orders(two) == []
    reply = await path.client.cancel(two.identity, order.intent_id, "c-1")
    assert (reply.accepted, reply.code, reply.order.intent_id) == (False, "ORDER_UNKNOWN", "")
    thief = Identity(two.identity.user_id, "thief", one.account, "sim")
    for call in (path.client.book(thief), path.client.orders(thief), path.client.cancel(thief, order.intent_id, "x")):
        with pytest.raises(PortUnavailable) as caught:
            await call
        assert getattr(caught.value, "code", "") == "ACCOUNT_UNKNOWN"
    (still,) = await path.orders(one)
    assert still.state == "ACKED"


async def test_a_stranger_is_turned_away_and_principals_keep_to_their_calls(path: Path_) -> None:
    who = path.person()
    stranger = OmsChannel(path.oms.address, bytes(32))
    with pytest.raises(PortUnavailable):
        await OmsClient(stranger).book(who.identity)
    await stranger.aclose()
    from tools.store.secrets import instance_secret

    worker = OmsChannel(path.oms.address, instance_secret(path.database.settings), "worker")
    client = OmsClient(worker)
    reply = await client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    assert (reply.outcome, reply.findings[0].code) == (pb.SubmitReply.REFUSED, "AUTHORITY_FORBIDDEN")
    with pytest.raises(PortUnavailable):
        await client.set_trading_state(who.identity, "HALTED", "시험")
    await worker.aclose()


async def test_a_halt_refuses_everything_but_cancels_and_a_person_resumes(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, price)))
    (order,) = await path.until(who, "ACKED")
    halted = await path.client.set_trading_state(who.identity, "HALTED", "무서워요")
    assert halted.state == "HALTED"
    refused = await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, None)))
    assert (refused.outcome, refused.findings[0].code) == (pb.SubmitReply.REFUSED, "HALT")
    assert (await path.client.cancel(who.identity, order.intent_id, "c-1")).order.state == "CANCELLED"
    assert (await path.client.book(who.identity)).trading_state == "HALTED"
    resumed = await path.client.set_trading_state(who.identity, "ACTIVE", "")
    assert resumed.state == "ACTIVE", resumed
    after = await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, None)))
    assert after.outcome == pb.SubmitReply.ADMITTED
    await path.until(who, "FILLED")


async def test_quotes_charts_and_the_market_clock_come_through_the_read_door(path: Path_) -> None:
    quote = await path.market.quote(SAMSUNG)
    assert quote.found
    assert quote.lower_limit < quote.price < quote.upper_limit
    assert not (await path.market.quote("999999")).found
    clock = await path.market.market_clock()
    assert (clock.calendar, clock.phase) == ("always", "continuous")
    day = clock.trade_date
    bars = await path.market.chart(SAMSUNG, "D", f"{int(day[:4]) - 1}{day[4:]}", day)
    assert len(bars) > 200
    assert [bar.date for bar in bars] == sorted(bar.date for bar in bars)


async def test_minutes_titles_and_accounts_come_through_the_read_door(path: Path_) -> None:
    clock = await path.market.market_clock()
    now = clock.now.ToDatetime(UTC).astimezone(KST)
    minutes = await path.market.minutes(SAMSUNG)
    times = [f"{bar.date} {bar.time}" for bar in minutes]
    assert minutes
    assert times == sorted(set(times))
    assert times[-1] < f"{now:%Y-%m-%d %H:%M}"  # the minute that goes on is told by nobody
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in minutes)
    last = minutes[-1]
    assert await path.market.minutes(SAMSUNG, last.time, last.time) == [last]
    assert await path.market.minutes("999999") == []
    titles = await path.market.news_titles(SAMSUNG)
    assert (titles.offered, titles.source) == (True, "sim")
    assert all("[데모]" in each.title and SAMSUNG in each.tickers for each in titles.titles)
    (row,) = await path.market.fundamentals([SAMSUNG, "999999"])
    assert (row.ticker, row.source) == (SAMSUNG, "sim")
    assert row.latest is not None
    assert row.eps == row.latest.eps
    assert row.per is not None
    assert row.market_cap is not None
    assert row.debt is not None
    stranger = OmsChannel(path.oms.address, bytes(32))
    for call in (MarketClient(stranger).minutes(SAMSUNG), MarketClient(stranger).fundamentals([SAMSUNG])):
        with pytest.raises(PortUnavailable):
            await call
    await stranger.aclose()


async def test_the_brokers_own_frames_come_through_the_read_door_and_their_sizes_leave_no_hole(path: Path_) -> None:
    prints, books = [], []
    async with asyncio.timeout(PATIENCE_S), aclosing(path.market.frames([SAMSUNG], trades=True, books=True)) as stream:
        async for reply in stream:
            for frame in reply.frames:
                found, seen = decoded(frame.text) if frame.HasField("text") else ((), ())
                prints += found
                books += seen
            if books and len({each.volume for each in prints}) > 3:
                break
    line = list(dict.fromkeys(prints))
    assert [each.volume - each.size for each in line[1:]] == [each.volume for each in line[:-1]]
    assert {each.ticker for each in (*prints, *books)} == {SAMSUNG}
    assert all(len(book.asks) == len(book.bids) == 10 for book in books)
    stranger = OmsChannel(path.oms.address, bytes(32))
    with pytest.raises(PortUnavailable):
        await anext(MarketClient(stranger).frames([SAMSUNG], trades=True, books=True))
    await stranger.aclose()


async def test_no_key_token_or_account_number_is_in_database_or_logs(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    await path.until(who, "FILLED")
    account = path.proxy.orders[-1]["CANO"]
    tables = path.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'ledger'")
    for (table,) in tables:
        for row in path.sql(f"SELECT * FROM ledger.{table}"):
            text = json.dumps([str(value) for value in row])
            assert account not in text, table
            assert not re.search(r"eyJ[\w-]{10,}\.[\w-]+\.", text), table
    log = path.oms.log_path.read_text()
    assert account not in log
    assert "appsecret" not in log.lower()


async def test_nothing_is_left_waiting_when_many_people_trade_at_once(path: Path_) -> None:
    people = [path.person() for _ in range(4)]
    price = await path.marketable(KODEX200)
    replies = await asyncio.gather(
        *(path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 2, price))) for who in people)
    )
    assert {reply.outcome for reply in replies} == {pb.SubmitReply.ADMITTED}
    for who in people:
        await path.until(who, "FILLED", "ACKED", "PARTIAL")
    numbers = [order.broker_order_no for who in people for order in await path.orders(who)]
    assert len(set(numbers)) == len(numbers) == 4
