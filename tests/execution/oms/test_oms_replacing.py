"""Another quantity or kind of price: the old order's end is known before the new one begins, whoever dies between."""

from __future__ import annotations

import contextlib
import dataclasses
import random
from typing import Any

import pytest
from oms_room import KODEX200, SAMSUNG, Room, open_room

from domain.orders.types import IntentState, OrderType, Side
from execution.oms.errors import Refusal
from execution.oms.ledger.rows import Intent
from execution.oms.orphans import ask_cancels_again
from execution.oms.recovery import recover
from execution.oms.replacing import LIFE, Replacer, Wanted


def _wanted(old: Intent, quantity: int = 0, price: int | None = 61_000, request_id: str = "r-1") -> Wanted:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return Wanted(old.intent_id, quantity, kind, price, request_id)


async def _replace(room: Room, old: Intent, **wanted: Any) -> Intent:
    replacer = Replacer(room.core, room.parts.canceller)
    return await replacer.replace(room.session, _wanted(old, **wanted), f"web:{room.user}")


async def _cancel_pass(room: Room) -> None:
    await room.parts.canceller._pass(room.session)


def _alive(room: Room) -> list[tuple[int, int]]:
    """(shares left, price) of what may still trade at the broker."""
    return [(order.remaining, order.price) for order in room.broker.live()]


async def test_the_new_order_leaves_with_the_remainder_once_the_cancel_is_confirmed() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    new = await _replace(room, old, quantity=6)
    assert (new.state, new.quantity, new.replaces) == (IntentState.NEW, 6, old.intent_id)
    await room.send()
    assert _alive(room) == [(10, 60_000)]
    await _cancel_pass(room)
    await room.send()
    assert _alive(room) == []  # a receipt of the cancel is no end yet
    assert await room.state(new) is IntentState.NEW
    await room.look()
    assert await room.state(old) is IntentState.CANCELLED
    await room.send()
    assert _alive(room) == [(6, 61_000)]
    assert await room.state(new) is IntentState.ACKED


async def test_fills_until_the_end_make_it_smaller() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    (placed,) = room.broker.live()
    room.broker.fill(placed, 2)
    await room.look()
    new = await _replace(room, await room.intent(old), price=None)
    assert new.quantity == 8
    room.broker.fill(placed, 3)  # while the cancel is on its way
    await _cancel_pass(room)
    await room.look()
    await room.send()
    assert (await room.intent(new)).quantity == 5
    assert _alive(room) == [(5, 0)]
    async with room.core.ledger.read() as tx:
        held = {row.intent_id: row.cash for row in await tx.intents.held(room.account)}
    assert 5 * 91_000 <= held[new.intent_id] < 6 * 91_000  # a market buy counts at the band's top


async def test_what_filled_before_the_cancel_leaves_nothing_to_send() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    new = await _replace(room, old, quantity=4)
    (placed,) = room.broker.live()
    room.broker.fill(placed, 5)
    await _cancel_pass(room)
    await room.look()
    await room.send()
    after = await room.intent(new)
    assert after.state is IntentState.WITHDRAWN
    assert "체결" in after.state_note
    assert room.broker.posts == 1


async def test_the_same_request_is_the_same_order_and_another_content_is_refused() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    first = await _replace(room, old, quantity=6)
    assert (await _replace(room, old, quantity=6)).intent_id == first.intent_id
    for other in ({"quantity": 5}, {"quantity": 6, "price": 62_000}, {"quantity": 6, "price": None}):
        with pytest.raises(Refusal, match="CONFLICT"):
            await _replace(room, old, **other)
    with pytest.raises(Refusal, match="이미 바꾸는 중"):
        await _replace(room, old, quantity=6, request_id="r-2")


@pytest.mark.parametrize(("quantity", "code"), [(11, "QUANTITY"), (2, "QUANTITY")])
async def test_it_never_grows_and_never_undoes_a_fill(quantity: int, code: str) -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    (placed,) = room.broker.live()
    room.broker.fill(placed, 2)
    await room.look()
    with pytest.raises(Refusal, match=code):
        await _replace(room, old, quantity=quantity)
    assert (await room.state(old)) is IntentState.PARTIAL


