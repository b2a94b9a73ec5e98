"""The order that a stop becomes: once a generation, of what the sleeve has, under the exit mandate, by nobody else."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from guard_path import exit_of, exits_of, guards_door, held, now, position_of, sold
from oms_path import SAMSUNG, Path_

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from execution.guard.door import GuardDoor
from tools.oms_client import OmsChannel, translated
from tools.ports import PortRefused
from tools.store.secrets import instance_secret


async def test_an_exit_sells_the_position_once_however_often_it_is_asked_for(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 7)
    async with guards_door(path) as door:
        position = await position_of(door, who)
        assert (position.quantity, position.sleeve, position.generation) == (7, "manual", 1)
        request = await exit_of(path, position)
        replies = await asyncio.gather(*(door.exit(request) for _ in range(5)))
        assert sorted(reply.outcome for reply in replies) == [pb.ExitReply.ADMITTED] + 4 * [
            pb.ExitReply.ALREADY_ADMITTED
        ]
        assert len({reply.order.intent_id for reply in replies}) == 1
        (order,) = await sold(path, who)
        assert (order.quantity, order.side, order.authority) == (7, "sell", "exit")
        assert order.reason.startswith("손절: 기준")
        again = await door.exit(request)  # after its end as well
        assert (again.outcome, again.order.intent_id) == (pb.ExitReply.ALREADY_ADMITTED, order.intent_id)
        request.generation = 2
        gone = await door.exit(request)
        assert (gone.outcome, gone.code) == (pb.ExitReply.REFUSED, "EXIT_UNKNOWN")
    sales = [r for r in path.exchange.journal("order") if r["side"] == "sell" and r["qty"] == 7]
    assert len(sales) == 1
    assert not (await path.agrees(who)).positions
    told = [event.message async for event in _events(path, who)]
    assert "손절 주문을 냈어요." in told


async def _events(path: Path_, who: object):  # type: ignore[no-untyped-def]
    async for event in path.client.watch(who.identity, 0):  # type: ignore[attr-defined]
        yield event
        if event.order.state == "FILLED" and event.order.side == "sell":
            return


@pytest.mark.parametrize("principal", ["web", "worker", "admin"])
async def test_nobody_but_the_guard_may_ask_for_an_exit(path: Path_, principal: str) -> None:
    import grpc

    who = path.person()
    secret = instance_secret(path.database.settings)
    async with OmsChannel(path.oms.address, secret, principal) as channel:
        metadata = channel.metadata(who.identity)
        request = pb.ExitRequest(account_ref=who.account, exit_mandate_id=str(who.identity.user_id), generation=1)
        for call in (
            channel.oms.Exit(request, metadata=metadata),
            channel.oms.RestStop(pb.RestStopRequest(account_ref=who.account), metadata=metadata),
            channel.oms.Exits(pb.ExitsRequest(), metadata=metadata),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call
            no = translated(refused.value)
            assert isinstance(no, PortRefused)
            assert no.code == "FORBIDDEN"
        with pytest.raises(ValueError, match="guard"):
            GuardDoor(channel)


async def test_a_person_sees_the_protected_positions_of_the_own_account_alone(path: Path_) -> None:
    who, other = path.person(), path.person()
    await held(path, who, SAMSUNG, 1)
    async with OmsChannel(path.oms.address, instance_secret(path.database.settings)) as channel:
        mine = await channel.oms.Exits(
            pb.ExitsRequest(account_ref=who.account), metadata=channel.metadata(who.identity)
        )
        assert [each.ticker for each in mine.positions] == [SAMSUNG]
        import grpc

        with pytest.raises(grpc.aio.AioRpcError):
            await channel.oms.Exits(pb.ExitsRequest(account_ref=who.account), metadata=channel.metadata(other.identity))


async def test_an_exit_passes_while_reducing_and_is_refused_with_its_reason_while_halted(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 3)
    await path.client.set_trading_state(who.identity, "HALTED", "무서워요")
    async with guards_door(path) as door:
        position = await position_of(door, who)
        for _ in range(3):
            refused = await door.exit(await exit_of(path, position))
            assert (refused.outcome, refused.code) == (pb.ExitReply.REFUSED, "HALT")
        told = path.sql("SELECT message FROM ledger.events WHERE account_ref = %s AND kind = 'notice'", who.account)
        assert [row[0] for row in told] == [
            "삼성전자: 손절 기준에 닿았지만 주문하지 않았어요. 정지 중이라 취소만 할 수 있어요."
        ]
        await path.client.set_trading_state(who.identity, "REDUCING", "줄이기만")
        reply = await door.exit(await exit_of(path, position))
        assert reply.outcome == pb.ExitReply.ADMITTED, reply
    await sold(path, who)


async def test_what_rests_in_the_way_is_cancelled_and_confirmed_before_the_exit_leaves(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 5)
    high = (await path.market.order_book(SAMSUNG)).asks[9].price
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, 4, high)))
    await path.until(who, "ACKED")
    async with guards_door(path) as door:
        position = await position_of(door, who)
        request = await exit_of(path, position)
        reply = await door.exit(request)
        assert (reply.outcome, reply.code) == (pb.ExitReply.WAITING, "TAKING_BACK"), reply
        while reply.outcome == pb.ExitReply.WAITING:
            assert not await exits_of(path, who)
            await asyncio.sleep(0.1)
            reply = await door.exit(request)
        assert reply.outcome == pb.ExitReply.ADMITTED, reply
        assert reply.order.quantity == 5
    await sold(path, who)
    (resting,) = [order for order in await path.orders(who) if order.side == "sell" and order.authority != "exit"]
    assert resting.state == "CANCELLED"
    moments = path.sql(
        "SELECT event FROM ledger.transitions WHERE entity = 'intent' AND account_ref = %s AND (event ="
        " 'cancel_confirmed' OR (event = 'send_started' AND evidence ? 'epoch')) ORDER BY seq",
        who.account,
    )
    assert [row[0] for row in moments][-2:] == ["cancel_confirmed", "send_started"]


async def test_an_own_purchase_that_the_sale_could_trade_with_is_taken_back_first(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 2)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    await path.until(who, "ACKED")
    async with guards_door(path) as door:
        request = await exit_of(path, await position_of(door, who))
        reply = await door.exit(request)
        while reply.outcome == pb.ExitReply.WAITING:
            await asyncio.sleep(0.1)
            reply = await door.exit(request)
        assert reply.outcome == pb.ExitReply.ADMITTED, reply
    await sold(path, who)


async def test_old_observations_and_strange_generations_sell_nothing(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 1)
    async with guards_door(path) as door:
        position = await position_of(door, who)
        old = await door.exit(await exit_of(path, position, observed_at=now() - timedelta(minutes=3)))
        assert (old.outcome, old.code) == (pb.ExitReply.REFUSED, "OBSERVATION_OLD")
        ahead = await door.exit(await exit_of(path, position, generation=2))
        assert (ahead.outcome, ahead.code) == (pb.ExitReply.REFUSED, "GENERATION")
        for wrong in ({"kind": "panic"}, {"generation": 0}, {"observed_price": 0}):
            with pytest.raises(PortRefused) as refused:
                await door.exit(await exit_of(path, position, **wrong))
            assert refused.value.code == "INVALID_ARGUMENT"
    assert not await exits_of(path, who)


async def test_an_exit_that_ended_unfilled_leaves_the_next_generation_free(path: Path_) -> None:
    who = path.person()
    await held(path, who, SAMSUNG, 2)
    path.proxy.answers = {"/trading/order-cash": {"rt_cd": "1", "msg_cd": "EGW00213", "msg1": "x"}}  # never placed
    async with guards_door(path) as door:
        position = await position_of(door, who)
        reply = await door.exit(await exit_of(path, position))
        assert reply.outcome == pb.ExitReply.ADMITTED
        second = await door.exit(await exit_of(path, position, generation=2))
        assert (second.outcome, second.order.intent_id) == (pb.ExitReply.ALREADY_ADMITTED, reply.order.intent_id)
        await path.until(who, "WITHDRAWN")
        path.proxy.calm()
        position = await position_of(door, who)
        assert position.generation == 2
        third = await door.exit(await exit_of(path, position))
        assert third.outcome == pb.ExitReply.ADMITTED, third
    await sold(path, who)
