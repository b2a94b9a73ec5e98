"""The ledger when its own connection breaks: a COMMIT without an answer sends nothing and loses nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from oms_path import SAMSUNG, Path_

from domain.orders.types import Side


class Wire:
    """Between the OMS and PostgreSQL. Armed, it breaks the connection at the COMMIT of the transaction that makes an
    intent SENDING: "kept" after the server has it, "lost" before."""

    def __init__(self, host: str, port: int) -> None:
        self.there = (host, port)
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
        sending = False
        while data := await source.read(65536):
            sending |= b"send_started" in data
            breaks = bool(self.fault) and sending and b"COMMIT" in data
            if not breaks or self.fault == "kept":
                sink.write(data)
                await sink.drain()
            if b"COMMIT" in data or b"ROLLBACK" in data:
                sending = False
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


@pytest.fixture(scope="module")
def wire(servers: Any) -> Iterator[Wire]:
    parts = urlsplit(servers.endpoints.postgres_admin_url)
    wire = Wire(parts.hostname or "127.0.0.1", parts.port or 5432)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def oms_database_port(wire: Wire) -> int:
    return wire.port


@pytest.mark.parametrize("fault", ["kept", "lost"])
async def test_a_commit_without_an_answer_posts_nothing_and_the_order_leaves_once(
    path: Path_, wire: Wire, fault: str
) -> None:
    who = path.person()
    await path.client.book(who.identity)
    before = wire.broken
    wire.fault = fault
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (order,) = await path.until(who, "ACKED")
    assert wire.broken == before + 1
    assert len(path.proxy.orders) == 1
    moves = await path.moves(order.intent_id)
    if fault == "kept":  # it was SENDING in the ledger although nothing had been posted: proof of NOT_SENT
        assert moves == ["admitted", "send_started", "not_sent", "requeued", "send_started", "reply_acked"]
    else:
        assert moves == ["admitted", "send_started", "reply_acked"]