async def test_what_the_gate_refuses_cancels_nothing() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    with pytest.raises(Refusal, match="COLLAR"):
        await _replace(room, old, price=90_000)
    await _cancel_pass(room)
    assert _alive(room) == [(10, 60_000)]


async def test_an_order_whose_end_is_in_question_is_left_alone() -> None:
    room = await open_room()
    room.broker.faults = ["lost"]
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    assert (await room.state(old)) is IntentState.UNKNOWN
    with pytest.raises(Refusal, match="NOT_REPLACEABLE"):
        await _replace(room, old)


async def test_legs_that_wait_for_one_another_are_left_alone() -> None:
    room = await open_room(held={KODEX200: 50})
    sale, purchase = await room.submit((KODEX200, Side.SELL, 10, 29_000), (SAMSUNG, Side.BUY, 1, 60_000), after={2: 1})
    for leg in (sale, purchase):
        with pytest.raises(Refusal, match="이어진"):
            await _replace(room, leg, price=29_000)


async def test_an_unsent_order_gives_way_at_once() -> None:
    room = await open_room()
    (old,) = await room.submit((SAMSUNG, Side.BUY, 10, 60_000))
    new = await _replace(room, old, quantity=3)
    assert await room.state(old) is IntentState.WITHDRAWN
    await room.send()
    assert _alive(room) == [(3, 61_000)]
    assert await room.state(new) is IntentState.ACKED


async def test_a_cancel_that_comes_to_nothing_takes_the_new_order_back() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    new = await _replace(room, old)
    room.broker.faults = ["never"] * 4
    for _ in range(4):
        await _cancel_pass(room)
    await room.look(room.core.timing.settle_s + room.core.timing.deadline_s + 1)
    assert await room.state(old) is IntentState.ACKED
    await room.send()
    after = await room.intent(new)
    assert (after.state, "취소되지 않아" in after.state_note) == (IntentState.WITHDRAWN, True)
    assert _alive(room) == [(10, 60_000)]
    again = await _replace(room, old, request_id="r-2")  # the person may try once more
    await _cancel_pass(room)
    await room.look()
    await room.send()
    assert await room.state(again) is IntentState.ACKED


async def test_nothing_leaves_after_its_life() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    new = await _replace(room, old)
    await _cancel_pass(room)
    await room.look(LIFE.total_seconds() + 1)
    await room.send()
    assert await room.state(new) is IntentState.WITHDRAWN
    assert _alive(room) == []


@pytest.mark.parametrize("dies", ["before the cancel", "after the cancel", "before the order"])
async def test_whoever_dies_between_leaves_it_to_a_successor(dies: str) -> None:
    """Everything but the ledger is forgotten: the wish and the waiting order are rows of one commit."""
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    new = await _replace(room, old, quantity=6)
    if dies == "before the cancel":
        async with room.core.ledger.write(room.account) as tx:
            await tx.intents.change_request(room.account, "r-1", tx.now, state="SENDING")
        room.clock.advance(room.core.timing.deadline_s + 2)
        async with room.core.ledger.read() as tx:
            await ask_cancels_again(room.core, await tx.intents.requests_pending(room.account), ())
    await _cancel_pass(room)
    if dies == "before the order":
        await room.look()
    room.parts.canceller._resends.clear()
    room.parts.sender._attempts.clear()
    await room.look()
    await room.send()
    assert _alive(room) == [(6, 61_000)]
    assert await room.state(new) is IntentState.ACKED
    assert room.broker.posts == 2


async def test_an_order_that_could_not_be_sent_keeps_what_is_left_of_the_whole() -> None:
    room = await open_room()
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    (placed,) = room.broker.live()
    new = await _replace(room, old, quantity=8)
    room.broker.fill(placed, 3)
    await _cancel_pass(room)
    await room.look()
    room.broker.faults = ["not_sent"]
    for _ in range(3):  # not sent, queued again, sent
        await room.send()
    assert (await room.intent(new)).quantity == 5
    assert _alive(room) == [(5, 61_000)]


