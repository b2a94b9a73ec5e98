"""Where a server with faults listens: every connection goes through the faults, and a maintenance window closes it.

Contract: `open` binds and returns the port; in a window the port refuses connections and comes back by itself, at the
same number. `close` is final.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from simulation.exchange.faults.faults import Faults

RETRY_SECONDS = 0.1


class Door:
    """One listening port around an aiohttp runner that has been set up."""

    def __init__(self, runner: web.AppRunner, faults: Faults, host: str, port: int) -> None:
        self._runner = runner
        self._faults = faults
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._task: asyncio.Task[None] | None = None
        faults.on_down.append(self._shut)

    async def open(self) -> int:
        """Bind; returns the port. Raises OSError when it is taken."""
        self._server = await asyncio.get_running_loop().create_server(self._connection, self._host, self._port)
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self._port

    def close(self) -> None:
        """Listen no more."""
        self._faults.on_down.remove(self._shut)
        if self._task is not None:
            self._task.cancel()
        self._end()

    def _connection(self) -> asyncio.Protocol:
        if self._runner.server is None:
            raise RuntimeError("expected a runner that has been set up, was not")
        return self._faults.connection(self._runner.server())

    def _shut(self, seconds: float) -> None:
        self._end()
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(self._again(seconds))

    async def _again(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        while True:
            try:
                await self.open()
            except OSError:  # somebody sits on the port for a moment
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
