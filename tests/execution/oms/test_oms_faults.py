"""Cancels, revisions, days and notices that go wrong: every question ends in the broker's evidence or with a person."""

from __future__ import annotations

import asyncio
from typing import Any

from oms_path import KODEX200, PATIENCE_S, SAMSUNG, Path_, Person

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb

Row = dict[str, Any]


async def _resting(path: Path_, who: Person, quantity: int = 2) -> pb.Order:
    price = await path.resting(SAMSUNG)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, quantity, price)))
    (order,) = await path.until(who, "ACKED")
    return order


async def _intent(path: Path_, who: Person, intent_id: str, *states: str) -> pb.Order:
    for _ in range(int(PATIENCE_S * 10)):
        found = {order.intent_id: order for order in await path.orders(who)}[intent_id]
        if found.state in states:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"expected {states}, was {found.state} ({found.state_note})")


def _held(path: Path_, who: Person) -> list[Any]:
    return path.sql("SELECT cash FROM ledger.reservations WHERE account_ref = %s AND released_at IS NULL", who.account)


async def test_a_cancel_whose_reply_was_lost_is_looked_up_and_sent_again_without_harm(path: Path_) -> None:
    who = path.person()
    order = await _resting(path, who)
    path.proxy.change_fault = "lost_reply"
    await path.client.cancel(who.identity, order.intent_id, "c-1")
    await _intent(path, who, order.intent_id, "CANCELLED")
    moves = await path.moves(order.intent_id)
    # The broker's notice may tell of the cancel before its reply is known to be lost: then nothing is unknown any more.
    assert moves[3:5] in (["cancel_requested", "cancel_unknown"], ["cancel_requested", "cancel_confirmed"])
    assert _held(path, who) == []
    assert (await path.agrees(who)).buying_power == 100_000_000


async def test_a_cancel_that_never_arrived_is_sent_again(path: Path_) -> None:
    who = path.person()
    order = await _resting(path, who)
    path.proxy.change_fault = "never_arrives"
    reply = await path.client.cancel(who.identity, order.intent_id, "c-1")
    assert reply.accepted
    await _intent(path, who, order.intent_id, "CANCELLED")
    assert len(path.proxy.changes) == 2


async def test_a_cancel_that_the_broker_refuses_leaves_the_order_alive_and_says_so(path: Path_) -> None:
    who = path.person()
    order = await _resting(path, who)
    path.proxy.answers = {"/trading/order-rvsecncl": {"rt_cd": "1", "msg_cd": "EGW00300", "msg1": "x"}}
    await path.client.cancel(who.identity, order.intent_id, "c-1")
    path.proxy.calm()
    alive = await _intent(path, who, order.intent_id, "ACKED", "CANCELLED")
    if alive.state == "ACKED":
        assert "살아" in alive.state_note
        await path.client.cancel(who.identity, order.intent_id, "c-2")
        await _intent(path, who, order.intent_id, "CANCELLED")


async def test_a_revision_whose_reply_was_lost_is_found_by_its_own_row(path: Path_) -> None:
    who = path.person()
    order = await _resting(path, who)
    path.proxy.change_fault = "lost_reply"
    price = order.price + 500
    reply = await path.client.revise(who.identity, order.intent_id, price, "r-1")
    assert reply.code == "REVISE_UNKNOWN"
    assert reply.order.state == "REVISE_UNKNOWN"
    found = await _intent(path, who, order.intent_id, "ACKED")
    assert (found.price, found.quantity) == (price, 2)
    assert found.broker_order_no != order.broker_order_no
    assert len(path.proxy.changes) == 1
    again = await path.client.revise(who.identity, order.intent_id, price, "r-1")
    assert again.order.broker_order_no == found.broker_order_no
    assert len(path.proxy.changes) == 1
    assert (await path.client.cancel(who.identity, order.intent_id, "c-1")).order.state == "CANCELLED"


