"""Ticks a second from a WebSocket frame to the bus, against a bare websocket echo, and a day replayed at speed.

Four stretches over the same frames (H0STCNT0, one print a frame, 40 names) on one loopback server in this process:
a bare client that only receives; receive + decode (`market.ingest.decoding`); receive, decode, order and de-duplicate
(`Lines`), publish to Redis Streams in an embedded Valkey, write the snapshots; and the way that runs: the OMS decodes
and keeps the last price (`MarketData`), passes the frame on over gRPC (`execution.oms.frames`), and `Ingest` does the
rest. The OMS's half and ingest share this process here, so that the last figure is what one processor does for both;
beside each rate stands the processor time of a frame, which other work on the machine moves less. The replay drives
ordering, bus, minute bars and trimming through 24 hours of market time and prints the resident memory at its quarters.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import grpc
from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.home import home, table
from domain.calendar import calendar_named
from domain.clock import SystemClock
from domain.proto import market_pb2 as pb
from domain.proto import oms_pb2, oms_pb2_grpc
from execution.oms.frames import Frames
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData
from execution.oms.ticks import Ticks
from execution.oms.timing import timing_for
from market.bars.making import MinuteBars
from market.bus.ports import TRADES
from market.bus.streams import StreamBus
from market.ingest.decoding import decoded
from market.ingest.lines import Lines
from market.ingest.outbox import Outbox
from market.ingest.ports import IngestTiming
from market.ingest.prints import Print
from market.ingest.service import Ingest
from market.snapshots import Snapshots
from market.tasks import end
from tools.embedded.valkey import Valkey
from tools.kis.events import QuoteFrame
from tools.kis.frames import Data, parse_message, parse_trades
from tools.oms_client import OmsChannel

NAMES = tuple(f"{100_000 + n:06d}" for n in range(40))
FRAMES = 10_000
DAY_PRINTS = 200_000
_OPENS_MS = 1_795_392_000_000  # 2026-11-23 09:00 in Korea
_DAY_MS = 86_400_000


def frames(count: int) -> list[str]:
    """Prints of a morning as KIS sends them."""
    rng = random.Random(1)
    volumes = dict.fromkeys(NAMES, 0)
    out = []
    for n in range(count):
        ticker, size = NAMES[n % len(NAMES)], rng.randint(1, 50)
        volumes[ticker] += size
        fields = ["0"] * 46
        fields[0] = ticker
        fields[1] = f"{9 + n // 36_000 % 6:02d}{n // 600 % 60:02d}{n // 10 % 60:02d}"
        fields[2], fields[3] = str(70_000 + rng.randint(-5, 5) * 100), "2"
        fields[12], fields[13] = str(size), str(volumes[ticker])
        fields[33], fields[35], fields[43] = "20261123", "N", "0"
        out.append(f"0|H0STCNT0|001|{'^'.join(fields)}")
    return out


async def received(sent: list[str], each: Callable[[str], Awaitable[None] | None]) -> float:
    """Messages a second of one client that takes every frame."""

    async def pour(connection: ServerConnection) -> None:
        for frame in sent:
            await connection.send(frame)

    async with serve(pour, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", compression=None) as client:
            began, count = time.perf_counter(), 0
            async for frame in client:
                waited = each(str(frame))
                if waited is not None:
                    await waited
                count += 1
                if count == len(sent):
                    break
            return count / (time.perf_counter() - began)


async def whole_way(redis: Redis, sent: list[str]) -> float:
    """From the first frame to the moment when the last print is on the bus, in one program."""
    prefix = f"bench:{os.getpid()}:{random.random()}"
    bus, clock = StreamBus(redis, prefix), SystemClock()
    lines, outbox = Lines(), Outbox(bus, Snapshots(redis, prefix, clock), clock)
    sending = asyncio.create_task(outbox.run())

    async def take(frame: str) -> None:
        prints, _ = decoded(frame)
        for told in prints:
            await outbox.put(lines.take(told, int(time.monotonic() * 1000)))

    began = time.perf_counter()
    await received(sent, take)
    while len(outbox):  # noqa: ASYNC110 - measured, not waited for
        await asyncio.sleep(0.001)
    took = time.perf_counter() - began
    await end([sending])
    return len(sent) / took


class Door(oms_pb2_grpc.ReadsServicer):  # type: ignore[misc]
    """The OMS's frames without an OMS around them."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    async def Frames(self, request: Any, context: Any) -> AsyncIterator[oms_pb2.FramesReply]:
        async for reply in self._frames.follow(list(request.tickers), trades=request.trades, books=request.books):
            yield reply


class Reads:
    """`market.ingest.ports.Door`: frames over gRPC, and a clock."""

    def __init__(self, stub: oms_pb2_grpc.ReadsStub) -> None:
        self._stub = stub

    async def frames(self, tickers: Sequence[str], *, trades: bool, books: bool) -> AsyncIterator[oms_pb2.FramesReply]:
        async for reply in self._stub.Frames(oms_pb2.FramesRequest(tickers=tickers, trades=trades, books=books)):
            yield reply

    async def quote(self, ticker: str) -> oms_pb2.QuoteReply:
        return oms_pb2.QuoteReply(ticker=ticker)

    async def market_clock(self) -> oms_pb2.MarketClockReply:
        reply = oms_pb2.MarketClockReply(trade_date="2026-11-23", calendar="krx", speed="1", label="모의 시세")
        reply.now.FromDatetime(datetime.fromtimestamp(_OPENS_MS / 1000 + 1, UTC))
        return reply


