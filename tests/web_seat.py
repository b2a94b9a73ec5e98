"""A person at a browser, in front of the real application: real sign-in tables, a cookie jar, loopback or ASGI.

`open_seat(database)` makes the application; nobody talks here, so its runner is absent. `seat.browser()` is a new
browser that nobody has used. `open_server` serves it by uvicorn for what needs a socket.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import psycopg
import uvicorn
from databases import Database
from fakes import START, make_ports
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.clock import ManualClock
from tools.settings import Settings
from tools.store.entry_links import make_link
from tools.store.pool import make_pool
from ui.web import conversation
from ui.web.access.access import Access, make_access
from ui.web.access.origins import Origins
from ui.web.access.passwords import Passwords
from ui.web.context import WebParts
from ui.web.health import Condition
from ui.web.patience import PatientProtocol

PORT = 8420
HTML = {"Accept": "text/html"}
QUICK = Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1)


@dataclass
class Seat:
    """The application and its insides."""

    app: Any
    parts: Any
    access: Access
    clock: ManualClock
    settings: Settings
    admin_url: str
    url: str
    address: str = "127.0.0.1"

    def browser(self, url: str | None = None, *, address: str | None = None) -> httpx.AsyncClient:
        """A browser with an empty jar; what it sends comes from a page of ours unless a test says otherwise."""
        base = url or self.url
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address or self.address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base})

    async def link(self) -> str:
        """A fresh one-time token, as `quartz link` makes it."""
        async with self.parts.assembled.people.connection() as connection:
            return await make_link(connection, self.clock.now())

    async def enter(self, browser: httpx.AsyncClient) -> None:
        """The owner comes in by a link."""
        answer = await browser.post("/enter/link", data={"token": await self.link()})
        assert answer.status_code == 303, answer.text

    async def member(self, name: str, password: str = "아주 긴 비밀번호 하나") -> UUID:
        """Somebody who signed up."""
        from tools.store.users import sign_up

        made = self.parts.assembled
        opened = made.settings.model_copy(update={"signup": "open"})
        hashed = await self.access.passwords.hashed(name, password)
        async with made.people.connection() as connection:
            return await sign_up(connection, name, hashed, opened, now=self.clock.now(), new_id=made.new_id)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.admin_url) as connection:
            return list(connection.execute(query, values).fetchall())


@asynccontextmanager
async def open_seat(
    database: Database,
    *,
    port: int = PORT,
    public_url: str | None = None,
    conditions: dict[str, Condition] | None = None,
    redis_url: str = "",
    **changed: Any,
) -> AsyncIterator[Seat]:
    """`changed` are settings; without `redis_url` attempts are counted in this process."""
    settings: Settings = database.settings.model_copy(update=changed)
    conversation.prepare(settings)
    with warnings.catch_warnings():  # of the libraries that Chainlit brings along
        warnings.simplefilter("ignore")
        importlib.import_module("chainlit.server")
    from ui.talk.hub import open_hub
    from ui.web.app import make_app

    url = public_url or f"http://127.0.0.1:{port}"
    clock = ManualClock(START)
    ports = make_ports(clock=clock)
    async with make_pool(database.url("ui"), "web-seat", max_size=6) as people:
        assembled = SimpleNamespace(
            settings=settings,
            clock=clock,
            new_id=ports.new_id,
            ports=ports,
            runner=None,
            decisions=None,
            people=people,
            hand=ports.oms,
        )
        origins = Origins(url, "127.0.0.1", port)
        access = make_access(settings, people, clock, ports.new_id, origins, redis_url)
        access = replace(access, passwords=Passwords(people, clock, QUICK))
        made: Any = assembled
        async with open_hub(made) as hub:
            parts = WebParts(made, url, hub, access)
            app = make_app(parts, conditions)
            try:
                yield Seat(app, parts, access, clock, settings, database.admin_url, url)
            finally:
                await access.aclose()


@asynccontextmanager
async def open_server(database: Database, **how: Any) -> AsyncIterator[Seat]:
    """The same behind a real socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        async with open_seat(database, port=port, **how) as seat:
            config = uvicorn.Config(
                seat.app,
                http=PatientProtocol,
                log_config=None,
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                ws="websockets-sansio",
            )
            server = uvicorn.Server(config)
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started:  # noqa: ASYNC110  (it has no event)
                await asyncio.sleep(0.01)
            try:
                yield seat
            finally:
                server.should_exit = True
                await serving
