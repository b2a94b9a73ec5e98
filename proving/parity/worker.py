"""The worker as a process of a parity world: the real `Worker` with the real making of bars, across the wire to an OMS.

Contract: one life hosts what `execution.worker.process` hosts (ingest and minute bars where minutes are wanted, the one
store of daily bars, the worker's turns), with the world's clock, bus and memory in the place of Redis and PostgreSQL.
What outlives a life is in those. A call to an OMS that is away is PortUnavailable, as over gRPC.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.clock import Clock
from domain.instruments import Instruments
from domain.proto import oms_pb2 as pb
from execution.worker.asking import Asking
from execution.worker.past import Past
from execution.worker.running import Outside
from execution.worker.worker import Worker
from market.bars.fetch import DailyBars
from market.bars.filling import Filling
from market.bars.making import MinuteBars
from market.bars.store import BarStore
from market.bus.ports import Bus
from market.clock import MarketTime
from market.ingest.ports import IngestTiming
from market.ingest.service import Ingest
from market.snapshots import Snapshots
from proving.guard import GONE, answered
from proving.loop import WorldLoop
from proving.network import Network
from proving.oms import CallRefused, DoorClosed, OmsHost
from proving.parity.memory import Questions, Rules
from proving.parity.papers import Papers
from proving.processes import Process
from tools.ports import Identity, PortUnavailable

_NOBODY = "00000000-0000-0000-0000-000000000000"
TIMING = IngestTiming(books_s=0.0)


class Door:
    """The worker's `Door` and `Market`, ingest's `Door` and the door of charts, as the principal `worker`."""

    def __init__(self, oms: OmsHost) -> None:
        self._oms = oms

    async def submit(self, who: Identity, request: pb.SubmitRequest) -> pb.SubmitReply:
        reply: pb.SubmitReply = await self._call("Submit", request, who)
        return reply

    async def book(self, who: Identity) -> pb.BookReply:
        reply: pb.BookReply = await self._call("Book", pb.BookRequest(account_ref=who.account_ref), who)
        return reply

    async def orders(
        self, who: Identity, *, open_only: bool = False, plan_id: str = "", from_date: str = "", limit: int = 50
    ) -> list[pb.Order]:
        request = pb.OrdersRequest(
            account_ref=who.account_ref, open_only=open_only, plan_id=plan_id, from_date=from_date, limit=limit
        )
        return list((await self._call("Orders", request, who)).orders)

    async def quote(self, ticker: str) -> pb.QuoteReply:
        reply: pb.QuoteReply = await self._call("Quote", pb.TickerRequest(ticker=ticker))
        return reply

    async def quotes(self, tickers: Sequence[str]) -> list[pb.QuoteReply]:
        return list((await self._call("Quotes", pb.TickersRequest(tickers=list(tickers)))).quotes)

    async def order_book(self, ticker: str) -> pb.OrderBookReply:
        reply: pb.OrderBookReply = await self._call("OrderBook", pb.TickerRequest(ticker=ticker))
        return reply

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[pb.Bar]:
        request = pb.ChartRequest(ticker=ticker, period=period, from_date=from_date, to_date=to_date)
        return list((await self._call("Chart", request)).bars)

    async def minutes(self, ticker: str, since: str = "", until: str = "") -> list[pb.Bar]:
        request = pb.ChartRequest(ticker=ticker, period="1m", from_time=since, to_time=until)
        return list((await self._call("Chart", request)).bars)

    async def market_clock(self) -> pb.MarketClockReply:
        reply: pb.MarketClockReply = await self._call("MarketClock", pb.MarketClockRequest())
        return reply

    async def frames(self, tickers: Sequence[str], *, trades: bool, books: bool) -> AsyncIterator[pb.FramesReply]:
        request = pb.FramesRequest(tickers=list(tickers), trades=trades, books=books)
        try:
            async for reply in self._oms.follow("Frames", request, "worker"):
                yield reply
        except (DoorClosed, CallRefused):
            raise PortUnavailable(GONE, where="oms") from None

    async def _call(self, call: str, request: Any, who: Identity | None = None) -> Any:
        user = str(who.user_id) if who is not None else _NOBODY
        return await answered(self._oms.ask(call, request, "worker", user))


@dataclass(frozen=True, slots=True)
class Around:
    """What outlives a worker. `snapshots` None: no minutes are wanted, so nothing is followed. `filled`: the broker is
    asked for the minutes that a gap took."""

    door: Door
    papers: Papers
    memory: Questions
    rules: Rules
    bus: Bus
    store: BarStore
    table: Instruments
    wall: Clock
    build: Callable[..., Any]
    snapshots: Snapshots | None = None
    filled: bool = False


class WorkerHost(Process):
    """One worker on the machine of the OMS."""

    def __init__(self, loop: WorldLoop, network: Network, around: Around) -> None:
        super().__init__("worker", loop, network)
        self._around = around
        self._stop = False
        self.worker: Worker | None = None

    async def main(self) -> None:
        self._stop, it = False, self._around
        asking = Asking(it.door, it.papers, it.memory, it.table, it.wall)
        outside = Outside(
            it.door, it.door, it.papers, it.memory, it.rules, asking, it.table, MarketTime(it.wall), it.wall
        )
        past = Past(it.store, DailyBars(it.store, it.door, "live"), it.bus)
        worker = self.worker = Worker(outside, it.papers, it.bus, past, "live", it.build)
        ingest, minutes, asking_minutes = None, None, None
        if it.snapshots is not None:
            ingest = Ingest(it.door, it.bus, it.snapshots, lambda: worker.tickers, it.wall, TIMING)
            market = ingest.market

            def now_ms() -> int | None:
                return market.now_ms() if market.known else None

            filling = Filling(it.door, it.wall, now_ms, TIMING.ask_s) if it.filled else None
            maker = MinuteBars(it.bus, it.wall, now_ms, filling=filling)
            if filling is not None:
                asking_minutes = asyncio.create_task(filling.run(), name="filling")
            await ingest.start()
            minutes = asyncio.create_task(maker.run(), name="minutes")
        while not self._stop:
            await worker.turn()
        await worker.aclose()
        if ingest is not None and minutes is not None:
            await ingest.stop()
            hosted = [task for task in (minutes, asking_minutes) if task is not None]
            for task in hosted:
                task.cancel()
            await asyncio.gather(*hosted, return_exceptions=True)

    def told_to_end(self) -> None:
        self._stop = True

    def ended(self) -> None:
        self.worker = None
