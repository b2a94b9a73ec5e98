"""The OMS's door across the in-memory wire, spoken to by the product's own client.

Contract: `Wire` stands where `tools.oms_client` has its gRPC channel: the same calls, metadata and errors, so the
client's own words for what goes wrong are the ones that the rooms hear. `Charts` is the client for prices with an
outage in front of its charts: the names that `strikes` names do not answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import grpc
from grpc.aio import AioRpcError, Metadata

from domain.proto import oms_pb2 as pb
from proving.oms import CallRefused, DoorClosed, OmsHost
from tools.oms_client import MarketClient, OmsClient
from tools.ports import Identity, MarketPort, OmsPort, PortUnavailable

NO_CHART = "차트를 받지 못했어요."
_NOBODY = "00000000-0000-0000-0000-000000000000"
_STREAMS = frozenset({"Watch", "Ticks", "Frames"})
Strikes = Callable[[str], bool]  # does the chart of this ticker stay away now?


class Wire:
    """`tools.oms_client.OmsChannel` of one principal."""

    def __init__(self, host: OmsHost, principal: str) -> None:
        self.principal = principal
        self.oms = self.reads = _Stub(host, principal)

    def metadata(self, who: Identity | None = None) -> str:
        """The acting user; the principal and its token are the host's to show."""
        return str(who.user_id) if who is not None else _NOBODY


class _Stub:
    """Calls by name, as the generated stubs have them."""

    def __init__(self, host: OmsHost, principal: str) -> None:
        self._host = host
        self._principal = principal

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def made(request: Any, metadata: str, timeout: float = 20.0) -> Any:
            if call in _STREAMS:
                return _Stream(self._host.follow(call, request, self._principal, metadata))
            return self._asked(call, request, metadata, timeout)

        return made

    async def _asked(self, call: str, request: Any, user: str, seconds: float) -> Any:
        try:
            return await self._host.ask(call, request, self._principal, user, patience_s=seconds)
        except (DoorClosed, TimeoutError, CallRefused) as error:
            raise _as_grpc(error) from None


class _Stream:
    """What a streaming call gives: messages, and a way to leave."""

    def __init__(self, said: AsyncIterator[Any]) -> None:
        self._said = said
        self._leaving: asyncio.Future[None] | None = None

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._said)
        except (DoorClosed, CallRefused) as error:
            raise _as_grpc(error) from None

    def cancel(self) -> None:
        self._leaving = asyncio.ensure_future(self._said.aclose())  # type: ignore[attr-defined]


def _as_grpc(error: Exception) -> AioRpcError:
    code, details = grpc.StatusCode.UNAVAILABLE, ""
    if isinstance(error, CallRefused):
        code, details = error.code, error.details
    elif isinstance(error, TimeoutError):
        code = grpc.StatusCode.DEADLINE_EXCEEDED
    return AioRpcError(code, Metadata(), Metadata(), details)


def oms_of(host: OmsHost, principal: str) -> OmsPort:
    return OmsClient(Wire(host, principal))  # type: ignore[arg-type]


class Charts(MarketClient):
    """Prices, and charts while nothing strikes."""

    def __init__(self, host: OmsHost, strikes: Strikes) -> None:
        super().__init__(Wire(host, "web"))  # type: ignore[arg-type]
        self._strikes = strikes

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[pb.Bar]:
        if self._strikes(ticker):
            raise PortUnavailable(NO_CHART, where="charts")
        return await super().chart(ticker, period, from_date, to_date)

    async def fundamentals(self, tickers: Sequence[str]) -> list[Any]:
        if any(self._strikes(ticker) for ticker in tickers):
            raise PortUnavailable(NO_CHART, where="charts")
        return list(await super().fundamentals(tickers))


def market_of(host: OmsHost, strikes: Strikes) -> MarketPort:
    return Charts(host, strikes)
