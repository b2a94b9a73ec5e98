"""aiohttp, httpx and websockets over the wires of a world, and what those wires can do to them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any

import httpx
import pytest
import websockets
from aiohttp import web
from websockets.asyncio.client import connect

from proving.loop import LIFE, Life, WorldLoop
from proving.network import Network
from proving.wire import Cut, Late


class World:
    """A server process and a client, and everything that went over the wires."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = WorldLoop(seed)
        self.trace = hashlib.blake2b()
        self.network = Network(self.loop, seed, self.seen)
        self.server = Life("server", 1)
        self.loop.lives.append(self.server)
        self.asked = 0

    def seen(self, number: int, from_server: bool, data: bytes | None) -> None:
        self.trace.update(f"{self.loop.world_time:.7f} {number} {from_server} {data!r}\n".encode())

    def run(self, work: Callable[[World], Coroutine[Any, Any, Any]]) -> Any:
        context = copy_context()
        context.run(LIFE.set, self.server)

        async def main() -> Any:
            context.run(lambda: self.loop.create_task(self.serve()))
            await asyncio.sleep(0.1)
            return await work(self)

        try:
            return self.loop.run_until_complete(main())
        finally:
            self.loop.bury()
            self.loop.close()
            self.network.close()

    async def serve(self) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                async for message in socket:
                    await socket.send_str(message.data[::-1])
                return socket
            self.asked += 1
            text = (await request.read()).decode()
            return web.Response(text=f"{request.path} {text}", headers={"Date": "Mon, 23 Nov 2026 00:00:00 GMT"})

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 8000).start()


def client(**more: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url="http://127.0.0.1:8000", trust_env=False, verify=False, **more)


def test_http_and_websockets_speak_over_memory() -> None:
    async def work(world: World) -> None:
        async with client() as http:
            for number in range(3):
                assert (await http.post("/a", content=f"{number}")).text == f"/a {number}"
        async with connect("ws://127.0.0.1:8000/x", ping_interval=None, proxy=None) as socket:
            await socket.send("abc")
            assert await socket.recv() == "cba"
        assert world.network._connections == 2  # one kept alive for three requests

    World().run(work)


def test_the_same_seed_sends_the_same_bytes_at_the_same_times() -> None:
    async def work(world: World) -> str:
        async with client() as http:
            await asyncio.gather(*(http.post(f"/{n}", content="x" * 500) for n in range(8)))
        return world.trace.hexdigest()

    assert World(4).run(work) == World(4).run(work)
    assert World(4).run(work) != World(5).run(work)


def test_nobody_listens_and_a_refusing_port_refuse() -> None:
    async def work(world: World) -> None:
        async with client() as http:
            with pytest.raises(httpx.ConnectError):
                await http.get("http://127.0.0.1:8001/")
            world.network.wire.refused_until[8000] = world.loop.world_time + 5
            with pytest.raises(httpx.ConnectError):
                await http.get("/")
            await asyncio.sleep(6)
            assert (await http.get("/")).status_code == 200

    World().run(work)


@pytest.mark.parametrize("at_byte", [1, 20, 140])
def test_a_connection_cut_towards_the_server_breaks_before_it_understood(at_byte: int) -> None:
    async def work(world: World) -> None:
        hits: list[int] = []
        world.network.wire.cuts.append(Cut(8000, at_byte, True, hit=lambda: hits.append(1)))
        async with client() as http:
            with pytest.raises(httpx.HTTPError):
                await http.post("/", content="x" * 200)
            assert (hits, world.asked) == ([1], 0)
            assert (await http.post("/", content="y")).text == "/ y"

    World().run(work)


def test_a_connection_cut_on_its_way_back_breaks_after_the_server_acted() -> None:
    async def work(world: World) -> None:
        world.network.wire.cuts.append(Cut(8000, 10, False))
        async with client() as http:
            with pytest.raises(httpx.HTTPError):
                await http.post("/", content="x")
        assert world.asked == 1

    World().run(work)


def test_a_request_that_was_kept_arrives_although_its_sender_has_gone() -> None:
    async def work(world: World) -> None:
        world.network.wire.late.append(Late(b"POST /", 40.0))
        async with client(timeout=5) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.post("/", content="x")
            assert world.asked == 0
            await asyncio.sleep(40)
            assert world.asked == 1

    World().run(work)


def test_a_silent_wire_delivers_late_and_in_order() -> None:
    async def work(world: World) -> None:
        async with connect("ws://127.0.0.1:8000/x", ping_interval=None, proxy=None) as socket:
            world.network.wire.silent_until[8000] = world.loop.world_time + 30
            for text in ("ab", "cd", "ef"):
                await socket.send(text)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 5)
            assert [await socket.recv() for _ in range(3)] == ["ba", "dc", "fe"]
            assert world.loop.world_time > 30

    World().run(work)


def test_a_dead_server_is_noticed_and_a_stopped_one_only_keeps_one_waiting() -> None:
    async def work(world: World) -> None:
        async with client(timeout=5) as http:
            world.loop.halt(world.server)
            with pytest.raises(httpx.ReadTimeout):
                await http.get("/")  # its kernel accepted the connection
            world.loop.resume(world.server)
            assert (await http.get("/")).status_code == 200
        async with connect("ws://127.0.0.1:8000/x", ping_interval=None, proxy=None) as socket:
            world.loop.end(world.server)
            world.network.buried(world.server)
            with pytest.raises(websockets.ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 5)
        async with client() as http:
            with pytest.raises(httpx.ConnectError):
                await http.get("/")

    World().run(work)
