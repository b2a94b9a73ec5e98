"""The socket of orders against a door of its own: pings on time, a reader that does not read, an OMS that goes."""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import grpc
import pytest
from http_door import HttpDoor

from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from execution.oms.pages import Pages
from execution.oms.translators import entry
from execution.oms.translators.site import Translators
from execution.oms.translators.stream import PING_S

ACCOUNT, TOKEN = "sim-1", "a" * 64


@dataclass
class TalkativeDoor(oms_pb2_grpc.OmsServicer):  # type: ignore[misc]
    """Knows one token; says as many events as are asked for, and how many were taken."""

    most: int = 0
    taken: int = 0
    watching: int = 0
    submits: int = 0
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    async def Watch(self, request: pb.WatchRequest, context: Any) -> AsyncIterator[pb.Event]:
        if dict(context.invocation_metadata())["x-quartz-token"] != TOKEN:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
        self.watching += 1
        try:
            for seq in range(request.after_seq + 1, self.most + 1):
                self.taken = seq
                yield pb.Event(seq=seq, account_ref=request.account_ref, kind="notice", message="가" * 2000)
            await asyncio.Event().wait()
        finally:
            self.watching -= 1

    async def Submit(self, request: pb.SubmitRequest, context: Any) -> pb.SubmitReply:
        if dict(context.invocation_metadata())["x-quartz-token"] != TOKEN:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
        self.submits += 1
        await self.hold.wait()
        return pb.SubmitReply(outcome=pb.SubmitReply.ADMITTED)


@dataclass
class Open:
    door: TalkativeDoor
    server: grpc.aio.Server
    pages: Pages
    http: HttpDoor

    def stranger(self, session: aiohttp.ClientSession) -> HttpDoor:
        return HttpDoor(session, self.http.url, "worker", "b" * 64)


@pytest.fixture
async def quick() -> dict[str, float]:
    return {"ping_s": 0.2, "send_s": 0.5}


@pytest.fixture
async def opened(tmp_path: Path, quick: dict[str, float]) -> AsyncIterator[Open]:
    door, server = TalkativeDoor(), grpc.aio.server()
    oms_pb2_grpc.add_OmsServicer_to_server(door, server)
    address = f"unix:{tmp_path}/door.sock"
    server.add_insecure_port(address)
    await server.start()
    pages = Pages(dict, list, Translators(address, **quick))
    url = await pages.open("127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        yield Open(door, server, pages, HttpDoor(session, url, "worker", TOKEN))
    await pages.close()
    await server.stop(0)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("expected it to hold within ten seconds, was not so")


def test_a_ping_comes_every_thirty_seconds() -> None:
    assert PING_S == 30.0


async def test_pings_name_the_time_and_the_last_event_also_when_nothing_happens(opened: Open) -> None:
    opened.door.most = 3
    async with opened.http.follow(ACCOUNT) as socket:
        said = [await socket.receive_json(timeout=5) for _ in range(5)]
    assert [each["type"] for each in said] == ["event"] * 3 + ["ping"] * 2
    assert [each["seq"] for each in said] == [1, 2, 3, 3, 3]
    first, second = (datetime.fromisoformat(each["at"]) for each in said[3:])
    assert first.tzinfo is not None
    assert 0.1 < (second - first).total_seconds() < 2.0


async def test_a_reader_that_does_not_read_is_dropped_with_its_place_and_costs_no_memory(opened: Open) -> None:
    opened.door.most = 1_000_000
    url = urlsplit(opened.http.url)
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, (url.hostname, url.port))
    headers = "".join(f"{name}: {value}\r\n" for name, value in opened.http.headers.items())
    await loop.sock_sendall(
        raw,
        f"GET /ws/orders?account_ref={ACCOUNT} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"{headers}\r\n".encode(),
    )
    await until(lambda: opened.door.taken > 0)
    await until(lambda: opened.door.watching == 0)
    assert opened.door.taken < 5_000  # what sockets and windows hold, and nothing of ours
    raw.close()


