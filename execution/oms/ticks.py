"""Prints for those who follow them: in order, once each, and a word about tickers that have fallen silent.

Contract: a follower gets every print of its tickers by (ticker, date, cumulative volume), never one twice and never one
out of order; one that falls behind by `_BACKLOG` prints gets the newest of each ticker instead. Silence is measured
against the ticker's own usual rate and said with `stale` about once a second, in continuous trading only: a name that
is halted or interrupted is not silent, it rests.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from domain.calendar import Phase
from domain.clock import Clock
from domain.waiting import within
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData, Snapshot

_BACKLOG = 10_000
_LOOK_S = 1.0
_SHARE = 0.2  # weight of the newest gap in the usual one
_TIMES = 8.0  # that many usual gaps without a print are silence
_LEAST_S, _MOST_S = 5.0, 60.0
_UNKNOWN_S = 15.0  # before the second print nobody knows what is usual


@dataclass(slots=True)
class Pace:
    """How often one ticker prints, by our monotonic clock."""

    last: float
    usual_s: float | None = None

    def printed(self, now: float) -> None:
        gap = now - self.last
        self.usual_s = gap if self.usual_s is None else (1 - _SHARE) * self.usual_s + _SHARE * gap
        self.last = now

    def is_silent(self, now: float) -> bool:
        if self.usual_s is None:
            return now - self.last > _UNKNOWN_S
        return now - self.last > min(_MOST_S, max(_LEAST_S, _TIMES * self.usual_s))


class Follower:
    """One stream of prints."""

    def __init__(self, tickers: Sequence[str]) -> None:
        self.tickers = frozenset(tickers)
        self._waiting: deque[Snapshot] = deque()
        self._arrived = asyncio.Event()

    def put(self, snapshot: Snapshot) -> None:
        self._waiting.append(snapshot)
        if len(self._waiting) > _BACKLOG:
            newest = {each.ticker: each for each in self._waiting}
            self._waiting = deque(newest.values())
        self._arrived.set()

    async def next(self, seconds: float) -> list[Snapshot]:
        """What has come; empty when nothing came in time."""
        if not self._waiting:
            self._arrived.clear()
            if not await within(self._arrived, seconds):
                return []
        found = list(self._waiting)
        self._waiting.clear()
        return found


class Ticks:
    """Hears what `MarketData` takes from the stream."""

    def __init__(self, data: MarketData, market: MarketClock, wall: Clock) -> None:
        self._data = data
        self._market = market
        self._wall = wall
        self._followers: set[Follower] = set()
        self._paces: dict[str, Pace] = {}
        self._numbers = 0
        data.on_print = self._printed

    def _printed(self, snapshot: Snapshot) -> None:
        now = self._wall.monotonic()
        pace = self._paces.get(snapshot.ticker)
        if pace is None:
            self._paces[snapshot.ticker] = Pace(now)
        else:
            pace.printed(now)
        for follower in self._followers:
            if snapshot.ticker in follower.tickers:
                follower.put(snapshot)

    async def follow(self, tickers: Sequence[str]) -> AsyncIterator[tuple[Snapshot | None, str, bool]]:
        """(what is known, ticker, is it stale?), without end. Begins with what is known of each."""
        follower = Follower(tickers)
        self._numbers += 1
        name = f"ticks:{self._numbers}"
        self._followers.add(follower)
        self._data.want(name, tickers)
        began = self._wall.monotonic()
        try:
            for ticker in tickers:
                known = self._data.last(ticker)
                if known is not None:
                    yield known, ticker, False
            looked = began
            while True:
                for snapshot in await follower.next(_LOOK_S):
                    yield snapshot, snapshot.ticker, False
                now = self._wall.monotonic()
                if now - looked >= _LOOK_S:
                    looked = now
                    for ticker in sorted(follower.tickers):
                        if self.is_silent(ticker, began):
                            yield self._data.last(ticker), ticker, True
        finally:
            self._followers.discard(follower)
            self._data.unwant(name)

    def is_silent(self, ticker: str, began: float) -> bool:
        """Beyond its usual rate? `began`: since when the asker listens, by our monotonic clock."""
        if self._market.phase is not Phase.CONTINUOUS:
            return False
        known = self._data.last(ticker)
        if known is not None and (known.halted or known.interrupted) and known.source == "rest":
            return self._wall.monotonic() - known.seen > _UNKNOWN_S  # is it over?
        pace = self._paces.get(ticker) or Pace(began)
        return pace.is_silent(self._wall.monotonic())
