"""The OMS's door as the guard's own principal. Nothing is sent twice from here; asking again is the watchman's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import TypeVar

import grpc

from domain.proto import oms_pb2 as pb
from tools.oms_client import ORDER_S, READ_S, OmsChannel, translated

Reply = TypeVar("Reply")


class GuardDoor:
    """`execution.guard.ports.Door`."""

    def __init__(self, channel: OmsChannel) -> None:
        if channel.principal != "guard":
            raise ValueError(f"expected a channel of the principal guard, was {channel.principal}")
        self._channel = channel

    async def exits(self) -> list[pb.ProtectedPosition]:
        call = self._channel.oms.Exits(pb.ExitsRequest(), metadata=self._channel.metadata(), timeout=READ_S)
        reply: pb.ExitsReply = await _answered(call)
        return list(reply.positions)

    async def exit(self, request: pb.ExitRequest) -> pb.ExitReply:
        return await _answered(self._channel.oms.Exit(request, metadata=self._channel.metadata(), timeout=ORDER_S))

    async def rest_stop(self, request: pb.RestStopRequest) -> pb.ExitReply:
        return await _answered(self._channel.oms.RestStop(request, metadata=self._channel.metadata(), timeout=ORDER_S))

    async def quote(self, ticker: str) -> pb.QuoteReply:
        request = pb.TickerRequest(ticker=ticker)
        return await _answered(self._channel.reads.Quote(request, metadata=self._channel.metadata(), timeout=READ_S))

    async def market_clock(self) -> pb.MarketClockReply:
        request = pb.MarketClockRequest()
        return await _answered(
            self._channel.reads.MarketClock(request, metadata=self._channel.metadata(), timeout=READ_S)
        )

    async def ticks(self, tickers: Sequence[str]) -> AsyncIterator[pb.QuoteReply]:
        """Until the caller leaves. Raises PortUnavailable when the OMS goes away."""
        request = pb.TickersRequest(tickers=list(tickers))
        call = self._channel.reads.Ticks(request, metadata=self._channel.metadata())
        try:
            async for quote in call:
                yield quote
        except grpc.aio.AioRpcError as error:
            raise translated(error) from None
        finally:
            call.cancel()


async def _answered(call: Awaitable[Reply]) -> Reply:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise translated(error) from None
