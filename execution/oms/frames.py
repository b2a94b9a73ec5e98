"""The broker's frames for those who decode them themselves: as they came, and what was missed said.

Contract: a follower gets every frame of its tickers that the one connection brought, unchanged and in its order; of
order books the newest of each ticker alone between two of its readings. The connection's reader is never held up: a
follower that falls behind by `_BACKLOG` trades misses the newest ones and is told how many, in their place. Whatever
else may have been missed (the connection down, a frame that could not be read) is said likewise. A new follower begins
with the last trade of each ticker, unless the connection has been down since: then that would prove nothing.
Trades of followed tickers are registered as for Ticks; books get what registrations are left, and give them back.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from domain.clock import Clock
from domain.proto import oms_pb2 as pb
from domain.waiting import within
from execution.oms.bookplaces import BookPlaces
from execution.oms.marketdata import MarketData
from execution.oms.ticks import Ticks
from tools.kis.events import Down, Gap, QuoteFrame, Trouble
from tools.kis.frames import BOOK_TRS, TRADE_TRS

_BACKLOG = 10_000
_AT_ONCE = 512  # frames a reply: a message of gRPC costs what twenty frames in it do
_LOOK_S = 1.0
DOWN, BACK, DROPPED, UNREADABLE = "down", "back", "dropped", "unreadable"


class FrameFollower:
    """One stream of frames; numbers them as they are taken away."""

    def __init__(self, tickers: Sequence[str], *, trades: bool, books: bool) -> None:
        self.tickers = frozenset(tickers)
        self._trades, self._books = trades, books
        self._waiting: deque[pb.Frame] = deque()
        self._newest: dict[str, pb.Frame] = {}
        self._dropped = 0
        self._seq = 0
        self._arrived = asyncio.Event()

    def put(self, frame: QuoteFrame) -> None:
        about = [record.ticker for record in frame.records if record.ticker in self.tickers]
        if not about:
            return
        if frame.tr_id in BOOK_TRS:
            if self._books:
                self._newest[about[-1]] = _told(frame)
                self._arrived.set()
        elif self._trades:
            self._keep(frame)

    def miss(self, reason: str, at: datetime, frames: int = 0) -> None:
        """Said even where nothing more fits; what is said twice in a row is one."""
        self._say_dropped(at)
        if self._waiting and self._waiting[-1].missed.reason == reason:
            self._waiting[-1].missed.frames += frames
            return
        self._waiting.append(pb.Frame(received_us=_us(at), missed=pb.Missed(reason=reason, frames=frames)))
        self._arrived.set()

    async def next(self, seconds: float) -> list[pb.Frame]:
        """What has come; empty when nothing came in time."""
        if not (self._waiting or self._newest):
            self._arrived.clear()
            if not await within(self._arrived, seconds):
                return []
        found = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
        if not self._waiting:
            found += self._newest.values()
            self._newest = {}
        for frame in found:
            self._seq += 1
            frame.seq = self._seq
        return found

    def _keep(self, frame: QuoteFrame) -> None:
        if len(self._waiting) >= _BACKLOG:
            self._dropped += 1
            return
        self._say_dropped(frame.at)
        self._waiting.append(_told(frame))
        self._arrived.set()

    def _say_dropped(self, at: datetime) -> None:
        if self._dropped:
            missed = pb.Missed(reason=DROPPED, frames=self._dropped)
            self._dropped = 0
            self._waiting.append(pb.Frame(received_us=_us(at), missed=missed))


class Frames:
    """Hears what `MarketData` takes from the stream."""

    def __init__(self, data: MarketData, ticks: Ticks, wall: Clock) -> None:
        self._data = data
        self._ticks = ticks
        self._wall = wall
        self._followers: set[FrameFollower] = set()
        self._last: dict[str, QuoteFrame] = {}
        self._places = BookPlaces(data)
        self._numbers = 0
        self._down_since: datetime | None = None
        data.on_frame, data.on_loss = self._came, self._lost

    async def follow(
        self, tickers: Sequence[str], *, trades: bool, books: bool
    ) -> AsyncGenerator[pb.FramesReply, None]:
        """Without end; the first reply comes at once."""
        follower = FrameFollower(tickers, trades=trades, books=books)
        self._numbers += 1
        name = f"frames:{self._numbers}"
        began = looked = self._wall.monotonic()
        if self._down_since is not None:
            follower.miss(DOWN, self._down_since)
        for frame in {id(frame): frame for ticker in tickers if (frame := self._last.get(ticker))}.values():
            follower.put(frame)
        self._followers.add(follower)
        if trades:
            self._data.want(name, tickers)
        if books:
            self._places.want(name, tickers)
        try:
            yield pb.FramesReply(frames=await follower.next(0.0))
            while True:
                frames = await follower.next(_LOOK_S)
                silent: list[str] = []
                now = self._wall.monotonic()
                if now - looked >= _LOOK_S:
                    looked = now
                    self._places.fill()
                    if trades:
                        silent = [ticker for ticker in sorted(follower.tickers) if self._ticks.is_silent(ticker, began)]
                if frames or silent:
                    yield pb.FramesReply(frames=frames, silent=silent)
        finally:
            self._followers.discard(follower)
            if trades:
                self._data.unwant(name)
            self._places.unwant(name)

    def _came(self, frame: QuoteFrame) -> None:
        if frame.tr_id in TRADE_TRS:
            for record in frame.records:
                self._last[record.ticker] = frame
        for follower in self._followers:
            follower.put(frame)

    def _lost(self, event: Down | Gap | Trouble) -> None:
        at, frames = (event.until if isinstance(event, Gap) else event.at), 0
        match event:
            case Trouble(tr_id=tr_id) if tr_id and tr_id not in TRADE_TRS | BOOK_TRS:
                return
            case Trouble():
                reason, frames = UNREADABLE, 1
            case Down():
                reason, self._down_since = DOWN, at
            case Gap():
                # Neither the first connection nor one after a Down: it held, and we did not keep up with its reader.
                held = event.since is not None and self._down_since is None
                reason, self._down_since = DROPPED if held else BACK, None
        self._last.clear()
        for follower in self._followers:
            follower.miss(reason, at, frames)


def _told(frame: QuoteFrame) -> pb.Frame:
    return pb.Frame(received_us=_us(frame.at), text=frame.raw)


def _us(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
