"""TCP between the processes of a world, in memory, with everything that a wire can do to it.

Contract: bytes of one direction arrive in order, later than they were sent, in pieces that the seed chooses. The
kernel is not the process: connections are accepted and bytes kept for one that is stopped, and when one dies its peers
are told. A dead process's transport does nothing. `Wire` is the one seam through which faults disturb it: a connection
cut at byte n, refused, silent (bytes and handshakes wait until it is over), slow.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any

from proving.loop import LIFE, Life, WorldLoop

FIRST_PORT = 20_000
_SYN_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Cut:
    """The next connection to `port` breaks when `at_byte` bytes have passed: towards the server, or back from it."""

    port: int
    at_byte: int
    to_server: bool
    after: int = 0  # connections let pass first
    hit: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Late:
    """The next request that begins like this arrives so much later: somebody between kept it, alive or not."""

    begins: bytes
    seconds: float
    hit: Callable[[], None] = lambda: None


class Wire:
    """How the network is at the moment. `slow` multiplies every latency."""

    def __init__(self) -> None:
        self.slow = 1.0
        self.silent_until: dict[int, float] = {}
        self.refused_until: dict[int, float] = {}
        self.cuts: list[Cut] = []
        self.late: list[Late] = []

    def calm(self) -> None:
        self.slow = 1.0
        self.silent_until.clear()
        self.refused_until.clear()
        self.cuts.clear()
        self.late.clear()


class _Descriptors:
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

    def __init__(self, end: End, fds: _Descriptors) -> None:
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


class Network:
    """All wires of a world. `seen` is told everything that arrives, for the trace."""

    def __init__(self, loop: WorldLoop, seed: int, seen: Callable[[int, bool, bytes | None], None]) -> None:
        self.loop = loop
        self.rng = random.Random(f"network:{seed}")
        self.wire = Wire()
        self.listeners: dict[int, Listener] = {}
        self.ends: dict[int, End] = {}
        self.visited: dict[int, Callable[[], None]] = {}  # told of the next connection to a port
        self.descriptors = _Descriptors()
        self._seen = seen
        self.tap: Callable[[End, bytes], None] = lambda sender, data: None  # what clients hand to their kernel
        self._ports = FIRST_PORT
        self._connections = 0
        self.nobody = Context()
        loop.network = self

    def close(self) -> None:
        self.descriptors.close()

    def connected(self, port: int) -> bool:
        return any(end.is_server and end.port == port and not end.lost for end in self.ends.values())

    # Opening --------------------------------------------------------------------------------------------------------

    def listen(self, factory: Any, host: str, port: int) -> Listener:
        if port in self.listeners:
            raise OSError(98, "Address already in use")
        if port == 0:
            self._ports += 1
            port = self._ports
        self.listeners[port] = listener = Listener(self, factory, (host, port), copy_context())
        return listener

    async def connect(self, factory: Callable[[], Any], host: str, port: int) -> tuple[End, Any]:
        answered: asyncio.Future[End] = self.loop.create_future()
        context = copy_context()
        self.loop.call_later(self._latency(), self._knock, answered, context, port, 0.0, context=self.nobody)
        try:
            end = await answered
        except asyncio.CancelledError:
            if answered.done() and not answered.cancelled() and answered.exception() is None:
                answered.result().abort()
            raise
        end.made(factory)
        return end, end.protocol

    def _knock(self, answered: asyncio.Future[End], context: Context, port: int, waited: float) -> None:
        """The SYN arrives: accepted by the kernel, refused, or lost and sent again."""
        life = context.get(LIFE)
        if answered.done() or (life is not None and not life.alive):
            return
        now = self.loop.world_time
        if now < self.wire.silent_until.get(port, 0.0):
            if waited > _SYN_TIMEOUT_S:
                self._answer(answered, TimeoutError(110, "Connection timed out"))
                return
            pause = 1.0 + waited
            self.loop.call_later(pause, self._knock, answered, context, port, waited + pause, context=self.nobody)
            return
        listener = self.listeners.get(port)
        refused = now < self.wire.refused_until.get(port, 0.0)
        if listener is None or refused or (listener.life is not None and not listener.life.alive):
            self._answer(answered, ConnectionRefusedError(111, "Connection refused"))
            return
        ours, theirs = self._pair(context, listener)
        self.loop.call_soon(theirs.made, listener.factory, context=theirs.context)
        if port in self.visited:
            self.visited.pop(port)()
        self._answer(answered, ours)

    def _answer(self, answered: asyncio.Future[End], what: End | Exception) -> None:
        def tell() -> None:
            if answered.done():
                if isinstance(what, End):
                    what.closed = True
                    self.tell_reset(what)
            elif isinstance(what, Exception):
                answered.set_exception(what)
            else:
                answered.set_result(what)

        self.loop.call_later(self._latency(), tell, context=self.nobody)

    def _pair(self, context: Context, listener: Listener) -> tuple[End, End]:
        self._ports += 1
        self._connections += 1
        port = listener.name[1]
        client = End(self, ("127.0.0.1", self._ports), context)
        # Every connection has a context of its own: callbacks of two never meet in one.
        server = End(self, listener.name, listener.context.copy())
        client.peer, server.peer, server.is_server = server, client, True
        for end in (client, server):
            end.port, end.number = port, self._connections
            self.ends[id(end)] = end
        for cut in self.wire.cuts:
            if cut.port == port:
                if cut.after > 0:
                    cut.after -= 1
                    continue
                self.wire.cuts.remove(cut)
                sender = client if cut.to_server else server
                sender.cut_at, sender._cut_hit = cut.at_byte, cut.hit
                break
        return client, server

    # Carrying -------------------------------------------------------------------------------------------------------

    def carry(self, sender: End, data: bytes | None) -> None:
        """Sends bytes, or the end of them (None), to the peer."""
        if data is not None and not sender.is_server:
            self.tap(sender, data)
            for late in self.wire.late:
                if data.startswith(late.begins):
                    self.wire.late.remove(late)
                    sender._last_arrival = max(sender._last_arrival, self.loop.world_time + late.seconds)
                    late.hit()
                    break
        if sender.severed:
            return
        if data is None:
            self._deliver(sender, None)
            return
        if sender.cut_at is not None and sender.sent + len(data) >= sender.cut_at:
            data = data[: sender.cut_at - sender.sent]
            sender.severed = True
            sender._cut_hit()
            if data:
                self._pieces(sender, data)
            self._deliver_reset(sender)
            return
        self._pieces(sender, data)

    def _pieces(self, sender: End, data: bytes) -> None:
        sender.sent += len(data)
        chance = self.rng.random()
        if chance < 0.9 or len(data) < 2:
            self._deliver(sender, data)
            return
        at = 1 + int(self.rng.random() * (len(data) - 1))
        self._deliver(sender, data[:at])
        self._deliver(sender, data[at:])

    def _deliver(self, sender: End, data: bytes | None) -> None:
        self.loop._at(self._arrival(sender), self.loop.outside, self._arrive, (sender, data), self.nobody)

    def _arrive(self, sender: End, data: bytes | None) -> None:
        hold = self.wire.silent_until.get(sender.port, 0.0)
        if self.loop.world_time < hold:
            at = sender._held_until = max(hold, sender._held_until + 1e-7)
            sender._last_arrival = max(sender._last_arrival, at)
            self.loop._at(at, self.loop.outside, self._arrive, (sender, data), self.nobody)
            return
        self._seen(sender.number, sender.is_server, data)
        sender.peer.arrive(data)

    def _deliver_reset(self, sender: End) -> None:
        at = self._arrival(sender)
        for end in (sender, sender.peer):
            self.loop._at(at, self.loop.outside, end.arrive_reset, (), self.nobody)

    def tell_reset(self, sender: End) -> None:
        """The peer learns that nobody is there."""
        self.loop._at(self._arrival(sender), self.loop.outside, sender.peer.arrive_reset, (), self.nobody)

    def _arrival(self, sender: End) -> float:
        at = max(sender._last_arrival + 1e-7, self.loop.world_time + self._latency())
        sender._last_arrival = at
        return at

    def _latency(self) -> float:
        chance = self.rng.random()
        base = 0.0002 + chance * 0.002
        if chance > 0.99:
            base += self.rng.random() * 0.05
        return base * self.wire.slow

    def forget(self, life: Life | None) -> None:
        """A machine sleeps for hours: its peers give its connections up, and it finds them broken."""
        for end in [end for end in self.ends.values() if end.life is life]:
            self._deliver_reset(end)

    # Death ----------------------------------------------------------------------------------------------------------

    def buried(self, life: Life) -> None:
        """The kernel closes what a dead process had open: its peers read to the end, or are told at once."""
        for port in [port for port, listener in self.listeners.items() if listener.life is life]:
            del self.listeners[port]
        for end in [end for end in self.ends.values() if end.life is life]:
            del self.ends[id(end)]
            if end.closed or end.lost:
                continue
            if end.inbox or self.rng.random() < 0.3:
                self.tell_reset(end)
            else:
                self._deliver(end, None)
