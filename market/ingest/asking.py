"""Questions by REST for what the stream does not say: is a silent name silent, and what does the book look like?

Contract: one question at a time, `ask_s` apart, and none outside the hours. A silence that an answer explains (the
volume stands where we stand, or the name rests) is trusted for a while that doubles each time; one that nothing
explains within `doubt_s` is doubted. A gap that is open is asked about likewise: an answer closes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.clock import Clock
from domain.proto import market_pb2 as pb
from domain.proto import oms_pb2
from market.bus.ports import BOOKS, Bus, BusUnavailable
from market.clock import MarketTime
from market.ingest.lines import Event, Lines
from market.ingest.ports import Door, IngestTiming
from market.ingest.prints import print_of
from market.snapshots import Snapshots, SnapshotsUnavailable
from tools.ports import PortUnavailable


@dataclass(slots=True)
class Silence:
    """Of one ticker, by our monotonic clock."""

    since: float
    asked: float = float("-inf")
    times: int = 0  # answers in a row that explained it
    until: float = float("-inf")  # trusted till then


class Asking:
    """`give` takes what the answers brought."""

    def __init__(
        self,
        door: Door,
        lines: Lines,
        market: MarketTime,
        wall: Clock,
        timing: IngestTiming,
        tickers: Callable[[], Sequence[str]],
        give: Callable[[list[Event]], None],
    ) -> None:
        self._door = door
        self._lines = lines
        self._market = market
        self._wall = wall
        self._timing = timing
        self._tickers = tickers
        self._give = give
        self._silences: dict[str, Silence] = {}

    def silent(self, ticker: str) -> None:
        """The OMS says that a ticker is silent beyond its usual rate."""
        now = self._wall.monotonic()
        silence = self._silences.setdefault(ticker, Silence(now))
        if silence.until != float("-inf") and now >= silence.until:
            silence.since, silence.until = now, float("-inf")

    def printed(self, ticker: str) -> None:
        self._silences.pop(ticker, None)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            ticker = self._due() if self._market.is_trading else None
            if ticker is not None:
                await self._ask(ticker)
            self._doubt()
            await self._wall.sleep(self._timing.ask_s)

    def _due(self) -> str | None:
        """The one that was asked about longest ago, of those that want asking."""
        now = self._wall.monotonic()
        found: list[tuple[float, str]] = []
        for ticker in self._tickers():
            silence = self._silences.get(ticker)
            if silence is None and self._lines[ticker].gap is not None:
                silence = self._silences[ticker] = Silence(now)
            if silence is None:
                continue
            every = self._timing.trust_s if silence.asked > float("-inf") else 0.0
            if now >= silence.until and now - silence.asked >= min(every, self._timing.doubt_s):
                found.append((silence.asked, ticker))
        for ticker in self._silences.keys() - set(self._tickers()):
            del self._silences[ticker]
        return min(found)[1] if found else None

    async def _ask(self, ticker: str) -> None:
        silence = self._silences[ticker]
        silence.asked = self._wall.monotonic()
        try:
            quote = await self._door.quote(ticker)
        except PortUnavailable:
            return
        self.answered(quote)

    def answered(self, quote: oms_pb2.QuoteReply) -> None:
        told = print_of(quote)
        silence = self._silences.get(quote.ticker)
        if told is None or silence is None:
            return
        line = self._lines[quote.ticker]
        stands = (told.day, told.volume) == (line.day, line.volume)
        if told.asked:
            self._give(self._lines.take(told, int(self._wall.monotonic() * 1000)))
        if not (told.asked or stands) or line.gap is not None:
            return
        trust = min(self._timing.trust_most_s, self._timing.trust_s * 2**silence.times)
        silence.times = silence.times + 1 if stands else 0
        silence.until = self._wall.monotonic() + trust

    def _doubt(self) -> None:
        now = self._wall.monotonic()
        for ticker, silence in self._silences.items():
            if now >= silence.until and now - silence.since >= self._timing.doubt_s:
                self._give(self._lines.doubt([ticker], "stale"))


class BookAsking:
    """Order books, one name after another: the OMS has no stream of them."""

    def __init__(
        self,
        door: Door,
        bus: Bus,
        snapshots: Snapshots,
        market: MarketTime,
        wall: Clock,
        every_s: float,
        tickers: Callable[[], Sequence[str]],
    ) -> None:
        self._door = door
        self._bus = bus
        self._snapshots = snapshots
        self._market = market
        self._wall = wall
        self._every_s = every_s
        self._tickers = tickers
        self._next = 0
        self._seq = int(wall.now().timestamp() * 1000)

    async def run(self) -> None:
        while self._every_s:
            tickers = self._tickers()
            if tickers and self._market.is_trading:
                self._next = (self._next + 1) % len(tickers)
                await self._ask(tickers[self._next])
            await self._wall.sleep(self._every_s)

    async def _ask(self, ticker: str) -> None:
        try:
            told = await self._door.order_book(ticker)
        except PortUnavailable:
            return
        self._seq += 1
        book = pb.Book(
            ticker=ticker,
            at_ms=told.as_of.seconds * 1000 + told.as_of.nanos // 1_000_000,
            seq=self._seq,
            asks=[pb.Level(price=level.price, quantity=level.quantity) for level in told.asks],
            bids=[pb.Level(price=level.price, quantity=level.quantity) for level in told.bids],
            source="rest",
        )
        try:
            await self._bus.publish(BOOKS, [(ticker, book.SerializeToString())])
            await self._snapshots.keep_book(book)
        except (BusUnavailable, SnapshotsUnavailable):
            return  # the next one is as good
