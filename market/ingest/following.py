"""The OMS's stream of frames, kept open over changes of interest and breaks.

Contract: a new stream is begun before the old one is let go, so that a change of interest loses nothing; both bring
the same frames for a moment, which the lines tell apart. Of a stream that broke, `broken` hears which tickers it was
about, before anything else of them comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from domain.clock import Clock
from domain.proto import oms_pb2
from domain.waiting import within
from market.ingest.ports import Door, IngestTiming
from market.tasks import end
from tools.ports import PortUnavailable

log = structlog.get_logger("market.following")


class Stream:
    """One call of the OMS. `blind`: the OMS says that its own connection is down."""

    def __init__(self, door: Door, tickers: tuple[str, ...], take: Take, *, books: bool) -> None:
        self.tickers = tickers
        self.names = frozenset(tickers)
        self.blind = False
        self.up = asyncio.Event()
        self._door = door
        self._take = take
        self._books = books
        self.task = asyncio.create_task(self._read(), name="frames")

    async def _read(self) -> None:
        try:
            async for reply in self._door.frames(self.tickers, trades=True, books=self._books):
                self.up.set()
                await self._take(reply, self)
        finally:
            self.up.set()

    async def leave(self) -> None:
        await end([self.task])

    def fault(self) -> str:
        """Why it ended; "" while it runs. A defect of ours is raised."""
        if not self.task.done():
            return ""
        error = self.task.exception()
        if error is not None and not isinstance(error, PortUnavailable):
            raise error
        return error.message if error is not None else "시세 흐름이 끝났어요."


Take = Callable[[oms_pb2.FramesReply, Stream], Awaitable[None]]


class Following:
    """`prepare` is awaited before the first frame of new tickers, `take` for every reply of the stream."""

    def __init__(
        self,
        door: Door,
        wall: Clock,
        timing: IngestTiming,
        wanted: Callable[[], tuple[str, ...]],
        prepare: Callable[[Sequence[str]], Awaitable[bool]],
        take: Take,
        broken: Callable[[Sequence[str], str], None],
    ) -> None:
        self._door = door
        self._wall = wall
        self._timing = timing
        self._wanted = wanted
        self._prepare = prepare
        self._take = take
        self._broken = broken
        self._stream: Stream | None = None

    @property
    def streaming(self) -> bool:
        return self._stream is not None and self._stream.up.is_set() and not self._stream.task.done()

    @property
    def blind(self) -> bool:
        """Does the OMS itself hear nothing?"""
        return self._stream is not None and self._stream.blind

    @property
    def tickers(self) -> tuple[str, ...]:
        return self._stream.tickers if self._stream is not None else ()

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await self._wall.sleep(self._timing.look_s if await self._look() else self._timing.lost_s)
        finally:
            if self._stream is not None:
                await self._stream.leave()

    async def _look(self) -> bool:
        """False when the source is broken just now."""
        stream, wanted = self._stream, self._wanted()
        if stream is not None and (reason := stream.fault()):
            log.warning("stream_lost", reason=reason, tickers=len(stream.tickers))
            self._broken(stream.tickers, "stream")
            self._stream = stream = None
        if wanted == self.tickers:
            return True
        if not wanted:
            return await self._replace(None)
        if not await self._prepare([ticker for ticker in wanted if ticker not in self.tickers]):
            return False
        new = Stream(self._door, wanted, self._take, books=self._timing.books_s > 0)
        await within(new.up, self._timing.up_s)
        if new.task.done():
            await new.leave()
            new.fault()
            return False
        new.up.set()
        return await self._replace(new)

    async def _replace(self, new: Stream | None) -> bool:
        old, self._stream = self._stream, new
        if old is not None:
            await old.leave()
            left = [ticker for ticker in old.tickers if ticker not in self.tickers]
            self._broken(left, "unfollowed")
        return True
