"""A person, the cycle and a strategy hold the same name: each sells its own shares, at the real OMS and exchange."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from oms_path import PATIENCE_S, SAMSUNG, Path_, Person, rows_of
from psycopg.types.json import Jsonb
from standing import signed
from worker_stage import FakeBus, FakeHistory, spec_of

from domain import ids
from domain.clock import KST, SystemClock
from domain.instruments import Instruments
from domain.mandate import MandateKind
from domain.orders.types import Side
from domain.proto import market_pb2
from domain.proto import oms_pb2 as pb
from domain.strategy.running import RunState, sleeve_of
from execution.worker.asking import Asking
from execution.worker.running import Outside
from execution.worker.worker import Worker
from market.bus.ports import BARS
from market.clock import MarketTime
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import StoredStrategy
from tools.store.desk import Desk
from tools.store.guard_rules import GuardRules
from tools.store.pool import make_dict_pool
from tools.store.secrets import instance_secret
from tools.store.strategy_runs import StrategyRuns
from tools.store.worker_memory import Asked, WorkerMemory

MOST = 50_000_000


@pytest.fixture
async def working(path: Path_) -> AsyncIterator[OmsChannel]:
    channel = OmsChannel(path.oms.address, instance_secret(path.database.settings), "worker")
    yield channel
    await channel.aclose()


async def started(path: Path_, who: Person, spec: Any) -> StoredStrategy:
    """A stored strategy that runs, with its mandate signed."""
    strategy = StoredStrategy(uuid4(), 1, spec.content_hash(), spec.to_json(), datetime.now(KST))
    with rows_of(path.database.url("graph")) as db:
        row = (
            strategy.strategy_id,
            who.identity.user_id,
            strategy.hash,
            Jsonb(dict(strategy.spec)),
            strategy.created_at,
        )
        db.execute("INSERT INTO desk.strategies VALUES (%s, 1, %s, %s, %s, %s)", row)
    async with make_dict_pool(path.database.url("graph"), "test-graph", max_size=1) as pool:
        await Desk(pool).set_strategy_run(who.identity, strategy, RunState.ACTIVE, "test")
    signed(who, MOST, kind=MandateKind.STRATEGY, strategy_hash=strategy.hash)
    return strategy


async def held(path: Path_, who: Person, *sleeves: tuple[str, int]) -> None:
    """Shares of the name that were bought for these origins, once the broker's figures have seen every fill: what may
    be sold is its figure, and one from before the last fill would cut a sale."""
    price = await path.marketable(SAMSUNG)
    for sleeve, quantity in sleeves:
        await path.client.submit(
            who.identity, who.approved((SAMSUNG, Side.BUY, quantity, price + 1_000), sleeve=sleeve)
        )
    await path.until(who, "FILLED", count=len(sleeves))
    await path.agrees(who)


async def bar(bus: FakeBus, end: int, close: int) -> None:
    made = market_pb2.Bar(
        ticker=SAMSUNG, timeframe="1m", end=end, open=close, high=close, low=close, close=close, volume=1, complete=True
    )
    await bus.publish(BARS, [(SAMSUNG, made.SerializeToString())])


async def test_each_origin_sells_its_own_shares_of_one_name(path: Path_, working: OmsChannel) -> None:
    who, bus, clock = path.person(), FakeBus(), SystemClock()
    widest = {"type": "limit", "slippage_bps": 300}  # the price moves on between the question and the order
    strategy = await started(path, who, spec_of([SAMSUNG], "1m", above=10**9, below=100, orders=widest))
    sleeve = sleeve_of(strategy.strategy_id)
    await held(path, who, ("manual", 3), ("cycle", 2), (sleeve, 4))
    async with make_dict_pool(path.database.url("worker"), "test-worker", max_size=2) as pool:
        desk, memory, door = Desk(pool), WorkerMemory(pool), OmsClient(working)
        table, market_time = Instruments.load(), MarketTime(clock)
        asking = Asking(door, desk, memory, table, clock)
        outside = Outside(
            door, MarketClient(working), desk, memory, GuardRules(pool), asking, table, market_time, clock
        )
        worker = Worker(outside, StrategyRuns(pool), bus, FakeHistory(), "sim")
        until = time.monotonic() + PATIENCE_S
        while not worker.running:  # whoever is silent is waited out, and a bar from before it runs is not its
            assert time.monotonic() < until
            await worker.turn(0)
        end = int(market_time.now().timestamp()) // 60 * 60
        await bar(bus, end, 99)

        async def answered() -> list[Asked]:
            asks = await memory.since(who.account, strategy.strategy_id, datetime.fromtimestamp(0, KST))
            return [one for one in asks if one.answer]

        while not (asks := await answered()):
            assert time.monotonic() < until, worker.running
            await worker.turn(0)
            await asyncio.sleep(0.05)
        (asked,) = asks
        assert asked.answer == "admitted", asked
        found = await path.until(who, "FILLED", count=4)
        (sale,) = [order for order in found if order.side == "sell"]
        assert (sale.sleeve, sale.quantity, sale.authority) == (sleeve, 4, "mandate")
        origin = ("strategy", str(strategy.strategy_id), strategy.hash, SAMSUNG, end)
        assert asked.plan_id == ids.plan_id(who.account, origin) == UUID(sale.plan_id)
        again = await door.submit(
            who.identity, pb.SubmitRequest(plan_id=sale.plan_id, version=1, mandate_id=str(asked.mandate_id))
        )
        assert again.outcome == pb.SubmitReply.ALREADY_ADMITTED
    (position,) = (await path.agrees(who)).positions
    assert {name: quantity for name, quantity in position.sleeves.items() if quantity} == {"manual": 3, "cycle": 2}
    price = position.price * 9 // 10 // 100 * 100
    for greedy, others in ((sleeve, 1), ("cycle", 3), ("manual", 6)):
        reply = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, others, price), sleeve=greedy))
        sold = sum(order.quantity for order in reply.orders)
        assert sold <= {"cycle": 2, "manual": 5}.get(greedy, 0), greedy
