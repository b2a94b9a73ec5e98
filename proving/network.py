"""TCP between the processes of a world, in memory, with everything that a wire can do to it.

Contract: bytes of one direction arrive in order, later than they were sent, in pieces that the seed chooses. The
kernel is not the process: connections are accepted and bytes kept for one that is stopped, and when one dies its peers
are told. `wire` says what is disturbed at the moment, `ends` are what a process holds of a connection.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from proving.ends import Descriptors, End, Listener
from proving.loop import LIFE, Life, WorldLoop
from proving.wire import Wire

FIRST_PORT = 20_000
_SYN_TIMEOUT_S = 60.0


class Network:
    """All wires of a world. `seen` is told everything that arrives, for the trace."""

    def __init__(self, loop: WorldLoop, seed: int, seen: Callable[[int, bool, bytes | None], None]) -> None:
        self.loop = loop
        self.rng = random.Random(f"network:{seed}")
        self.wire = Wire()
        self.listeners: dict[int, Listener] = {}
        self.ends: dict[int, End] = {}
        self.visited: dict[int, Callable[[], None]] = {}  # told of the next connection to a port
        self.descriptors = Descriptors()
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
