"""A loopback gateway that says what a test tells it to, down to the byte, and a client pointed at it."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from domain.clock import KST, ManualClock
from tools.kis.budget import Priority
from tools.kis.client import KisClient
from tools.kis.credentials import Credential
from tools.kis.environment import Environment, EnvironmentName, sim
from tools.kis.sealed import FernetBox, MemorySecrets

APPKEY = "PSappkeyappkeyappkeyappkeyappkey0001"
APPSECRET = "secretsecretsecret" * 10
ACCOUNT = "81055689"
HTS_ID = "quartzhts"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9.quartz-token"
SECRETS = (APPKEY, APPSECRET, ACCOUNT, TOKEN, HTS_ID)
START = datetime(2026, 11, 20, 10, 0, tzinfo=KST)


class CountingBudget:
    """Grants at once and remembers."""

    def __init__(self) -> None:
        self.granted: list[Priority] = []
        self.throttles = 0

    async def grant(self, priority: Priority) -> None:
        self.granted.append(priority)

    def under_way(self) -> AbstractContextManager[None]:
        return nullcontext()

    def throttled(self) -> None:
        self.throttles += 1


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class Gateway:
    """Answers from a queue per path; the last answer repeats. Token and approval key are given by default."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    tokens: int = 0

    def answer(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def requests(self, path: str) -> list[Seen]:
        return [request for request in self.seen if request.path.endswith(path)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else {}
        self.seen.append(Seen(request.method, request.path, _lower(request.headers), dict(request.query), body))
        for path, queue in self.answers.items():
            if request.path.endswith(path):
                return _response(queue.pop(0) if len(queue) > 1 else queue[0])
        if request.path == "/oauth2/tokenP":
            self.tokens += 1
            return _response((200, token_body()))
        if request.path == "/oauth2/Approval":
            return _response((200, {"approval_key": "11111111-2222-3333-4444-555555555555"}))
        return _response((500, {"rt_cd": "1", "msg_cd": "OPSQ0002", "msg1": "없는 서비스 코드 입니다."}))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def token_body(token: str = TOKEN, expires: datetime | None = None) -> dict[str, Any]:
    until = expires or START + timedelta(hours=24)
    return {
        "access_token": token,
        "access_token_token_expired": f"{until:%Y-%m-%d %H:%M:%S}",
        "token_type": "Bearer",
        "expires_in": 86400,
    }


def _response(answer: Answer) -> web.Response:
    status, body = answer[0], answer[1]
    headers = {"tr_cont": "", **(answer[2] if len(answer) > 2 else {})}
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return web.Response(status=status, body=raw, content_type="application/json", headers=headers)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """An HTTP gateway on a free port."""
    found = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]
    found.url = f"http://127.0.0.1:{port}"
    yield found
    await runner.cleanup()


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """A TCP server: gives tokens until `behaviour` is set, then every connection runs that."""

    url: str = ""
    behaviour: Behaviour | None = None
    connections: int = 0


async def read_request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """Head and body of one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = 0
    for line in head.lower().splitlines():
        if line.startswith("content-length:"):
            length = int(line.split(":")[1])
    return head, await reader.readexactly(length)


def http(status: int, body: bytes, extra: str = "") -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


def reset(writer: asyncio.StreamWriter) -> None:
    """A TCP RST instead of a polite end."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def give_token(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(http(200, json.dumps(token_body()).encode(), "Connection: close\r\n"))
    await writer.drain()


@pytest.fixture
async def raw_server() -> AsyncIterator[RawServer]:
    found = RawServer()
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.connections += 1
        try:
            await (found.behaviour or give_token)(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield found
    server.close()
    for task in tuple(serving):
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def budget() -> CountingBudget:
    return CountingBudget()


@pytest.fixture
def store() -> MemorySecrets:
    return MemorySecrets()


def credential(name: EnvironmentName = EnvironmentName.SIM) -> Credential:
    return Credential(name, SecretStr(APPKEY), SecretStr(APPSECRET), SecretStr(ACCOUNT), "01", SecretStr(HTS_ID))


MakeClient = Callable[..., KisClient]


@pytest.fixture
async def make_client(clock: ManualClock, budget: CountingBudget, store: MemorySecrets) -> AsyncIterator[MakeClient]:
    """`make_client(url_or_environment, **overrides)`; closed at the end."""
    made: list[KisClient] = []

    def make(where: str | Environment, **overrides: Any) -> KisClient:
        environment = sim(where) if isinstance(where, str) else where
        arguments: dict[str, Any] = {
            "clock": clock,
            "budget": budget,
            "store": store,
            "box": FernetBox(bytes(range(32))),
            "rng": random.Random(7),
        } | overrides
        client = KisClient(environment, credential(environment.name), **arguments)
        made.append(client)
        return client

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
def kit() -> Any:
    """The helpers of this file, for tests that cannot import a conftest."""
    return sys.modules[__name__]
