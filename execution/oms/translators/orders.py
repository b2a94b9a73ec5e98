"""`POST /api/order`, `POST /api/cancel-order`, `GET /api/cancelable-orders`: one HTTP request, one call on the door.

Contract: the body is read whole within a bound of size and time before the door hears of it; a call that was begun is
waited for, also when the client has gone, and is never repeated from here. Every answer is JSON and is not to be kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from aiohttp import web
from google.protobuf.message import Message

from domain.proto import oms_pb2_grpc
from execution.oms.translators import answers, bodies
from execution.oms.translators.answers import Answer, refused
from execution.oms.translators.bodies import Malformed
from execution.oms.translators.entry import Credentials, Entry, Unwelcome

ORDER_S, READ_S = 20.0, 15.0  # as long as our own client waits
BODY_S = 10.0

Door = Callable[[], oms_pb2_grpc.OmsStub]
Read = Callable[[web.Request], Awaitable[Message]]


class OrderCalls:
    def __init__(self, door: Door, entry: Entry) -> None:
        self._door = door
        self._entry = entry

    def add_to(self, app: web.Application) -> None:
        app.router.add_post("/api/order", self.order)
        app.router.add_post("/api/cancel-order", self.cancel)
        app.router.add_get("/api/cancelable-orders", self.cancelable, allow_head=False)

    async def order(self, request: web.Request) -> web.Response:
        async def read(request: web.Request) -> Message:
            return bodies.submit_request(await _body(request))

        return await self._translated(request, read, self._door().Submit, answers.submitted, ORDER_S)

    async def cancel(self, request: web.Request) -> web.Response:
        async def read(request: web.Request) -> Message:
            return bodies.cancel_request(await _body(request))

        return await self._translated(request, read, self._door().Cancel, answers.cancelled, ORDER_S)

    async def cancelable(self, request: web.Request) -> web.Response:
        async def read(request: web.Request) -> Message:
            return bodies.orders_request(query_of(request))

        return await self._translated(request, read, self._door().Orders, answers.cancelable, READ_S)

    async def _translated(
        self, request: web.Request, read: Read, call: Callable[..., Any], said: Callable[[Any], Answer], seconds: float
    ) -> web.Response:
        try:
            self._entry.check_origin(request.headers)
            shown = self._entry.credentials(request.headers)
            with self._entry.calling(shown):
                answer = said(await self._ask(call, await read(request), shown, seconds))
        except Unwelcome as unwelcome:
            answer = unwelcome.answer
        except Malformed as error:
            answer = answers.malformed(error)
        except grpc.aio.AioRpcError as error:
            answer = answers.failed(error)
        return _response(answer)

    async def _ask(self, call: Callable[..., Any], asked: Message, shown: Credentials, seconds: float) -> Any:
        try:
            reply = await call(asked, metadata=shown.metadata, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            note(self._entry, shown, error)
            raise
        self._entry.accept(shown)
        return reply


def note(entry: Entry, shown: Credentials, error: grpc.aio.AioRpcError) -> None:
    """Whom the door knows, and whom not; a door that is away has said nothing of either."""
    if error.code() is grpc.StatusCode.UNAUTHENTICATED:
        entry.reject()
    elif error.code() in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT):
        entry.accept(shown)


def query_of(request: web.Request) -> Mapping[str, str]:
    """The query string, every name once."""
    found: dict[str, str] = {}
    for name, value in request.query.items():
        if name in found:
            raise Malformed("query", "every field once", f"{name[:60]!r} twice")
        found[name] = value
    return found


async def _body(request: web.Request) -> bytes:
    if request.query:
        raise Malformed("query", "no query string", "one")
    if request.content_type != "application/json":
        raise Unwelcome(refused(415, "CONTENT_TYPE", "application/json으로 보내 주세요."))
    try:
        async with asyncio.timeout(BODY_S):
            body = await request.content.read(bodies.MAX_BODY + 1)
            while not request.content.at_eof() and len(body) <= bodies.MAX_BODY:
                body += await request.content.read(bodies.MAX_BODY + 1 - len(body))
    except TimeoutError:
        raise Unwelcome(refused(408, "SLOW", "요청이 끝까지 오지 않았어요.")) from None
    if len(body) > bodies.MAX_BODY:
        raise Unwelcome(refused(413, "TOO_LARGE", f"{bodies.MAX_BODY}바이트까지 받아요."))
    return body


def _response(answer: Answer) -> web.Response:
    status, body = answer
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        headers["Retry-After"] = "1"
    return web.json_response(body, status=status, headers=headers)
