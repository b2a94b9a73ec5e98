"""Events on their way to the bus: in order, in batches, kept until the bus has them; then the snapshots.

Contract: `put` waits while the bus is behind, so that whoever reads the source stops reading it; nothing is thrown
away. A batch whose fate is unknown is published again. A snapshot is written after its event and names the event's
offset: who starts later reads from there what the snapshot does not know yet (`remember`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog

from domain.clock import Clock
from domain.proto import market_pb2 as pb
from domain.waiting import Hint
from market.bus.ports import TRADES, Bus, BusUnavailable
from market.ingest.lines import Event
from market.snapshots import Snapshots, SnapshotsUnavailable

log = structlog.get_logger("market.outbox")
BOUND = 20_000
_BATCH = 2_000
_AGAIN_S = 0.5
_WAIT_S = 1.0


class Outbox:
    def __init__(self, bus: Bus, snapshots: Snapshots, wall: Clock, *, bound: int = BOUND) -> None:
        self._bus = bus
        self._snapshots = snapshots
        self._wall = wall
        self._bound = bound
        self._waiting: deque[Event] = deque()
        self._came = Hint()
        self._room = asyncio.Event()
        self._room.set()
        self._known: dict[str, pb.Snapshot] = {}
        self.published = 0
        self.failing = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, events: Sequence[Event]) -> None:
        """At once, whatever the bound: for what does not come from a stream."""
        if events:
            self._waiting.extend(events)
            self._came.set()

    async def put(self, events: Sequence[Event]) -> float:
        """Returns how long there was no room, in seconds."""
        waited = 0.0
        if len(self._waiting) >= self._bound:
            began = self._wall.monotonic()
            self._room.clear()
            await self._room.wait()
            waited = self._wall.monotonic() - began
        self.add(events)
        return waited

    async def remember(self, ticker: str) -> pb.Snapshot:
        """Where this ticker stopped, from its snapshot and what the bus has after it. Raises as bus and snapshots."""
        known = self._known.get(ticker)
        if known is None:
            known = (await self._snapshots.last([ticker])).get(ticker) or pb.Snapshot()
            async for message in self._bus.replay(TRADES, ticker, known.offset):
                event = pb.TradeEvent.FromString(message.payload)
                self._note(known, event.tick if event.HasField("tick") else event.gap, message.offset)
            self._known[ticker] = known
        return known

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            if not self._waiting:
                self._came.clear()
                await self._came.within(_WAIT_S)
            else:
                await self._send()

    async def flush(self, seconds: float) -> bool:
        """What is left, for somebody who stops. False when the bus did not take it in time."""
        try:
            async with asyncio.timeout(seconds):
                while self._waiting:
                    await self._send()
        except TimeoutError:
            return False
        return True

    async def _send(self) -> None:
        batch = [self._waiting[at] for at in range(min(_BATCH, len(self._waiting)))]
        messages = [(event.ticker, _wrapped(event).SerializeToString()) for event in batch]
        try:
            offsets = await self._bus.publish(TRADES, messages)
        except BusUnavailable as gone:
            if not self.failing:
                log.warning("bus_lost", reason=str(gone), waiting=len(self._waiting))
            self.failing = True
            await self._wall.sleep(_AGAIN_S)
            return
        self.failing = False
        for _ in batch:
            self._waiting.popleft()
        self.published += len(batch)
        if len(self._waiting) < self._bound:
            self._room.set()
        touched = {}
        for event, offset in zip(batch, offsets, strict=True):
            known = self._known.setdefault(event.ticker, pb.Snapshot())
            self._note(known, event, offset)
            touched[event.ticker] = known
        try:
            await self._snapshots.keep(touched.values())
        except SnapshotsUnavailable as gone:
            log.warning("snapshots_lost", reason=str(gone))  # the bus knows what they do not

    def _note(self, known: pb.Snapshot, event: Event, offset: str) -> None:
        if event.seq <= known.seq:
            return
        if isinstance(event, pb.Tick):
            known.tick.CopyFrom(event)
        elif event.open:
            known.gap.CopyFrom(event)
        elif known.gap.seq < event.seq and event.reason == known.gap.reason:
            known.ClearField("gap")
        known.seq, known.offset = event.seq, offset
        known.seen_ms = int(self._wall.now().timestamp() * 1000)


def _wrapped(event: Event) -> pb.TradeEvent:
    return pb.TradeEvent(tick=event) if isinstance(event, pb.Tick) else pb.TradeEvent(gap=event)
