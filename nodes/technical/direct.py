"""Daily bars straight from the market port: for who keeps none, and for the hours in which a lake is away.

Contract: `DirectBars` is a `DailyPort` that keeps what it was told for five minutes and asks once for however many ask
at the same time. Only days that are over are told. Bars that cannot be are PortUnavailable in Korean, never a chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from domain.bars import Bars
from domain.calendar import Calendar, calendar_named
from domain.clock import Clock
from domain.proto import oms_pb2 as pb
from market.bars.public import adjusted_bars
from market.bars.times import day_end
from nodes.technical.cache import FreshCache
from tools.ports import Daily, MarketPort, PortUnavailable

DEPTH_DAYS = 640  # calendar days: twenty months and the warm-up of the averages of 60
PAGE = 100  # bars that the broker gives at a request
CROOKED = "받은 일봉의 값이 서로 맞지 않아 읽지 않았어요."


class DirectBars:
    """See the module's contract."""

    def __init__(self, market: MarketPort, clock: Clock) -> None:
        self._market = market
        self._kept: FreshCache[Daily] = FreshCache(clock)

    async def daily(self, ticker: str, *, depth: int = 0) -> Daily:
        clock = await self._market.market_clock()
        calendar = calendar_named(clock.calendar or "krx")
        last = last_session(date.fromisoformat(clock.trade_date), calendar)
        first = last - timedelta(days=depth or DEPTH_DAYS)
        mine = False

        async def load() -> Daily:
            nonlocal mine
            mine = True
            rows = await self._market.chart(ticker, "D", first.isoformat(), last.isoformat())
            over = [row for row in rows if row.date <= last.isoformat()]
            return Daily(told_bars(over, calendar), requests=requests_of(len(rows)))

        found = await self._kept.get(f"{ticker} {last} {first}", load)
        return found if mine else replace(found, requests=0)


def last_session(trade_date: date, calendar: Calendar) -> date:
    """The newest session that is over while the market's day is `trade_date`."""
    return calendar.previous_session(trade_date)


def requests_of(rows: int) -> int:
    """How many requests so many bars cost at the broker."""
    return max(1, -(-rows // PAGE))


def told_bars(rows: Sequence[pb.Bar], calendar: Calendar) -> Bars:
    """A chart as the market port gives it, oldest first; days without trading stand at the close before them. Raises
    PortUnavailable for bars that cannot be."""
    ends = {day_end(date.fromisoformat(row.date), calendar): row for row in rows}
    table = [(end, row.open, row.high, row.low, row.close, row.volume) for end, row in sorted(ends.items())]
    try:
        return adjusted_bars(np.array(table, dtype=np.int64).reshape(-1, 6).T)
    except ValueError:
        raise PortUnavailable(CROOKED, where="market") from None
