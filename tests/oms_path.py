"""A whole order path for tests: the paper exchange, a proxy that can lose answers, the OMS, and a person's desk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import aiohttp
import psycopg
import pytest
from aiohttp import web
from clones import Clones
from databases import Database
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from domain import ids
from domain.clock import KST
from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.proto import oms_pb2 as pb
from simulation.exchange.journal import read_journal
from tools.embedded.ports import free_port
from tools.embedded.services import Endpoints
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import Identity, PortUnavailable
from tools.settings import ROOT, Settings
from tools.store.pool import connection_arguments

START_S = 60.0  # seconds; as long as the product's own supervisor waits for a start
PATIENCE_S = 20.0  # for what must come, on a machine with other work; how soon it comes is proven elsewhere
# Seconds, as in `Timing`.
QUICK = {"deadline_s": 1.5, "gateway_s": 0.1, "lag_s": 0.2, "poll_s": 0.5, "proven_poll_s": 2.0}
PAPER = {
    "QUARTZ_BROKER": "paper",
    "QUARTZ_KIS_PAPER_APP_KEY": "P" * 36,
    "QUARTZ_KIS_PAPER_APP_SECRET": "s" * 180,
    "QUARTZ_KIS_PAPER_ACCOUNT": "50123456-01",
    "QUARTZ_KIS_HTS_ID": "quartz01",
}
PAPER_TIMING = {
    "figures_s": 3.0,
    "lag_s": 1.0,
    "gateway_s": 1.0,
    "poll_s": 3.0,
    "proven_poll_s": 5.0,
    "lease_s": 3.0,
    "renew_s": 0.7,
}
SAMSUNG, HYNIX, KODEX200 = "005930", "000660", "069500"


_connections: dict[str, psycopg.Connection[Any]] = {}


@contextmanager
def rows_of(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that the module's tests share: signing in costs more than most statements."""
    if url not in _connections:
        _connections[url] = psycopg.connect(url, autocommit=True)
    yield _connections[url]


class Exchange:
    """The paper exchange as its own process, any account, always open and in test mode unless `more` says otherwise."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder = folder
        self.more = more or ("--always-open", "--faults")
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """At the same port as before: one that nobody comes by while the exchange is down."""
        self.port = self.port or free_port()
        command = [sys.executable, "-m", "simulation.exchange", "--port", str(self.port), *self.more]
        command += ["--any-account", "--seed", "7", "--data-dir", str(self.folder)]
        self.log = open(self.folder.parent / "exchange.log", "a")  # noqa: SIM115
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.port = _port_in(line)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.log.close()
            self.process = None

    async def push(self, ticker: str, price: int) -> None:
        """The next print of that name is at `price`. Only in test mode."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/quartz/push", json={"ticker": ticker, "price": price}) as answer,
        ):
            assert answer.status == 201, await answer.text()

    def journal(self, kind: str | None = None) -> list[dict[str, Any]]:
        found = [dict(record) for record in read_journal(self.folder)]
        return [record for record in found if kind is None or record["kind"] == kind]


def _port_in(line: str) -> int:
    import re

    found = re.search(r":(\d{2,5})\b", line)
    assert found is not None, f"expected the exchange to say where it listens, was {line!r}"
    return int(found.group(1))


