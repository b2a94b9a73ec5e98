"""Where the guard's prices come from: the stream of prints, and questions by REST for what the stream does not say.

Contract: a ticker is asked for when the OMS calls it stale, when the stream itself is broken, or when nothing at all
was heard of it for a while; what is halted or interrupted is asked for more calmly, because it rests. Outside the
hours nobody is asked. Judges nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog

from domain.clock import Clock
from domain.proto import oms_pb2 as pb
from execution.guard.clock import GuardClock
from execution.guard.ports import Door, GuardTiming
from execution.guard.watchman import ORDERABLE
from tools.ports import PortUnavailable

log = structlog.get_logger("guard.feed")
_LOOK_S = 0.25
_A_STREAM = 60  # tickers that the OMS takes in one


@dataclass(slots=True)
class Heard:
    """Of one ticker, by our monotonic clock."""

    at: float
    asked: float = float("-inf")
    stale: bool = False
    calm: bool = False


class Feed:
    """`tickers` says which are wanted now; `take` gets every price."""

    def __init__(
        self,
        door: Door,
        clock: GuardClock,
        wall: Clock,
        timing: GuardTiming,
        tickers: Callable[[], tuple[str, ...]],
        take: Callable[[pb.QuoteReply], None],
    ) -> None:
        self._door = door
        self._clock = clock
        self._wall = wall
        self._timing = timing
        self._tickers = tickers
        self._take = take
        self._heard: dict[str, Heard] = {}
        self.streaming = False

    @property
    def stale(self) -> tuple[str, ...]:
        """Tickers whose prices come by question alone just now."""
        return tuple(sorted(ticker for ticker, heard in self._heard.items() if heard.stale and not heard.calm))

    async def stream(self) -> None:
        """Follows the prints of what is wanted, and begins anew when that changes or the stream breaks."""
        while True:
            tickers = self._tickers()
            if not tickers:
                self.streaming = False
                await self._wall.sleep(_LOOK_S)
                continue
            try:
                await self._follow(tickers)
            except PortUnavailable as gone:
                if self.streaming:
                    log.warning("stream_lost", reason=gone.message)
                self.streaming = False
                await self._wall.sleep(self._timing.lost_s)

    async def _follow(self, tickers: tuple[str, ...]) -> None:
        changed = asyncio.create_task(self._changed(tickers), name="wanted tickers")
        parts = [tickers[at : at + _A_STREAM] for at in range(0, len(tickers), _A_STREAM)]
        readers = [asyncio.create_task(self._read(self._door.ticks(part)), name="prints") for part in parts]
        try:
            await asyncio.wait({changed, *readers}, return_when=asyncio.FIRST_COMPLETED)
            for reader in readers:
                if reader.done():
                    reader.result()
                    raise PortUnavailable("시세 흐름이 끊겼어요.", where="oms")
        finally:
            for task in (changed, *readers):
                task.cancel()
            await asyncio.gather(changed, *readers, return_exceptions=True)

    async def _read(self, stream: AsyncIterator[pb.QuoteReply]) -> None:
        async for quote in stream:
            self.streaming = True
            self._hear(quote, asked=False)

    async def _changed(self, tickers: tuple[str, ...]) -> None:
        while self._tickers() == tickers:
            await self._wall.sleep(_LOOK_S)

    def _hear(self, quote: pb.QuoteReply, *, asked: bool) -> None:
        now = self._wall.monotonic()
        heard = self._heard.setdefault(quote.ticker, Heard(now))
        if quote.stale:
            if not heard.stale:
                log.info("ticker_silent", ticker=quote.ticker)
            heard.stale = True
            return
        heard.at = now
        heard.calm = quote.halted or quote.interrupted
        if not asked:
            heard.stale = False
        self._take(quote)

    async def poll(self) -> None:
        """Asks for what the stream does not tell."""
        while True:
            now = self._wall.monotonic()
            for ticker in self._tickers():
                if self._clock.known and self._clock.phase in ORDERABLE and self._due(ticker, now):
                    await self._ask(ticker)
            for gone in set(self._heard) - set(self._tickers()):
                del self._heard[gone]
            await self._wall.sleep(_LOOK_S)

    def _due(self, ticker: str, now: float) -> bool:
        heard = self._heard.setdefault(ticker, Heard(now))
        wanted = heard.stale or not self.streaming or now - heard.at > self._timing.quiet_s
        every = self._timing.calm_poll_s if heard.calm else self._timing.poll_s
        return wanted and now - heard.asked >= every

    async def _ask(self, ticker: str) -> None:
        self._heard[ticker].asked = self._wall.monotonic()
        try:
            quote = await self._door.quote(ticker)
        except PortUnavailable:
            return
        if quote.found:
            self._hear(quote, asked=True)
