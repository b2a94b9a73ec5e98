"""The conversation behind the real web application: uvicorn on loopback, real rooms and tables, fakes of every port.

`open_talk(database)` serves two people, USER (the owner) and OTHER; `bench.page(who)` is a browser's socket, signed in
by a session of ours. `page.say` waits until the turn is over; `page.messages` and `page.cards` are what it was shown.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import socketio
import uvicorn
from conversing import profiled
from databases import Database
from fakes import OTHER, START, USER, FakeDesk, FakeOms, make_ports
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from past_prices import open_backtests

from domain.clock import Clock
from graph.identity import runner_identity
from graph.locks import ThreadLocks
from graph.runner import Runner
from tools.ports import Identity
from tools.settings import Settings
from tools.store.decisions import Decisions
from tools.store.guard_memory import GuardMemory
from tools.store.guard_rules import GuardRules
from tools.store.pool import make_dict_pool, make_pool
from ui.web import conversation
from ui.wiring import Assembled

PATIENCE = 30.0


def import_chainlit(settings: Settings) -> None:
    """Told where it may write, and without the warnings of the libraries that it brings along."""
    conversation.prepare(settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("chainlit.server")


@dataclass
class Page:
    """One open page: a socket of a signed-in person, and everything that was put on it."""

    url: str
    cookie: str
    thread_id: str = ""
    session_id: str = field(default_factory=lambda: str(uuid4()))
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    elements: list[dict[str, Any]] = field(default_factory=list)
    events: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = socketio.AsyncClient(reconnection=False)
        self._news = asyncio.Condition()
        self._client.on("*", self._take)

    async def connect(self, **auth: Any) -> None:
        """The socket alone: what is shown comes when the page has said that it is there."""
        await self._client.connect(
            self.url,
            headers={"Cookie": f"quartz_session={self.cookie}", "Origin": self.url},
            transports=["websocket"],
            socketio_path="/chat/ws/socket.io",
            auth={"sessionId": self.session_id, "clientType": "webapp", "threadId": self.thread_id, **auth},
        )

    async def open(self, **auth: Any) -> Page:
        await self.connect(**auth)
        await self._client.emit("connection_successful")
        return self

    async def close(self) -> None:
        await self._client.disconnect()

    async def send(self, text: str, message_id: str | None = None) -> str:
        message = {"id": message_id or str(uuid4()), "output": text, "type": "user_message", "createdAt": "now"}
        await self._client.emit("client_message", {"message": message, "fileReferences": None})
        return str(message["id"])

    async def say(self, text: str, message_id: str | None = None) -> list[dict[str, Any]]:
        """The messages that came until the turn was over."""
        before, ends = len(self.messages), self.ends
        await self.send(text, message_id)
        await self.until(lambda: self.ends > ends)
        return self.messages[before:]

    async def emit(self, event: str, data: Any = None) -> None:
        await self._client.emit(event, data)

    async def until(self, ready: Any) -> None:
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(ready), PATIENCE)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [step for step in self.steps.values() if step["type"] == "assistant_message"]

    @property
    def rooms(self) -> list[dict[str, Any]]:
        return [step for step in self.steps.values() if step["type"] == "tool"]

    @property
    def text(self) -> str:
        return "\n".join(step["output"] for step in self.messages)

    def cards(self, name: str) -> list[dict[str, Any]]:
        return [element["props"] for element in self.elements if element["name"] == name]

    @property
    def ends(self) -> int:
        """How often the page was told that nothing is going on any more."""
        return sum(name == "task_end" for name, _ in self.events)

    async def _take(self, event: str, data: Any = None) -> None:
        async with self._news:
            self.events.append((event, data))
            if event in ("new_message", "update_message", "stream_start"):
                self.steps[data["id"]] = {**self.steps.get(data["id"], {}), **data}
            elif event == "delete_message":
                self.steps.pop(data["id"], None)
            elif event == "element":
                self.elements.append(data)
            elif event == "resume_thread":
                self.steps = {step["id"]: step for step in data["steps"]}
                self.elements = list(data["elements"])
            elif event == "first_interaction":
                self.thread_id = data["thread_id"]
            self._news.notify_all()


@dataclass
class TalkBench:
    """The process as its parts."""

    database: Database
    url: str
    assembled: Assembled
    hub: Any
    access: Any
    pages: list[Page] = field(default_factory=list)

    @property
    def oms(self) -> FakeOms:
        return self.assembled.ports.oms  # type: ignore[return-value]

    @property
    def desk(self) -> FakeDesk:
        return self.assembled.ports.desk  # type: ignore[return-value]

    async def page(self, who: Identity = USER, **fields: Any) -> Page:
        """A page with its first words on it."""
        page = Page(self.url, await self.access.sessions.begin(who.user_id), **fields)
        self.pages.append(page)
        await page.open()
        await page.until(lambda: page.messages and page.ends > 1)  # one says that the page was heard, one is the words'
        return page

    async def order_card(self, page: Page) -> str:
        """Talks up to the approval card for ten shares; its id. USER's profile is made before."""
        await profiled(ports=replace(self.assembled.ports, identity=lambda runtime: USER))
        await page.say("삼성전자 10주 지정가 72000원에 매수해줘")
        (card,) = page.cards("ApprovalCard")
        return str(card["approval_id"])

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database.admin_url) as connection:
            return list(connection.execute(query, values).fetchall())


