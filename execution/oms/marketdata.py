"""Prices for the gate and for everybody who reads: the stream first, REST when it must be, nothing invented.

Contract: a quote says when it was true and where it came from. Questions for the same thing at the same time become one
request; a REST answer is served for `quote_s`. What the stream cannot tell (base price, band, halt) is asked once a day
and ticker. Registrations are a budget of 41: holdings and open orders are wanted first, then what somebody looks at.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

import structlog

from domain.clock import Clock
from execution.oms.marketclock import MarketClock
from execution.oms.timing import Timing
from tools.kis.budget import Priority
from tools.kis.charts import Chart, Period
from tools.kis.client import KisClient
from tools.kis.errors import KisError, SubscriptionsFull
from tools.kis.events import Down, Gap, QuoteFrame, Trouble
from tools.kis.frames import Trade
from tools.kis.quotes import OrderBook, Quote
from tools.kis.ws import KisStream

TRADES = "H0STCNT0"
_LOOKED_AT = 30  # registrations left to tickers somebody looked at
_CHARTS = 256

log = structlog.get_logger("oms.market")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of one ticker. `at` is market time, `seen` our monotonic clock."""

    ticker: str
    price: int
    base: int | None
    open: int
    high: int
    low: int
    volume: int
    upper: int | None
    lower: int | None
    halted: bool
    at: datetime
    seen: float
    source: str  # stream | rest
    day: date
    whole: bool = True  # False: a price among many, whose halts and interruptions are of an older answer
    designated: str = ""  # managed | warning, as the last quote said
    interrupted: bool = False  # a volatility interruption, as far as the source tells


