"""Exits against everything that can happen to a position meanwhile: parts of it filled, sold by hand, lost, refused."""

from __future__ import annotations

import random
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from oms_room import PRICES, SAMSUNG, Room, open_room

from domain.orders.types import IntentState, OrderType, Side
from domain.proto import oms_pb2 as pb
from execution.oms.auth import Caller
from execution.oms.errors import Refusal
from execution.oms.exits import Exits
from execution.oms.ledger.rows import Intent
from execution.oms.resting import Resting
from tools.kis.errors import Rejected
from tools.kis.orders import CashOrder, OrderAck

GUARD = Caller("guard", None)


class Stopped:
    """A room with a holding and the guard's door to it."""

    def __init__(self, room: Room) -> None:
        async def ensure(account_ref: str, *, wait: bool = True) -> Any:
            return room.session

        self.room = room
        accounts = cast(Any, SimpleNamespace(ensure=ensure))
        self.exits = Exits(room.core, accounts, room.admission, room.parts.canceller)
        self._take, room.broker.place = room.broker.place, self._place  # type: ignore[method-assign]
        self.resting = Resting(room.core, accounts, room.admission, self.exits)

    async def _place(self, order: CashOrder, **options: Any) -> OrderAck:
        """As a broker does: nobody sells what is not there."""
        broker = self.room.broker
        free = broker.held.get(order.ticker, 0) - sum(o.remaining for o in broker.live(order.ticker, Side.SELL))
        if order.side is Side.SELL and order.quantity > free:
            raise Rejected("주문 가능한 수량을 초과했습니다.", code="APBK0400")
        return await self._take(order, **options)

    async def hold(self, quantity: int) -> None:
        await self.room.place(SAMSUNG, Side.BUY, quantity, None)
        (order,) = self.room.broker.live(SAMSUNG, Side.BUY)
        self.room.broker.fill(order, quantity)
        await self.room.look(1)
        self.room.clock.advance(20)  # the broker's figures have seen it

    async def position(self) -> pb.ProtectedPosition | None:
        found = await self.exits.positions(GUARD, self.room.account)
        return found[0] if found else None

    async def exit(self, generation: int | None = None, kind: str = "stop_loss") -> pb.ExitReply:
        position = await self.position()
        if position is None:
            return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code="GONE")
        request = pb.ExitRequest(
            account_ref=self.room.account,
            exit_mandate_id=position.exit_mandate_id,
            generation=generation or position.generation,
            kind=kind,
            observed_price=PRICES[SAMSUNG],
            level=PRICES[SAMSUNG] + 100,
        )
        request.observed_at.FromDatetime(self.room.core.market.now().astimezone(None))
        try:
            return await self.exits.exit(GUARD, request)
        except Refusal as no:
            return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code=no.code)

    async def rest(self, stop: int) -> pb.ExitReply:
        position = await self.position()
        if position is None:
            return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code="GONE")
        request = pb.RestStopRequest(
            account_ref=self.room.account,
            exit_mandate_id=position.exit_mandate_id,
            generation=position.generation,
            stop_price=stop,
        )
        try:
            return await self.resting.rest(GUARD, request)
        except Refusal as no:
            return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code=no.code)

    async def all(self) -> list[Intent]:
        async with self.room.core.ledger.read() as tx:
            found = await tx.intents.newest(self.room.account, limit=500)
        return [intent for intent in found if intent.authority == "exit"]


@pytest.fixture
async def it() -> Stopped:
    made = Stopped(await open_room())
    await made.hold(10)
    return made


async def test_a_part_that_was_sold_leaves_exactly_the_rest_to_the_next_exit(it: Stopped) -> None:
    reply = await it.exit()
    assert (reply.outcome, reply.order.quantity) == (pb.ExitReply.ADMITTED, 10), reply
    await it.room.send()
    (order,) = it.room.broker.live(SAMSUNG, Side.SELL)
    it.room.broker.fill(order, 6)
    await it.room.look(1)
    again = await it.exit()
    assert again.order.intent_id == reply.order.intent_id  # it still lives
    it.room.broker.end(order)
    await it.room.look(1)
    it.room.clock.advance(20)
    position = await it.position()
    assert position is not None
    assert (position.quantity, position.generation) == (4, 2)
    second = await it.exit()
    assert (second.outcome, second.order.quantity) == (pb.ExitReply.ADMITTED, 4), second
    await it.room.send()
    (order,) = it.room.broker.live(SAMSUNG, Side.SELL)
    it.room.broker.fill(order, 4)
    await it.room.look(1)
    assert await it.position() is None
    assert it.room.broker.held[SAMSUNG] == 0


