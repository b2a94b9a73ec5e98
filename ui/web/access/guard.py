"""The guard in front of everything, WebSockets included: who is it, did a page of ours send it, may it be asked at all.

Contract (pure ASGI, outermost): an unknown Host is refused; what changes something must come from our own pages; the
cookie is looked up and the session left in the scope for `ui.web.context`; without one only the sign-in pages, their
style and the health pages answer. A client's own tokens for Chainlit never pass: behind us its cookie header holds our
fresh one alone. A WebSocket ends with its session. No exception text gets past here.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import HTTPException
from starlette.datastructures import Headers as RequestHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.pace import Pace
from tools.store.sessions import StoredSession
from ui.web import conversation
from ui.web.access import csrf, sessions
from ui.web.access.access import Access
from ui.web.context import NO_ACCOUNT, SESSION
from ui.web.errors import GONE, note, refusal, wants_html
from ui.web.headers import Headers

HEALTH = ("/health/live", "/health/ready")
_SAFE = ("GET", "HEAD", "OPTIONS")
_MAX_BODY = 256 * 1024
_MOST_COOKIES = 3  # of our name in one request, one of which may be alive
RECHECK_SECONDS = 60.0
LEFT = 4401  # close code: the session is over
TOO_MANY = 4429  # close code: so many pages of one person are open
MOST_SOCKETS = 50  # of one person at once
REQUESTS = (400, 40.0)  # of one person: at once, and a second; a page with many cards asks a few a second
_API = ("/api/", "/result/")  # what changes or works here comes from a script of ours, with its token
_HALT = "/api/trading-state"  # never too often
_FILES = ("/static/", "/chat/assets/", "/chat/public/")


class Guard:
    """Wraps the application. The health pages need nobody and no name."""

    def __init__(self, app: ASGIApp, access: Access, headers: Headers) -> None:
        self._app = app
        self._access = access
        self._headers = headers
        self._pace = Pace(*REQUESTS)
        self._sockets: Counter[UUID] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, self._headers.wrap(scope["path"], send))
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = RequestHeaders(scope=scope)
        started = False

        async def noticing(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        async def answer(response: Response) -> None:
            if not started:
                await response(scope, receive, noticing)

        try:
            if scope["path"] in HEALTH and scope["method"] in _SAFE:
                return await self._app(_bare(scope), receive, noticing)
            allowed = await self._judged(scope, headers)
            if isinstance(allowed, Response):
                return await answer(allowed)
            await self._app(allowed, _limited(receive), noticing)
        except HTTPException as fault:
            await answer(refusal(fault.status_code, headers))
        except GONE as fault:
            note(fault, scope["path"])
            await answer(refusal(503, headers))
        except Exception as fault:  # the outermost door: nothing but a sentence may leave it, `note` logs where it was
            note(fault, scope["path"])
            await answer(refusal(500, headers))

    async def _judged(self, scope: Scope, headers: RequestHeaders) -> Scope | Response:
        """The scope as the application may see it, or the refusal."""
        path, method = scope["path"], scope["method"]
        if not self._access.origins.is_our_host(headers.get("host", "")):
            return refusal(421, headers)
        unsafe = method not in _SAFE
        is_api = path.startswith(_API)
        if unsafe and not self._access.origins.is_same(_raw(scope), needs_proof=not is_api):
            return refusal(403, headers)
        session = await self._session(scope)
        if session is None:
            if _is_public(path):
                return _bare(scope)
            if method == "GET" and wants_html(headers):
                return RedirectResponse("/enter", 303)
            return refusal(401, headers)
        if not path.startswith((*_FILES, _HALT)) and not self._pace.take(session.user_id):
            return refusal(429, headers)
        if is_api and unsafe and not self._has_token(session, headers):
            return refusal(403, headers)
        if not _under_chat(path):
            return {**_bare(scope), SESSION: session}
        return self._to_chat(scope, session, headers)

    def _to_chat(self, scope: Scope, session: StoredSession, headers: RequestHeaders) -> Scope | Response:
        below = scope["path"].removeprefix(conversation.PATH) or "/"
        if session.account is None:
            return RedirectResponse("/settings", 303) if wants_html(headers) else refusal(409, headers, NO_ACCOUNT)
        if (scope["method"], below) not in OURS_BELOW and not conversation.is_open(scope["method"], below):
            return refusal(404, headers)
        return self._signed_in(scope, session)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            allowed = await self._judged_socket(scope)
        except Exception as fault:  # who cannot be judged is not let in; the server's own log would show what was asked
            note(fault, scope["path"])
            allowed = None
        if allowed is None:
            await receive()
            return await send({"type": "websocket.close", "code": LEFT})
        session: StoredSession = allowed[SESSION]
        if self._sockets[session.user_id] >= MOST_SOCKETS:
            await receive()
            return await send({"type": "websocket.close", "code": TOO_MANY})
        self._sockets[session.user_id] += 1
        with self._access.sessions.watch(session.session_hash) as left:
            socket = _Socket(receive, send, left, self._still(scope))
            try:
                await self._app(allowed, socket.receive, socket.send)
            except Exception as fault:  # of Chainlit or a callback: the socket is over, the process is not
                note(fault, scope["path"])
            finally:
                self._sockets -= Counter([session.user_id])  # also forgets who has none left

    async def _judged_socket(self, scope: Scope) -> Scope | None:
        raw = _raw(scope)
        path = scope["path"].removeprefix(conversation.PATH)
        if not _under_chat(scope["path"]) or not conversation.is_open("WEBSOCKET", path):
            return None
        origins = self._access.origins
        if not origins.is_our_host(raw.get(b"host", b"").decode("latin-1")) or b"origin" not in raw:
            return None
        if not origins.is_same(raw, needs_proof=True):
            return None
        session = await self._session(scope)
        return None if session is None or session.account is None else self._signed_in(scope, session)

    def _still(self, scope: Scope) -> Callable[[], Awaitable[bool]]:
        async def living() -> bool:
            try:
                return await self._session(scope, fresh=True) is not None
            except GONE:
                return True  # who was let in stays while nobody can tell

        return living

    async def _session(self, scope: Scope, *, fresh: bool = False) -> StoredSession | None:
        """The living session of the cookie. Of two that live in one request one was slipped in: then it is nobody's."""
        name = sessions.cookie_name(secure=self._access.origins.secure)
        asked = [
            await self._access.sessions.find(token, fresh=fresh) for token in _cookies(scope, name)[:_MOST_COOKIES]
        ]
        living = [session for session in asked if session is not None]
        return living[0] if len(living) == 1 else None

    def _has_token(self, session: StoredSession, headers: RequestHeaders) -> bool:
        return self._access.csrf.is_right(session.session_hash, headers.get(csrf.HEADER.decode(), ""))

    def _signed_in(self, scope: Scope, session: StoredSession) -> Scope:
        """For Chainlit: our token is the only cookie it sees."""
        token = conversation.token_for(str(session.user_id), session.name)
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"cookie", b"authorization")]
        return {**scope, "headers": [*kept, (b"cookie", f"access_token={token}".encode())], SESSION: session}