class SingleFlight:
    """Concurrent askers of one key share one answer."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, asyncio.Task[Any]] = {}

    async def do(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(work())
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(flight)


class MarketData:
    """One client and one stream for all prices of this OMS."""

    def __init__(
        self, client: KisClient, stream: KisStream | None, market: MarketClock, wall: Clock, timing: Timing
    ) -> None:
        self._client = client
        self._stream = stream
        self._market = market
        self._wall = wall
        self._timing = timing
        self._known: dict[str, Snapshot] = {}
        self._unknown: dict[str, float] = {}
        self._flights = SingleFlight()
        self._wants: dict[str, frozenset[str]] = {}
        self._wanted: set[str] = set()
        self._looked: OrderedDict[str, None] = OrderedDict()
        self._charts: OrderedDict[tuple[str, str, date, date], tuple[float, Chart | None]] = OrderedDict()
        self.on_print: Callable[[Snapshot], None] | None = None  # hears every new print, in order and once
        self.on_frame: Callable[[QuoteFrame], None] | None = None  # hears every frame, as it came
        self.on_loss: Callable[[Down | Gap | Trouble], None] | None = None  # hears what the stream did not bring
        self.make_room: Callable[[], bool] | None = None  # gives a registration up that is worth less than a print's

    # The stream -----------------------------------------------------------------------------------------------------

    def frame(self, frame: QuoteFrame) -> None:
        """Takes what the stream brought."""
        if self.on_frame is not None:
            self.on_frame(frame)
        for record in frame.records:
            if isinstance(record, Trade):
                self._print(record)

    def lost(self, event: Down | Gap | Trouble) -> None:
        """Takes what the stream could not bring."""
        if self.on_loss is not None:
            self.on_loss(event)

    @property
    def stream(self) -> KisStream | None:
        """The one connection that prices come from."""
        return self._stream

    @property
    def client(self) -> KisClient:
        """The client that prices are asked with."""
        return self._client

    def _print(self, trade: Trade) -> None:
        known = self._known.get(trade.ticker)
        if known is not None and (known.day, known.volume) > (trade.at.date(), trade.total_volume):
            return  # late
        same = known is not None and (known.day, known.volume) == (trade.at.date(), trade.total_volume)
        if same and known is not None and known.source == "stream":
            return  # a print is told by (ticker, date, cumulative volume): said twice it is the same
        base = known.base if known is not None and known.day == trade.at.date() else trade.price - trade.change
        fresh = known is not None and known.day == trade.at.date()
        self._known[trade.ticker] = Snapshot(
            ticker=trade.ticker,
            price=trade.price,
            base=base,
            open=trade.open,
            high=trade.high,
            low=trade.low,
            volume=trade.total_volume,
            upper=known.upper if known is not None and fresh else None,
            lower=known.lower if known is not None and fresh else None,
            halted=trade.halted,
            at=trade.at,
            seen=self._wall.monotonic(),
            source="stream",
            day=trade.at.date(),
            designated=known.designated if known is not None else "",
            interrupted=trade.hour_code == "C",
        )
        if self.on_print is not None:
            self.on_print(self._known[trade.ticker])

    def attach(self, stream: KisStream) -> None:
        """On KIS the account's own stream brings the prices too; what was wanted before is registered now."""
        self._stream = stream
        for ticker in (*sorted(self._wanted), *self._looked):
            self._register(ticker)

    def want(self, who: str, tickers: Sequence[str]) -> None:
        """Holdings and open orders of one account: registered before anything else."""
        self._wants[who] = frozenset(tickers)
        self._wanted = set().union(*self._wants.values())
        for ticker in tickers:
            self._register(ticker)

    def unwant(self, who: str) -> None:
        """What only this one wanted may be dropped like what was looked at."""
        gone = self._wants.pop(who, frozenset())
        self._wanted = set().union(*self._wants.values())
        for ticker in sorted(gone - self._wanted):
            self._look(ticker)

    def _look(self, ticker: str) -> None:
        if ticker in self._wanted:
            return
        self._looked[ticker] = None
        self._looked.move_to_end(ticker)
        while len(self._looked) > _LOOKED_AT:
            self._drop_oldest()
        self._register(ticker)

    def _register(self, ticker: str) -> None:
        if self._stream is None or self._stream.state(TRADES, ticker) is not None:
            return
        try:
            self._stream.subscribe(TRADES, ticker)
        except SubscriptionsFull:
            if self.make_room is not None and self.make_room():
                self._stream.subscribe(TRADES, ticker)
            elif self._looked and ticker in self._wanted:
                self._drop_oldest()
                self._stream.subscribe(TRADES, ticker)

    def _drop_oldest(self) -> None:
        oldest, _ = self._looked.popitem(last=False)
        if self._stream is not None and oldest not in self._wanted:
            self._stream.unsubscribe(TRADES, oldest)

    # Questions ------------------------------------------------------------------------------------------------------

    async def snapshot(
        self, ticker: str, *, priority: Priority = Priority.QUOTE, max_age_s: float | None = None
    ) -> Snapshot | None:
        """The ticker now, None when KIS does not know it. Raises KisError when nobody answers and nothing is known."""
        if self._unknown.get(ticker, float("-inf")) > self._wall.monotonic() - 60.0:
            return None
        self._look(ticker)
        known = self._known.get(ticker)
        if known is not None and self._usable(known, max_age_s, merely_looked_at=priority is Priority.QUOTE):
            return known
        try:
            return await self._flights.do(("quote", ticker), lambda: self._ask(ticker, priority))
        except KisError:
            if known is not None:
                return known  # its age is on it; the gate decides what that is worth
            raise

    async def snapshots(self, tickers: Sequence[str], *, priority: Priority = Priority.QUOTE) -> dict[str, Snapshot]:
        """Those that could be had. Looked at together, names whose day is known cost one request for thirty."""
        found: dict[str, Snapshot] = {}
        if priority is Priority.QUOTE:
            await self._refresh(dict.fromkeys(tickers))
        for ticker in dict.fromkeys(tickers):
            try:
                snapshot = await self.snapshot(ticker, priority=priority)
            except KisError as error:
                log.warning("quote_failed", ticker=ticker, reason=error.message)
                continue
            if snapshot is not None:
                found[ticker] = snapshot
        return found

    def last(self, ticker: str) -> Snapshot | None:
        """What is known without asking."""
        return self._known.get(ticker)

    async def _refresh(self, tickers: Iterable[str]) -> None:
        """Prices of names that were asked for one by one today already. What it cannot tell (halts, interruptions)
        keeps its old word, so the gate never decides on such an answer."""
        today = self._market.now().date()
        dated = [known for ticker in tickers if (known := self._known.get(ticker)) is not None and known.day == today]
        told_before = [known for known in dated if known.upper is not None]
        old = [k.ticker for k in told_before if not self._usable(k, None, merely_looked_at=True)]
        if len(old) < 2:
            return
        try:
            told = await self._flights.do(("many", *old), lambda: self._client.quotes.many(old))
        except KisError as error:
            log.warning("quotes_failed", tickers=len(old), reason=error.message)
            return
        for ticker, quote in told.items():
            known = self._known.get(ticker)
            if quote is not None and known is not None and known.volume <= (quote.volume or 0):
                self._known[ticker] = replace(
                    known,
                    price=quote.price,
                    open=quote.open or known.open,
                    high=quote.high or known.high,
                    low=quote.low or known.low,
                    volume=quote.volume or known.volume,
                    at=self._market.now(),
                    seen=self._wall.monotonic(),
                    source="rest",
                    whole=False,
                )

    def _usable(self, known: Snapshot, max_age_s: float | None, *, merely_looked_at: bool) -> bool:
        if known.day != self._market.now().date() or known.upper is None:
            return False
        if not (known.whole or merely_looked_at):
            return False
        if known.source == "stream":  # a print dates itself, in market time, as the gate will judge it
            age, allowed = (self._market.now() - known.at).total_seconds(), self._timing.stream_s
        else:
            age, allowed = self._wall.monotonic() - known.seen, self._timing.quote_s
        return age <= (allowed if max_age_s is None else min(allowed, max_age_s))

    async def _ask(self, ticker: str, priority: Priority) -> Snapshot | None:
        quote = await self._client.quotes.price(ticker, priority=priority)
        if quote is None:
            self._unknown[ticker] = self._wall.monotonic()
            return None
        snapshot = self._of_quote(quote)
        known = self._known.get(ticker)
        if known is not None and known.day == snapshot.day and known.volume > snapshot.volume:
            # The stream has moved on while we asked: keep its price, take the day's facts.
            day = snapshot
            snapshot = replace(known, base=day.base, upper=day.upper, lower=day.lower, designated=day.designated)
        self._known[ticker] = snapshot
        return snapshot

    def _of_quote(self, quote: Quote) -> Snapshot:
        now = self._market.now()
        return Snapshot(
            ticker=quote.ticker,
            price=quote.price,
            base=quote.base,
            open=quote.open or quote.price,
            high=quote.high or quote.price,
            low=quote.low or quote.price,
            volume=quote.volume or 0,
            upper=quote.upper,
            lower=quote.lower,
            halted=quote.halted,
            at=now,
            seen=self._wall.monotonic(),
            source="rest",
            day=now.date(),
            designated=_designation(quote),
            interrupted=quote.vi_code not in (None, "", "N", "0"),
        )

    async def order_book(self, ticker: str) -> OrderBook | None:
        return await self._flights.do(("book", ticker), lambda: self._client.quotes.order_book(ticker))

    async def chart(
        self, ticker: str, period: str, start: date, end: date, *, priority: Priority = Priority.QUOTE
    ) -> Chart | None:
        """Bars, kept for a minute (charts of past days for as long as they are asked for)."""
        key = (ticker, period, start, end)
        kept = self._charts.get(key)
        life = 60.0 if end >= self._market.now().date() else 3600.0
        if kept is not None and self._wall.monotonic() - kept[0] < life:
            return kept[1]
        chart = await self._flights.do(
            ("chart", *key),
            lambda: self._client.charts.bars(ticker, start, end, period=Period(period), priority=priority),
        )
        self._charts[key] = (self._wall.monotonic(), chart)
        while len(self._charts) > _CHARTS:
            self._charts.popitem(last=False)
        return chart


def _designation(quote: Quote) -> str:
    """관리종목, 투자경고 and 투자위험 in the gate's words; 투자주의 and everything else is none."""
    if quote.status_code == "51":
        return "managed"
    return "warning" if quote.status_code in ("52", "53") or quote.warning_code in ("02", "03") else ""