async def test_a_slow_reader_is_told_where_to_go_on_and_misses_nothing(opened: Open) -> None:
    opened.door.most = 3_000
    seen: list[int] = []
    async with opened.http.follow(ACCOUNT) as socket:
        await asyncio.sleep(1.5)  # longer than a message may take
        end = None
        while end is None:
            message = await socket.receive(timeout=10)
            if message.type is aiohttp.WSMsgType.TEXT:
                body = message.json()
                seen += [body["seq"]] if body["type"] == "event" else []
            else:
                end = message
        assert end.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        if end.type is aiohttp.WSMsgType.CLOSE:
            assert end.data == 4408
            assert int(end.extra.partition("after_seq=")[2]) <= seen[-1]
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) < 3_000
    async with opened.http.follow(ACCOUNT, after_seq=seen[-1]) as socket:
        while seen[-1] < 3_000:
            body = await socket.receive_json(timeout=10)
            seen += [body["seq"]] if body["type"] == "event" else []
    assert seen == list(range(1, 3_001))


async def test_when_the_oms_stops_its_readers_are_told_and_when_the_door_is_away_they_may_come_back(
    opened: Open,
) -> None:
    async with opened.http.follow(ACCOUNT) as socket:
        await opened.server.stop(0)
        while (end := await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            continue
        assert end.data == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    answer = await opened.http.order({"plan_id": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "version": 1} | MANDATE)
    assert answer.status == 503


async def test_all_sockets_are_told_at_once_when_the_pages_close_also_when_one_does_not_listen(opened: Open) -> None:
    deaf = [opened.http.follow(ACCOUNT, autoclose=False) for _ in range(5)]
    for each in deaf:
        await each.__aenter__()
    async with opened.http.follow(ACCOUNT) as socket:
        assert (await socket.receive_json(timeout=5))["type"] == "ping"
        began = asyncio.get_running_loop().time()
        closing = asyncio.create_task(opened.pages.close())
        while (end := await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            continue
        assert end.data == aiohttp.WSCloseCode.GOING_AWAY
        await socket.close()
        await closing
        assert asyncio.get_running_loop().time() - began < 6.0
    for each in deaf:
        await each.__aexit__(None, None, None)


MANDATE = {"mandate_id": "00000000-0000-0000-0000-000000000000"}
BODY = {"plan_id": "00000000-0000-0000-0000-000000000001", "version": 1, **MANDATE}


async def test_one_caller_has_a_bound_of_waiting_calls_and_of_sockets(opened: Open) -> None:
    calls = [asyncio.create_task(opened.http.order(BODY)) for _ in range(entry.MOST_AT_ONCE + 6)]
    await until(lambda: opened.door.submits == entry.MOST_AT_ONCE)
    opened.door.hold.set()
    statuses = sorted([answer.status for answer in await asyncio.gather(*calls)])
    assert statuses == [200] * entry.MOST_AT_ONCE + [429] * 6
    assert opened.door.submits == entry.MOST_AT_ONCE
    following = [opened.http.follow(ACCOUNT) for _ in range(entry.MOST_SOCKETS)]
    sockets_ = [await each.__aenter__() for each in following]
    for socket in sockets_:
        assert (await socket.receive_json(timeout=5))["type"] == "ping"
    async with opened.http.follow(ACCOUNT) as one_more:
        assert (await one_more.receive(timeout=5)).data == 4429
    for each in following:
        await each.__aexit__(None, None, None)


async def test_strangers_wait_after_many_wrong_tokens_and_whoever_is_known_does_not(opened: Open) -> None:
    opened.door.hold.set()
    assert (await opened.http.order(BODY)).status == 200
    async with aiohttp.ClientSession() as session:
        stranger = opened.stranger(session)
        statuses = [(await stranger.order(BODY)).status for _ in range(entry.STRANGERS[0] + 5)]
    assert statuses[: entry.STRANGERS[0]] == [401] * entry.STRANGERS[0]
    assert statuses[-1] == 429
    assert (await opened.http.order(BODY)).status == 200


@pytest.mark.parametrize(
    ("said", "times", "code"), [("x" * 2000, 1, aiohttp.WSCloseCode.MESSAGE_TOO_BIG), ("x", 200, 4429)]
)
async def test_a_client_that_says_too_much_is_closed(opened: Open, said: str, times: int, code: int) -> None:
    async with opened.http.follow(ACCOUNT) as socket:
        for _ in range(times):
            await socket.send_str(said)
        while (end := await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            continue
        assert end.data == code
