"""Replies that prove nothing, notices before the reply, deaths in the middle: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from oms_path import KODEX200, SAMSUNG, OmsHandle, Path_, Person

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    """A stack of its own: a restarted OMS looks after every account that it knows before it serves one."""
    return ("--always-open",)


async def _posted(path: Path_) -> None:
    assert await asyncio.to_thread(path.proxy.posted.wait, 10)


def _orders_at_exchange(path: Path_, number: str) -> int:
    """How many orders of this account number the exchange's own journal holds."""
    return sum(record["account"].startswith(number) for record in path.exchange.journal("order"))


async def _moves(path: Path_, who: Person) -> list[str]:
    rows = path.sql(
        "SELECT t.event FROM ledger.transitions t JOIN ledger.intents i ON t.entity_id = i.intent_id::text"
        " WHERE i.account_ref = %s AND t.entity = 'intent' ORDER BY t.seq",
        who.account,
    )
    return [str(row[0]) for row in rows]


async def test_a_lost_reply_is_unknown_until_the_inquiry_finds_the_order_and_nothing_is_sent_twice(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    # The order list is silent until all was looked at: else it finds the first order while the next is on its way.
    path.proxy.answers = {"/trading/inquire-daily-ccld": {"rt_cd": "1", "msg_cd": "EGW00300", "msg1": "x"}}
    path.proxy.order_fault = "lost_reply"
    price = await path.resting(SAMSUNG)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, price)))
    await path.until(who, "UNKNOWN")
    # While it is unknown the next order of that ticker and side waits; another ticker does not.
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, price)))
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, await path.resting(KODEX200))))
    await path.until(who, "ACKED")
    states = {(o.ticker, o.quantity): o.state for o in await path.orders(who)}
    assert states[(SAMSUNG, 1)] == "UNKNOWN"
    assert states[(SAMSUNG, 2)] == "NEW"
    path.proxy.answers = {}
    await path.until(who, "ACKED", count=3)
    moves = await _moves(path, who)
    assert moves[:4] == ["admitted", "send_started", "reply_unknown", "admitted"]
    assert "found_one" in moves
    assert [order["ORD_QTY"] for order in path.proxy.orders if order["PDNO"] == SAMSUNG] == ["1", "2"]
    assert _orders_at_exchange(path, path.proxy.orders[0]["CANO"]) == 3


async def test_an_order_that_never_arrived_is_absent_and_not_sent_again(path: Path_) -> None:
    who = path.person()
    path.proxy.order_fault = "never_arrives"
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (order,) = await path.until(who, "ABSENT")
    assert order.filled == 0
    await asyncio.sleep(0.5)
    assert len(path.proxy.orders) == 1
    assert _orders_at_exchange(path, path.proxy.orders[0]["CANO"]) == 0
    book = await path.agrees(who)
    assert book.buying_power == 100_000_000


async def test_a_filled_order_whose_reply_was_lost_reaches_the_book_to_the_won(path: Path_) -> None:
    who = path.person()
    path.proxy.order_fault = "lost_reply"
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 7, await path.marketable(SAMSUNG))))
    await path.until(who, "UNKNOWN")
    (order,) = await path.until(who, "FILLED")
    book = await path.agrees(who)
    assert book.cash_d2 == 100_000_000 - order.filled_amount - order.fee


async def test_two_equal_candidates_end_in_manual_and_a_person_adopts_one(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, await path.resting(KODEX200))))
    await path.until(who, "ACKED")
    path.proxy.order_fault = "twice_lost"
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, price)))
    orders = await path.until(who, "MANUAL")
    manual = next(order for order in orders if order.state == "MANUAL")
    status = await path.client.status(who.identity)
    assert status.trading_state == "REDUCING"
    assert [order.intent_id for order in status.manual] == [manual.intent_id]
    refused = await path.client.submit(
        who.identity, who.approved((KODEX200, Side.BUY, 2, await path.resting(KODEX200)))
    )
    assert refused.outcome == pb.SubmitReply.REFUSED
    numbers = [r["odno"] for r in path.exchange.journal("order") if r["ticker"] == SAMSUNG and r["qty"] == 1]
    adopt = pb.ResolveRequest(
        account_ref=who.account,
        intent_id=manual.intent_id,
        adopt_broker_order_no=numbers[-1],
        reason="HTS에서 확인",
        confirmation="틀림",
    )
    assert not (await path.client.resolve(who.identity, adopt)).accepted
    adopt.confirmation = manual.intent_id[:8]
    resolved = await path.client.resolve(who.identity, adopt)
    assert (resolved.accepted, resolved.order.state) == (True, "ACKED"), resolved
    assert resolved.order.broker_order_no == numbers[-1]
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"
    assert len(path.sql("SELECT 1 FROM ledger.resolutions WHERE intent_id::text = %s", manual.intent_id)) == 1
    # The other number belongs to nobody: it counts as an order placed by hand.
    for _ in range(100):
        if path.sql("SELECT 1 FROM ledger.broker_orders WHERE account_ref = %s AND state = 'FOREIGN'", who.account):
            break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError("expected the other number as FOREIGN")


