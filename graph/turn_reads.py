"""Reads that the research rooms of one turn make alike, asked once: the book, the profile, the strategy, the clock.

Contract: what was read is kept from `one_turn` until the runner's call ends and is seen by rooms built on
`remembering` ports alone. The order desk and the account room are not: they ask anew, and so does whoever writes. A
read that failed is asked again, last prices are never kept, and an order book is good for `BOOK_SECONDS`. Outside a
turn every read is asked. `ahead` and `books_ahead` begin the slow ones while the turn is still being decided; what
nobody came for is dropped. Reports are kept for the end of the turn, where one transaction files them all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast
from uuid import UUID

from domain.clock import Clock
from domain.proto import oms_pb2 as pb
from domain.reports import AnalystReport
from nodes.state import NodeName
from tools.ports import DeskPort, Identity, MarketPort, OmsPort, Ports, PortUnavailable

RESEARCH: frozenset[NodeName] = frozenset({"selector", "technical", "portfolio", "risk"})

FILING: frozenset[NodeName] = RESEARCH | {"macro"}
BOOK_SECONDS = 2.0

Reports = Mapping[UUID, AnalystReport]


@dataclass(slots=True)
class _Turn:
    """Of one call of the runner."""

    reads: dict[tuple[Any, ...], asyncio.Task[Any]] = field(default_factory=dict)
    reports: dict[UUID | None, dict[UUID, AnalystReport]] = field(default_factory=dict)  # by whose they are


_turn: ContextVar[_Turn | None] = ContextVar("quartz_turn_reads", default=None)


@asynccontextmanager
async def one_turn(desk: DeskPort) -> AsyncIterator[None]:
    """Inside, equal reads of the research rooms are one; at the end their reports are filed at `desk`."""
    turn = _Turn()
    token = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(token)
        for read in turn.reads.values():
            read.cancel()
        await asyncio.gather(*turn.reads.values(), return_exceptions=True)
        with contextlib.suppress(PortUnavailable):  # a table that does not answer costs the record, not the turn
            await asyncio.gather(*(desk.save_reports(whose, reports) for whose, reports in turn.reports.items()))


def remembering(ports: Ports) -> Ports:
    """The same ports for rooms that only look."""
    return replace(
        ports,
        oms=cast(OmsPort, _Remembering(ports.oms, "book")),
        market=cast(MarketPort, _Remembering(_Brief(ports.market, ports.clock), "market_clock")),
        desk=cast(DeskPort, _Remembering(ports.desk, "latest_profile", "strategies")),
    )


def filing(ports: Ports) -> Ports:
    """The same ports for rooms whose reports may wait for the end of the turn."""
    return replace(ports, desk=cast(DeskPort, _Filing(ports.desk)))


def ahead(ports: Ports, who: Identity) -> None:
    """Begins what every turn of research asks for; `ports` are those of `remembering`. Outside a turn: nothing."""
    _begin(ports.oms.book(who), ports.market.market_clock())


def books_ahead(ports: Ports, tickers: Sequence[str]) -> None:
    """Begins the order books of the names that a proposal will be about."""
    _begin(*(ports.market.order_book(ticker) for ticker in tickers))


def _begin(*reads: Coroutine[Any, Any, Any]) -> None:
    for read in reads:
        if _turn.get() is None:
            read.close()
        else:
            asyncio.create_task(read).add_done_callback(_seen)


def _seen(task: asyncio.Future[Any]) -> None:
    """A fault belongs to whoever asks; here nobody does."""
    if not task.cancelled():
        task.exception()


class _Remembering:
    """A port of which some reads are asked once a turn."""

    def __init__(self, port: object, *reads: str) -> None:
        self._port = port
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return partial(_once, name, found) if name in self._reads else found


class _Brief:
    """A market whose order books are asked for once within a moment."""

    def __init__(self, market: MarketPort, clock: Clock) -> None:
        self._market = market
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._market, name)

    async def order_book(self, ticker: str) -> pb.OrderBookReply:
        moment = int(self._clock.monotonic() / BOOK_SECONDS)
        found: pb.OrderBookReply = await _once("order_book", self._asked, ticker, moment)
        return found

    async def _asked(self, ticker: str, _: int) -> pb.OrderBookReply:
        return await self._market.order_book(ticker)


class _Filing:
    """A desk whose reports are kept for the end of the turn."""

    def __init__(self, desk: DeskPort) -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    async def save_reports(self, user_id: UUID | None, reports: Reports) -> None:
        turn = _turn.get()
        if turn is None:
            await self._desk.save_reports(user_id, reports)
        else:
            turn.reports.setdefault(user_id, {}).update(reports)


async def _once(name: str, read: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
    turn = _turn.get()
    if turn is None:
        return await read(*arguments)
    key = (name, *arguments)
    task = turn.reads.get(key)
    if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
        task = turn.reads[key] = asyncio.create_task(read(*arguments))
        task.add_done_callback(_seen)
    return await asyncio.shield(task)  # one room that is taken away does not take the answer from the others
