"""A way to the paper exchange on which prints can be put among its own: HTTP passes through, WebSocket frames too.

Contract: `Relay.put` sends one frame to every session that has registered for prints and returns the moment
(monotonic) at which it left the socket. What the exchange sends is passed on unchanged, but its own prints of the names
in `mine` are held back, and its clock is told `speed` times as fast as it runs.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import ClientSession, ClientTimeout, WSMsgType, web
from aiohttp.client_exceptions import ClientError

from domain.clock import KST
from tools.embedded.ports import LOOPBACK

_HOP = frozenset({"connection", "host", "transfer-encoding", "content-length", "content-encoding"})


class Relay:
    """`mine`: tickers whose prints come from `put` alone."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._origin = datetime.now(KST)
        self.mine: frozenset[str] = frozenset()
        self._sockets: set[web.WebSocketResponse] = set()

    def now(self) -> datetime:
        """Market time, as it is told."""
        return self._origin + (datetime.now(KST) - self._origin) * self._speed

    async def put(self, frame: str) -> float:
        for socket in self._sockets:
            await socket.send_str(frame)
        return time.perf_counter()

    @asynccontextmanager
    async def lead(self, url: str) -> AsyncIterator[str]:
        """Its own address, while entered."""
        async with ClientSession(timeout=ClientTimeout(30), auto_decompress=True) as session:

            async def passed(request: web.Request) -> web.StreamResponse:
                if request.headers.get("Upgrade", "").lower() == "websocket":
                    return await self._socket(request, session, url)
                headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
                there = f"{url}{request.rel_url}"
                try:
                    async with session.request(
                        request.method, there, headers=headers, data=await request.read()
                    ) as answer:
                        told = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
                        body = await answer.read()
                        if request.path == "/quartz/clock":
                            body = json.dumps(json.loads(body) | self._clock()).encode()
                        return web.Response(status=answer.status, headers=told, body=body)
                except ClientError as error:
                    return web.Response(status=502, text=type(error).__name__)

            app = web.Application()
            app.router.add_route("*", "/{path:.*}", passed)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            site = web.TCPSite(runner, LOOPBACK, 0)
            await site.start()
            try:
                yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()

    def _clock(self) -> dict[str, str]:
        return {"now": self.now().isoformat(), "speed": f"{self._speed:g}"}

    async def _socket(self, request: web.Request, session: ClientSession, url: str) -> web.WebSocketResponse:
        here = web.WebSocketResponse()
        await here.prepare(request)
        async with session.ws_connect(f"{url}{request.rel_url}") as there:

            async def forth() -> None:
                async for message in here:
                    if message.type is WSMsgType.TEXT:
                        if "H0STCNT0" in message.data:
                            self._sockets.add(here)
                        await there.send_str(message.data)

            async def back() -> None:
                async for message in there:
                    if message.type is WSMsgType.TEXT:
                        told = str(message.data)
                        if not (told.startswith("0|H0STCNT0|") and told[15:21] in self.mine):
                            await here.send_str(told)

            tasks = [asyncio.create_task(forth()), asyncio.create_task(back())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._sockets.discard(here)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        return here
