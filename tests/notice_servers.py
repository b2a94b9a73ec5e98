"""Slack's web hook, Telegram's bot API and a plain JSON hook on loopback, as their own documentation answers.

`hooks()` serves all three; `got` keeps every message, `faults` are answered first, one a request.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Hooks:
    """`base` is http://127.0.0.1:port; messages are (service, path, body)."""

    base: str = ""
    port: int = 0
    got: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    faults: deque[int | str] = field(default_factory=deque)  # a status, "hang", or an address to redirect to

    def texts(self) -> list[str]:
        return [str(body.get("message") or body.get("text") or body.get("attachments")) for _, _, body in self.got]


@asynccontextmanager
async def hooks() -> AsyncIterator[Hooks]:
    found = Hooks()
    leaving = asyncio.Event()

    async def serve(request: web.Request) -> web.StreamResponse:
        if found.faults:
            fault = found.faults.popleft()
            if fault == "hang":
                await leaving.wait()
            if isinstance(fault, int):
                return web.Response(status=fault, text="token=leaked-by-the-service")
            return web.Response(status=302, headers={"Location": str(fault)})
        raw = await request.text()
        service = "slack" if "/services/" in request.path else "telegram" if "/bot" in request.path else "json"
        found.got.append((service, request.path, json.loads(raw)))
        if service == "slack":
            return web.Response(text="ok")
        if service == "telegram":
            return web.json_response({"ok": True, "result": {"message_id": len(found.got)}})
        return web.Response(status=204)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.port = runner.addresses[0][1]
    found.base = f"http://127.0.0.1:{found.port}"
    try:
        yield found
    finally:
        leaving.set()
        await runner.cleanup()
