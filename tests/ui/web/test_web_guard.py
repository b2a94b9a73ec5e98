"""In front of everything: whose request it is, which page sent it, which routes exist, what every answer carries."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import jwt
import pytest
from databases import Database
from web_seat import HTML, PORT, Seat, open_seat, open_server
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ui.web import conversation
from ui.web.access import guard
from ui.web.context import SESSION

FOREIGN = "https://evil.example"
EVERY_ANSWER = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture
async def seat(database: Database) -> AsyncIterator[Seat]:
    async with open_seat(database) as made:
        yield made


async def test_every_answer_carries_the_headers(seat: Seat) -> None:
    async with seat.browser() as stranger, seat.browser() as owner:
        await seat.enter(owner)
        answers = [
            await stranger.get(path) for path in ("/", "/enter", "/static/quartz.css", "/health/live", "/api/me")
        ]
        answers += [await stranger.get("/enter", headers={"Host": FOREIGN}), await stranger.post("/enter")]
        for path in ("/chat/", "/chat/user", "/chat/login", "/chat/mcp", "/settings", "/desk", "/nothing", "/api/me"):
            answers.append(await owner.get(path, headers=HTML))
        for answer in answers:
            where = str(answer.url)
            for name, value in EVERY_ANSWER.items():
                assert answer.headers.get_list(name) == [value], where
            policy = answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy, where
            assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0], where
            assert ("'unsafe-eval'" in policy) == where.partition(str(PORT))[2].startswith("/chat"), where
            assert "permissions-policy" in answer.headers, where
            assert "strict-transport-security" not in answer.headers, where
            assert not any(name.startswith("access-control") for name in answer.headers), where
            kept = "no-cache" if "/static/" in where else "no-store"
            assert answer.headers["cache-control"] == kept, where


async def test_our_pages_have_no_inline_script_and_fetch_from_nobody_else(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        for path in ("/settings", "/join", f"/enter/{await seat.link()}", "/nothing"):
            text = (await owner.get(path, headers=HTML)).text
            assert "<script>" not in text, path
            assert "style=" not in text, path
            assert "http" not in text.replace("http-equiv", ""), path


async def test_the_page_of_the_conversation_fetches_from_nobody_else(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        for path in ("/chat/", "/chat/thread/6f1e0b5c-6f0f-4f3c-9d5b-0a1b2c3d4e5f"):
            answer = await owner.get(path, headers=HTML)
            assert answer.status_code == 200
            assert 'lang="ko"' in answer.text
            assert "https://" not in answer.text
            assert answer.text.count("<script>") == answer.headers["content-security-policy"].count("'sha256-")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "127.0.0.1", "127.0.0.1:9", "", "localhost.:8420"]
)
async def test_another_name_of_this_machine_is_refused(seat: Seat, host: str) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        for path in ("/enter", "/api/me", "/chat/", "/static/quartz.css"):
            assert (await owner.get(path, headers={"Host": host})).status_code == 421
        assert (await owner.get("/health/live", headers={"Host": host})).status_code == 200  # a probe asks by address


async def test_loopback_has_three_names_and_the_public_one_counts(database: Database) -> None:
    async with open_seat(database, public_url="https://desk.example.kr") as seat:
        for host in ("127.0.0.1:8420", "localhost:8420", "[::1]:8420", "desk.example.kr", "DESK.example.kr"):
            async with seat.browser() as browser:
                assert (await browser.get("/enter", headers={"Host": host})).status_code == 200


async def test_what_another_page_sends_changes_nothing(seat: Seat) -> None:
    token = await seat.link()
    async with seat.browser() as browser:
        for sent in (
            {"Origin": FOREIGN},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:9"},
            {"Origin": f"https://127.0.0.1:{PORT}"},
            {"Origin": f"http://127.0.0.1:{PORT}", "Sec-Fetch-Site": "cross-site"},
            {"Origin": f"http://127.0.0.1:{PORT}", "Sec-Fetch-Site": "same-site"},
            {"Origin": ""},
        ):
            answer = await browser.post("/enter/link", data={"token": token}, headers=sent)
            assert answer.status_code == 403, sent
        assert (await browser.post("/enter/link", data={"token": token})).status_code == 303
        for path in ("/api/trading-state", "/chat/project/threads", "/settings/model", "/leave", "/chat/logout"):
            answer = await browser.post(path, json={}, headers={"Origin": FOREIGN})
            assert answer.status_code == 403, path
        assert (await browser.get("/api/me")).status_code == 200


async def test_the_api_takes_the_token_of_this_session_alone(seat: Seat) -> None:
    async with seat.browser() as owner, seat.browser() as other:
        await seat.enter(owner)
        await seat.enter(other)
        mine, foreign = owner.cookies["quartz_csrf"], other.cookies["quartz_csrf"]
        assert mine != foreign
        body = {"state": "HALTED"}
        for sent in ({}, {"X-Quartz-CSRF": ""}, {"X-Quartz-CSRF": foreign}, {"X-Quartz-CSRF": mine[:-1]}):
            answer = await owner.post("/api/trading-state", json=body, headers=sent)
            assert (answer.status_code, "message" in answer.json()) == (403, True)
        owner.cookies.set("quartz_csrf", foreign)  # a tossed cookie does not make its token right
        assert (
            await owner.post("/api/trading-state", json=body, headers={"X-Quartz-CSRF": foreign})
        ).status_code == 403
        assert (await owner.post("/api/trading-state", json=body, headers={"X-Quartz-CSRF": mine})).status_code == 200


async def test_a_form_without_the_token_of_its_page_is_refused(seat: Seat) -> None:
    async with seat.browser() as owner, seat.browser() as other:
        await seat.enter(owner)
        await seat.enter(other)
        for path in ("/settings/password", "/settings/model", "/settings/keys", "/leave"):
            for form in ({}, {"csrf": ""}, {"csrf": other.cookies["quartz_csrf"]}):
                assert (await owner.post(path, data=form)).status_code == 403, path
        assert (await owner.get("/api/me")).status_code == 200


async def test_strangers_reach_the_way_in_and_nothing_else(seat: Seat) -> None:
    async with seat.browser() as stranger:
        for path in ("/", "/chat/", "/chat/user", "/chat/public/quartz.js", "/chat/assets/x.js", "/desk", "/settings"):
            page = await stranger.get(path, headers=HTML)
            assert (page.status_code, page.headers.get("location")) == (303, "/enter"), path
            assert (await stranger.get(path)).status_code == 401, path
        for path in ("/api/me", "/api/book", "/api/orders", "/api/approvals/x", "/docs", "/openapi.json"):
            assert (await stranger.get(path)).status_code == 401, path
        for path in ("/api/trading-state", "/chat/project/threads", "/settings/password", "/leave"):
            assert (await stranger.post(path, json={})).status_code == 401, path


async def test_a_forged_token_for_chainlit_makes_nobody_of_a_stranger_and_nobody_else_of_a_user(seat: Seat) -> None:
    secret = os.environ["CHAINLIT_AUTH_SECRET"]
    forged = jwt.encode({"identifier": "somebody", "metadata": {}}, secret, algorithm="HS256")  # even with our secret
    async with seat.browser() as stranger, seat.browser() as owner:
        await seat.enter(owner)
        me = seat.rows("SELECT user_id FROM chat.users")[0][0]
        for sent in (
            {"Cookie": f"access_token={forged}"},
            {"Authorization": f"Bearer {forged}"},
        ):
            assert (await stranger.get("/chat/user", headers=sent)).status_code == 401
        session = f"quartz_session={owner.cookies['quartz_session']}"
        for cookie in (
            f"access_token={forged}; {session}",
            f"{session}; access_token={forged}",
            f"{session}; access_token_0={forged[:20]}; access_token_1={forged[20:]}",
            f"{session};  access_token ={forged}",
        ):
            async with seat.browser() as browser:
                headers = {"Cookie": cookie, "Authorization": f"Bearer {forged}"}
                assert (await browser.get("/chat/user", headers=headers)).json()["identifier"] == str(me)


async def test_chainlit_sees_our_short_token_and_no_other_cookie(seat: Seat) -> None:
    seen: list[dict[bytes, bytes]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["headers"]))
        await httpx_answer(send)

    inner = guard.Guard(application, seat.access, seat.app._headers)
    async with seat.browser() as owner:
        await seat.enter(owner)
        cookies = dict(owner.cookies)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(inner), base_url=seat.url, cookies=cookies) as browser:
        await browser.get("/chat/user", headers={"Authorization": "Bearer x"})
    name, _, token = seen[0][b"cookie"].decode().partition("=")
    assert name == "access_token"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == conversation.TOKEN_SECONDS
    assert b"authorization" not in seen[0]


async def httpx_answer(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


CLOSED = (
    ("POST", "/login"),
    ("POST", "/auth/jwt"),
    ("POST", "/auth/header"),
    ("GET", "/auth/oauth/github"),
    ("GET", "/auth/oauth/github/callback"),
    ("POST", "/mcp"),
    ("DELETE", "/mcp"),
    ("POST", "/project/file"),
    ("GET", "/project/file/x"),
    ("POST", "/project/action"),
    ("PUT", "/project/element"),
    ("DELETE", "/project/element"),
    ("PUT", "/project/thread/share"),
    ("GET", "/project/share/x"),
    ("PUT", "/feedback"),
    ("GET", "/copilot/index.js"),
    ("GET", "/health"),
    ("GET", "/ws/socket.io/"),
    ("POST", "/ws/socket.io/"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/env"),
    ("GET", "/share/x"),
    ("GET", "/slack/events"),
)


async def test_what_chainlit_could_do_besides_is_closed(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        for method, path in CLOSED:
            answer = await owner.request(method, f"/chat{path}")
            assert (answer.status_code, "message" in answer.json()) == (404, True), path
        for path in (
            "/project/translations?language=ko-KR",
            "/project/settings?language=ko-KR",
            "/auth/config",
            "/user",
        ):
            assert (await owner.get(f"/chat{path}")).status_code == 200, path


async def test_the_script_of_the_conversation_may_leave_and_ask_for_stickiness(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        assert (await owner.post("/chat/set-session-cookie", json={"session_id": "x"})).cookies == {}
        assert (await owner.post("/chat/logout", json={})).json() == {"success": True}
        assert (await owner.get("/chat/login")).status_code == 401


async def test_an_exception_is_one_sentence_for_the_browser_and_frames_for_the_log(
    seat: Seat, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "hunter2-and-more"

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope.get(SESSION) is None:
            password = secret
            raise RuntimeError(f"the text quotes {password}")

    inner = guard.Guard(broken, seat.access, seat.app._headers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(inner), base_url=seat.url) as browser:
        page = await browser.get("/enter", headers=HTML)
        script = await browser.get("/enter")
    for answer in (page, script):
        assert answer.status_code == 500
        assert "문제가 생겨서 처리하지 못했어요" in answer.text
        assert secret not in answer.text
        assert "RuntimeError" not in answer.text
    said = capsys.readouterr()
    assert secret not in said.out + said.err
    assert "RuntimeError" in said.out + said.err


async def test_a_body_without_end_is_cut_off(seat: Seat) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    async with seat.browser() as browser:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await browser.post("/enter", content=endless(), headers=headers)).status_code == 413


async def test_a_database_that_is_gone_is_said_to_be_gone_for_now(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        seat.access.sessions._known.clear()
        await seat.parts.assembled.people.close()
        answer = await owner.get("/settings", headers=HTML)
        assert answer.status_code == 503
        assert "조금 뒤에 다시" in answer.text


# The socket of the conversation -------------------------------------------------------------------------------------


def socket_of(seat: Seat) -> str:
    return seat.url.replace("http", "ws") + "/chat/ws/socket.io/?EIO=4&transport=websocket"


async def headers_of(seat: Seat, origin: str | None = None) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=seat.url, headers={"Origin": seat.url}) as browser:
        await seat.enter(browser)
        return {"Cookie": f"quartz_session={browser.cookies['quartz_session']}", "Origin": origin or seat.url}


async def refused(url: str, headers: dict[str, str]) -> int:
    with pytest.raises(InvalidStatus) as fault:
        async with connect(url, additional_headers=headers, proxy=None):
            pass
    return int(fault.value.response.status_code)


async def closing(socket: ClientConnection) -> int:
    """The code with which the other side closes."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            async for _ in socket:
                pass
    return socket.close_code or 0