# Answered by ui.web.chat_pages; with another method Chainlit would be asked.
OURS_BELOW = {("GET", "/login"), ("POST", "/logout"), ("POST", "/set-session-cookie")}


class _Socket:
    """A WebSocket whose session may end before it does."""

    def __init__(
        self, receive: Receive, send: Send, left: asyncio.Event, living: Callable[[], Awaitable[bool]]
    ) -> None:
        self._receive = receive
        self._send = send
        self._left = left
        self._living = living
        self._over = False
        self._recheck_at = time.monotonic() + RECHECK_SECONDS

    async def receive(self) -> Message:
        arriving = asyncio.ensure_future(self._receive())
        leaving = asyncio.ensure_future(self._left.wait())
        try:
            while True:
                done, _ = await asyncio.wait(
                    {arriving, leaving},
                    timeout=max(0.0, self._recheck_at - time.monotonic()),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if leaving in done or not await self._is_still_theirs():
                    return await self._end()
                if arriving in done:
                    return arriving.result()
        finally:
            arriving.cancel()
            leaving.cancel()

    async def send(self, message: Message) -> None:
        if not self._over:
            await self._send(message)

    async def _is_still_theirs(self) -> bool:
        """Asked at its time however much arrives: pings come more often than that."""
        if time.monotonic() < self._recheck_at:
            return True
        self._recheck_at = time.monotonic() + RECHECK_SECONDS
        return await self._living()

    async def _end(self) -> Message:
        if not self._over:
            self._over = True
            await self._send({"type": "websocket.close", "code": LEFT})
        return {"type": "websocket.disconnect", "code": LEFT}


def _is_public(path: str) -> bool:
    return path in ("/enter", "/join", "/favicon.ico") or path.startswith(("/enter/", "/static/"))


def _under_chat(path: str) -> bool:
    return path == conversation.PATH or path.startswith(conversation.PATH + "/")


def _raw(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


def _cookies(scope: Scope, name: str) -> list[str]:
    """The values that a cookie of this name has. Read as browsers write it: a neighbour's odd cookie hides no other."""
    parts = [part for text in RequestHeaders(scope=scope).getlist("cookie") for part in text.split(";")]
    values = [value for part in parts if (value := cookie_parser(part).get(name))]
    return list(dict.fromkeys(values))


def _bare(scope: Scope) -> Scope:
    """Without what a client might have added to be taken for somebody."""
    headers = []
    for name, value in scope["headers"]:
        if name == b"authorization":
            continue
        if name == b"cookie":
            parts = [part.strip() for part in value.split(b";")]
            value = b"; ".join(part for part in parts if not part.startswith(b"access_token"))
        headers.append((name, value))
    return {**{key: value for key, value in scope.items() if key != SESSION}, "headers": headers}


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > _MAX_BODY:
                raise HTTPException(413)  # what parses a body hands this kind on and swallows others
        return message

    return counted
