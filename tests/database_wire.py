"""A wire between a process and PostgreSQL that can break at a COMMIT."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from urllib.parse import urlsplit


class Wire:
    """Armed with a fault, it breaks the connection at the COMMIT of the next transaction in which `marker` was said:
    "kept" after the server has it, "lost" before."""

    def __init__(self, host: str, port: int, marker: bytes) -> None:
        self.there = (host, port)
        self.marker = marker
        self.fault = ""
        self.broken = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection(*self.there)
        tasks = [
            asyncio.create_task(self._up(reader, back_writer)),
            asyncio.create_task(self._pump(back_reader, writer)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        back_writer.close()
        writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()

    async def _up(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        said = False
        while data := await source.read(65536):
            said |= self.marker in data
            breaks = bool(self.fault) and said and b"COMMIT" in data
            if not breaks or self.fault == "kept":
                sink.write(data)
                await sink.drain()
            if b"COMMIT" in data or b"ROLLBACK" in data:
                said = False
            if breaks:
                self.fault, self.broken = "", self.broken + 1
                return

    def close(self) -> None:
        self._call(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    async def _close(self) -> None:
        self.server.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def wire_to(url: str, marker: bytes) -> Wire:
    """To the server of that URL."""
    parts = urlsplit(url)
    return Wire(parts.hostname or "127.0.0.1", parts.port or 5432, marker)