async def test_a_revision_that_never_arrived_leaves_the_old_price_and_is_not_sent_again(path: Path_) -> None:
    who = path.person()
    order = await _resting(path, who)
    path.proxy.change_fault = "never_arrives"
    await path.client.revise(who.identity, order.intent_id, order.price + 500, "r-1")
    found = await _intent(path, who, order.intent_id, "ACKED")
    assert (found.price, found.broker_order_no) == (order.price, order.broker_order_no)
    assert "revise_refused" in await path.moves(order.intent_id)
    assert len(path.proxy.changes) == 1


async def test_a_revision_that_nothing_can_settle_ends_with_a_person_and_can_be_adopted(path: Path_) -> None:
    who = path.person()
    order = await _resting(path, who)
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, await path.resting(KODEX200))))
    await path.until(who, "ACKED", count=2)
    path.proxy.change_fault = "lost_reply"
    path.proxy.rows = lambda row: None if row["pdno"] == SAMSUNG else row  # neither the old number nor the new one
    await path.client.revise(who.identity, order.intent_id, order.price + 500, "r-1")
    manual = await _intent(path, who, order.intent_id, "MANUAL")
    assert (await path.client.status(who.identity)).trading_state == "REDUCING"
    path.proxy.rows = None
    new = next(r["odno"] for r in path.exchange.journal("revise") if int(r["original"]) == int(order.broker_order_no))
    verdict = pb.ResolveRequest(
        account_ref=who.account,
        intent_id=manual.intent_id,
        adopt_broker_order_no=str(new),
        reason="HTS에서 확인",
        confirmation=manual.intent_id[:8],
    )
    resolved = await path.client.resolve(who.identity, verdict)
    assert resolved.accepted, resolved
    assert int(resolved.order.broker_order_no) == int(new)
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"
    assert (await path.client.cancel(who.identity, order.intent_id, "c-1")).order.state == "CANCELLED"


async def test_late_evidence_opens_an_absent_order_again(path: Path_) -> None:
    who = path.person()
    path.proxy.order_fault = "lost_reply"
    path.proxy.rows = lambda row: None
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (absent,) = await path.until(who, "ABSENT")
    assert _held(path, who) == []
    path.proxy.rows = None
    # Something else causes the next question.
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, await path.resting(KODEX200))))
    found = await _intent(path, who, absent.intent_id, "ACKED")
    assert (await path.moves(absent.intent_id))[-3:] == ["found_none", "late_evidence", "found_one"]
    assert len(_held(path, who)) == 2
    assert len([order for order in path.proxy.orders if order["PDNO"] == SAMSUNG]) == 1
    assert found.broker_order_no


async def test_late_evidence_waits_while_another_order_of_that_side_is_in_question(path: Path_) -> None:
    who = path.person()
    price = await path.resting(SAMSUNG)
    path.proxy.order_fault = "lost_reply"
    path.proxy.rows = lambda row: None
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, price)))
    (absent,) = await path.until(who, "ABSENT")
    path.proxy.order_fault = "lost_reply"
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, price)))
    await path.until(who, "UNKNOWN")
    path.proxy.rows = None
    await _intent(path, who, absent.intent_id, "ACKED")
    orders = {order.quantity: order for order in await path.until(who, "ACKED", count=2)}
    assert orders[1].broker_order_no != orders[2].broker_order_no
    assert (
        path.sql("SELECT 1 FROM ledger.broker_orders WHERE account_ref = %s AND intent_id IS NULL", who.account) == []
    )


async def test_a_persons_absent_verdict_is_not_opened_again_by_what_was_seen_then(path: Path_) -> None:
    who = path.person()
    path.proxy.order_fault = "twice_lost"
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (manual,) = await path.until(who, "MANUAL")
    verdict = pb.ResolveRequest(
        account_ref=who.account,
        intent_id=manual.intent_id,
        absent=True,
        reason="둘 다 손으로 낸 주문",
        confirmation=manual.intent_id[:8],
    )
    assert (await path.client.resolve(who.identity, verdict)).accepted
    foreign = "SELECT 1 FROM ledger.broker_orders WHERE account_ref = %s AND state = 'FOREIGN'"
    for _ in range(100):
        if len(path.sql(foreign, who.account)) == 2:
            break
        await asyncio.sleep(0.1)
    assert len(path.sql(foreign, who.account)) == 2
    (after,) = await path.orders(who)
    assert after.state == "ABSENT"


