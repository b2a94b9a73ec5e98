"""The ends of a connection: a transport for its process, the kernel's buffers under it, and the listening socket.

Contract: what asyncio and the libraries ask of a transport, a socket and a server, they find here. The kernel is not
the process: bytes are kept for one that is stopped; the transport of a dead one does nothing. What is sent goes
through `network`, which alone knows latencies and faults.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from proving.loop import LIFE, Life, WorldLoop

if TYPE_CHECKING:
    from proving.network import Network


class Descriptors:
    """Two descriptors for `poll`: one that is always readable, one that never is."""

    def __init__(self) -> None:
        self.quiet, self._hold = os.pipe()
        self.readable, end = os.pipe()
        os.close(end)

    def close(self) -> None:
        for fd in (self.quiet, self._hold, self.readable):
            os.close(fd)


class FakeSocket:
    """What libraries ask a transport's socket: its family, its names, and whether something waits to be read."""

    family = socket.AF_INET
    type = socket.SOCK_STREAM
    proto = 0

    def __init__(self, end: End, fds: Descriptors) -> None:
        self._end = end
        self._fds = fds

    def fileno(self) -> int:
        return self._fds.readable if self._end.something_to_read else self._fds.quiet

    def setsockopt(self, *options: Any) -> None:
        return None

    def getsockopt(self, *options: Any) -> int:
        return 0

    def getsockname(self) -> tuple[str, int]:
        return self._end.name

    def getpeername(self) -> tuple[str, int]:
        return self._end.peer.name


class End(asyncio.Transport):
    """One end of a connection: the transport of its process, and the kernel's buffers under it."""

    def __init__(self, network: Network, name: tuple[str, int], context: Context) -> None:
        super().__init__()
        self.network = network
        self.loop = network.loop
        self.name = name
        self.context = context
        self.life: Life | None = context.get(LIFE)
        self.peer: End
        self.port = 0
        self.number = 0
        self.is_server = False
        self.protocol: Any = None
        self.inbox: list[bytes] = []
        self.eof = False
        self.closed = False  # by its own process
        self.lost = False  # connection_lost was or will be called
        self.reset = False
        self.reading = True
        self._eof_told = False
        self._draining = False
        self.sent = 0
        self.cut_at: int | None = None
        self.severed = False
        self._cut_hit: Callable[[], None] = lambda: None
        self._last_arrival = 0.0
        self._held_until = 0.0
        self._socket = FakeSocket(self, network.descriptors)

    @property
    def alive(self) -> bool:
        return self.life is None or self.life.alive

    @property
    def something_to_read(self) -> bool:
        return bool(self.inbox) or self.eof or self.reset

    # What the process does ------------------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if self.closed or self.lost or not self.alive or not data:
            return
        self.network.carry(self, bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        if not self.closed and self.alive:
            self.network.carry(self, None)

    def can_write_eof(self) -> bool:
        return True

    def close(self) -> None:
        if self.closed or not self.alive:
            return
        self.closed = True
        self.network.carry(self, None)
        self._lose(None)

    def abort(self) -> None:
        if self.lost or not self.alive:
            return
        self.closed = True
        self.network.tell_reset(self)
        self._lose(None)

    def is_closing(self) -> bool:
        return self.closed or self.lost

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True
        self._drain_soon()

    def is_reading(self) -> bool:
        return self.reading and not self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        known = {"socket": self._socket, "sockname": self.name, "peername": self.peer.name}
        return known.get(name, default)

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return (0, 65536)

    # What the kernel does -------------------------------------------------------------------------------------------

    def made(self, factory: Callable[[], Any]) -> None:
        """In its own process."""
        self.protocol = factory()
        self.protocol.connection_made(self)
        self._drain_soon()

    def arrive(self, data: bytes | None) -> None:
        if not self.alive:
            return
        if self.closed:
            if data:
                self.network.tell_reset(self)  # nobody reads any more
            return
        if data is None:
            self.eof = True
        else:
            self.inbox.append(data)
        self._drain_soon()

    def arrive_reset(self) -> None:
        if self.alive and not self.lost:
            self.reset = True
            self.inbox.clear()
            self._lose(ConnectionResetError(104, "Connection reset by peer"))

    def _drain_soon(self) -> None:
        if self.protocol is not None and not self._draining and self.reading and (self.inbox or self.eof):
            self._draining = True
            self.loop.call_soon(self._drain, context=self.context)

    def _drain(self) -> None:
        self._draining = False
        if self.closed or self.lost or not self.reading:
            return
        if self.inbox:
            data = self.inbox[0] if len(self.inbox) == 1 else b"".join(self.inbox)
            self.inbox.clear()
            self.protocol.data_received(data)
        if self.eof and not self._eof_told and self.reading and not self.closed:
            self._eof_told = True
            if not self.protocol.eof_received():
                self.close()

    def _lose(self, error: Exception | None) -> None:
        if self.lost:
            return
        self.lost = True
        self.inbox.clear()
        self.network.ends.pop(id(self), None)
        if self.protocol is not None:
            self.loop.call_soon(self.protocol.connection_lost, error, context=self.context)


class Listener:
    """A listening socket, and what asyncio calls a server."""

    def __init__(self, network: Network, factory: Any, name: tuple[str, int], context: Context) -> None:
        self._network = network
        self.factory = factory
        self.name = name
        self.context = context
        self.life: Life | None = context.get(LIFE)
        self.sockets = (self,)

    def getsockname(self) -> tuple[str, int]:
        return self.name

    def is_serving(self) -> bool:
        return self._network.listeners.get(self.name[1]) is self

    def close(self) -> None:
        if self.is_serving() and (self.life is None or self.life.alive):
            del self._network.listeners[self.name[1]]

    async def wait_closed(self) -> None:
        return None

    async def start_serving(self) -> None:
        return None

    def get_loop(self) -> WorldLoop:
        return self._network.loop