async def through_the_door(redis: Redis, sent: list[str], home_: Path) -> float:
    """The same, with the OMS's half and its door between."""
    prefix, clock = f"bench:{os.getpid()}:{random.random()}", SystemClock()
    market = MarketClock(clock, None, "모의 시세", calendar_named("krx"))
    data = MarketData(cast(Any, None), None, market, clock, timing_for("sim"))
    server = grpc.aio.server()
    oms_pb2_grpc.add_ReadsServicer_to_server(Door(Frames(data, Ticks(data, market, clock), clock)), server)
    address = f"unix:{home_}/frames.sock"
    server.add_insecure_port(address)
    await server.start()
    bus, snapshots = StreamBus(redis, prefix), Snapshots(redis, prefix, clock)
    async with OmsChannel(address, b"bench", "worker") as channel:
        ingest = Ingest(Reads(channel.reads), bus, snapshots, lambda: NAMES, clock, IngestTiming())
        await ingest.start()
        while not ingest.status.streaming:  # noqa: ASYNC110 - not measured
            await asyncio.sleep(0.01)

        def take(text: str) -> None:
            found = parse_message(text)
            assert isinstance(found, Data)
            data.frame(QuoteFrame(found.tr_id, clock.now(), text, parse_trades(found)))

        began = time.perf_counter()
        await received(sent, take)
        while ingest.status.published < len(sent) + 2 * len(NAMES):  # noqa: ASYNC110 - measured, not waited for
            await asyncio.sleep(0.001)
        took = time.perf_counter() - began
        await ingest.stop()
    await server.stop(0)
    ticks = 0
    for name in NAMES:
        async for message in bus.replay(TRADES, name):
            ticks += pb.TradeEvent.FromString(message.payload).HasField("tick")
    assert ticks == len(sent), f"expected {len(sent)} ticks on the bus, was {ticks}"
    return len(sent) / took


def resident() -> int:
    """Bytes of this process now."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True)
    return int(told.stdout) * 1024


async def a_day(redis: Redis, prints: int) -> tuple[list[int], float, int]:
    """(resident memory at the start and after each quarter, seconds, minute bars)."""
    rng = random.Random(2)
    prefix = f"bench:{os.getpid()}:day"
    bus, clock = StreamBus(redis, prefix), SystemClock()
    lines, outbox = Lines(), Outbox(bus, Snapshots(redis, prefix, clock), clock)
    maker, member = MinuteBars(bus, clock), bus.subscribe([TRADES], "minutes")
    volumes = dict.fromkeys(NAMES, 0)
    memory, bars, began = [resident()], 0, time.perf_counter()
    for n in range(prints):
        ticker = NAMES[rng.randrange(len(NAMES))]
        size = rng.randint(1, 40)
        volumes[ticker] += size
        at = _OPENS_MS - 9 * 3_600_000 + n * _DAY_MS // prints
        lines_said = lines.take(Print(ticker, 20261123, volumes[ticker], size, 70_000 + n % 7 * 100, at), n)
        outbox.add(lines_said)
        if n % 2_000 == 1_999:
            await outbox.flush(60)
            bars += len(await maker.step(member, 0.001))
        if (n + 1) % (prints // 4) == 0:
            memory.append(resident())
    await member.aclose()
    return memory, time.perf_counter() - began, bars


async def measure(url: str, rounds: int, home_: Path) -> int:
    redis = Redis.from_url(url)
    sent = frames(FRAMES)
    stretches: dict[str, Callable[[], Awaitable[float]]] = {
        "bare echo": lambda: received(sent, lambda frame: None),
        "receive + decode": lambda: received(sent, lambda frame: decoded(frame) and None),
        "frame to bus": lambda: whole_way(redis, sent),
        "frame to bus, OMS and its door included": lambda: through_the_door(redis, sent, home_),
    }
    rates: dict[str, list[float]] = {name: [] for name in stretches}
    costs: dict[str, list[float]] = {name: [] for name in stretches}
    try:
        for _ in range(rounds):
            for name, work in stretches.items():
                began = time.process_time()
                rates[name].append(await work())
                costs[name].append((time.process_time() - began) / len(sent))
        memory, seconds, bars = await a_day(redis, DAY_PRINTS)
        held = int((await redis.info("memory"))["used_memory"])
    finally:
        await redis.aclose()
    bare = max(rates["bare echo"])
    table(
        f"{FRAMES:,} frames, {len(NAMES)} names, best of {rounds}",
        ("stretch", "ticks/s", "of bare", "processor time a frame"),
        [
            (name, f"{max(found):,.0f}", f"{max(found) / bare:.2f}", f"{min(costs[name]) * 1e6:,.1f} µs")
            for name, found in rates.items()
        ],
        {
            "24 h replayed": f"{DAY_PRINTS:,} prints in {seconds:,.1f} s, {bars:,} minute bars",
            "resident memory, start and each quarter": " → ".join(f"{each / 2**20:,.1f} MiB" for each in memory),
            "growth from the first quarter to the last": f"{(memory[-1] - memory[1]) / 2**20:,.1f} MiB",
            "Valkey afterwards": f"{held / 2**20:,.1f} MiB",
        },
    )
    return 0


def main(rounds: int) -> int:
    with home() as settings:
        server = Valkey(settings.home)
        server.start()
        try:
            return asyncio.run(measure(server.url(), rounds, settings.home))
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(3))
