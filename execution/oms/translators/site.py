"""The translators as one part of the OMS's pages: a connection to our own door, and the routes in front of it.

Contract: `address` is where the gRPC door of this very OMS listens; the connection shows no credentials of its own, so
a request without credentials is nobody's. It is closed with the pages.
"""

from __future__ import annotations

import grpc
from aiohttp import web

from domain.clock import Clock, SystemClock
from domain.proto import oms_pb2_grpc
from execution.oms.translators.entry import Entry
from execution.oms.translators.orders import OrderCalls
from execution.oms.translators.stream import PING_S, SEND_S, OrderStream
from tools.oms_client import open_channel


class Translators:
    """`ping_s` and `send_s` are for tests that cannot wait."""

    def __init__(
        self, address: str, clock: Clock | None = None, *, ping_s: float = PING_S, send_s: float = SEND_S
    ) -> None:
        self._address = address
        self._clock = clock or SystemClock()
        self._ping_s = ping_s
        self._send_s = send_s
        self._channel: grpc.aio.Channel | None = None

    def add_to(self, app: web.Application) -> None:
        entry = Entry(self._clock.monotonic)
        OrderCalls(self._door, entry).add_to(app)
        OrderStream(self._door, entry, self._clock, ping_s=self._ping_s, send_s=self._send_s).add_to(app)
        app.on_cleanup.append(self._close)

    def _door(self) -> oms_pb2_grpc.OmsStub:
        """Connected at the first call: an OMS that nobody asks over HTTP has no connection to itself."""
        if self._channel is None:
            self._channel = open_channel(self._address)
            self._stub = oms_pb2_grpc.OmsStub(self._channel)
        return self._stub

    async def _close(self, app: web.Application) -> None:
        if self._channel is not None:
            await self._channel.close()
            self._channel = None
