"""A stop that rests at the broker: placed, moved, fired, and out of the way of whoever sells next."""

from __future__ import annotations

import asyncio
import time

import pytest
from guard_path import exit_of, exits_of, guards_door, held, position_of, sold
from oms_path import KODEX200, PATIENCE_S, SAMSUNG, Path_, Person

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from execution.guard.door import GuardDoor
from execution.oms.positions import takes_resting


async def rest(door: GuardDoor, who: Person, stop: int, seconds: float = PATIENCE_S) -> pb.ExitReply:
    """Asks until nothing has to be taken back first."""
    end = time.monotonic() + seconds
    while True:
        found = [each for each in await door.exits() if each.account_ref == who.account]
        if not found:
            return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code="EXIT_UNKNOWN")
        reply = await door.rest_stop(
            pb.RestStopRequest(
                account_ref=who.account,
                exit_mandate_id=found[0].exit_mandate_id,
                generation=found[0].generation,
                stop_price=stop,
            )
        )
        if reply.outcome != pb.ExitReply.WAITING and reply.code != "GENERATION":
            return reply
        assert time.monotonic() < end, reply
        await asyncio.sleep(0.1)


async def below(path: Path_, percent: int, ticker: str = SAMSUNG) -> int:
    return int((await path.market.quote(ticker)).price) * (100 - percent) // 100


async def acked(path: Path_, who: Person) -> pb.Order:
    """The one exit that lives, once the broker has it."""
    for _ in range(int(PATIENCE_S * 10)):
        live = [order for order in await exits_of(path, who) if order.state == "ACKED"]
        if live:
            (order,) = live
            return order
        await asyncio.sleep(0.1)
    raise AssertionError(await exits_of(path, who))


async def test_a_stop_rests_at_the_broker_is_moved_and_taken_away(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 4)
    async with guards_door(path) as door:
        assert (await position_of(door, who)).takes_resting
        stop = await below(path, 8)
        reply = await rest(door, who, stop)
        assert reply.outcome == pb.ExitReply.ADMITTED, reply
        first = await acked(path, who)
        sent = path.proxy.orders[-1]
        assert (sent["ORD_DVSN"], int(sent["CNDT_PRIC"]), sent["ORD_QTY"]) == ("22", first.stop_price, "4")
        assert stop - 500 < first.stop_price <= stop
        assert first.stop_price * 95 // 100 <= first.price < first.stop_price
        again = await rest(door, who, stop)
        assert (again.outcome, again.order.intent_id) == (pb.ExitReply.ALREADY_ADMITTED, first.intent_id)
        moved = await rest(door, who, await below(path, 4))
        assert moved.outcome == pb.ExitReply.ADMITTED, moved
        second = await acked(path, who)
        assert second.stop_price > first.stop_price
        none = await rest(door, who, 0)
        assert (none.outcome, none.order.intent_id) == (pb.ExitReply.ALREADY_ADMITTED, "")
    ended = {order.intent_id: order.state for order in await exits_of(path, who)}
    assert ended == {first.intent_id: "CANCELLED", second.intent_id: "CANCELLED"}
    triggers = [r["trigger"] for r in path.exchange.journal("order") if r.get("trigger")]
    assert triggers[-2:] == [first.stop_price, second.stop_price]


async def test_a_resting_stop_fires_at_the_broker_alone(path: Path_) -> None:
    who = path.person()
    await held(path, who, KODEX200, 2)
    async with guards_door(path) as door:
        reply = await rest(door, who, await below(path, 2, KODEX200))
        assert reply.outcome == pb.ExitReply.ADMITTED, reply
    resting = await acked(path, who)
    await path.exchange.push(KODEX200, resting.stop_price)
    (order,) = await sold(path, who)
    assert order.intent_id == resting.intent_id
    assert (order.state, order.filled) == ("FILLED", 2)
    assert "걸어 둔 주문" in order.reason
    assert not (await path.agrees(who)).positions


async def test_the_guards_own_exit_leaves_only_when_the_resting_stop_is_gone(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 3)
    async with guards_door(path) as door:
        await rest(door, who, await below(path, 8))
        resting = await acked(path, who)
        request = await exit_of(path, await position_of(door, who), kind="take_profit")
        assert request.generation == 2
        reply = await door.exit(request)
        assert reply.outcome == pb.ExitReply.WAITING
        while reply.outcome == pb.ExitReply.WAITING:
            await asyncio.sleep(0.1)
            reply = await door.exit(request)
        assert reply.outcome == pb.ExitReply.ADMITTED, reply
        late = await door.rest_stop(
            pb.RestStopRequest(
                account_ref=who.account, exit_mandate_id=request.exit_mandate_id, generation=3, stop_price=1_000
            )
        )
        assert late.code in ("EXIT_LIVE", "EXIT_UNKNOWN")
    await sold(path, who)
    states = {order.intent_id: order.state for order in await exits_of(path, who)}
    assert states == {resting.intent_id: "CANCELLED", reply.order.intent_id: "FILLED"}


async def test_whoever_sells_by_hand_comes_before_the_resting_stop(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 5)
    async with guards_door(path) as door:
        await rest(door, who, await below(path, 8))
    resting = await acked(path, who)
    await asyncio.sleep(1.1)  # the broker's figures hold the shares back by now
    (position,) = (await path.client.book(who.identity)).positions
    assert position.sellable == 5
    plan = who.plan((SAMSUNG, Side.SELL, 5, None))
    ref = pb.PlanRef(plan_id=str(plan.plan_id), version=1, account_ref=who.account)
    preview = await path.client.preview(who.identity, ref)
    assert preview.admissible, preview
    request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, approval_id=who.approve(plan))
    reply = await path.client.submit(who.identity, request)
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    orders = await path.until(who, "FILLED", count=2)
    assert {o.intent_id: o.state for o in orders if o.authority == "exit"} == {resting.intent_id: "CANCELLED"}
    assert not (await path.agrees(who)).positions


async def test_a_resting_stop_is_not_revised_by_hand_and_not_placed_while_halted(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 1)
    async with guards_door(path) as door:
        await rest(door, who, await below(path, 8))
        resting = await acked(path, who)
        revised = await path.client.revise(who.identity, resting.intent_id, resting.price + 500, "r-1")
        assert (revised.accepted, revised.code) == (False, "NOT_REVISABLE")
        await path.client.set_trading_state(who.identity, "HALTED", "무서워요")
        assert (await rest(door, who, 0)).outcome == pb.ExitReply.ALREADY_ADMITTED  # taking away is a cancel
        refused = await rest(door, who, await below(path, 8))
        assert (refused.outcome, refused.code) == (pb.ExitReply.REFUSED, "HALT")


@pytest.mark.parametrize(("environment", "takes"), [("sim", True), ("paper", False), ("live", True)])
def test_kis_paper_takes_no_resting_stop(environment: str, takes: bool) -> None:
    assert takes_resting(environment) is takes
