"""The JSON API over ASGI: real tables and decisions, a real runner on scripted rooms, and an obedient fake OMS.

`api.as_` says whose session the next requests have; `api.oms` fails on demand; `api.hub.told` is what open chats heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import psycopg
from fakes import OTHER, START, USER, FakeOms, make_ports
from fastapi import FastAPI
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import dict_row
from scripted_rooms import scripted

from domain.clock import ManualClock
from domain.mandate import Mandate, MandateKind
from domain.orders.types import Side
from execution.desk.options import DeskOptions
from graph.assistant import build_assistant
from graph.identity import runner_identity
from graph.locks import ThreadLocks
from graph.runner import Runner
from tools.ports import ApprovalDecision, Identity, StoredMandate
from tools.store.decisions import Decisions
from tools.store.desk import Desk
from tools.store.guard_memory import GuardMemory
from tools.store.guard_rules import GuardRules
from tools.store.pool import make_dict_pool, make_pool
from ui.web.api import (
    approvals,
    book,
    cards,
    guard,
    history,
    mandates,
    manual,
    me,
    orders,
    profile,
    receipts,
    strategies,
    strategy_runs,
    strategy_stops,
    trading_state,
    usage,
)
from ui.web.context import Person, person, web_parts

ROUTERS = (
    approvals,
    orders,
    book,
    trading_state,
    profile,
    receipts,
    strategies,
    mandates,
    cards,
    history,
    usage,
    me,
    guard,
    manual,
    strategy_runs,
    strategy_stops,
)
THREAD = "00000000-0000-4000-8000-00000000c4a7"


@dataclass
class _Answers:
    """Decisions of the table as the fake OMS looks them up."""

    url: str

    def get(self, approval_id: UUID) -> ApprovalDecision | None:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            row = connection.execute(
                "SELECT approval_id, user_id, decision, quantities, unsuitable_ack, decided_at FROM desk.approvals"
                " WHERE approval_id = %s",
                (approval_id,),
            ).fetchone()
        if row is None:
            return None
        return ApprovalDecision(**{**row, "quantities": {int(leg): n for leg, n in row["quantities"].items()}})


@dataclass
class _Requests:
    url: str

    def __getitem__(self, approval_id: UUID) -> Any:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            query = "SELECT version FROM desk.approval_requests WHERE approval_id = %s"
            return SimpleNamespace(**(connection.execute(query, (approval_id,)).fetchone() or {}))


@dataclass
class FakeHub:
    """What open chats were told: (user, conversation, result)."""

    told: list[tuple[UUID, str | None, Any]] = field(default_factory=list)
    broken: bool = False

    @asynccontextmanager
    async def telling(self, user_id: UUID) -> AsyncIterator[None]:
        yield

    async def tell(self, who: Identity, thread_id: str | None, result: Any) -> None:
        if self.broken:
            raise RuntimeError("the chat is gone")
        self.told.append((who.user_id, thread_id, result))


@dataclass
class Api:
    """A browser's view of the process, and its insides."""

    http: httpx.AsyncClient
    parts: Any
    oms: FakeOms
    hub: FakeHub
    clock: ManualClock
    runner: Runner
    admin_url: str
    who: Identity = USER

    def as_(self, who: Identity) -> Api:
        self.who = who
        return self

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(f"/api{path}")

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.http.post(f"/api{path}", json={} if body is None else body)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.http.put(f"/api{path}", json=body)

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(f"/api{path}")

    async def ask(self, message: str = "m1", who: Identity = USER) -> str:
        """A conversation that stops at a card for 10 shares; its id."""
        result = await self.runner.say(who, THREAD, "삼성전자 사줘", message)
        assert result.approval is not None, result.reply
        return str(result.approval.approval_id)

    def rows(self, query: str, *values: Any) -> list[Mapping[str, Any]]:
        with psycopg.connect(self.admin_url, row_factory=dict_row) as connection:
            return list(connection.execute(query, values).fetchall())

    def run(self, query: str, *values: Any) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(query, values)

    @property
    def decided(self) -> list[Mapping[str, Any]]:
        return self.rows("SELECT * FROM desk.approvals")


@asynccontextmanager
async def open_api(database: Any) -> AsyncIterator[Api]:
    """The API of a database with two people, each with an account at the simulation."""
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        for who, owner in ((USER, True), (OTHER, False)):
            admin.execute("INSERT INTO chat.users VALUES (%s, %s, %s, %s)", (who.user_id, who.name, owner, START))
            admin.execute(
                "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '모의', %s)", (who.account_ref, who.user_id, START)
            )
    graph, ui = database.url("graph"), database.url("ui")
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_dict_pool(graph, "api-desk"))
        saver = await stack.enter_async_context(make_dict_pool(graph, "api-saver", search_path="desk"))
        deciding = await stack.enter_async_context(make_dict_pool(ui, "api-decisions", max_size=4))
        people = await stack.enter_async_context(make_pool(ui, "api-people", max_size=2))
        clock = ManualClock(START)
        desk: Any = Desk(pool)
        mirror: Any = SimpleNamespace(plan=desk.plan, decisions=_Answers(graph), requests=_Requests(graph))
        fakes = make_ports(clock=clock, desk=desk)
        oms = FakeOms(clock, mirror, fakes.market)  # type: ignore[arg-type]
        ports = replace(fakes, oms=oms, identity=runner_identity)
        locks = ThreadLocks(graph, wait_seconds=20)
        stack.push_async_callback(locks.close)
        options = DeskOptions()
        runner = Runner(
            ports,
            AsyncPostgresSaver(saver),  # type: ignore[arg-type]
            locks,
            desk,
            options=options,
            assistant=build_assistant(ports, nodes=scripted(), options=options),
            aside=build_assistant(ports, nodes=scripted(), with_orders=False),
        )
        hub = FakeHub()
        assembled = SimpleNamespace(
            settings=database.settings,
            clock=clock,
            new_id=ports.new_id,
            ports=ports,
            runner=runner,
            decisions=Decisions(deciding, clock),
            people=people,
            guard_rules=GuardRules(deciding),
            guard_seen=GuardMemory(deciding),
            hand=oms,
        )
        parts = SimpleNamespace(assembled=assembled, public_url="http://testserver", hub=hub, access=None)
        app = FastAPI()
        for module in ROUTERS:
            app.include_router(module.router)
        transport = httpx.ASGITransport(app=app)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://testserver"))
        api = Api(http, parts, oms, hub, clock, runner, database.admin_url)
        app.dependency_overrides[person] = lambda: Person(api.who, api.who is USER, b"session")
        app.dependency_overrides[web_parts] = lambda: parts
        yield api
        await asyncio.sleep(0)


async def offered(api: Api, **changes: Any) -> str:
    """A mandate of the regular review that waits for USER's signature; its id."""
    mandate = Mandate(
        mandate_id=UUID(int=55),
        account_ref=USER.account_ref,
        kind=MandateKind.CYCLE,
        tickers=frozenset({"005930"}),
        sectors=frozenset(),
        max_per_order=1_000_000,
        max_per_day=3_000_000,
        from_time=time(9),
        until_time=time(15, 20),
        expires_at=START + timedelta(days=30),
        sides=frozenset(Side),
    )
    await api.parts.assembled.ports.desk.offer_mandate(USER, replace(StoredMandate.offer(mandate), **changes))
    return str(mandate.mandate_id)
