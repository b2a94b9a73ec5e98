"""Tick to intent: from a print leaving the exchange's socket to the admission of the order that its bar makes.

The product's own programs: OMS behind its door on PostgreSQL, paper exchange, and `execution.worker` in a process of
its own with ingest, bus (Valkey), minute bars and evaluator. Between exchange and OMS a relay puts in the prints of
`NAMES` names, each with a strategy of its own that buys above a price and sells below it: the first print of a minute
ends the bar of the one before, and every bar changes sides. The market's clock is told `SPEED` times as
fast as the exchange's runs, so that a minute takes thirty seconds; prints leave right after its turn, `APART_S` apart,
well before the clock would end the bar without them. The clock of the measurement starts when the relay has written
the print to the OMS's socket, and stops when the OMS's desk has admitted the order, durably. The bar's moment on the
bus is read by a group of the benchmark's own. Relay, OMS and benchmark share a process, the worker has its own.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import IO, Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb
from redis.asyncio import Redis

from benchmarks.home import ms, percentile, table
from benchmarks.orderpath import OrderPath, Person, order_path
from benchmarks.relay import Relay
from domain.clock import KST, SystemClock
from domain.instruments import Instruments, Kind
from domain.mandate import Mandate, MandateKind, bounds_hash, bounds_of
from domain.orders.types import Side
from domain.proto import market_pb2
from domain.proto import oms_pb2 as pb
from domain.strategy.running import RunState
from domain.strategy.spec import StrategySpec, parse_spec
from domain.ticks import round_to_tick
from market.bus.ports import BARS, Message
from market.bus.streams import StreamBus
from market.host import prefix_of
from market.snapshots import Snapshots
from tools.life import read_note
from tools.settings import Settings
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url
from tools.store.strategy_runs import StrategyRuns
from ui.stack import child_environment

NAMES = 16
SPEED = 2  # faster, and a price would be too old for the gate before a busy machine has asked it
APART_S = 0.03
_START_S = 300.0
_MOST = 1_000_000_000_000


@dataclass
class Name:
    """One ticker and what is put in of it. `middle` is the price that its strategy compares with."""

    ticker: str
    middle: int
    step: int
    volume: int
    minute: int = 0

    def frame(self, began: datetime) -> tuple[str, int]:
        """The first print of the next minute, and the end of the bar that it closes."""
        self.minute += 1
        self.volume += 10
        at = began + timedelta(minutes=self.minute)
        price = self.middle + (self.step if self.minute % 2 else -self.step)
        fields = ["0"] * 47
        fields[0], fields[1], fields[33] = self.ticker, f"{at:%H%M%S}", f"{at:%Y%m%d}"
        fields[2], fields[3] = str(price), "3"
        fields[7] = fields[8] = fields[9] = fields[10] = fields[11] = str(price)
        fields[12], fields[13], fields[35], fields[43] = "10", str(self.volume), "N", "0"
        return f"0|H0STCNT0|001|{'^'.join(fields)}", int(at.timestamp())


@dataclass
class Clocked:
    """Moments (monotonic) by (ticker, end of the bar), and of admissions by plan."""

    left: dict[tuple[str, int], float] = field(default_factory=dict)
    barred: dict[tuple[str, int], float] = field(default_factory=dict)
    admitted: dict[UUID, float] = field(default_factory=dict)


def spec_of(name: Name) -> StrategySpec:
    def close(operator: str) -> dict[str, Any]:
        return {"conditions": [{"indicator": "close", "operator": operator, "value": name.middle}]}

    return parse_spec(
        {
            "metadata": {"name": f"측정 {name.ticker}"},
            "strategy": {"id": "bench", "entry": close("greater_than"), "exit": close("less_than")},
            "universe": {"tickers": [name.ticker]},
            "timeframe": "1m",
            "schedule": {"every": "bar"},
            "sizing": {"method": "per_signal", "name_bps": 100},
            "orders": {"type": "limit", "slippage_bps": 300},
            "profile_version": 1,
        }
    )


async def names_of(path: OrderPath) -> list[Name]:
    """Listed stocks at prices of which a percent of an account buys some."""
    rows = [row.ticker for row in Instruments.load().all() if row.kind is Kind.STOCK][:200]
    found: list[Name] = []
    for at in range(0, len(rows), 40):
        reply = await path.reads.Quotes(pb.TickersRequest(tickers=rows[at : at + 40]), metadata=path.admin)
        for quote in reply.quotes:
            if quote.found and not quote.halted and 5_000 <= quote.price <= 200_000:
                middle = round_to_tick(quote.price, Side.BUY, Kind.STOCK, path.core.market.now().date())
                found.append(Name(quote.ticker, middle, max(1, middle // 500), quote.volume + 10_000_000))
        if len(found) >= NAMES:
            return found[:NAMES]
    raise RuntimeError(f"expected {NAMES} stocks, was {len(found)}")


async def start(path: OrderPath, who: Person, name: Name) -> None:
    """A strategy of the name, running and signed for."""
    spec, strategy, now = spec_of(name), uuid4(), datetime.now(KST)
    mandate = Mandate(
        mandate_id=uuid4(), account_ref=who.account_ref, kind=MandateKind.STRATEGY, sectors=frozenset(),
        tickers=frozenset({name.ticker}), max_per_order=_MOST, max_per_day=_MOST, from_time=time_of_day(0, 0),
        until_time=time_of_day(23, 59, 59), expires_at=now + timedelta(days=1), strategy_hash=spec.content_hash(),
    )  # fmt: skip
    with path.database("graph") as db:
        db.execute(
            "INSERT INTO desk.strategies VALUES (%s, 1, %s, %s, %s, %s)",
            (strategy, who.user_id, spec.content_hash(), Jsonb(spec.to_json()), now),
        )
        db.execute(
            "INSERT INTO desk.mandate_offers VALUES (%s, %s, %s, %s, %s, %s, %s, now(), %s)",
            (
                mandate.mandate_id, who.account_ref, who.user_id, mandate.kind.value, mandate.strategy_hash,
                Jsonb(bounds_of(mandate)), bounds_hash(mandate), mandate.expires_at,
            ),
        )  # fmt: skip
    with path.database("ui") as db:
        db.execute(
            "INSERT INTO desk.mandates (mandate_id, user_id, bounds_hash, channel) VALUES (%s, %s, %s, 'bench')",
            (mandate.mandate_id, who.user_id, bounds_hash(mandate)),
        )
    async with make_dict_pool(role_url(path.settings, "graph", path.found), "bench-graph", max_size=1) as pool:
        await StrategyRuns(pool).put(
            who.account_ref, who.user_id, strategy, 1, spec.content_hash(), RunState.ACTIVE, "bench"
        )


def launched(settings: Settings, log: IO[bytes]) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "execution.worker"]
    return subprocess.Popen(words, stdout=log, stderr=log, env=child_environment(settings))


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The worker's process. Waited for elsewhere: the OMS of this process must not stand still."""
    settings.log_dir.mkdir(parents=True, exist_ok=True)
    with (settings.log_dir / "worker.log").open("wb") as log:
        process = launched(settings, log)
        try:
            yield process
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 60)