async def test_a_socket_opens_for_a_session_from_our_page_and_for_nobody_else(database: Database) -> None:
    async with open_server(database) as seat:
        url, mine = socket_of(seat), await headers_of(seat)
        async with connect(url, additional_headers=mine, proxy=None) as socket:
            assert json.loads(str(await socket.recv())[1:])["sid"]
        for headers in (
            {**mine, "Origin": FOREIGN},
            {**mine, "Origin": "null"},
            {"Cookie": mine["Cookie"]},
            {**mine, "Sec-Fetch-Site": "cross-site"},
            {"Origin": mine["Origin"]},
            {"Origin": mine["Origin"], "Cookie": "quartz_session=invented"},
            {"Origin": mine["Origin"], "Cookie": "access_token=invented"},
        ):
            assert await refused(url, headers) == 403, headers
        assert await refused(url.replace("/chat/ws", "/ws"), mine) == 403


async def test_a_socket_ends_when_its_session_is_left(database: Database) -> None:
    async with open_server(database) as seat:
        mine = await headers_of(seat)
        async with connect(socket_of(seat), additional_headers=mine, proxy=None) as socket:
            await socket.recv()
            found = await seat.access.sessions.find(mine["Cookie"].partition("=")[2])
            assert found is not None
            await seat.access.sessions.leave(found.session_hash)
            assert await closing(socket) == guard.LEFT


async def test_a_socket_ends_when_its_session_runs_out(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "RECHECK_SECONDS", 0.05)
    async with open_server(database) as seat:
        mine = await headers_of(seat)
        async with connect(socket_of(seat), additional_headers=mine, proxy=None) as socket:
            await socket.recv()
            seat.clock.advance(12 * 3600)
            assert await closing(socket) == guard.LEFT
