"""`/ws/orders?account_ref=&after_seq=`: an account's numbered events as JSON, history first and then as they happen.

Contract: {"type": "event", "seq": …} in order and without gaps, {"type": "ping", "at": …, "seq": last sent} every
30 seconds. Nothing is buffered here: the next event is asked for when the last one was taken, so a reader is behind
by what its socket holds. One that does not take a message within `send_s` is dropped with 4408 and goes on with
`after_seq`. What a client says is read and ignored, within bounds; credentials are headers and never the query.

Close codes: 4400 malformed · 4401 unauthenticated · 4403 forbidden · 4408 too slow · 4429 too many · 1001 the OMS
ends · 1013 the OMS cannot serve now.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Mapping
from typing import Any

import grpc
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from domain.clock import Clock
from domain.proto import oms_pb2 as pb
from execution.oms.translators import answers, bodies
from execution.oms.translators.bodies import Malformed
from execution.oms.translators.entry import Credentials, Entry, Unwelcome
from execution.oms.translators.orders import Door, note, query_of

log = structlog.get_logger("oms.translators")
PING_S = 30.0
SEND_S = 10.0
_CLOSE_S = 2.0
_MAX_SAID = 1024  # bytes of one message of a client
_MOST_SAID = 120  # messages of a client in one ping's time
_CODES: Mapping[Any, int] = {
    grpc.StatusCode.UNAUTHENTICATED: 4401,
    grpc.StatusCode.PERMISSION_DENIED: 4403,
    grpc.StatusCode.INVALID_ARGUMENT: 4400,
}
_STATUSES = {400: 4400, 401: 4401, 403: 4403, 429: 4429}


class _Over(Exception):
    """The socket ends with this code and reason (at most 123 bytes, English)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class OrderStream:
    """`ping_s` and `send_s` are for tests that cannot wait."""

    def __init__(
        self,
        door: Door,
        entry: Entry,
        clock: Clock,
        *,
        ping_s: float = PING_S,
        send_s: float = SEND_S,
    ) -> None:
        self._door = door
        self._entry = entry
        self._clock = clock
        self._ping_s = ping_s
        self._send_s = send_s
        self._open: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/ws/orders", self.follow, allow_head=False)
        app.on_shutdown.append(self._leave)

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """A browser page gets no socket at all; a program is told by the close code what was wrong."""
        try:
            self._entry.check_origin(request.headers)
        except Unwelcome as unwelcome:
            status, body = unwelcome.answer
            return web.json_response(body, status=status)
        socket = web.WebSocketResponse(max_msg_size=_MAX_SAID, compress=False, heartbeat=PING_S)
        await socket.prepare(request)
        self._open.add(socket)
        try:
            asked = bodies.watch_request(query_of(request))
            shown = self._entry.credentials(request.headers)
            with self._entry.following(shown):
                await self._serve(socket, asked, shown)
        except Malformed as error:
            await self._close(request, socket, 4400, str(error))
        except Unwelcome as unwelcome:
            status, body = unwelcome.answer
            await self._close(request, socket, _STATUSES.get(status, 1013), str(body["error"]).lower())
        except _Over as over:
            await self._close(request, socket, over.code, over.reason)
        return socket

    async def _serve(self, socket: web.WebSocketResponse, asked: pb.WatchRequest, shown: Credentials) -> None:
        """Until either side ends it; raises _Over with the reason when it is ours."""
        sender = _Sender(socket, self._send_s, asked.after_seq)
        tasks = (
            asyncio.create_task(self._events(sender, asked, shown), name="orders to a socket"),
            asyncio.create_task(self._pings(sender), name="pings to a socket"),
            asyncio.create_task(_said(socket, self._ping_s), name="words of a socket"),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _events(self, sender: _Sender, asked: pb.WatchRequest, shown: Credentials) -> None:
        call = self._door().Watch(asked, metadata=shown.metadata)
        try:
            async for event in call:
                self._entry.accept(shown)
                await sender.send(answers.event(event), event.seq)
        except grpc.aio.AioRpcError as error:
            note(self._entry, shown, error)
            code = _CODES.get(error.code(), WSCloseCode.TRY_AGAIN_LATER)
            raise _Over(code, str(answers.failed(error)[1]["error"]).lower()) from None
        finally:
            call.cancel()
        raise _Over(WSCloseCode.TRY_AGAIN_LATER, "the OMS ended the stream")

    async def _pings(self, sender: _Sender) -> None:
        while True:
            await self._clock.sleep(self._ping_s)
            at = self._clock.now().isoformat(timespec="milliseconds")
            await sender.send({"type": "ping", "at": at, "seq": sender.last})

    async def _close(self, request: web.Request, socket: web.WebSocketResponse, code: int, reason: str) -> None:
        """Says why, if the other side still takes it, and leaves in any case."""
        log.info("socket_closed", code=code, reason=reason)
        try:
            async with asyncio.timeout(_CLOSE_S):
                await socket.close(code=code, message=reason.encode("ascii", "replace")[:123])
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()

    async def _leave(self, app: web.Application) -> None:
        """All at once: one that does not listen must not keep the OMS from stopping."""
        await asyncio.gather(*(self._goodbye(socket) for socket in list(self._open)))

    async def _goodbye(self, socket: web.WebSocketResponse) -> None:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the OMS is stopping")
        except (TimeoutError, ConnectionError):
            return


class _Sender:
    """One message after the other; `last` is the number of the last event that was taken."""

    def __init__(self, socket: web.WebSocketResponse, send_s: float, last: int) -> None:
        self._socket = socket
        self._send_s = send_s
        self._turn = asyncio.Lock()
        self.last = last

    async def send(self, body: dict[str, Any], seq: int | None = None) -> None:
        try:
            async with asyncio.timeout(self._send_s), self._turn:
                await self._socket.send_json(body)
        except TimeoutError:
            raise _Over(4408, f"too slow: resume with after_seq={self.last}") from None
        except ConnectionError:
            raise _Over(WSCloseCode.ABNORMAL_CLOSURE, "gone") from None
        if seq is not None:
            self.last = seq


async def _said(socket: web.WebSocketResponse, seconds: float) -> None:
    """Reads until the client leaves. Raises _Over for one that talks too much."""
    loop = asyncio.get_running_loop()
    since, count = loop.time(), 0
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            return
        if loop.time() - since > seconds:
            since, count = loop.time(), 0
        count += 1
        if count > _MOST_SAID:
            raise _Over(4429, "too many messages")
