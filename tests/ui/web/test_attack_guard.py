"""Somebody who sends what no page sends: too much, too slowly, to nowhere, and who waits for a trace in the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from databases import Database
from web_seat import HTML, Seat, open_seat, open_server
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tools.pace import Pace
from ui.web import patience
from ui.web.access import guard
from ui.web.access.sessions import COOKIE
from ui.web.errors import BROKEN


@pytest.fixture
async def seat(database: Database) -> AsyncIterator[Seat]:
    async with open_seat(database) as made:
        yield made


async def test_a_fault_below_is_a_korean_sentence_and_no_trace(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("hunter2")

    async with seat.browser() as owner:
        await seat.enter(owner)
        monkeypatch.setattr(seat.parts.assembled.ports.desk, "journal", broken)
        page, script = await owner.get("/api/history", headers=HTML), await owner.get("/api/history")
    for answer in (page, script):
        assert answer.status_code == 500
        assert BROKEN in answer.text
        assert "hunter2" not in answer.text


async def test_what_is_no_kind_of_entry_is_nothing_found(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        for kind in ("%00", "'", "x" * 500):
            answer = await owner.get(f"/api/history?kind={kind}")
            assert (answer.status_code, answer.json()) == (200, {"entries": []}), kind


async def test_chainlit_refuses_in_korean_and_repeats_nothing(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        for path in (
            "/chat/project/translations?language=../../etc/passwd",
            "/chat/logo?theme=hunter2",
            "/chat/public/%2e%2e/talk/app.py",
            f"/chat/project/thread/{uuid4()}",
        ):
            answer = await owner.get(path)
            assert answer.status_code in (400, 404, 422), path
            assert any("가" <= letter <= "힣" for letter in answer.json()["message"]), path
            assert "hunter2" not in answer.text
            assert "passwd" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/%2e%2e/enter.py",
        "/static/..%2f..%2fweb%2fenter.py",
        "/chat/public/..%2f..%2f.chainlit/config.toml",
        "/chat/public/elements/%2e%2e/%2e%2e/talk/app.py",
        "/chat/assets/..%2f..%2f__init__.py",
        "/chat/avatars/..%2f..%2fsecret.key",
        "/chat/avatars/%2e%2e%2f%2e%2e%2fsecret.key",
    ],
)
async def test_no_path_leads_out_of_its_folder(seat: Seat, path: str) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        assert (await owner.get(path)).status_code in (400, 404)


def test_a_bucket_is_full_again_after_a_while_and_everybody_has_their_own() -> None:
    now = [0.0]
    pace = Pace(3, 0.5, lambda: now[0])
    assert [pace.take("a") for _ in range(5)] == [True] * 3 + [False] * 2
    assert pace.take("b")
    now[0] = 2.0
    assert [pace.take("a") for _ in range(2)] == [True, False]
    now[0] = 1_000.0
    assert [pace.take("a") for _ in range(4)] == [True] * 3 + [False]


async def test_who_asks_too_often_waits_and_can_halt_all_the_same(seat: Seat) -> None:
    async with seat.browser() as owner, seat.browser() as other:
        await seat.enter(owner)
        await seat.member("민수")
        await other.post("/enter", data={"name": "민수", "password": "아주 긴 비밀번호 하나"})
        seat.app._pace = Pace(5, 0.0)
        codes = [(await owner.get("/api/me")).status_code for _ in range(7)]
        assert codes == [200] * 5 + [429] * 2
        assert (await other.get("/api/me")).status_code == 200
        token = {"X-Quartz-CSRF": owner.cookies["quartz_csrf"]}
        halt = await owner.post("/api/trading-state", json={"state": "HALTED"}, headers=token)
        assert halt.status_code == 200


async def opened(seat: Seat) -> tuple[str, dict[str, str]]:
    async with seat.browser() as browser:
        await seat.enter(browser)
        cookie = f"{COOKIE}={browser.cookies[COOKIE]}"
    url = seat.url.replace("http", "ws") + "/chat/ws/socket.io/?EIO=4&transport=websocket"
    return url, {"Cookie": cookie, "Origin": seat.url}


async def test_a_socket_that_keeps_talking_ends_with_its_session_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "RECHECK_SECONDS", 0.3)
    async with open_server(database) as seat:
        url, mine = await opened(seat)
        async with connect(url, additional_headers=mine, proxy=None) as socket:
            assert json.loads(str(await socket.recv())[1:])["sid"]
            seat.clock.advance(12 * 3600)

            async def talk() -> None:
                while True:
                    await socket.send("3")  # as a page answers pings
                    await asyncio.sleep(0.02)

            talking = asyncio.create_task(talk())
            try:
                async with asyncio.timeout(10):
                    await socket.wait_closed()
            finally:
                talking.cancel()
                await asyncio.gather(talking, return_exceptions=True)
            assert socket.close_code == guard.LEFT


async def test_one_person_has_so_many_sockets_and_gets_a_place_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_SOCKETS", 2)
    async with open_server(database) as seat:
        url, mine = await opened(seat)
        async with connect(url, additional_headers=mine, proxy=None):
            async with connect(url, additional_headers=mine, proxy=None):
                with pytest.raises(InvalidStatus):
                    async with connect(url, additional_headers=mine, proxy=None):
                        pass
            await until(lambda: seat.app._sockets.total() == 1)  # the other side hears of it a moment later
            async with connect(url, additional_headers=mine, proxy=None) as socket:
                assert await socket.recv()
        await until(lambda: not seat.app._sockets)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  (a counter has no event)
            await asyncio.sleep(0.01)


async def raw(seat: Seat, sent: bytes) -> bytes:
    """What comes back until the other side closes."""
    host, port = seat.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(sent.replace(b"HOST", f"{host}:{port}".encode()))
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /enter HTTP/1.1\r\nHost: HO",
        b"POST /enter HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nContent-Length: 20\r\n\r\nname=",
    ],
)
async def test_a_request_that_never_arrives_ends_its_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.2)
    async with open_server(database) as seat:
        assert b" 200 " not in await raw(seat, sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /enter HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n",
        b"GET /enter HTTP/1.1\r\nHost: HOST\r\nCookie: a=" + b"x" * 1_000_000 + b"\r\n\r\n",
        b"GET /enter HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b: c\x00\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"POST /enter HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxxx",
    ],
)
async def test_a_request_of_two_minds_or_too_large_is_none(database: Database, sent: bytes) -> None:
    async with open_server(database) as seat:
        answer = await raw(seat, sent)
        assert answer.startswith(b"HTTP/1.1 400") or answer == b""


async def test_a_socket_outlives_the_patience_for_requests(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.2)
    async with open_server(database) as seat:
        url, mine = await opened(seat)
        async with connect(url, additional_headers=mine, proxy=None) as socket:
            await socket.recv()
            await asyncio.sleep(0.5)
            await socket.send("40" + json.dumps({"sessionId": str(uuid4())}))
            assert str(await socket.recv()).startswith("40")