@dataclass
class Proxy:
    """Between OMS and exchange. `order_fault` is what happens to the next order-cash: "" | lost_reply | never_arrives
    | hold (forwarded, answered only when released)."""

    target: str = ""
    url: str = ""
    order_fault: str = ""
    change_fault: str = ""  # the same for the next revision or cancellation
    delay_reply_s: float = 0.0
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)  # path's end -> HTTP 500 with this body instead
    rows: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None  # each row of the order list, None hides it
    by_hand: dict[str, str] | None = None  # a sale that somebody makes elsewhere just before our next order
    clock_days: int = 0  # how far the venue's clock is put forward
    notices: int = 1  # how often each notice is passed on
    prints: Callable[[str], str | None] | None = None  # each frame of prints, None drops it
    orders: list[dict[str, str]] = field(default_factory=list)
    changes: list[dict[str, str]] = field(default_factory=list)
    posted: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """In a thread with a loop of its own: it outlives the tests' loops."""
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self.loop).result(START_S)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(START_S)
        asyncio.run_coroutine_threadsafe(self._nobody_left(), self.loop).result(START_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()  # a loop that still runs cannot be closed
        self.loop.close()

    async def _open(self) -> None:
        # One socket an account for as long as the stack lives: a limit would let the hundredth person wait for ever.
        self.client = aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0))
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self.handle)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def _close(self) -> None:
        await self.client.close()
        await self.runner.cleanup()

    def calm(self) -> None:
        """No faults any more."""
        self.order_fault, self.change_fault, self.delay_reply_s = "", "", 0.0
        self.answers, self.rows, self.by_hand, self.clock_days, self.notices = {}, None, None, 0, 1
        self.prints = None

    async def _nobody_left(self) -> None:
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.websocket(request)
        body = await request.read()
        path = request.path
        if path.endswith("/trading/order-cash"):
            self.orders.append(json.loads(body))
        if path.endswith("/trading/order-rvsecncl"):
            self.changes.append(json.loads(body))
        for end, refusal in self.answers.items():
            if path.endswith(end):
                return web.json_response(refusal, status=500)
        if path.endswith(("/trading/order-cash", "/trading/order-rvsecncl")):
            if path.endswith("/trading/order-cash"):
                fault, self.order_fault = self.order_fault, ""
            else:
                fault, self.change_fault = self.change_fault, ""
            self.posted.set()
            if self.by_hand is not None:
                hand, self.by_hand = json.dumps({**json.loads(body), **self.by_hand}).encode(), None
                await self.forward(request, hand, tr_id="TTTC0011U")
            if fault == "never_arrives":
                request.transport.close()  # type: ignore[union-attr]
                return web.Response()
            answer = await self.forward(request, body)
            if fault == "twice_lost":  # somebody places the same order by hand in the same second
                await self.forward(request, body)
            if fault in ("lost_reply", "twice_lost"):
                request.transport.close()  # type: ignore[union-attr]
                return web.Response()
            await asyncio.sleep(self.delay_reply_s)
            return answer
        answer = await self.forward(request, body)
        if self.rows is not None and path.endswith("/trading/inquire-daily-ccld"):
            return self._changed(answer, self.rows)
        if self.clock_days and path.endswith("/quartz/clock"):
            return self._later(answer)
        return answer

    def _changed(self, answer: web.Response, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> web.Response:
        body = json.loads(answer.body)  # type: ignore[arg-type]
        body["output1"] = [row for row in map(change, body.get("output1", [])) if row is not None]
        ordered = sum(int(row["ord_qty"]) for row in body["output1"])
        body["output2"] = {**body.get("output2", {}), "tot_ord_qty": str(ordered)}
        return web.json_response(body, headers={"tr_cont": answer.headers.get("tr_cont", "")})

    def _later(self, answer: web.Response) -> web.Response:
        body = json.loads(answer.body)  # type: ignore[arg-type]
        later = timedelta(days=self.clock_days)
        body["now"] = (datetime.fromisoformat(body["now"]) + later).isoformat()
        body["trade_date"] = (date.fromisoformat(body["trade_date"]) + later).isoformat()
        return web.json_response(body)

    async def forward(self, request: web.Request, body: bytes, **more: str) -> web.Response:
        headers = {
            k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length", "connection")
        }
        try:
            async with self.client.request(
                request.method, self.target + str(request.rel_url), data=body, headers=headers | more
            ) as answer:
                keep = {
                    k: v for k, v in answer.headers.items() if k.lower() not in ("content-length", "transfer-encoding")
                }
                return web.Response(status=answer.status, body=await answer.read(), headers=keep)
        except aiohttp.ClientError:
            request.transport.close()  # type: ignore[union-attr]
            return web.Response(status=502)

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        here = web.WebSocketResponse()
        await here.prepare(request)
        try:
            async with self.client.ws_connect(self.target.replace("http", "ws") + str(request.rel_url)) as there:

                async def pump(source: Any, sink: Any) -> None:
                    async for message in source:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            text: str | None = message.data
                            if self.prints is not None and message.data.startswith("0|H0STCNT0"):
                                text = self.prints(message.data)
                            notice = message.data.startswith("1|H0STCNI")
                            for _ in range(self.notices if notice else 1):
                                if text is not None:
                                    await sink.send_str(text)

                tasks = {asyncio.create_task(pump(here, there)), asyncio.create_task(pump(there, here))}
                _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in pending:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        except aiohttp.ClientError:
            pass
        await here.close()
        return here


class OmsHandle:
    """The OMS as its own process."""

    def __init__(self, environment: dict[str, str], address: str, log: Path, options: dict[str, Any]) -> None:
        self.environment = environment
        self.options = options
        self.address = address
        self.log_path = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.log = open(self.log_path, "ab")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("quick_oms.py")), json.dumps(self.options)],
            cwd=ROOT,
            env=self.environment | {"PYTHONPATH": str(ROOT)},
            stdout=self.log,
            stderr=self.log,
        )

    def kill(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()

    def terminate(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=15)
        self.log.close()
        return status

    async def ready(self, seconds: float = START_S) -> None:
        from ui.health import oms_ok

        end = time.monotonic() + seconds
        while not await asyncio.to_thread(oms_ok, self.address):
            assert self.process is not None
            assert self.process.poll() is None, self.log_path.read_text()[-3000:]
            assert time.monotonic() < end, self.log_path.read_text()[-3000:]
            await asyncio.sleep(0.1)


@dataclass
class Person:
    """A user with an account and a confirmed profile, and the rows that only a person or the graph may write."""

    ui_url: str
    graph_url: str
    identity: Identity

    @property
    def account(self) -> str:
        return self.identity.account_ref

    def plan(
        self,
        *legs: tuple[str, Side, int, int | None],
        origin: str | None = None,
        version: int = 1,
        initiative: Initiative = Initiative.USER,
        seconds: float = 120.0,
        sleeve: str = "manual",
        after: dict[int, int] | None = None,
    ) -> Plan:
        """Writes a plan with the graph's role. A leg is (ticker, side, quantity, limit price or None for market)."""
        now = datetime.now(KST)
        source = ("test", origin or uuid4().hex)
        made = Plan(
            plan_id=ids.plan_id(self.account, source),
            version=version,
            account_ref=self.account,
            user_id=self.identity.user_id,
            sleeve=sleeve,
            origin=source,
            legs=tuple(
                Leg(
                    leg=number,
                    ticker=ticker,
                    side=side,
                    quantity=quantity,
                    order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
                    limit_price=price,
                    not_after=now + timedelta(seconds=seconds),
                    initiative=initiative,
                    after_leg=(after or {}).get(number),
                    reason="시험",
                )
                for number, (ticker, side, quantity, price) in enumerate(legs, start=1)
            ),
            profile_version=1,
            strategy_id=None,
            created_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
        with rows_of(self.graph_url) as db:
            write_plan(db, made)
        return made

    def approve(self, plan: Plan, decision: str = "approve", **changes: Any) -> str:
        """The question with the graph's role, the answer with the person's. Returns the approval id."""
        approval = ids.approval_id(plan.plan_id, plan.version)
        self.ask(plan, approval)
        row = {
            "approval_id": approval,
            "user_id": self.identity.user_id,
            "plan_hash": plan_hash(plan),
            "decision": decision,
            "quantities": Jsonb({}),
            "unsuitable_ack": False,
            "channel": "test",
        } | changes
        with rows_of(self.ui_url) as db:
            db.execute(
                f"INSERT INTO desk.approvals ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
                tuple(row.values()),
            )
        return str(approval)

    def ask(self, plan: Plan, approval: UUID, seconds: float = 60.0) -> None:
        now = datetime.now(KST)
        with rows_of(self.graph_url) as db:
            db.execute(
                "INSERT INTO desk.approval_requests (approval_id, plan_id, version, plan_hash, account_ref, user_id,"
                " thread_id, card, created_at, expires_at) VALUES (%s, %s, %s, %s, %s, %s, 't', '{}', %s, %s)",
                (
                    approval,
                    plan.plan_id,
                    plan.version,
                    plan_hash(plan),
                    plan.account_ref,
                    plan.user_id,
                    now,
                    now + timedelta(seconds=seconds),
                ),
            )

    def approved(self, *legs: tuple[str, Side, int, int | None], **options: Any) -> pb.SubmitRequest:
        plan = self.plan(*legs, **options)
        return pb.SubmitRequest(plan_id=str(plan.plan_id), version=plan.version, approval_id=self.approve(plan))


def write_plan(db: psycopg.Connection[Any], plan: Plan, hash_: str | None = None) -> None:
    db.execute(
        "INSERT INTO desk.plans (plan_id, version, account_ref, user_id, sleeve, origin, profile_version, strategy_id,"
        " plan_hash, created_at, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            plan.plan_id,
            plan.version,
            plan.account_ref,
            plan.user_id,
            plan.sleeve,
            Jsonb(list(plan.origin)),
            plan.profile_version,
            plan.strategy_id,
            hash_ or plan_hash(plan),
            plan.created_at,
            plan.expires_at,
        ),
    )
    for leg in plan.legs:
        db.execute(
            "INSERT INTO desk.plan_legs VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                plan.plan_id,
                plan.version,
                leg.leg,
                leg.ticker,
                leg.side.value,
                leg.quantity,
                leg.order_type.value,
                leg.limit_price,
                leg.not_after,
                leg.initiative.value,
                leg.after_leg,
                leg.reason,
            ),
        )


