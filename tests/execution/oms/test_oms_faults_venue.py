"""A broker that lags, doubles, forgets, closes and takes orders by hand: evidence counts, a view does not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from faulty_venue import Venue
from oms_path import HYNIX, KODEX200, QUICK, SAMSUNG, Path_, Person

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from execution.oms.timing import timing_for


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    return ("--always-open", "--limits", "off", "--faults")


async def _buy(path: Path_, who: Person, quantity: int, price: int | None = None, ticker: str = SAMSUNG) -> None:
    wanted = await path.marketable(ticker) if price is None else price
    reply = await path.client.submit(who.identity, who.approved((ticker, Side.BUY, quantity, wanted)))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply


async def _states(path: Path_, who: Person, seconds: float) -> set[str]:
    """Every trading state seen meanwhile."""
    seen = set()
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        status = await path.client.status(who.identity)
        seen.add(f"{status.trading_state} {status.trading_state_reason}".strip())
        await asyncio.sleep(0.1)
    return seen


async def test_a_balance_that_lags_five_seconds_stops_nobody_and_sells_nothing_twice(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    venue.arm("balance_lag", count=None, seconds=5.0)
    await _buy(path, who, 4)
    await path.until(who, "FILLED")
    book = await path.client.book(who.identity)
    assert {position.ticker: position.quantity for position in book.positions} == {SAMSUNG: 4}
    # The broker's balance does not show a single share yet: what it cannot show as sellable is not sold.
    early = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, 4, None)))
    assert [finding.code for finding in early.findings if finding.effect == "refuse"] == ["SELLABLE"]
    assert await _states(path, who, 5.5) == {"ACTIVE"}
    sale = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, 4, None)))
    assert sale.outcome == pb.SubmitReply.ADMITTED, sale
    await path.until(who, "FILLED", count=2)
    # Now it still shows the four shares that are gone.
    again = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, 3, None)))
    assert "SELLABLE" in [finding.code for finding in again.findings if finding.effect == "refuse"]
    assert await _states(path, who, 5.5) == {"ACTIVE"}
    book = await path.agrees(who)
    assert not book.positions
    assert book.cash_d2 == 100_000_000 - venue.paid()
    assert (len(venue.ours()), venue.held()) == (2, 0)
    venue.calm()


async def test_holding_rows_that_come_twice_are_not_twice_the_shares(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    venue.arm("duplicated_holdings", count=None)
    await _buy(path, who, 3)
    await path.until(who, "FILLED")
    await asyncio.sleep(2.0)
    book = await path.client.book(who.identity)
    assert [position.quantity for position in book.positions] == [3]
    too_many = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, 4, None)))
    assert too_many.outcome != pb.SubmitReply.ADMITTED
    venue.calm()
    book = await path.agrees(who)
    assert [position.quantity for position in book.positions] == [3]
    assert book.cash_d2 == 100_000_000 - venue.paid()
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"


async def test_the_exchange_refuses_what_the_broker_took_and_everything_held_back_is_free_again(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    venue.arm("rejected_after_ack")
    await _buy(path, who, 2)
    (order,) = await path.until(who, "REJECTED")
    assert (await path.moves(order.intent_id))[-1] == "exchange_rejected"
    assert [one["kind"] for one in venue.journal("order", "fill", "bounce")] == ["order", "bounce"]
    book = await path.agrees(who)
    assert (book.buying_power, book.cash_d2) == (100_000_000, 100_000_000)


async def test_a_list_that_is_empty_by_mistake_is_asked_for_again_before_a_person_must_decide(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    venue.arm("reset_before_reply", path="order-cash")
    venue.arm("empty_executions", count=None)
    await _buy(path, who, 2)
    await asyncio.sleep(QUICK["deadline_s"] + QUICK["gateway_s"] + QUICK["lag_s"] + 0.7)
    (order,) = await path.orders(who)
    assert order.state == "UNKNOWN", "asked after settle, and nothing was proven"
    venue.calm()
    (order,) = await path.until(who, "FILLED", "MANUAL", "ABSENT", seconds=40)
    assert order.state == "FILLED"
    assert len(venue.ours()) == 1


async def test_a_list_that_stays_empty_is_left_to_a_person(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    venue.arm("reset_before_reply", path="order-cash")
    venue.arm("empty_executions", count=None)
    await _buy(path, who, 2)
    (order,) = await path.until(who, "FILLED", "MANUAL", "ABSENT", seconds=40)
    assert order.state == "MANUAL"
    assert "found_none" not in await path.moves(order.intent_id)
    assert len(venue.ours()) == 1
    venue.calm()


async def test_the_same_order_by_hand_is_not_taken_for_ours_that_never_arrived(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    await _buy(path, who, 1, await path.resting(KODEX200), KODEX200)  # shows how the broker marks what we key in
    await path.until(who, "ACKED")
    venue.arm("hand_order", marked=True)
    venue.arm("timeout_before_accept", path="order-cash", seconds=2.0)
    await _buy(path, who, 2, await path.resting(SAMSUNG))
    orders = {order.ticker: order for order in await path.until(who, "MANUAL", "ABSENT", seconds=40)}
    assert orders[SAMSUNG].broker_order_no in ("", "0")
    assert [one["ticker"] for one in venue.ours()] == [KODEX200]
    by_hand = next(one for one in venue.journal("order") if "channel" in one)
    if orders[SAMSUNG].state == "MANUAL":
        verdict = pb.ResolveRequest(
            account_ref=who.account,
            intent_id=orders[SAMSUNG].intent_id,
            absent=True,
            reason="손으로 낸 주문",
            confirmation=orders[SAMSUNG].intent_id[:8],
        )
        assert (await path.client.resolve(who.identity, verdict)).accepted
    foreign = "SELECT odno FROM ledger.broker_orders WHERE account_ref = %s AND state = 'FOREIGN'"
    for _ in range(100):
        if path.sql(foreign, who.account):
            break
        await asyncio.sleep(0.1)
    assert [int(row[0]) for row in path.sql(foreign, who.account)] == [int(by_hand["odno"])]


async def test_a_cancel_by_hand_frees_the_cash_of_our_order(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    await _buy(path, who, 2, await path.resting(SAMSUNG))
    (order,) = await path.until(who, "ACKED")
    venue.by_hand(cancel=order.broker_order_no)
    await path.until(who, "CANCELLED")
    assert (await path.agrees(who)).buying_power == 100_000_000


async def test_a_revision_overtaken_by_the_whole_fill_ends_filled_although_its_answer_was_lost(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    # Nothing tells the OMS of the fill before it revises.
    venue.arm("notices_silent", seconds=20.0)
    venue.arm("timeout_before_accept", path="inquire-daily-ccld", seconds=1.2)
    venue.arm("reset_before_reply", path="order-rvsecncl")
    price = await path.marketable(SAMSUNG)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, price)))
    (order,) = await path.until(who, "ACKED", "FILLED")
    assert order.state == "ACKED"
    reply = await path.client.revise(who.identity, order.intent_id, price - 500, "r-1")
    assert reply.code == "REVISE_UNKNOWN", reply
    (ended,) = await path.until(who, "FILLED", "MANUAL", seconds=30)
    assert (ended.state, ended.filled) == ("FILLED", 2), ended.state_note
    assert venue.journal("revise") == []
    book = await path.agrees(who)
    assert book.cash_d2 == 100_000_000 - venue.paid()
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"
    venue.calm()


async def test_a_maintenance_window_holds_orders_back_and_afterwards_each_is_sent_once(path: Path_) -> None:
    who = path.person()
    venue = await Venue.of(path, who)
    await _buy(path, who, 1, await path.resting(SAMSUNG))
    await path.until(who, "ACKED")
    price = await path.resting(KODEX200)
    venue.arm("maintenance", path="order-cash", seconds=3.0)
    reply = await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 5, price)))
    assert reply.outcome == pb.SubmitReply.ADMITTED
    orders = {order.ticker: order for order in await path.until(who, "ABSENT", seconds=40)}
    assert orders[SAMSUNG].state == "ACKED"
    assert [one["ticker"] for one in venue.ours()] == [SAMSUNG], "the request that met the window was cut off"
    await _buy(path, who, 4, price, KODEX200)
    await path.until(who, "ACKED", count=2, seconds=30)
    assert [one["qty"] for one in venue.ours()] == [1, 4]
    assert (await path.client.cancel(who.identity, orders[SAMSUNG].intent_id, "c-1")).accepted
    await path.until(who, "CANCELLED", seconds=20)
    assert (await path.agrees(who)).cash_d2 == 100_000_000


@pytest.mark.parametrize("kind", ["feed_frozen", "feed_stale"])
async def test_while_the_feed_stands_still_prices_come_by_question(path: Path_, kind: str) -> None:
    everywhere = Venue(path, "")
    for _ in range(100):
        before = await path.market.quote(HYNIX)
        if before.source == "stream":
            break
        await asyncio.sleep(0.1)
    assert before.source == "stream"
    everywhere.arm(kind, ticker=HYNIX, tr_id="H0STCNT0", seconds=60.0, count=None)
    seen = []
    for _ in range(30):
        quote = await path.market.quote(HYNIX)
        age = (datetime.now(UTC) - quote.as_of.ToDatetime(UTC)).total_seconds()
        seen.append((quote.source, age, quote.volume))
        if quote.source == "rest" and quote.volume > before.volume:
            break
        await asyncio.sleep(0.4)
    assert seen[-1][0] == "rest", seen
    assert max(age for _, age, _ in seen) < timing_for("sim").stream_s + 1.5, "no price is older than it may be"
    everywhere.calm()