async def test_a_chain_of_three_stays_within_what_was_approved() -> None:
    room = await open_room()
    order = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    for turn in range(3):
        (placed,) = room.broker.live()
        room.broker.fill(placed, 2)
        await room.look()
        order = await _replace(room, await room.intent(order), price=61_000 + turn * 100, request_id=f"r-{turn}")
        await _cancel_pass(room)
        await room.look()
        await room.send()
        assert await room.state(order) is IntentState.ACKED
    assert _alive(room) == [(4, 61_200)]
    (placed,) = room.broker.live()
    room.broker.fill(placed, 4)
    await room.look()
    assert await room.booked() == {SAMSUNG: 10}


@pytest.mark.parametrize(
    "forged",
    [
        {"quantity": 11, "whole": 11},
        {"side": Side.SELL},
        {"ticker": KODEX200, "limit_price": 29_000},
        {"plan_id": "other"},
        {"sleeve": "cycle"},
    ],
)
async def test_a_row_that_nobody_asked_for_has_no_word_to_stand_on(forged: dict[str, Any]) -> None:
    room = await open_room(held={SAMSUNG: 100})
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    new = await _replace(room, old)
    await _cancel_pass(room)
    await room.look()
    if forged.get("plan_id"):
        forged = {"plan_id": room.user}
    rows = room.database.tables.intents.rows
    rows[new.intent_id] = dataclasses.replace(rows[new.intent_id], **forged)
    await room.send()
    assert await room.state(new) is IntentState.REFUSED
    assert _alive(room) == []
    assert room.broker.posts == 1


async def test_while_it_waits_its_cash_is_not_held_twice() -> None:
    room = await open_room(cash=700_000, held={KODEX200: 1000})
    old = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await room.look(room.core.timing.lag_s + 1)
    new = await _replace(room, old, price=65_000)
    await _cancel_pass(room)
    await room.look()
    await room.look(room.core.timing.lag_s + 1)
    room.session.forget_figures()
    await room.send()
    assert await room.state(new) is IntentState.ACKED


def _at_most(room: Room, approved: int) -> None:
    """What filled and what may still trade of the person's order, at the broker itself."""
    mine = [order for order in room.broker.orders.values() if order.entry == "OpnAPI" and order.original is None]
    assert sum(order.filled + order.remaining for order in mine) <= approved
    assert sum(order.remaining > 0 for order in mine) <= 1


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_is_lost_on_the_way_both_are_never_alive_and_never_more_than_approved(seed: int) -> None:
    chance = random.Random(seed)
    room = await open_room()
    order = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    orders = [order]
    for step in range(24):
        newest = await room.intent(orders[-1])
        match chance.randrange(7):
            case 0:
                room.broker.faults = [chance.choice(["lost", "never", "not_sent", "rejected", ""])]
            case 1 if newest.filled < newest.quantity:
                price = chance.choice([None, 61_000 + 100 * step])
                quantity = chance.randint(newest.filled + 1, newest.quantity)
                with contextlib.suppress(Refusal):  # then nothing was done
                    orders.append(await _replace(room, newest, quantity=quantity, price=price, request_id=f"r-{step}"))
            case 2:
                for placed in room.broker.live()[:1]:
                    room.broker.fill(placed, chance.randint(1, placed.remaining))
            case 3:
                await _cancel_pass(room)
            case 4:
                await room.send()
            case 5:
                await room.look(chance.choice([0.0, 1.0, 8.0, 40.0]))
            case 6:  # a successor knows what the ledger knows
                room.parts.canceller._resends.clear()
                await recover(room.core)
        _at_most(room, 10)
    room.broker.faults = []
    for _ in range(6):
        await _cancel_pass(room)
        await room.settle()
        await room.send()
        _at_most(room, 10)
    assert (await room.booked()).get(SAMSUNG, 0) == sum(
        placed.filled for placed in room.broker.orders.values() if placed.original is None
    )
    for one in orders:
        state = await room.state(one)
        assert state.value not in {"NEW", "SENDING", "NOT_SENT", "UNKNOWN", "CANCEL_PENDING", "CANCEL_UNKNOWN"}, state
