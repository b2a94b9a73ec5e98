"""Ingest: the broker's frames from the OMS → decoded, ordered, gaps marked → bus and snapshots. One async service.

Contract: `start` returns at once and works in the background of the running loop; `stop` gives out what it still has.
`interest` is asked again and again; beyond the registrations of a session the less important are left out, and said.
It opens no connection to the broker. A restart goes on where the snapshots and the bus say that it stopped: what
happened meanwhile is a gap unless it can be shown that nothing did. One ingest an environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

import structlog

from domain.clock import Clock
from domain.proto import market_pb2 as pb
from domain.proto import oms_pb2
from market.bus.ports import Bus, BusUnavailable
from market.clock import MarketTime
from market.ingest.asking import Asking
from market.ingest.books import Books
from market.ingest.decoding import decoded
from market.ingest.following import Following, Stream
from market.ingest.lines import Event, Lines
from market.ingest.outbox import Outbox
from market.ingest.ports import REGISTRATIONS, Door, IngestTiming, Interest
from market.snapshots import Snapshots, SnapshotsUnavailable
from market.tasks import end, first_failure
from tools.kis.errors import ReadFailed
from tools.ports import PortUnavailable

log = structlog.get_logger("market.ingest")
_FLUSH_S = 3.0
_PAUSED_S = 1.0  # a stream that was not read for so long may have dropped something at its source


@dataclass(frozen=True, slots=True)
class IngestStatus:
    streaming: bool
    followed: tuple[str, ...]
    left_out: tuple[str, ...]
    waiting: int  # events not on the bus yet
    published: int


class Ingest:
    """See the module's contract."""

    def __init__(
        self,
        door: Door,
        bus: Bus,
        snapshots: Snapshots,
        interest: Interest,
        wall: Clock,
        timing: IngestTiming,
    ) -> None:
        self._door = door
        self._snapshots = snapshots
        self._interest = interest
        self._wall = wall
        self._timing = timing
        self._left_out: tuple[str, ...] = ()
        self.market = MarketTime(wall)
        self._lines = Lines(first_seq=int(wall.now().timestamp() * 1000))
        self._outbox = Outbox(bus, snapshots, wall)
        self._following = Following(door, wall, timing, self._wanted, self._prepare, self._take, self._broken)
        self._asking = Asking(
            door, self._lines, self.market, wall, timing, lambda: self._following.tickers, self._answered
        )
        self._books = Books(bus, snapshots, self.market, wall, timing.books_s)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        work: Sequence[Callable[[], Coroutine[None, None, None]]] = (
            self._outbox.run,
            self._following.run,
            self._asking.run,
            self._books.run,
            self._keep_time,
            self._beat,
            self._let_go,
        )
        self._tasks = [asyncio.create_task(each()) for each in work]

    async def wait(self) -> None:
        """Until it is stopped; raises a defect of one of its parts."""
        await first_failure(self._tasks)

    async def stop(self) -> None:
        await end(self._tasks)
        self._tasks = []
        self._outbox.add(self._lines.due(None))
        if not await self._outbox.flush(_FLUSH_S):
            log.warning("not_published", events=len(self._outbox))

    @property
    def status(self) -> IngestStatus:
        following = self._following
        return IngestStatus(
            following.streaming, following.tickers, self._left_out, len(self._outbox), self._outbox.published
        )

    def _wanted(self) -> tuple[str, ...]:
        asked = tuple(dict.fromkeys(self._interest()))
        if asked[REGISTRATIONS:] != self._left_out:
            self._left_out = asked[REGISTRATIONS:]
            log.warning("interest_too_wide", followed=len(asked) - len(self._left_out), left_out=len(self._left_out))
        return asked[:REGISTRATIONS]

    async def _prepare(self, tickers: Sequence[str]) -> bool:
        """New tickers go on where they stopped. False while nobody can say where that was."""
        for ticker in tickers:
            line = self._lines[ticker]
            if line.day:
                continue  # followed by this program before: the line knows
            try:
                known = await self._outbox.remember(ticker)
            except (BusUnavailable, SnapshotsUnavailable) as gone:
                log.warning("not_remembered", ticker=ticker, reason=str(gone))
                return False
            if known.tick is not None:
                line.restore(known.tick, known.gap, known.seq)
                self._outbox.add(line.doubt("restart"))
        return True

    async def _take(self, reply: oms_pb2.FramesReply, stream: Stream) -> None:
        events: list[Event] = []
        for frame in reply.frames:
            if frame.HasField("missed"):
                events += self._missed(frame.missed.reason, stream)
            else:
                events += self._read(frame.text, stream)
        for ticker in reply.silent:
            self._asking.silent(ticker)
        if events and await self._outbox.put(events) > _PAUSED_S:
            self._broken(self._following.tickers, "overrun")

    def _read(self, text: str, stream: Stream) -> list[Event]:
        try:
            prints, books = decoded(text)
        except ReadFailed as error:
            log.warning("frame_not_read", reason=error.message)
            return self._missed("unreadable", stream)
        events: list[Event] = []
        now_ms = int(self._wall.monotonic() * 1000)
        for told in prints:
            if told.ticker in stream.names and (found := self._lines.take(told, now_ms)):
                self._asking.printed(told.ticker)
                events += found
        for book in books:
            if book.ticker in stream.names:
                self._books.put(book)
        return events

    def _missed(self, reason: str, stream: Stream) -> list[Event]:
        """Frames that will not come: of which names, nobody can say."""
        log.info("frames_missed", reason=reason, tickers=len(stream.tickers))
        stream.blind = reason == "down" or (stream.blind and reason != "back")
        return self._lines.doubt(stream.tickers, "overrun" if reason == "dropped" else "stream")

    def _answered(self, events: list[Event]) -> None:
        """What an answer by REST brought. While the OMS hears nothing, what comes after it is missed again."""
        self._outbox.add(events)
        if events and self._following.blind:
            self._broken([events[-1].ticker], "stream")

    def _broken(self, tickers: Sequence[str], reason: str) -> None:
        self._outbox.add(self._lines.doubt(tickers, reason))

    async def _let_go(self) -> None:
        """Prints that waited in vain for an earlier one."""
        while True:
            await self._wall.sleep(0.25)
            events: list[Event] = self._lines.due(int(self._wall.monotonic() * 1000))
            self._outbox.add(events)

    async def _keep_time(self) -> None:
        while True:
            try:
                self.market.told(await self._door.market_clock())
            except PortUnavailable:
                await self._wall.sleep(self._timing.lost_s)
                continue
            await self._wall.sleep(self._timing.clock_s)

    async def _beat(self) -> None:
        while True:
            beat = pb.Heartbeat(
                wall_ms=int(self._wall.now().timestamp() * 1000),
                market_ms=self.market.now_ms() if self.market.known else 0,
                speed=self.market.speed,
                streaming=self._following.streaming,
                label=self.market.label,
                followed=self._following.tickers if self._following.streaming else (),
                left_out=self._left_out,
            )
            try:
                await self._snapshots.beat(beat)
            except SnapshotsUnavailable as gone:
                log.debug("beat_lost", reason=str(gone))
            await self._wall.sleep(self._timing.beat_s)
