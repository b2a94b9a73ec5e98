"""From a ticker to the rules' report on its chart: bars, today's running day, the sheet, the reading.

Contract: `read` raises PortUnavailable for bars that do not come; `report` makes an `unavailable` report of it, so that
one name ends no turn. `today` gives the quotes that make the running day of names that somebody asked about; a quote
that does not continue the bars (no trade yet, a day too early, a jump beyond the daily limits) is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.bars import Bars, bars_of
from domain.calendar import Calendar, Phase, calendar_named
from domain.clock import KST
from domain.proto import oms_pb2 as pb
from domain.reports import Analyst, AnalystReport
from domain.strategy.timing import day_of
from market.bars.times import day_end
from nodes.technical.direct import DirectBars
from nodes.technical.features import Sheet, sheet
from nodes.technical.figures import ORIGINS
from nodes.technical.reading import ORIGIN, read_sheet
from tools.ports import DailyPort, Ports, PortUnavailable

LIMIT = 0.31  # of yesterday's close: a day moves at most 30 percent, what moves more is another basis of prices
_BEFORE = frozenset({Phase.PRE_OPEN.value, Phase.OPENING_AUCTION.value})


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One name: the report, and what it was read from; no bars where none came."""

    report: AnalystReport
    bars: Bars
    found: Sheet | None = None  # None also below its least number of bars
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Market:
    """The market's day, for names read together."""

    trade_date: date
    calendar: Calendar
    phase: str


class ChartReader:
    """One a room or face; bars are kept behind `ports.daily`."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._bars: DailyPort = ports.daily or DirectBars(ports.market, ports.clock)

    async def market(self) -> Market:
        """The clock's day when the market is silent."""
        try:
            told = await self._ports.market.market_clock()
            return Market(date.fromisoformat(told.trade_date), calendar_named(told.calendar or "krx"), told.phase)
        except (PortUnavailable, ValueError):
            return Market(self._ports.clock.now().astimezone(KST).date(), calendar_named("krx"), Phase.CLOSED.value)

    async def today(self, tickers: Sequence[str]) -> Mapping[str, pb.QuoteReply]:
        """Quotes by ticker; empty when they do not come: a chart without its running day is still a chart."""
        try:
            quotes = await self._ports.market.quotes(list(tickers)) if tickers else []
        except PortUnavailable:
            return {}
        return {quote.ticker: quote for quote in quotes if quote.found}

    async def report(self, ticker: str, market: Market, venue: str, quote: pb.QuoteReply | None = None) -> Read:
        try:
            return await self.read(ticker, market, venue, quote)
        except PortUnavailable as gone:
            now = self._ports.clock.now()
            return Read(AnalystReport.unavailable(Analyst.TECHNICAL, ticker, gone.message, now), bars_of(*[()] * 6))

    async def read(self, ticker: str, market: Market, venue: str, quote: pb.QuoteReply | None = None) -> Read:
        told = await self._bars.daily(ticker)
        bars, running = (told.bars, None) if quote is None else with_today(told.bars, quote, market)
        found = await asyncio.to_thread(sheet, bars, running=running is not None)
        at = running or self._ports.clock.now()
        report = read_sheet(ticker, found, at, ORIGINS.get(venue, ORIGIN), market.trade_date)
        return Read(report, bars, found, told.notice)


def with_today(bars: Bars, quote: pb.QuoteReply, market: Market) -> tuple[Bars, datetime | None]:
    """The bars and the running day behind them with the moment of its price, where there is one."""
    moment = datetime.fromtimestamp(quote.as_of.seconds, KST) if quote.HasField("as_of") else None
    hours = market.calendar.hours(market.trade_date)
    if moment is None or hours is None or not len(bars) or market.phase in _BEFORE:
        return bars, None
    if moment.date() != market.trade_date or moment.time() < hours.open:
        return bars, None
    if day_of(int(bars.time[-1])) >= market.trade_date or min(quote.open, quote.low, quote.price, quote.volume) <= 0:
        return bars, None
    if abs(quote.price / float(bars.close[-1]) - 1.0) > LIMIT:
        return bars, None
    high, low = max(quote.high, quote.price, quote.open), min(quote.low, quote.price, quote.open)
    end = day_end(market.trade_date, market.calendar)
    today = bars_of([end], [quote.open], [high], [low], [quote.price], [quote.volume])
    return bars.joined(today), moment
