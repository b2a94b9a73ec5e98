"""Daily bars for rooms and faces: out of the lake, from the OMS's read door only what is missing, kept five minutes.

Contract: a `DailyPort`. One answer for however many ask at once, and what is being fetched goes on when its asker has
gone, so that asking again finds it. A lake that is away costs its memory and nothing else: the bars come straight from
the read door, and the answer says so. Raises PortUnavailable, in Korean, for what is not to be had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog

from domain.calendar import calendar_named
from domain.clock import Clock
from domain.proto import oms_pb2 as pb
from nodes.technical.cache import FreshCache
from nodes.technical.direct import CROOKED, DEPTH_DAYS, DirectBars, last_session, requests_of
from tools.lake import LakeError, LakeUnavailable
from tools.ports import Daily, MarketPort, PortUnavailable

if TYPE_CHECKING:
    from domain.bars import Bars
    from market.bars.fetch import DailyBars
    from market.bars.store import BarStore

log = structlog.get_logger(__name__)

FIRST_DAYS = {"paper": 430}  # at one request a second: a year and its warm-up in three; `refresh` reads the rest
AT_ONCE = 3  # names that are asked for at the same time
LAKE_AWAY = "모아 둔 시세에 닿지 않아 증권사에서 바로 받았어요."


class LakeBars:
    """`source` is what the OMS trades on: sim | paper | live."""

    def __init__(self, market: MarketPort, open_store: Callable[[], BarStore], source: str, clock: Clock) -> None:
        self._market = market
        self._open_store = open_store
        self._source = source
        self._direct = DirectBars(market, clock)
        self._kept: FreshCache[Daily] = FreshCache(clock)
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._opening = asyncio.Lock()
        self._lake: tuple[BarStore, DailyBars, _Counting] | None = None

    async def daily(self, ticker: str, *, depth: int = 0) -> Daily:
        wanted = depth or FIRST_DAYS.get(self._source, DEPTH_DAYS)
        clock = await self._market.market_clock()
        last = last_session(date.fromisoformat(clock.trade_date), calendar_named(clock.calendar or "krx"))
        mine = False

        async def load() -> Daily:
            nonlocal mine
            mine = True
            async with self._asking:
                return await self._loaded(ticker, wanted, last)

        found = await self._kept.get(f"{ticker} {last} {wanted}", load)
        return found if mine else replace(found, requests=0)

    async def aclose(self) -> None:
        """Stops what is still under way."""
        await self._kept.aclose()

    async def _loaded(self, ticker: str, depth: int, last: date) -> Daily:
        try:
            store, daily, door = await self._opened()
            before = door.requests.get(ticker, 0)
            bars = await daily.read(ticker, last - timedelta(days=depth), last)
            if depth < DEPTH_DAYS:  # whoever asked deeper before has left more
                bars = await asyncio.to_thread(self._all, store, ticker, last)
            return Daily(bars, requests=door.requests.get(ticker, 0) - before)
        except (LakeError, LakeUnavailable, OSError) as away:
            log.warning("technical.lake_away", reason=type(away).__name__)
            found = await self._direct.daily(ticker, depth=depth)
            return replace(found, notice=LAKE_AWAY)
        except ValueError as crooked:
            log.warning("technical.crooked_bars", ticker=ticker, reason=str(crooked)[:200])
            raise PortUnavailable(CROOKED, where="market") from None

    def _all(self, store: BarStore, ticker: str, last: date) -> Bars:
        return store.read(ticker, "1d", last - timedelta(days=DEPTH_DAYS), last)

    async def _opened(self) -> tuple[BarStore, DailyBars, _Counting]:
        async with self._opening:
            if self._lake is None:
                self._lake = await asyncio.to_thread(self._open)
        return self._lake

    def _open(self) -> tuple[BarStore, DailyBars, _Counting]:
        from market.bars.fetch import DailyBars  # here: no page needs the lake before its first chart

        store, door = self._open_store(), _Counting(self._market)
        return store, DailyBars(store, door, self._source), door


class _Counting:
    """The read door, and how many requests of the broker were spent on each name's charts."""

    def __init__(self, market: MarketPort) -> None:
        self._market = market
        self.requests: dict[str, int] = {}

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[pb.Bar]:
        rows = await self._market.chart(ticker, period, from_date, to_date)
        self.requests[ticker] = self.requests.get(ticker, 0) + requests_of(len(rows))
        return rows

    async def market_clock(self) -> pb.MarketClockReply:
        return await self._market.market_clock()