def watch(path: OrderPath, clocked: Clocked) -> None:
    """Every admission's moment, taken when the desk has answered."""
    submit = path.desk.submit

    async def timed(caller: Any, plan_id: UUID, version: int, word: Any, word_id: UUID) -> pb.SubmitReply:
        reply = await submit(caller, plan_id, version, word, word_id)
        if reply.outcome == pb.SubmitReply.ADMITTED:
            clocked.admitted[plan_id] = time.perf_counter()
        return reply

    path.desk.submit = timed  # type: ignore[method-assign]


async def ready(path: OrderPath, worker: subprocess.Popen[bytes], names: Sequence[Name]) -> None:
    """Every strategy runs, and every name is followed."""
    until, wanted = time.perf_counter() + _START_S, {name.ticker for name in names}
    redis = Redis.from_url(path.found.redis_url)
    snapshots = Snapshots(redis, prefix_of(path.settings), SystemClock())
    try:
        while True:
            beat, note = await snapshots.heartbeat(), read_note(path.settings, "worker") or {}
            if beat is not None and set(beat.followed) >= wanted and len(note.get("strategies", ())) == len(wanted):
                return
            if worker.poll() is not None or time.perf_counter() > until:
                raise RuntimeError(f"expected the worker to run {len(wanted)} strategies, was {note}")
            await asyncio.sleep(0.5)
    finally:
        await redis.aclose()