async def test_fill_notices_before_the_reply_are_neither_lost_nor_counted_twice(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    path.proxy.delay_reply_s = 0.7
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 6, await path.marketable(SAMSUNG))))
    (order,) = await path.until(who, "FILLED")
    assert (order.filled, order.provisional) == (6, 0)
    stored = path.sql(
        "SELECT min(e.received_at) FROM ledger.broker_event e WHERE e.account_ref = %s AND e.body->>'kind' = 'filled'",
        who.account,
    )
    acked = path.sql("SELECT acked_at FROM ledger.broker_orders WHERE account_ref = %s", who.account)
    assert stored[0][0] is not None
    assert stored[0][0] < acked[0][0]
    book = await path.agrees(who)
    assert book.cash_d2 == 100_000_000 - order.filled_amount - order.fee


async def test_kill_nine_with_a_resting_order_loses_nothing(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, await path.resting(SAMSUNG))))
    (before,) = await path.until(who, "ACKED")
    path.oms.kill()
    path.oms.start()
    await path.oms.ready()
    (after,) = await path.until(who, "ACKED")
    assert (after.intent_id, after.broker_order_no) == (before.intent_id, before.broker_order_no)
    reply = await path.client.cancel(who.identity, after.intent_id, "after-crash")
    assert reply.accepted, reply
    await path.until(who, "CANCELLED")
    assert len(path.proxy.orders) == 1


async def test_kill_nine_between_sending_and_the_reply_asks_the_broker_and_never_sends_again(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    path.proxy.delay_reply_s = 30.0
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 3, await path.marketable(SAMSUNG))))
    await _posted(path)
    await asyncio.sleep(0.2)
    path.oms.kill()
    assert path.sql("SELECT state FROM ledger.intents WHERE account_ref = %s", who.account) == [("SENDING",)]
    path.proxy.delay_reply_s = 0.0
    path.oms.start()
    await path.oms.ready()
    (order,) = await path.until(who, "FILLED")
    assert order.filled == 3
    moves = await _moves(path, who)
    assert moves[:4] == ["admitted", "send_started", "recovered", "found_one"]
    assert len(path.proxy.orders) == 1
    await path.agrees(who)


async def test_sigterm_lets_a_successor_start_at_once_and_the_books_go_on(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    await path.until(who, "FILLED")
    assert path.oms.terminate() == 0
    path.oms.start()
    await path.oms.ready()
    book = await path.agrees(who)
    assert [p.quantity for p in book.positions] == [1]


async def test_a_stopped_oms_is_fenced_by_its_successor_and_ends_itself(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    await path.until(who, "ACKED")
    (epoch,) = path.sql("SELECT epoch FROM ledger.lease")
    first = path.oms.process
    assert first is not None
    os.kill(first.pid, signal.SIGSTOP)
    second = OmsHandle(path.oms.environment, path.oms.address, path.oms.log_path, path.oms.options)
    second.start()
    try:
        await second.ready()
        assert path.sql("SELECT epoch FROM ledger.lease") == [(epoch[0] + 1,)]
    finally:
        os.kill(first.pid, signal.SIGCONT)
    assert await asyncio.to_thread(first.wait, 15) == 3
    path.oms.log.close()
    path.oms.process, path.oms.log = second.process, second.log
    await path.oms.ready()
    (order,) = await path.until(who, "ACKED")
    assert (await path.client.cancel(who.identity, order.intent_id, "x")).accepted
    await path.until(who, "CANCELLED")


async def test_a_predecessor_that_stands_still_inside_a_write_holds_nobody_up(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    await path.until(who, "ACKED")
    path.oms.kill()
    with path.role("oms", idle_ms=2_000) as still, still.transaction():  # as the dead one's write would
        still.execute("SELECT 1 FROM ledger.lease FOR KEY SHARE")
        path.oms.start()
        await path.oms.ready()
    (order,) = await path.until(who, "ACKED")
    assert (await path.client.cancel(who.identity, order.intent_id, "x")).accepted
    await path.until(who, "CANCELLED")


async def test_the_exchange_dies_and_comes_back_and_the_resting_order_is_still_there(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, await path.resting(SAMSUNG))))
    (before,) = await path.until(who, "ACKED")
    path.exchange.kill()
    await asyncio.sleep(0.5)
    path.exchange.start()
    path.proxy.target = path.exchange.url
    for _ in range(40):
        reply = await path.client.cancel(who.identity, before.intent_id, "after-exchange")
        if reply.order.state == "CANCELLED":
            break
        await asyncio.sleep(0.25)
    assert reply.order.state == "CANCELLED", reply
