"""What the order path's benchmarks share: a database, a paper exchange and an OMS in this process, with people.

Contract: the OMS is the product's own `OmsProcess` behind its own door on real PostgreSQL and a real exchange process;
it runs in the benchmark's event loop, so what a client of the benchmark costs is on the OMS's bill. `jitter_s` delays
each piece of a request to the exchange by up to that many seconds, at random. Gone afterwards with all that it started.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import httpx
import psycopg
from psycopg.types.json import Jsonb

from benchmarks.home import home
from domain import ids
from domain.calendar import calendar_named
from domain.clock import KST
from domain.instruments import Instruments
from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from domain.ticks import round_to_tick
from execution.oms.core import Core
from execution.oms.enroll import Enrolment
from execution.oms.listen import GrpcDoor, open_door
from execution.oms.logs import configure
from execution.oms.orderdesk import OrderDesk
from execution.oms.outside import outside_of
from execution.oms.server import OmsProcess
from execution.oms.timing import timing_for
from tools.embedded.ports import LOOPBACK, free_port
from tools.embedded.services import Endpoints, endpoints, make_socket_dir, start_services
from tools.kis.environment import LIVE, PAPER
from tools.settings import Settings, load_settings
from tools.store.migrate import migrate
from tools.store.roles import role_url
from tools.store.secrets import caller_token, instance_secret
from ui.health import exchange_ok
from ui.stack import child_environment

TICKER = "069500"
PLAN_LIFE = timedelta(minutes=10)
_READY_S = 60.0
_KEYS = {
    "APP_KEY": "B" * 36,
    "APP_SECRET": "b" * 180,
    "ACCOUNT": "50123456-01",
}
Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A user with an account of this environment and a confirmed profile."""

    user_id: UUID
    account_ref: str
    metadata: Metadata  # what the terminal would show the door for this user


