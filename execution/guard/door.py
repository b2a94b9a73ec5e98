"""The OMS's door as the guard's own principal. Nothing is sent twice from here; asking again is the watchman's."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import grpc

from domain.proto import oms_pb2 as pb
from tools.oms_client import ORDER_S, READ_S, MarketClient, OmsChannel, translated

Reply = TypeVar("Reply")


class GuardDoor(MarketClient):
    """`execution.guard.ports.Door`; prices and the market's clock are everybody's."""

    def __init__(self, channel: OmsChannel) -> None:
        if channel.principal != "guard":
            raise ValueError(f"expected a channel of the principal guard, was {channel.principal}")
        super().__init__(channel)

    async def exits(self) -> list[pb.ProtectedPosition]:
        call = self._channel.oms.Exits(pb.ExitsRequest(), metadata=self._channel.metadata(), timeout=READ_S)
        reply: pb.ExitsReply = await _answered(call)
        return list(reply.positions)

    async def exit(self, request: pb.ExitRequest) -> pb.ExitReply:
        return await _answered(self._channel.oms.Exit(request, metadata=self._channel.metadata(), timeout=ORDER_S))

    async def rest_stop(self, request: pb.RestStopRequest) -> pb.ExitReply:
        return await _answered(self._channel.oms.RestStop(request, metadata=self._channel.metadata(), timeout=ORDER_S))


async def _answered(call: Awaitable[Reply]) -> Reply:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise translated(error) from None
