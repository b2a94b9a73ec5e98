"""Questions by REST for what the stream does not say: is a silent name silent?

Contract: one question at a time, `ask_s` apart, and none outside the hours. A silence that an answer explains (the
volume stands where we stand, or the name rests) is trusted for a while that doubles each time; one that nothing
explains within `doubt_s` is doubted. A gap that is open is asked about likewise: an answer closes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.clock import Clock
from domain.proto import oms_pb2
from market.clock import MarketTime
from market.ingest.lines import Event, Lines
from market.ingest.ports import Door, IngestTiming
from market.ingest.prints import print_of
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
