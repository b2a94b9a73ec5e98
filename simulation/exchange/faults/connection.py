"""A request that breaks off on its way in: between a transport and the server's protocol.

Contract: bytes pass unchanged until a fault waits for request bytes; then a request is gathered whole before any of it
goes on, so that it can be matched by what it asks, and the connection ends after its first `at_byte` bytes. What
came in a piece that does not begin a request passes as it is. In a maintenance window nothing passes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.parser import BytesHeaderParser

from simulation.exchange.faults import cuts
from simulation.exchange.faults.armory import Armory
from simulation.exchange.faults.facts import facts_of_bytes
from simulation.exchange.faults.kinds import FaultKind, Stage

_METHODS = (b"GET ", b"POST ", b"PUT ", b"DELETE ")


class Connection(asyncio.Protocol):
    """One connection's way in."""

    def __init__(self, inner: asyncio.Protocol, armory: Armory, down: Callable[[], bool]) -> None:
        self._inner = inner
        self._armory = armory
        self._down = down
        self._transport: asyncio.BaseTransport | None = None
        self._gathered = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._inner.connection_made(transport)
        if self._down():
            cuts.reset(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def data_received(self, data: bytes) -> None:
        if self._down():
            cuts.reset(self._transport)
            return
        if not self._gathered and not (self._armory.waits(Stage.BYTES) and data.startswith(_METHODS)):
            self._inner.data_received(data)
            return
        self._gathered += data
        whole = _length(bytes(self._gathered))
        if whole is None or len(self._gathered) < whole:
            return
        request = bytes(self._gathered)
        self._gathered.clear()
        fault = self._armory.strike(Stage.BYTES, facts_of_bytes(request[:whole]), (FaultKind.RESET_IN_REQUEST,))
        if fault is None:
            self._inner.data_received(request)
            return
        taken = self._armory.rng.randrange(whole) if fault.at_byte is None else min(fault.at_byte, whole - 1)
        if taken:
            self._inner.data_received(request[:taken])
        cuts.reset(self._transport)


def _length(data: bytes) -> int | None:
    """Bytes of the request that `data` begins with; None while its head is not whole. A chunked body ends there."""
    head, found, _ = data.partition(b"\r\n\r\n")
    if not found:
        return None
    length = BytesHeaderParser().parsebytes(head.partition(b"\r\n")[2]).get("Content-Length", "0")
    return len(head) + 4 + (int(length) if length.isdecimal() else 0)
