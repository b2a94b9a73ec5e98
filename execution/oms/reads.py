"""The read door: quotes, order books, charts, titles, accounts, market time. Same authentication, same budget, lowest
priority.

Contract: an unknown ticker is an answer (`found` false, no bars), and so is what the key does not allow (`offered`
false); a silent broker is UNAVAILABLE.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import date, time
from decimal import Decimal

import grpc

from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from execution.oms.auth import Authenticator, Unauthenticated
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.frames import Frames
from execution.oms.marketdata import Snapshot
from execution.oms.research import Accounts, Research
from execution.oms.ticks import Ticks
from execution.oms.translated import translated
from tools.kis.fundamentals import Ratios

_MAX_TICKERS = 60
_TITLE = 500  # characters of a title; the longest real ones have about a hundred


class ReadsDoor(oms_pb2_grpc.ReadsServicer):  # type: ignore[misc]
    def __init__(self, authenticator: Authenticator, core: Core) -> None:
        self._authenticator = authenticator
        self._core = core
        self._ticks = Ticks(core.data, core.market, core.wall)
        self._frames = Frames(core.data, self._ticks, core.wall)
        self._research = Research(core.data.client, core.market, core.wall)

    @translated
    async def Quote(self, request: pb.TickerRequest, context: grpc.aio.ServicerContext) -> pb.QuoteReply:
        self._admit(context)
        return self._quote(request.ticker, await self._core.data.snapshot(_ticker(request.ticker)))

    @translated
    async def Quotes(self, request: pb.TickersRequest, context: grpc.aio.ServicerContext) -> pb.QuotesReply:
        self._admit(context)
        if len(request.tickers) > _MAX_TICKERS:
            raise ValueError(f"expected at most {_MAX_TICKERS} tickers, was {len(request.tickers)}")
        found = await self._core.data.snapshots([_ticker(ticker) for ticker in request.tickers])
        return pb.QuotesReply(quotes=[self._quote(ticker, found.get(ticker)) for ticker in request.tickers])

    @translated
    async def OrderBook(self, request: pb.TickerRequest, context: grpc.aio.ServicerContext) -> pb.OrderBookReply:
        self._admit(context)
        book = await self._core.data.order_book(_ticker(request.ticker))
        reply = pb.OrderBookReply(ticker=request.ticker)
        reply.as_of.FromDatetime(self._core.market.now())
        if book is not None:
            reply.asks.extend(pb.Level(price=level.price, quantity=level.quantity) for level in book.asks)
            reply.bids.extend(pb.Level(price=level.price, quantity=level.quantity) for level in book.bids)
        return reply

    @translated
    async def Chart(self, request: pb.ChartRequest, context: grpc.aio.ServicerContext) -> pb.ChartReply:
        self._admit(context)
        if request.period == "1m":
            return await self._minutes(request)
        if request.period not in ("D", "W", "M"):
            raise ValueError(f"expected period D, W, M or 1m, was {request.period!r}")
        start, end = date.fromisoformat(request.from_date), date.fromisoformat(request.to_date)
        chart = await self._core.data.chart(_ticker(request.ticker), request.period, start, end)
        reply = pb.ChartReply(ticker=request.ticker)
        reply.as_of.FromDatetime(self._core.market.now())
        for bar in chart.bars if chart is not None else ():
            reply.bars.append(
                pb.Bar(
                    date=bar.day.isoformat(),
                    open=bar.open,
                    high=bar.high,
                    low=bar.low,
                    close=bar.close,
                    volume=bar.volume,
                )
            )
        return reply

    async def _minutes(self, request: pb.ChartRequest) -> pb.ChartReply:
        since, until = _minute(request.from_time), _minute(request.to_time)
        reply = pb.ChartReply(ticker=request.ticker)
        for bar in await self._research.minutes(_ticker(request.ticker), since, until):
            reply.bars.add(
                date=bar.at.date().isoformat(),
                time=f"{bar.at:%H:%M}",
                open=bar.open,
                high=bar.high,
                low=bar.low,
                close=bar.close,
                volume=bar.volume,
            )
        reply.as_of.FromDatetime(self._core.market.now())
        return reply

    @translated
    async def NewsTitles(self, request: pb.NewsTitlesRequest, context: grpc.aio.ServicerContext) -> pb.NewsTitlesReply:
        self._admit(context)
        found = await self._research.titles(_ticker(request.ticker) if request.ticker else "")
        reply = pb.NewsTitlesReply(offered=found is not None, source=self._core.environment)
        for each in found or ():
            title = pb.NewsTitle(
                number=each.number, title=each.title[:_TITLE], source=each.source[:_TITLE], tickers=each.tickers
            )
            title.at.FromDatetime(each.at)
            reply.titles.append(title)
        return reply

    @translated
    async def Fundamentals(self, request: pb.TickerRequest, context: grpc.aio.ServicerContext) -> pb.FundamentalsReply:
        self._admit(context)
        found = await self._research.accounts(_ticker(request.ticker))
        reply = pb.FundamentalsReply(ticker=request.ticker, found=found is not None, source=self._core.environment)
        return reply if found is None else _told(reply, found)

    @translated
    async def MarketClock(
        self, request: pb.MarketClockRequest, context: grpc.aio.ServicerContext
    ) -> pb.MarketClockReply:
        self._admit(context)
        market = self._core.market
        reply = pb.MarketClockReply(
            trade_date=market.trade_date.isoformat(),
            phase=market.phase.value,
            calendar=market.calendar.name,
            speed=f"{market.speed:g}",
            label=market.label,
        )
        reply.now.FromDatetime(market.now())
        return reply

    async def Ticks(
        self, request: pb.TickersRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.QuoteReply]:
        tickers = await self._followed(request.tickers, context)
        async for snapshot, ticker, stale in self._ticks.follow(tickers):
            reply = self._quote(ticker, snapshot)
            reply.stale = stale
            yield reply

    async def Frames(
        self, request: pb.FramesRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[pb.FramesReply]:
        tickers = await self._followed(request.tickers, context)
        async with aclosing(self._frames.follow(tickers, trades=request.trades, books=request.books)) as stream:
            async for reply in stream:
                yield reply

    async def _followed(self, asked: Sequence[str], context: grpc.aio.ServicerContext) -> list[str]:
        """The tickers of a stream, or the end of the call."""
        tickers: list[str] = []
        try:
            self._admit(context)
            if len(asked) > _MAX_TICKERS:
                raise ValueError(f"expected at most {_MAX_TICKERS} tickers, was {len(asked)}")
            tickers = list(dict.fromkeys(_ticker(ticker) for ticker in asked))
        except Unauthenticated:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
        except Refusal as refusal:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{refusal.code}: {refusal.message}")
        except ValueError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "요청의 형식이 올바르지 않아요.")
        return tickers

    def _admit(self, context: grpc.aio.ServicerContext) -> None:
        caller = self._authenticator.caller({key: value for key, value in context.invocation_metadata() or ()})
        caller.may_call("Reads")

    def _quote(self, ticker: str, snapshot: Snapshot | None) -> pb.QuoteReply:
        instrument = self._core.instruments.get(ticker)
        reply = pb.QuoteReply(
            ticker=ticker, name=instrument.name if instrument is not None else ticker, found=snapshot is not None
        )
        if snapshot is None:
            return reply
        reply.price, reply.base_price = snapshot.price, snapshot.base or 0
        reply.open, reply.high, reply.low = snapshot.open, snapshot.high, snapshot.low
        reply.volume = snapshot.volume
        reply.upper_limit, reply.lower_limit = snapshot.upper or 0, snapshot.lower or 0
        reply.halted, reply.interrupted, reply.source = snapshot.halted, snapshot.interrupted, snapshot.source
        reply.as_of.FromDatetime(snapshot.at)
        return reply


def _told(reply: pb.FundamentalsReply, found: Accounts) -> pb.FundamentalsReply:
    quote = found.quote
    reply.as_of.FromDatetime(found.at)
    for name in ("per", "pbr", "eps", "bps"):
        value: Decimal | None = getattr(quote, name)
        if value:  # the broker writes 0 where it knows nothing, or where there is no profit to divide by
            setattr(reply, name, float(value))
    reply.market_cap = quote.market_cap or 0
    reply.years_offered = found.years is not None
    reply.years.extend(_year(one) for one in found.years or ())
    return reply


def _year(one: Ratios) -> pb.AccountYear:
    told = {
        "sales_growth": one.sales_growth,
        "operating_growth": one.operating_growth,
        "net_growth": one.net_growth,
        "roe": one.roe,
        "eps": one.eps,
        "sales_a_share": one.sps,
        "bps": one.bps,
        "reserves": one.reserves,
        "debt": one.debt,
    }
    return pb.AccountYear(
        period=one.period, **{name: float(value) for name, value in told.items() if value is not None}
    )


def _minute(text: str) -> time | None:
    """HH:MM; "" is none."""
    return time.fromisoformat(text) if text else None


def _ticker(text: str) -> str:
    """Six digits, or Q and six digits for ETNs; anything else never reaches the broker."""
    if not (text.isascii() and text.isalnum() and 6 <= len(text) <= 7):
        raise ValueError(f"expected a ticker of six digits, was {len(text)} characters")
    return text
