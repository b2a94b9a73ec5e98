"""Daily bars through the OMS's read door into the store: only what nobody has asked for yet.

Contract: what the store knows is not asked again, so KIS is asked once; askers of one ticker at one time share one
question. Only days that are over are stored: today's bar is unfinished until the trade date moves on. Every question
reaches a few bars into what is stored; if they differ, the basis of adjustment has changed (a split, rights), and the
whole series is asked for anew instead of mixing two. Raises PortUnavailable and LakeUnavailable.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import structlog

from domain.bars import Bars
from domain.calendar import Calendar, calendar_named
from domain.proto import oms_pb2
from market.bars.public import adjusted_bars
from market.bars.store import DAY, BarStore, missing_of
from market.bars.times import day_end

log = structlog.get_logger("market.bars")
_OVERLAP_DAYS = 10  # calendar days asked again, to compare
SPLITS = "splits"


class ChartDoor(Protocol):
    """What is used of `tools.ports.MarketPort`."""

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[oms_pb2.Bar]: ...
    async def market_clock(self) -> oms_pb2.MarketClockReply: ...


class DailyBars:
    """`source` is what the OMS trades on: sim | paper | live."""

    def __init__(self, store: BarStore, door: ChartDoor, source: str) -> None:
        self._store = store
        self._door = door
        self._source = source
        self._turns: dict[str, asyncio.Lock] = {}

    async def read(self, ticker: str, start: date, end: date) -> Bars:
        """Finished daily bars dated start..end; what is missing is fetched first."""
        clock = await self._door.market_clock()
        calendar = calendar_named(clock.calendar or "krx")
        over = date.fromisoformat(clock.trade_date) - timedelta(days=1)
        if start <= min(end, over):
            async with self._turns.setdefault(ticker, asyncio.Lock()):
                await self._complete(ticker, start, min(end, over), calendar)
        return await asyncio.to_thread(self._store.read, ticker, DAY, start, min(end, over))

    async def _complete(self, ticker: str, start: date, end: date, calendar: Calendar) -> None:
        covered = await asyncio.to_thread(self._store.covered, ticker, DAY)
        if covered:  # what is asked for must touch what is stored, else nobody could tell one basis from another
            start, end = min(start, covered[0][0]), max(end, covered[-1][1])
        reach = timedelta(days=_OVERLAP_DAYS)
        for since, until in missing_of(covered, start, end):
            bars = await self._ask(ticker, since - reach, min(end, until + reach), calendar)
            if await asyncio.to_thread(self._is_same_basis, ticker, bars):
                await self._keep(ticker, bars, (since, until))
                continue
            log.info("basis_changed", ticker=ticker, since=start.isoformat(), until=end.isoformat())
            bars = await self._ask(ticker, start, end, calendar)
            await self._keep(ticker, bars, (start, end), anew=True)
            return

    async def _ask(self, ticker: str, start: date, end: date, calendar: Calendar) -> Bars:
        told = await self._door.chart(ticker, "D", start.isoformat(), end.isoformat())
        rows = []
        for bar in told:
            day = date.fromisoformat(bar.date)
            if start <= day <= end:
                rows.append((day_end(day, calendar), bar.open, bar.high, bar.low, bar.close, bar.volume))
        return adjusted_bars(np.array(sorted(rows), dtype=np.int64).reshape(-1, 6).T)

    def _is_same_basis(self, ticker: str, bars: Bars) -> bool:
        if not len(bars.time):
            return True
        stored = self._store.read(ticker, DAY, date(1956, 3, 3), date(9999, 1, 1))
        _, here, there = np.intersect1d(bars.time, stored.time, assume_unique=True, return_indices=True)
        return all(
            bool(np.array_equal(getattr(bars, name)[here], getattr(stored, name)[there]))
            for name in ("open", "high", "low", "close")
        )

    async def _keep(self, ticker: str, bars: Bars, asked: tuple[date, date], *, anew: bool = False) -> None:
        def work() -> None:
            self._store.write(ticker, DAY, bars, source=self._source, adjusted=SPLITS, asked=asked, anew=anew)

        await asyncio.to_thread(work)
