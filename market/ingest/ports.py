"""What ingest asks of the OMS, and how often."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.proto import oms_pb2

REGISTRATIONS = 40  # KIS gives a session 41; notices take one
Interest = Callable[[], Sequence[str]]  # tickers to follow, the most important first


class Door(Protocol):
    """The OMS's read door; `tools.oms_client.MarketClient` is one. A broken pipe raises PortUnavailable."""

    def frames(self, tickers: Sequence[str], *, trades: bool, books: bool) -> AsyncIterator[oms_pb2.FramesReply]: ...
    async def quote(self, ticker: str) -> oms_pb2.QuoteReply: ...
    async def market_clock(self) -> oms_pb2.MarketClockReply: ...


@dataclass(frozen=True, slots=True)
class IngestTiming:
    """Wall seconds. `books_s` 0: no order books."""

    look_s: float = 0.5  # how soon a change of interest is noticed
    lost_s: float = 1.0  # before a broken stream is begun anew
    up_s: float = 2.0  # a new stream that says nothing counts as begun after this
    clock_s: float = 5.0
    beat_s: float = 1.0
    ask_s: float = 0.3  # between two questions by REST
    doubt_s: float = 3.0  # a silence that no answer explained by then is a gap
    trust_s: float = 15.0  # how long an answer "nothing happened" explains silence; doubled each time
    trust_most_s: float = 120.0
    books_s: float = 0.1  # between two tellings of order books: each time the newest of every name


# One question a second is all that KIS paper allows, orders included.
TIMING: Mapping[str, IngestTiming] = {
    "sim": IngestTiming(),
    "paper": IngestTiming(ask_s=5.0, doubt_s=10.0, trust_s=60.0),
    "live": IngestTiming(ask_s=0.5),
}