async def test_a_position_that_was_sold_by_hand_meanwhile_is_not_sold_again(it: Stopped) -> None:
    hand = it.room.broker.by_hand(Side.SELL, 7, 70_000)
    it.room.broker.fill(hand, 7)
    await it.room.look(1)
    it.room.clock.advance(20)
    reply = await it.exit()
    assert (reply.outcome, reply.order.quantity) == (pb.ExitReply.ADMITTED, 3), reply
    await it.room.send()
    (order,) = it.room.broker.live(SAMSUNG, Side.SELL)
    it.room.broker.fill(order, 3)
    await it.room.look(1)
    assert (await it.exit()).code == "GONE"


async def test_shares_that_an_order_by_hand_holds_are_not_sold_and_the_person_is_told(it: Stopped) -> None:
    it.room.broker.by_hand(Side.SELL, 10, 80_000)
    await it.room.look(1)
    it.room.clock.advance(20)
    reply = await it.exit()
    assert (reply.outcome, reply.code) == (pb.ExitReply.REFUSED, "EXIT_HELD"), reply
    async with it.room.core.ledger.read() as tx:
        told = [event.message for event in await tx.journal.events_after(it.room.account, 0) if event.kind == "notice"]
    assert len(told) == 1
    assert told[0].startswith("삼성전자: 손절 기준에 닿았지만 주문하지 않았어요.")


async def test_a_halted_name_is_not_ordered_and_is_sold_when_it_trades_again(
    it: Stopped, monkeypatch: pytest.MonkeyPatch
) -> None:
    price = it.room.broker.price

    async def halted(ticker: str, **options: Any) -> Any:
        quote = await price(ticker)
        assert quote is not None
        return replace(quote, halted=True)

    monkeypatch.setattr(it.room.broker, "price", halted)
    it.room.clock.advance(30)
    assert (await it.exit()).code == "INSTRUMENT"
    monkeypatch.undo()
    it.room.clock.advance(30)
    assert (await it.exit()).outcome == pb.ExitReply.ADMITTED


async def test_in_a_volatility_interruption_the_sale_may_wait_in_the_auction(
    it: Stopped, monkeypatch: pytest.MonkeyPatch
) -> None:
    price = it.room.broker.price

    async def interrupted(ticker: str, **options: Any) -> Any:
        quote = await price(ticker)
        assert quote is not None
        return replace(quote, vi_code="Y")

    monkeypatch.setattr(it.room.broker, "price", interrupted)
    it.room.clock.advance(30)
    assert (await it.exit()).outcome == pb.ExitReply.ADMITTED


