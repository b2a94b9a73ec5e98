"""HTTP/1.1 for uvicorn with an end to patience: a request that does not arrive in time ends its connection.

Contract: from the connection's start, or from the first byte of a later request, until the request is whole (headers
and body) `SECONDS` may pass. An idle connection between requests has uvicorn's own keep-alive time, an answer any time,
a WebSocket its own pings. Headers are bounded by h11 (64 KiB).
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

SECONDS = 20.0


class PatientProtocol(H11Protocol):
    """A protocol class for `uvicorn.Config(http=…)`."""

    _end: asyncio.TimerHandle | None = None
    _is_socket = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._wait()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        self._stop_waiting()
        super().on_response_complete()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._is_socket = True  # h11 takes what follows for the request's body
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._end is None and not self._is_socket:
            self._end = self.loop.call_later(SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
