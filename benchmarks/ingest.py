"""Ticks a second from a WebSocket frame to the bus, against a bare websocket echo, and a day replayed at speed.

Three stretches over the same frames (H0STCNT0, one print a frame, 40 names) on one loopback server in this process:
a bare client that only receives; receive + decode (`tools.kis.frames`, which the OMS does); and the whole way: receive,
decode, order and de-duplicate (`Lines`), publish to Redis Streams in an embedded Valkey, write the snapshots. On the
way that runs today the OMS's gRPC stream lies between decoding and ordering; it is not in here, because what it costs
belongs to the OMS. The replay drives ordering, bus, minute bars and trimming through 24 hours of market time and
prints the resident memory at its quarters, after a warm-up of the first one.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.home import home, table
from domain.clock import SystemClock
from domain.proto import market_pb2 as pb
from market.bars.making import MinuteBars
from market.bus.ports import TRADES
from market.bus.streams import StreamBus
from market.ingest.lines import Lines
from market.ingest.outbox import Outbox
from market.ingest.prints import Print
from market.snapshots import Snapshots
from market.tasks import end
from tools.embedded.valkey import Valkey
from tools.kis.frames import Data, Trade, parse_message, parse_trades

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


def print_of_trade(trade: Trade) -> Print:
    day = trade.at.year * 10_000 + trade.at.month * 100 + trade.at.day
    return Print(
        trade.ticker, day, trade.total_volume, trade.volume, trade.price, int(trade.at.timestamp() * 1000),
        trade.open, trade.high, trade.low, trade.price - trade.change, trade.halted, trade.hour_code == "C",
    )  # fmt: skip


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


def decoded(frame: str) -> tuple[Trade, ...]:
    message = parse_message(frame)
    assert isinstance(message, Data)
    return parse_trades(message)


async def whole_way(redis: Redis, sent: list[str]) -> float:
    """From the first frame to the moment when the last print is on the bus."""
    prefix = f"bench:{os.getpid()}:{random.random()}"
    bus, clock = StreamBus(redis, prefix), SystemClock()
    lines, outbox = Lines(), Outbox(bus, Snapshots(redis, prefix, clock), clock)
    sending = asyncio.create_task(outbox.run())

    async def take(frame: str) -> None:
        for trade in decoded(frame):
            await outbox.put(lines.take(print_of_trade(trade), int(time.monotonic() * 1000)))

    began = time.perf_counter()
    await received(sent, take)
    while len(outbox):  # noqa: ASYNC110 - measured, not waited for
        await asyncio.sleep(0.001)
    took = time.perf_counter() - began
    await end([sending])
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


async def measure(url: str, rounds: int) -> int:
    redis = Redis.from_url(url)
    sent = frames(FRAMES)
    rates: dict[str, list[float]] = {"bare echo": [], "receive + decode": [], "frame to bus": []}
    try:
        for _ in range(rounds):
            rates["bare echo"].append(await received(sent, lambda frame: None))
            rates["receive + decode"].append(await received(sent, lambda frame: decoded(frame) and None))
            rates["frame to bus"].append(await whole_way(redis, sent))
        memory, seconds, bars = await a_day(redis, DAY_PRINTS)
        held = int((await redis.info("memory"))["used_memory"])
    finally:
        await redis.aclose()
    best = {name: max(found) for name, found in rates.items()}
    table(
        f"{FRAMES:,} frames, {len(NAMES)} names, best of {rounds}",
        ("stretch", "ticks/s", "of bare"),
        [(name, f"{rate:,.0f}", f"{rate / best['bare echo']:.2f}") for name, rate in best.items()],
        {
            "24 h replayed": f"{DAY_PRINTS:,} prints in {seconds:,.1f} s, {bars:,} minute bars",
            "resident memory, start and each quarter": " → ".join(f"{each / 2**20:,.1f} MiB" for each in memory),
            "Valkey afterwards": f"{held / 2**20:,.1f} MiB",
        },
    )
    return 0


def main(rounds: int) -> int:
    with home() as settings:
        server = Valkey(settings.home)
        server.start()
        try:
            return asyncio.run(measure(server.url(), rounds))
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main(3))
