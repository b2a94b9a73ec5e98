"""Order books on their way to the bus and the snapshots: the newest of each name, and no older one after it.

Contract: `put` never waits and holds one book a name; what is not told when a newer one comes is forgotten. While bus
or Redis is away the newest wait for it.
"""

from __future__ import annotations

import structlog

from domain.clock import Clock
from domain.waiting import Hint
from market.bus.ports import BOOKS, Bus, BusUnavailable
from market.clock import MarketTime
from market.ingest.decoding import book_of
from market.snapshots import Snapshots, SnapshotsUnavailable
from tools.kis.frames import BookSnapshot

log = structlog.get_logger("market.books")
_WAIT_S = 1.0


class Books:
    """`every_s`: between two tellings."""

    def __init__(self, bus: Bus, snapshots: Snapshots, market: MarketTime, wall: Clock, every_s: float) -> None:
        self._bus = bus
        self._snapshots = snapshots
        self._market = market
        self._wall = wall
        self._every_s = every_s
        self._newest: dict[str, BookSnapshot] = {}
        self._came = Hint()
        self._seq = int(wall.now().timestamp() * 1000)

    def put(self, book: BookSnapshot) -> None:
        self._newest[book.ticker] = book
        self._came.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            if self._newest and self._market.known:
                await self._tell()
                await self._wall.sleep(self._every_s)
            else:
                self._came.clear()
                await self._came.within(_WAIT_S)

    async def _tell(self) -> None:
        found, self._newest = self._newest, {}
        now, told = self._market.now(), []
        for book in found.values():
            self._seq += 1
            told.append(book_of(book, now, self._seq))
        try:
            await self._bus.publish(BOOKS, [(book.ticker, book.SerializeToString()) for book in told])
            await self._snapshots.keep_books(told)
        except (BusUnavailable, SnapshotsUnavailable) as gone:
            log.debug("books_not_told", reason=str(gone))
            self._newest = {**found, **self._newest}