@dataclass
class Path_:
    """Everything together."""

    database: Any
    exchange: Exchange
    proxy: Proxy
    oms: OmsHandle
    channel: OmsChannel
    client: OmsClient
    market: MarketClient

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def person(
        self, name: str | None = None, grade: str = "공격투자형", venue: str = "sim", *, owner: bool = False
    ) -> Person:
        """A new user at the paper exchange with a confirmed profile."""
        user, account = uuid4(), f"{venue}-{uuid4().hex[:10]}"
        name = name or f"user-{user.hex[:6]}"
        now = datetime.now(KST)
        with rows_of(self.database.url("ui")) as db:
            db.execute("INSERT INTO chat.users VALUES (%s, %s, %s, %s)", (user, name, owner, now))
            db.execute("INSERT INTO desk.accounts VALUES (%s, %s, %s, '모의', %s)", (account, user, venue, now))
        with rows_of(self.database.url("graph")) as db:
            db.execute(
                "INSERT INTO desk.profiles VALUES (%s, 1, %s, 90, %s, %s, %s)",
                (user, grade, Jsonb({"capital_krw": 100_000_000}), now, now + timedelta(days=365)),
            )
        return Person(self.database.url("ui"), self.database.url("graph"), Identity(user, name, account, venue))

    @contextmanager
    def role(self, role: str, idle_ms: int) -> Iterator[psycopg.Connection[Any]]:
        """A connection that the server ends when its transaction stands still."""
        arguments = connection_arguments("test", idle_ms=idle_ms)
        with (
            contextlib.suppress(psycopg.Error),
            psycopg.connect(self.database.url(role), **arguments) as db,
        ):
            yield db

    def admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database.admin_url, autocommit=True)

    def sql(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with rows_of(self.database.url("oms")) as db:
            return db.execute(query, arguments).fetchall()

    async def moves(self, intent_id: str) -> list[str]:
        """The events of one intent, in order."""
        rows = self.sql("SELECT event FROM ledger.transitions WHERE entity_id = %s ORDER BY seq", intent_id)
        return [str(row[0]) for row in rows]

    async def orders(self, who: Person) -> list[pb.Order]:
        for _ in range(50):
            try:
                return await self.client.orders(who.identity)
            except PortUnavailable:
                await asyncio.sleep(0.2)
        return await self.client.orders(who.identity)

    async def until(self, who: Person, *states: str, seconds: float = PATIENCE_S, count: int = 1) -> list[pb.Order]:
        """The account's orders once at least `count` of them are in one of `states`."""
        end = time.monotonic() + seconds
        while True:
            found = await self.orders(who)
            if sum(order.state in states for order in found) >= count:
                return found
            assert time.monotonic() < end, self._story(who, states, found)
            await asyncio.sleep(0.1)

    def _story(self, who: Person, states: tuple[str, ...], found: list[pb.Order]) -> str:
        """What the OMS wrote about this account, and what the exchange did with its orders."""
        said = [line for line in self.oms.log_path.read_text().splitlines() if who.account in line][-20:]
        numbers = {order.broker_order_no for order in found}
        done = [str(record) for record in self.exchange.journal() if str(record.get("odno")) in numbers]
        was = [(order.state, order.state_note, order.price) for order in found]
        return "\n".join([f"expected {states}, was {was}", *said, "at the exchange:", *done])

    async def same_day(self, seconds: float = PATIENCE_S) -> None:
        """Until the OMS dates orders as the exchange does: it asks for the time every other second, and what it sends
        with a wrong date it would look for in vain."""
        end = time.monotonic() + seconds
        async with aiohttp.ClientSession() as session, session.get(f"{self.exchange.url}/quartz/clock") as answer:
            day = (await answer.json())["trade_date"]
        while (was := (await self.market.market_clock()).trade_date) != day:
            assert time.monotonic() < end, f"expected the OMS to be at {day}, was {was}"
            await asyncio.sleep(0.1)

    async def marketable(self, ticker: str) -> int:
        """A buy price that fills now."""
        book = await self.market.order_book(ticker)
        return int(book.asks[-1].price)  # the market moves on while an order is on its way

    async def resting(self, ticker: str) -> int:
        """A buy price that rests: the band's own tick, well under the market but inside the collar."""
        quote = await self.market.quote(ticker)
        from domain.instruments import Kind
        from domain.ticks import round_to_tick

        kind = Kind.ETF if ticker == KODEX200 else Kind.STOCK
        return round_to_tick(quote.price * 90 // 100, Side.BUY, kind, datetime.now(KST).date())

    async def agrees(self, who: Person, seconds: float = PATIENCE_S) -> pb.BookReply:
        """The book once it agrees with the broker."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            book = await self.client.book(who.identity)
            if book.reconciled:
                return book
            await asyncio.sleep(0.1)
        raise AssertionError(f"expected the book to agree with the broker, was {book}")


@dataclass
class Stack:
    """What one module's tests share: a database, an exchange, a proxy, an OMS. Every test brings its own people."""

    database: Any
    exchange: Exchange
    proxy: Proxy
    oms: OmsHandle


class Stacks:
    """Databases, exchanges, proxies and OMS processes made on demand, and taken away again."""

    def __init__(self, servers: Any, clones: Clones, folders: pytest.TempPathFactory) -> None:
        self._servers = servers
        self._clones = clones
        self._folders = folders
        self._plain: tuple[Stack, Path] | None = None
        self._special: tuple[Stack, Path] | None = None

    def get(
        self,
        exchange_options: tuple[str, ...],
        oms_environment: dict[str, str],
        oms_options: dict[str, Any],
        port: int | None,
        *,
        special: bool,
    ) -> Stack:
        if special:
            self._special = self._make(exchange_options, oms_environment, oms_options, port)
            return self._special[0]
        if self._plain is None:
            self._plain = self._make((), {}, oms_options, None)
        return self._plain[0]

    def close_special(self) -> None:
        self._special = self._end(self._special)

    def close(self) -> None:
        self.close_special()
        self._plain = self._end(self._plain)

    def _make(
        self,
        exchange_options: tuple[str, ...],
        oms_environment: dict[str, str],
        oms_options: dict[str, Any],
        port: int | None,
    ) -> tuple[Stack, Path]:
        folder = self._folders.mktemp("orderpath")
        name = self._clones.take()
        url = self._clones.url(name)
        home = Path(tempfile.mkdtemp(prefix="quartz-oms-", dir="/tmp"))
        (home / "run").mkdir(mode=0o700)
        settings = Settings(
            home=home,
            secret_key=SecretStr(self._servers.secret_key),
            postgres_url=SecretStr(url),
            redis_url=SecretStr(self._servers.endpoints.redis_url),
        )
        database = Database(
            name, settings, Endpoints(url, self._servers.endpoints.redis_url, f"unix:{home}/run/oms.sock")
        )
        (folder / "exchange").mkdir()
        exchange = Exchange(folder / "exchange", *exchange_options)
        exchange.start()
        proxy = Proxy(target=exchange.url)
        proxy.start()
        # An exchange that commits faults itself is talked to without anything in between.
        where = exchange.url if "--faults" in exchange_options else proxy.url
        environment = database.environment | {"QUARTZ_EXCHANGE_URL": where, "QUARTZ_LOG_LEVEL": "info"}
        if port is not None:
            parts = urlsplit(environment["QUARTZ_POSTGRES_URL"])
            there = parts._replace(netloc=parts.netloc.rpartition(":")[0] + f":{port}")
            environment["QUARTZ_POSTGRES_URL"] = urlunsplit(there)
        options = oms_options | ({"venue": where, "always_open": True} if oms_environment else {})
        oms = OmsHandle(environment | oms_environment, database.endpoints.oms_address, folder / "oms.log", options)
        oms.start()
        return Stack(database, exchange, proxy, oms), home

    def _end(self, made: tuple[Stack, Path] | None) -> None:
        if made is None:
            return
        stack, home = made
        stack.oms.kill()
        stack.proxy.stop()
        stack.exchange.kill()
        while _connections:
            _connections.popitem()[1].close()
        self._clones.give_back(stack.database.name)
        shutil.rmtree(home, ignore_errors=True)
