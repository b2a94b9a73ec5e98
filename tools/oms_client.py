"""The OMS over gRPC: `OmsPort` for one acting user at a time, `MarketPort` for prices.

Contract: every call carries the principal, its token and, for a person’s calls, the acting user. What the OMS refuses
words comes back as a reply where the message has room for it, else as PortRefused; a broken pipe, a starting OMS or a
silent broker raises PortUnavailable with a Korean sentence. Nothing is ever sent twice from here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from types import TracebackType
from typing import Self, TypeVar

import grpc

from domain.fundamentals import Fundamentals
from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from tools.doors import dial_aio
from tools.oms_rows import fundamentals_of
from tools.ports import Identity, PortRefused, PortUnavailable
from tools.store.secrets import caller_token

ORDER_S = 20.0
READ_S = 15.0
_OPTIONS = (
    ("grpc.enable_http_proxy", 0),
    ("grpc.enable_retries", 0),  # an order is never sent again by a library
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_DOWN = "주문 관리(OMS)에 닿지 않아요. 잠시 후 다시 시도해 주세요."

Reply = TypeVar("Reply")


def open_channel(address: str) -> grpc.aio.Channel:
    """A connection to the door that shows nobody's credentials; inside a running event loop."""
    channel: grpc.aio.Channel = dial_aio(address, _OPTIONS)
    return channel


class OmsChannel:
    """One connection of one principal; both adapters share it. Made inside a running event loop."""

    def __init__(self, address: str, secret: bytes, principal: str = "web") -> None:
        self._channel = open_channel(address)
        self._credentials = (
            ("x-quartz-principal", principal),
            ("x-quartz-token", caller_token(secret, principal)),
        )
        self.principal = principal
        self.oms = oms_pb2_grpc.OmsStub(self._channel)
        self.reads = oms_pb2_grpc.ReadsStub(self._channel)

    def __repr__(self) -> str:
        return f"OmsChannel({self.principal})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._channel.close()

    def metadata(self, who: Identity | None = None) -> tuple[tuple[str, str], ...]:
        """For a person's call with the acting user; without `who` the user is nobody (reads)."""
        user = str(who.user_id) if who is not None else "00000000-0000-0000-0000-000000000000"
        return (*self._credentials, ("x-quartz-user", user))


async def _answer(call: Awaitable[Reply]) -> Reply:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise translated(error) from None


def translated(error: grpc.aio.AioRpcError) -> PortUnavailable:
    """Our own exception for a failed call; its text may be shown."""
    details = error.details() or ""
    match error.code():
        case grpc.StatusCode.PERMISSION_DENIED:
            code, _, message = details.partition(": ")
            return PortRefused(code, message or details, where="oms")
        case grpc.StatusCode.INVALID_ARGUMENT:
            return PortRefused("INVALID_ARGUMENT", details or "요청의 형식이 올바르지 않아요.", where="oms")
        case grpc.StatusCode.UNAVAILABLE if _is_korean(details):
            return PortUnavailable(details, where="oms")
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return PortUnavailable("주문 관리(OMS)의 답이 늦어요. 주문 내역을 확인해 주세요.", where="oms")
        case _:
            return PortUnavailable(_DOWN, where="oms")