def two_people(database: Database) -> None:
    """USER and OTHER with an account each."""
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        for who, owner in ((USER, True), (OTHER, False)):
            admin.execute("INSERT INTO chat.users VALUES (%s, %s, %s, %s)", (who.user_id, who.name, owner, START))
            admin.execute(
                "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '모의', %s)", (who.account_ref, who.user_id, START)
            )


@contextmanager
def _one_clock(clock: Clock) -> Iterator[None]:
    """What a person says is stamped by Chainlit, which asks the machine: here the hour is that of the fakes."""
    from ui.talk.message import stamp

    with pytest.MonkeyPatch.context() as patch:
        for module in ("emitter", "message", "step"):
            patch.setattr(importlib.import_module(f"chainlit.{module}"), "utc_now", lambda: stamp(clock.now()))
        yield


@asynccontextmanager
async def open_talk(database: Database, ports: Any = None) -> AsyncIterator[TalkBench]:
    """`ports` of an earlier process of the same test, for a restart."""
    import_chainlit(database.settings)
    from ui.talk.hub import open_hub
    from ui.web.access.access import make_access
    from ui.web.access.origins import Origins
    from ui.web.app import make_app
    from ui.web.context import WebParts

    graph, ui = database.url("graph"), database.url("ui")
    async with AsyncExitStack() as stack:
        saver = await stack.enter_async_context(make_dict_pool(graph, "talk-saver", search_path="desk"))
        deciding = await stack.enter_async_context(make_dict_pool(ui, "talk-decisions", max_size=2))
        people = await stack.enter_async_context(make_pool(ui, "talk-people", max_size=4))
        made = replace(ports or make_ports(), identity=runner_identity)
        locks = ThreadLocks(graph, wait_seconds=20)
        stack.push_async_callback(locks.close)
        runner = Runner(made, AsyncPostgresSaver(saver), locks, made.desk)  # type: ignore[arg-type]
        decisions = Decisions(deciding, made.clock)
        rules, seen = GuardRules(deciding), GuardMemory(deciding)
        hand: Any = made.oms
        market: Any = made.market
        backtests = open_backtests(market, database.settings.home / "lake")
        stack.push_async_callback(backtests.aclose)
        assembled = Assembled(
            database.settings, made.clock, uuid4, made, runner, decisions, people, rules, seen, hand, backtests
        )
        stack.enter_context(_one_clock(made.clock))
        hub = await stack.enter_async_context(open_hub(assembled))
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        origins = Origins(url, "127.0.0.1", port)
        access = make_access(database.settings, people, made.clock, uuid4, origins, database.endpoints.redis_url)
        app = make_app(WebParts(assembled, url, hub, access))
        config = uvicorn.Config(app, lifespan="off", log_config=None, ws="websockets-sansio", loop="asyncio")
        config.timeout_graceful_shutdown = 1
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        bench = TalkBench(database, url, assembled, hub, access)
        try:
            yield bench
        finally:
            for page in bench.pages:
                await page.close()
            server.should_exit = True
            await serving