@dataclass
class OrderPath:
    """Everything together. `core` and `desk` are the running OMS's own."""

    settings: Settings
    found: Endpoints
    exchange_url: str
    core: Core
    desk: OrderDesk
    channel: grpc.aio.Channel
    admin: Metadata
    oms: Any = field(init=False)
    reads: Any = field(init=False)

    def __post_init__(self) -> None:
        self.oms, self.reads = oms_pb2_grpc.OmsStub(self.channel), oms_pb2_grpc.ReadsStub(self.channel)

    def database(self, role: str) -> psycopg.Connection[Any]:
        return psycopg.connect(role_url(self.settings, role, self.found), autocommit=True)

    async def person(self, *, owner: bool = False) -> Person:
        return await asyncio.to_thread(self._person, owner)

    async def approved(
        self, who: Person, prices: Sequence[int], *, quantity: int = 1, legs: int = 1
    ) -> list[pb.SubmitRequest]:
        """Approved plans with one limit buy for each price and so many to a plan, as desk and person write them."""
        return await asyncio.to_thread(self._approved, who, prices, quantity, legs)

    def _person(self, owner: bool) -> Person:
        user, venue, now = uuid4(), self.core.environment, datetime.now(KST)
        account = f"{venue}-{uuid4().hex[:10]}"
        with self.database("ui") as db:
            db.execute("INSERT INTO chat.users VALUES (%s, %s, %s, %s)", (user, f"bench-{user.hex[:6]}", owner, now))
            db.execute("INSERT INTO desk.accounts VALUES (%s, %s, %s, '모의', %s)", (account, user, venue, now))
        with self.database("graph") as db:
            db.execute(
                "INSERT INTO desk.profiles VALUES (%s, 1, '공격투자형', 90, %s, %s, %s)",
                (user, Jsonb({"capital_krw": 100_000_000}), now, now + timedelta(days=365)),
            )
        return Person(user, account, self._metadata("web", user))

    async def opened(self, people: Sequence[Person]) -> None:
        """Sessions made, logged in and reconciled, as after an account's first use."""
        for who in people:
            for _ in range(40):
                try:
                    await self.oms.Book(pb.BookRequest(account_ref=who.account_ref), metadata=who.metadata)
                    break
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    await asyncio.sleep(0.25)

    async def resting_prices(self, count: int, *, below_bps: int = 500) -> list[int]:
        """Buy prices that rest and are no duplicates of each other, won."""
        quote = await self.reads.Quote(pb.TickerRequest(ticker=TICKER), metadata=self.admin)
        instrument = Instruments.load().get(TICKER)
        assert instrument is not None
        today, prices = self.core.market.now().date(), []
        price = quote.price * (10_000 - below_bps) // 10_000
        for _ in range(count):
            price = round_to_tick(price, Side.BUY, instrument.kind, today)
            prices.append(price)
            price -= 1
        return prices

    def _approved(self, who: Person, prices: Sequence[int], quantity: int, legs: int) -> list[pb.SubmitRequest]:
        now = datetime.now(KST)
        plans = [_plan(who, prices[at : at + legs], quantity, now) for at in range(0, len(prices), legs)]
        with self.database("graph") as db, db.cursor() as rows:
            rows.executemany(
                "INSERT INTO desk.plans (plan_id, version, account_ref, user_id, sleeve, origin, profile_version,"
                " strategy_id, plan_hash, created_at, expires_at) VALUES (%s, 1, %s, %s, 'manual', %s, 1, NULL, %s,"
                " %s, %s)",
                [
                    (p.plan_id, p.account_ref, p.user_id, Jsonb(list(p.origin)), plan_hash(p), now, p.expires_at)
                    for p in plans
                ],
            )
            rows.executemany(
                "INSERT INTO desk.plan_legs VALUES (%s, 1, %s, %s, 'buy', %s, 'limit', %s, %s, 'user', NULL, %s)",
                [
                    (p.plan_id, leg.leg, leg.ticker, leg.quantity, leg.limit_price, leg.not_after, leg.reason)
                    for p in plans
                    for leg in p.legs
                ],
            )
            rows.executemany(
                "INSERT INTO desk.approval_requests (approval_id, plan_id, version, plan_hash, account_ref, user_id,"
                " thread_id, card, created_at, expires_at) VALUES (%s, %s, 1, %s, %s, %s, 't', '{}', %s, %s)",
                [
                    (
                        ids.approval_id(p.plan_id, 1),
                        p.plan_id,
                        plan_hash(p),
                        p.account_ref,
                        p.user_id,
                        now,
                        p.expires_at,
                    )
                    for p in plans
                ],
            )
        with self.database("ui") as db, db.cursor() as rows:
            rows.executemany(
                "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, quantities, unsuitable_ack,"
                " channel) VALUES (%s, %s, %s, 'approve', '{}', false, 'bench')",
                [(ids.approval_id(p.plan_id, 1), p.user_id, plan_hash(p)) for p in plans],
            )
        return [
            pb.SubmitRequest(plan_id=str(p.plan_id), version=1, approval_id=str(ids.approval_id(p.plan_id, 1)))
            for p in plans
        ]

    async def submit(self, who: Person, request: pb.SubmitRequest, *, legs: int = 1) -> pb.SubmitReply:
        """Raises unless it was admitted now."""
        reply: pb.SubmitReply = await self.oms.Submit(request, metadata=who.metadata)
        if reply.outcome != pb.SubmitReply.ADMITTED or len(reply.orders) != legs:
            raise RuntimeError(f"expected a plan to be admitted, was {reply}")
        return reply

    async def arrivals(self) -> list[dict[str, Any]]:
        """The exchange's own log of REST calls, oldest first: `at` in seconds of this machine's monotonic clock."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            found: list[dict[str, Any]] = (await client.get(f"{self.exchange_url}/quartz/arrivals")).json()
        return found

    def _metadata(self, principal: str, user: UUID | None = None) -> Metadata:
        shown = [("x-quartz-principal", principal), ("x-quartz-token", token_of(self.settings, principal))]
        return (*shown, ("x-quartz-user", str(user))) if user is not None else tuple(shown)


def token_of(settings: Settings, principal: str) -> str:
    return caller_token(instance_secret(settings), principal)


def _plan(who: Person, prices: Sequence[int], quantity: int, now: datetime) -> Plan:
    origin, until = ("bench", uuid4().hex), now + PLAN_LIFE
    legs = tuple(
        Leg(n, TICKER, Side.BUY, quantity, OrderType.LIMIT, price, until, Initiative.USER, None, "측정")
        for n, price in enumerate(prices, start=1)
    )
    plan_id = ids.plan_id(who.account_ref, origin)
    return Plan(plan_id, 1, who.account_ref, who.user_id, "manual", origin, legs, 1, None, now, until)


@contextmanager
def _exchange(settings: Settings, *words: str) -> Iterator[str]:
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    arguments = ["--port", str(port), "--always-open", "--data-dir", str(settings.home / "exchange"), *words]
    settings.log_dir.mkdir(parents=True, exist_ok=True)
    with (settings.log_dir / "exchange.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulation.exchange", *arguments],
            stdout=log, stderr=log, env=child_environment(settings),
        )  # fmt: skip
        try:
            end = time.monotonic() + _READY_S
            while not exchange_ok(url):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("expected the paper exchange to serve, was not so")
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(15)


@asynccontextmanager
async def _jitter(url: str, most_s: float, seed: int = 1) -> AsyncIterator[str]:
    """A way to `url` on which whatever is sent arrives up to `most_s` later, each connection for itself."""
    chance, port = random.Random(seed), int(url.rpartition(":")[2])

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, most: float) -> None:
        with suppress(OSError):
            while piece := await source.read(65_536):
                if most:
                    await asyncio.sleep(chance.uniform(0.0, most))
                sink.write(piece)
                await sink.drain()
        sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(LOOPBACK, port)
        await asyncio.gather(pump(reader, forth, most_s), pump(back, writer, 0.0))

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def order_path(
    broker: str = "sim",
    *,
    jitter_s: float = 0.0,
    limits: str = "documented",
    way: Callable[[str], AbstractAsyncContextManager[str]] | None = None,
) -> AsyncIterator[OrderPath]:
    """`broker` sim, paper or live: the latter two are KIS's addresses played by the paper exchange, with one key for
    orders and prices and that environment's cap, TR ids and timing but for the lease. `way` leads to the exchange."""
    paper = broker == "paper"
    words = ("--limits", limits, "--env", "paper" if paper else "real", "--any-account")
    with home() as settings:
        services = start_services(settings)
        try:
            migrate(settings, services.endpoints.postgres_admin_url)
            with _exchange(settings, *words) as url:
                led = way(url) if way is not None else _jitter(url, jitter_s)
                async with led as there, _oms(broker, there if way is not None or jitter_s else url) as path:
                    path.exchange_url = url
                    yield path
        finally:
            services.stop()