async def bars(path: OrderPath, clocked: Clocked) -> None:
    redis = Redis.from_url(path.found.redis_url)
    member = StreamBus(redis, prefix_of(path.settings)).subscribe([BARS], "bench")
    try:
        while True:
            for delivery in await member.fetch(0.2):
                if isinstance(delivery, Message):
                    bar = market_pb2.Bar.FromString(delivery.payload)
                    clocked.barred.setdefault((bar.ticker, bar.end), time.perf_counter())
    finally:
        await member.aclose()
        await redis.aclose()


async def measure(rounds: int) -> int:
    relay, clocked = Relay(SPEED), Clocked()
    async with order_path(way=relay.lead) as path:
        names = await names_of(path)
        relay.mine = frozenset(name.ticker for name in names)
        people = [await path.person() for _ in names]
        await path.opened(people)
        for who, name in zip(people, names, strict=True):
            await start(path, who, name)
        watch(path, clocked)
        async with working(path.settings) as worker:
            reading = asyncio.create_task(bars(path, clocked))
            try:
                await ready(path, worker, names)
                began = relay.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
                for _ in range(rounds + 2):  # the first print begins a bar, and that one is not whole
                    turn = began + timedelta(minutes=names[0].minute + 1)
                    await asyncio.sleep(max(0.0, (turn - relay.now()).total_seconds() / SPEED))
                    for name in names:
                        frame, bar_end = name.frame(began)
                        clocked.left[name.ticker, bar_end] = await relay.put(frame)
                        await asyncio.sleep(APART_S)
                await asyncio.sleep(3)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        return told(path, clocked, rounds)


def told(path: OrderPath, clocked: Clocked, rounds: int) -> int:
    with psycopg.connect(path.found.postgres_admin_url, autocommit=True) as db:
        rows = db.execute("SELECT plan_id, origin FROM desk.plans WHERE origin->>0 = 'strategy'").fetchall()
        journal = db.execute("SELECT kind, summary FROM desk.journal WHERE kind <> 'order'").fetchall()
    origins = {plan: (origin[3], int(origin[4])) for plan, origin in rows}
    ways = [(origins[plan], at) for plan, at in clocked.admitted.items() if origins[plan] in clocked.left]
    whole = [at - clocked.left[key] for key, at in ways]
    if len(whole) < rounds * NAMES // 2:
        log = (path.settings.log_dir / "worker.log").read_text(errors="replace").splitlines()[-5:]
        said = "; ".join([f"{len(clocked.barred)} bars", *sorted({row[1] for row in journal})[:5], *log])
        raise RuntimeError(f"expected an order for most of {rounds * NAMES} bars, was {len(whole)}: {said}")
    first = [clocked.barred[key] - clocked.left[key] for key, _ in ways if key in clocked.barred]
    second = [at - clocked.barred[key] for key, at in ways if key in clocked.barred]
    parts = {"print to bar on the bus": first, "bar to admission": second, "print to admission": whole}
    table(
        f"{len(clocked.left):,} prints of {NAMES} names, {len(clocked.barred):,} bars, {len(whole):,} admissions",
        ("stretch", "p50", "p90", "p99", "worst"),
        [
            (name, ms(statistics.median(each)), *(ms(percentile(each, share)) for share in (0.9, 0.99)), ms(max(each)))
            for name, each in parts.items()
        ],
        {"refused": f"{sum(row[0] == 'refusal' for row in journal):,}"},
    )
    return 0


def main(rounds: int) -> int:
    return asyncio.run(measure(rounds))


if __name__ == "__main__":
    sys.exit(main(20))