async def test_the_exchange_rejects_after_the_brokers_receipt(path: Path_) -> None:
    who = path.person()
    path.proxy.rows = lambda row: {**row, "rmn_qty": "0", "rjct_qty": row["ord_qty"]}
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (order,) = await path.until(who, "REJECTED")
    assert (await path.moves(order.intent_id))[-1] == "exchange_rejected"
    assert _held(path, who) == []


async def test_a_notice_that_comes_twice_byte_for_byte_counts_nothing(path: Path_) -> None:
    who = path.person()
    path.proxy.notices = 2
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 4, await path.marketable(SAMSUNG))))
    (order,) = await path.until(who, "FILLED")
    assert (order.filled, order.provisional) == (4, 0)
    results = path.sql(
        "SELECT d.result FROM ledger.broker_event_done d JOIN ledger.broker_event USING (id) WHERE account_ref = %s",
        who.account,
    )
    assert ("repeated",) in results
    book = await path.agrees(who)
    assert book.cash_d2 == 100_000_000 - order.filled_amount - order.fee


async def test_a_dead_token_makes_the_account_unreachable_and_nothing_loops(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    dead = {"rt_cd": "1", "msg_cd": "EGW00123", "msg1": "기간이 만료된 token 입니다."}
    again = {"error_code": "EGW00133", "error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)"}
    path.proxy.answers = {"/trading/order-cash": dead, "/oauth2/tokenP": again}
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    for _ in range(100):
        status = await path.client.status(who.identity)
        if status.trading_state == "REDUCING":
            break
        await asyncio.sleep(0.1)
    assert "인증" in status.trading_state_reason
    assert len(path.proxy.orders) == 1
    refused = await path.client.submit(
        who.identity, who.approved((KODEX200, Side.BUY, 1, await path.resting(KODEX200)))
    )
    assert refused.findings[0].code == "HALT"
    await asyncio.sleep(1.0)
    assert len(path.proxy.orders) == 1
    (waiting,) = await path.orders(who)
    assert waiting.state in ("NEW", "NOT_SENT")
    assert (await path.client.cancel(who.identity, waiting.intent_id, "c-1")).order.state == "WITHDRAWN"


async def test_a_sale_by_hand_of_our_shares_is_booked_and_stops_nothing(path: Path_) -> None:
    who = path.person()
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 3, await path.marketable(SAMSUNG))))
    await path.until(who, "FILLED")
    # The next order's body is preceded by a sale of two, as if somebody sold them in the broker's own app.
    path.proxy.by_hand = {"PDNO": SAMSUNG, "SLL_TYPE": "01", "ORD_QTY": "2", "ORD_DVSN": "01", "ORD_UNPR": "0"}
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, await path.resting(KODEX200))))
    for _ in range(150):
        book = await path.client.book(who.identity)
        if [(p.ticker, p.quantity) for p in book.positions] == [(SAMSUNG, 1)] and book.reconciled:
            break
        await asyncio.sleep(0.1)
    assert [(p.ticker, p.quantity) for p in book.positions] == [(SAMSUNG, 1)]
    rows = path.sql("SELECT sleeve, quantity FROM ledger.fills WHERE account_ref = %s AND side = 'sell'", who.account)
    assert sum(row[1] for row in rows) == 2
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"


async def test_when_the_day_is_over_remainders_lapse_and_unsent_legs_are_withdrawn(path: Path_) -> None:
    who = path.person()
    plan = who.approved(
        (SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)),
        (KODEX200, Side.BUY, 1, await path.resting(KODEX200)),
        after={2: 1},
    )
    await path.client.submit(who.identity, plan)
    await path.until(who, "ACKED")
    path.proxy.clock_days = 1
    orders = {order.ticker: order for order in await path.until(who, "EXPIRED")}
    assert orders[SAMSUNG].state == "EXPIRED"
    assert (await _intent(path, who, orders[KODEX200].intent_id, "WITHDRAWN")).filled == 0
    assert _held(path, who) == []
    assert len(path.proxy.orders) == 1