def _is_korean(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


class OmsClient:
    """`tools.ports.OmsPort`."""

    def __init__(self, channel: OmsChannel) -> None:
        self._channel = channel

    async def submit(self, who: Identity, request: pb.SubmitRequest) -> pb.SubmitReply:
        return await _answer(self._channel.oms.Submit(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def preview(self, who: Identity, ref: pb.PlanRef) -> pb.PreviewReply:
        return await _answer(self._channel.oms.Preview(ref, metadata=self._channel.metadata(who), timeout=READ_S))

    async def cancel(self, who: Identity, intent_id: str, request_id: str) -> pb.OrderReply:
        request = pb.CancelRequest(account_ref=who.account_ref, intent_id=intent_id, request_id=request_id)
        return await _answer(self._channel.oms.Cancel(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def revise(self, who: Identity, intent_id: str, new_price: int, request_id: str) -> pb.OrderReply:
        request = pb.ReviseRequest(
            account_ref=who.account_ref, intent_id=intent_id, new_price=new_price, request_id=request_id
        )
        return await _answer(self._channel.oms.Revise(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def replace(self, who: Identity, request: pb.ReplaceRequest) -> pb.OrderReply:
        """The new order, which leaves once the old one's cancel is confirmed."""
        return await _answer(self._channel.oms.Replace(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def resolve(self, who: Identity, request: pb.ResolveRequest) -> pb.OrderReply:
        return await _answer(self._channel.oms.Resolve(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def evidence(self, who: Identity, intent_id: str) -> pb.EvidenceReply:
        """What speaks for and against every number that could be this order's."""
        request = pb.EvidenceRequest(account_ref=who.account_ref, intent_id=intent_id)
        return await _answer(self._channel.oms.Evidence(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def set_trading_state(
        self, who: Identity, state: str, reason: str, *, scope: str = "account", sleeve: str = ""
    ) -> pb.TradingStateReply:
        request = pb.TradingStateRequest(
            scope=scope,
            account_ref=who.account_ref if scope != "global" else "",
            sleeve=sleeve,
            state=state,
            reason=reason,
        )
        return await _answer(
            self._channel.oms.SetTradingState(request, metadata=self._channel.metadata(who), timeout=ORDER_S)
        )

    async def orders(
        self, who: Identity, *, open_only: bool = False, plan_id: str = "", from_date: str = "", limit: int = 50
    ) -> list[pb.Order]:
        """Newest first. `from_date`: of that trade date and later, YYYY-MM-DD."""
        request = pb.OrdersRequest(
            account_ref=who.account_ref, open_only=open_only, plan_id=plan_id, from_date=from_date, limit=limit
        )
        reply: pb.OrdersReply = await _answer(
            self._channel.oms.Orders(request, metadata=self._channel.metadata(who), timeout=READ_S)
        )
        return list(reply.orders)

    async def foreign(self, who: Identity) -> list[pb.Order]:
        """Open orders that were placed at the broker itself, newest first; `cancel` takes their ids."""
        request = pb.OrdersRequest(account_ref=who.account_ref, open_only=True, limit=1)
        reply: pb.OrdersReply = await _answer(
            self._channel.oms.Orders(request, metadata=self._channel.metadata(who), timeout=READ_S)
        )
        return list(reply.foreign)

    async def book(self, who: Identity) -> pb.BookReply:
        request = pb.BookRequest(account_ref=who.account_ref)
        return await _answer(self._channel.oms.Book(request, metadata=self._channel.metadata(who), timeout=READ_S))

    async def status(self, who: Identity) -> pb.StatusReply:
        request = pb.StatusRequest(account_ref=who.account_ref)
        return await _answer(self._channel.oms.Status(request, metadata=self._channel.metadata(who), timeout=READ_S))

    async def days(self, who: Identity, limit: int = 0) -> list[pb.Day]:
        """Oldest first."""
        request = pb.DaysRequest(account_ref=who.account_ref, limit=limit)
        reply: pb.DaysReply = await _answer(
            self._channel.oms.Days(request, metadata=self._channel.metadata(who), timeout=READ_S)
        )
        return list(reply.days)

    async def exits(self, who: Identity) -> list[pb.ProtectedPosition]:
        """What stands under an exit mandate."""
        request = pb.ExitsRequest(account_ref=who.account_ref)
        reply: pb.ExitsReply = await _answer(
            self._channel.oms.Exits(request, metadata=self._channel.metadata(who), timeout=READ_S)
        )
        return list(reply.positions)

    async def enroll(self, who: Identity, request: pb.EnrollRequest) -> pb.EnrollReply:
        """`request` holds a person's keys: neither it nor the reply is ever logged."""
        return await _answer(self._channel.oms.Enroll(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def unenroll(self, who: Identity) -> pb.EnrollReply:
        """The person's own keys are erased and the account is not served any more."""
        request = pb.UnenrollRequest(account_ref=who.account_ref)
        return await _answer(self._channel.oms.Unenroll(request, metadata=self._channel.metadata(who), timeout=ORDER_S))

    async def watch(self, who: Identity, after_seq: int) -> AsyncIterator[pb.Event]:
        """Every event after `after_seq`, without end. Raises PortUnavailable when the OMS goes away."""
        request = pb.WatchRequest(account_ref=who.account_ref, after_seq=after_seq)
        call = self._channel.oms.Watch(request, metadata=self._channel.metadata(who))
        try:
            async for event in call:
                yield event
        except grpc.aio.AioRpcError as error:
            raise translated(error) from None
        finally:
            call.cancel()


class MarketClient:
    """`tools.ports.MarketPort`. Prices belong to nobody, so no user is named."""

    def __init__(self, channel: OmsChannel) -> None:
        self._channel = channel

    async def quote(self, ticker: str) -> pb.QuoteReply:
        request = pb.TickerRequest(ticker=ticker)
        return await _answer(self._channel.reads.Quote(request, metadata=self._channel.metadata(), timeout=READ_S))

    async def quotes(self, tickers: Sequence[str]) -> list[pb.QuoteReply]:
        request = pb.TickersRequest(tickers=list(tickers))
        reply: pb.QuotesReply = await _answer(
            self._channel.reads.Quotes(request, metadata=self._channel.metadata(), timeout=READ_S * 2)
        )
        return list(reply.quotes)

    async def order_book(self, ticker: str) -> pb.OrderBookReply:
        request = pb.TickerRequest(ticker=ticker)
        return await _answer(self._channel.reads.OrderBook(request, metadata=self._channel.metadata(), timeout=READ_S))

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[pb.Bar]:
        request = pb.ChartRequest(ticker=ticker, period=period, from_date=from_date, to_date=to_date)
        reply: pb.ChartReply = await _answer(
            self._channel.reads.Chart(request, metadata=self._channel.metadata(), timeout=READ_S * 2)
        )
        return list(reply.bars)

    async def minutes(self, ticker: str, since: str = "", until: str = "") -> list[pb.Bar]:
        """Minutes of today that are over and begin at `since`..`until` (HH:MM, KST), oldest first; without them the
        newest two hours. A minute without a trade has no bar."""
        request = pb.ChartRequest(ticker=ticker, period="1m", from_time=since, to_time=until)
        reply: pb.ChartReply = await _answer(
            self._channel.reads.Chart(request, metadata=self._channel.metadata(), timeout=READ_S * 2)
        )
        return list(reply.bars)

    async def fundamentals(self, tickers: Sequence[str]) -> list[Fundamentals]:
        """A row a name that the broker tells anything of, in the order asked. One that does not answer ends the asking:
        what came before it is told, PortUnavailable is raised where nothing did."""
        found: list[Fundamentals] = []
        for ticker in dict.fromkeys(tickers):
            request = pb.TickerRequest(ticker=ticker)
            try:
                reply: pb.FundamentalsReply = await _answer(
                    self._channel.reads.Fundamentals(request, metadata=self._channel.metadata(), timeout=READ_S)
                )
            except PortUnavailable:
                if not found:
                    raise
                break
            row = fundamentals_of(reply)
            found += [row] if row is not None else []
        return found

    async def news_titles(self, ticker: str = "") -> pb.NewsTitlesReply:
        """The broker's titles; `offered` false where the key brings none."""
        request = pb.NewsTitlesRequest(ticker=ticker)
        return await _answer(self._channel.reads.NewsTitles(request, metadata=self._channel.metadata(), timeout=READ_S))

    async def ticks(self, tickers: Sequence[str]) -> AsyncIterator[pb.QuoteReply]:
        """Prints until the caller leaves. Raises PortUnavailable when the OMS goes away."""
        call = self._channel.reads.Ticks(pb.TickersRequest(tickers=list(tickers)), metadata=self._channel.metadata())
        try:
            async for quote in call:
                yield quote
        except grpc.aio.AioRpcError as error:
            raise translated(error) from None
        finally:
            call.cancel()

    async def frames(self, tickers: Sequence[str], *, trades: bool, books: bool) -> AsyncIterator[pb.FramesReply]:
        """The broker's frames until the caller leaves. Raises PortUnavailable when the OMS goes away."""
        request = pb.FramesRequest(tickers=list(tickers), trades=trades, books=books)
        call = self._channel.reads.Frames(request, metadata=self._channel.metadata())
        try:
            async for reply in call:
                yield reply
        except grpc.aio.AioRpcError as error:
            raise translated(error) from None
        finally:
            call.cancel()

    async def market_clock(self) -> pb.MarketClockReply:
        return await _answer(
            self._channel.reads.MarketClock(pb.MarketClockRequest(), metadata=self._channel.metadata(), timeout=READ_S)
        )
