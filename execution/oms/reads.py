"""The read door: quotes, order books, charts, market time. Same authentication, same budget, lowest priority.

Contract: an unknown ticker is an answer (`found` false, no bars), a silent broker is UNAVAILABLE.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import date

import grpc

from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from execution.oms.auth import Authenticator, Unauthenticated
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.frames import Frames
from execution.oms.marketdata import Snapshot
from execution.oms.ticks import Ticks
from execution.oms.translated import translated

_MAX_TICKERS = 60


class ReadsDoor(oms_pb2_grpc.ReadsServicer):  # type: ignore[misc]
    def __init__(self, authenticator: Authenticator, core: Core) -> None:
        self._authenticator = authenticator
        self._core = core
        self._ticks = Ticks(core.data, core.market, core.wall)
        self._frames = Frames(core.data, self._ticks, core.wall)

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
        if request.period not in ("D", "W", "M"):
            raise ValueError(f"expected period D, W or M, was {request.period!r}")
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


def _ticker(text: str) -> str:
    """Six digits, or Q and six digits for ETNs; anything else never reaches the broker."""
    if not (text.isascii() and text.isalnum() and 6 <= len(text) <= 7):
        raise ValueError(f"expected a ticker of six digits, was {len(text)} characters")
    return text