async def test_after_a_refused_market_order_the_next_exit_is_the_lowest_limit_that_may_be(it: Stopped) -> None:
    first = await it.exit()
    assert first.order.order_type == OrderType.MARKET
    it.room.broker.faults = ["rejected"]
    await it.room.send()
    assert [intent.state for intent in await it.all()] == [IntentState.REJECTED]
    second = await it.exit()
    assert second.outcome == pb.ExitReply.ADMITTED, second
    assert (second.order.order_type, second.order.price) == (OrderType.LIMIT, PRICES[SAMSUNG] * 95 // 100)


async def test_beside_a_sale_in_question_only_what_is_surely_free_is_sold_and_the_rest_after_it(it: Stopped) -> None:
    it.room.broker.faults = ["lost"]
    sale = await it.room.place(SAMSUNG, Side.SELL, 4, 70_000)
    assert await it.room.state(sale) is IntentState.UNKNOWN
    reply = await it.exit()
    assert reply.outcome == pb.ExitReply.ADMITTED, reply
    assert 0 < reply.order.quantity <= 6  # the broker's figure may or may not hold the four back already
    await it.room.send()
    assert len(it.room.broker.live(SAMSUNG, Side.SELL)) == 1  # it waits in the queue behind the question
    for _ in range(4):
        await it.room.settle()
        await it.room.send()
        for order in it.room.broker.live(SAMSUNG, Side.SELL):
            it.room.broker.fill(order, order.remaining)
        await it.room.look(20)
        await it.exit()
    assert it.room.broker.held[SAMSUNG] == 0
    assert await it.position() is None


async def test_late_evidence_of_a_lost_exit_waits_for_the_one_that_lives(it: Stopped) -> None:
    hidden = True
    it.room.broker.hidden = lambda placed: hidden and placed.side is Side.SELL
    await it.exit()
    it.room.broker.faults = ["lost"]
    await it.room.send()
    (lost,) = await it.all()
    await it.room.settle()
    assert await it.room.state(lost) is IntentState.ABSENT  # the broker denied it
    it.room.broker.end(it.room.broker.live(SAMSUNG, Side.SELL)[0])
    it.room.clock.advance(20)
    second = await it.exit()
    assert second.outcome == pb.ExitReply.ADMITTED, second
    hidden = False
    await it.room.look(1)  # and now shows it after all: this inquiry must not fail on `one_live_exit`
    assert await it.room.state(lost) is IntentState.ABSENT
    living = [intent for intent in await it.all() if not intent.terminal]
    assert [str(intent.intent_id) for intent in living] == [second.order.intent_id]


async def test_on_kis_paper_no_stop_rests_at_the_broker() -> None:
    it = Stopped(await open_room("paper", hides=True))
    request = pb.RestStopRequest(account_ref=it.room.account, exit_mandate_id=str(UUID(int=1)), generation=1)
    with pytest.raises(Refusal, match="EXIT_UNKNOWN"):
        await it.resting.rest(GUARD, request)
    await it.room.place(SAMSUNG, Side.BUY, 2, None)
    (order,) = it.room.broker.live(SAMSUNG, Side.BUY)
    it.room.broker.fill(order, 2)
    await it.room.hear()
    for _ in range(4):
        await it.room.look(20)
    position = await it.position()
    if position is not None:
        assert not position.takes_resting
        request.exit_mandate_id, request.stop_price = position.exit_mandate_id, 60_000
        with pytest.raises(Refusal, match="NOT_HERE"):
            await it.resting.rest(GUARD, request)


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_happens_never_more_is_sold_than_is_held_and_one_exit_lives(seed: int) -> None:
    chance = random.Random(seed)
    it = Stopped(await open_room())
    await it.hold(20)
    broker = it.room.broker
    for _ in range(25):
        match chance.randrange(9):
            case 0 | 1:
                await it.exit(kind=chance.choice(("stop_loss", "take_profit", "trailing", "time")))
            case 2:
                broker.faults = [chance.choice(("", "lost", "never", "not_sent", "rejected"))]
                await it.room.send()
                broker.faults = []
            case 3:
                for order in broker.live(SAMSUNG, Side.SELL):
                    if chance.random() < 0.5:
                        broker.fill(order, chance.randint(1, order.remaining))
            case 4:
                for order in broker.live(SAMSUNG, Side.SELL):
                    if chance.random() < 0.3:
                        broker.end(order)
            case 5:
                free = broker.held.get(SAMSUNG, 0) - sum(o.remaining for o in broker.live(SAMSUNG, Side.SELL))
                if free > 0:
                    hand = broker.by_hand(Side.SELL, chance.randint(1, free), 70_000)
                    broker.fill(hand, chance.randint(1, hand.remaining))
            case 6:
                await it.room.settle()
            case 7:
                await it.room.look(chance.choice((0.5, 20.0)))
                await it.room.parts.canceller._pass(it.room.session)
            case 8:
                await it.rest(chance.choice((0, 60_000, 65_000, 80_000)))
        living = [intent for intent in await it.all() if not intent.terminal]
        assert len(living) <= 1, [(i.state, i.quantity) for i in living]
        assert broker.held.get(SAMSUNG, 0) >= 0
    for placed in broker.live(SAMSUNG, Side.SELL):
        if placed.entry == "HTS":
            broker.end(placed)
    for _ in range(12):  # and once it is calm, everything is sold
        await it.room.settle()
        await it.exit()
        await it.room.parts.canceller._pass(it.room.session)
        await it.room.send()
        for placed in broker.live(SAMSUNG, Side.SELL):
            stop = next((i for i in await it.all() if i.stop_price and not i.terminal), None)
            if stop is None:
                broker.fill(placed, placed.remaining)
        await it.room.look(20)
    assert broker.held.get(SAMSUNG, 0) == 0, [(i.state, i.quantity, i.stop_price) for i in await it.all()]
