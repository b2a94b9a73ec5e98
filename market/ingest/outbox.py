"""Events on their way to the bus: in order, in batches, kept until the bus has them; then the snapshots.

Contract: `put` waits while the bus is behind, so that whoever reads the source stops reading it; nothing is thrown
away. A batch whose fate is unknown is published again. A snapshot is written after its event and names the event's
offset: who starts later reads from there what the snapshot does not know yet (`remember`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

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
_APART_S = 0.002  # between two batches
_KEEP_S = 0.02  # between two writings of snapshots


@dataclass(slots=True)
class Stopped:
    """Where a ticker stands. No protobuf message, though a `Snapshot` is written of it: what is overwritten in one
    stays in its memory for as long as it lives, 40 bytes an event."""

    tick: pb.Tick | None = None
    gap: pb.Gap | None = None  # the open one
    seq: int = 0
    seen_ms: int = 0
    offset: str = ""

    def note(self, event: Event, offset: str, now_ms: int) -> None:
        if event.seq <= self.seq:
            return
        if isinstance(event, pb.Tick):
            self.tick = event
        elif event.open:
            self.gap = event
        elif self.gap is not None and event.reason == self.gap.reason:
            self.gap = None
        self.seq, self.offset, self.seen_ms = event.seq, offset, now_ms

    def told(self) -> pb.Snapshot:
        return pb.Snapshot(tick=self.tick, gap=self.gap, seq=self.seq, seen_ms=self.seen_ms, offset=self.offset)


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
        self._known: dict[str, Stopped] = {}
        self._touched: set[str] = set()  # whose snapshots are not written yet
        self._kept_at = float("-inf")
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

    async def remember(self, ticker: str) -> Stopped:
        """Where this ticker stopped, from its snapshot and what the bus has after it. Raises as bus and snapshots."""
        known = self._known.get(ticker)
        if known is None:
            known = Stopped()
            told = (await self._snapshots.last([ticker])).get(ticker)
            if told is not None:
                known = Stopped(
                    told.tick if told.HasField("tick") else None,
                    told.gap if told.HasField("gap") else None,
                    told.seq,
                    told.seen_ms,
                    told.offset,
                )
            now_ms = int(self._wall.now().timestamp() * 1000)
            async for message in self._bus.replay(TRADES, ticker, known.offset):
                event = pb.TradeEvent.FromString(message.payload)
                known.note(event.tick if event.HasField("tick") else event.gap, message.offset, now_ms)
            self._known[ticker] = known
        return known

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            if self._waiting:
                await self._send()
                await self._wall.sleep(_APART_S)
            left = self._kept_at + _KEEP_S - self._wall.monotonic()
            if self._touched and left <= 0:
                await self._keep()
            elif not self._waiting:
                self._came.clear()
                await self._came.within(left if self._touched else _WAIT_S)

    async def flush(self, seconds: float) -> bool:
        """What is left, for somebody who stops. False when the bus did not take it in time."""
        try:
            async with asyncio.timeout(seconds):
                while self._waiting:
                    await self._send()
                await self._keep()
        except TimeoutError:
            return False
        return True

    async def _send(self) -> None:
        batch = list(islice(self._waiting, _BATCH))
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
        now_ms = int(self._wall.now().timestamp() * 1000)
        for event, offset in zip(batch, offsets, strict=True):
            self._known.setdefault(event.ticker, Stopped()).note(event, offset, now_ms)
            self._touched.add(event.ticker)

    async def _keep(self) -> None:
        self._kept_at = self._wall.monotonic()
        touched, self._touched = self._touched, set()
        try:
            await self._snapshots.keep(self._known[ticker].told() for ticker in touched)
        except SnapshotsUnavailable as gone:
            self._touched |= touched
            self._kept_at += _AGAIN_S
            log.warning("snapshots_lost", reason=str(gone))  # the bus knows what they do not


def _wrapped(event: Event) -> pb.TradeEvent:
    return pb.TradeEvent(tick=event) if isinstance(event, pb.Tick) else pb.TradeEvent(gap=event)