@asynccontextmanager
async def _oms(broker: str, url: str) -> AsyncIterator[OrderPath]:
    os.environ |= {"QUARTZ_BROKER": broker, "QUARTZ_EXCHANGE_URL": url, "QUARTZ_LOG_LEVEL": "error"}
    names = [] if broker == "sim" else [f"QUARTZ_KIS_{broker.upper()}_{name}" for name in _KEYS]
    os.environ |= dict(zip(names, _KEYS.values(), strict=False))
    if broker == "live":
        os.environ |= {"QUARTZ_LIVE_TRADING": "yes"}
    if broker != "sim":
        os.environ |= {"QUARTZ_KIS_HTS_ID": "bench01"}
    settings = load_settings()
    configure(settings.log_level)
    found = endpoints(settings)
    make_socket_dir(settings)
    # Client and OMS share a loop here, and a lost lease ends the process: the benchmark's own work must not lose it.
    timing = replace(timing_for(broker), lease_s=15.0, renew_s=3.0)
    opened: asyncio.Future[tuple[Core, OrderDesk]] = asyncio.get_running_loop().create_future()

    async def door(address: str, secret: bytes, core: Core, desk: OrderDesk, enrolment: Enrolment) -> GrpcDoor:
        serving = await open_door(address, secret, core, desk, enrolment)
        opened.set_result((core, desk))
        return serving

    outside = replace(outside_of(settings, found, timing.lease_s), open_door=door)
    venue = {"paper": PAPER, "live": LIVE}.get(broker)
    process = OmsProcess(
        settings, found, timing, None if venue is None else venue.at(url, url.replace("http", "ws")),
        calendar_named("always") if venue is not None else None, outside,
    )  # fmt: skip
    serving = asyncio.create_task(process.run())
    try:
        either: list[asyncio.Future[Any]] = [opened, serving]
        await asyncio.wait(either, timeout=_READY_S, return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            raise RuntimeError("expected the OMS to open its door, was not so")
        core, desk = opened.result()
        async with grpc.aio.insecure_channel(found.oms_address) as channel:
            admin = (("x-quartz-principal", "admin"), ("x-quartz-token", token_of(settings, "admin")))
            yield OrderPath(settings, found, url, core, desk, channel, admin)
    finally:
        process.stop()
        await serving
        for name in ("QUARTZ_BROKER", "QUARTZ_EXCHANGE_URL", "QUARTZ_LIVE_TRADING", "QUARTZ_KIS_HTS_ID", *names):
            os.environ.pop(name, None)
