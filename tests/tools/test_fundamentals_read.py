"""Accounts of several names through the read door: what is known is told, what is not is nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest

from domain.proto import oms_pb2 as pb
from tools.oms_client import MarketClient
from tools.ports import PortUnavailable


def client(silent: str = "") -> tuple[MarketClient, list[str]]:
    """A door that knows two names, one of them by its price alone, and does not answer for `silent`."""
    asked: list[str] = []

    async def answer(request: pb.TickerRequest, **_: Any) -> pb.FundamentalsReply:
        asked.append(request.ticker)
        if request.ticker == silent:
            raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())
        reply = pb.FundamentalsReply(ticker=request.ticker, found=request.ticker != "999999", source="paper")
        if request.ticker == "005930":
            reply.per, reply.eps, reply.market_cap = 14.5, -310.0, 400
        if request.ticker == "000660":
            reply.years.add(period="202412", roe=9.03)
        return reply

    channel = SimpleNamespace(reads=SimpleNamespace(Fundamentals=answer), metadata=lambda: ())
    return MarketClient(cast(Any, channel)), asked


async def test_each_name_is_asked_once_and_one_of_which_nothing_is_known_has_no_row() -> None:
    market, asked = client()
    one, two = await market.fundamentals(["005930", "999999", "069500", "000660", "005930"])
    assert asked == ["005930", "999999", "069500", "000660"]
    assert (one.per, one.eps, one.pbr, one.market_cap, one.latest) == (14.5, -310.0, None, 400, None)
    assert (two.per, two.market_cap, two.roe, two.debt) == (None, None, 9.03, None)


async def test_a_door_that_falls_silent_ends_the_asking_with_what_came_before() -> None:
    market, asked = client(silent="000660")
    assert [row.ticker for row in await market.fundamentals(["005930", "000660", "035420"])] == ["005930"]
    assert asked == ["005930", "000660"]
    with pytest.raises(PortUnavailable):
        await market.fundamentals(["000660", "005930"])
