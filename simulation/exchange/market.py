"""What the market shows at a moment: a pure view over tapes and daily bars.

Contract: everything is a function of (source, seed, calendar, moment), so a restarted server shows the same prices.
The only memory is a cache. User trades are not in here: `venue` lays them over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from domain.calendar import Calendar
from domain.ticks import Band, price_band
from simulation.exchange.history import DailyBars
from simulation.exchange.listings import Listing
from simulation.exchange.tape import Hours, Tape, weave


class DailySource(Protocol):
    """Where daily bars come from."""

    live_range_is_hard: bool

    def tickers(self) -> tuple[str, ...]: ...

    def bars(self, ticker: str, day: date) -> DailyBars | None: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ticker at a moment. Before the first print of a session `last` is the base and open/high/low are 0."""

    ticker: str
    at: datetime
    day: date
    base: int
    band: Band
    last: int
    open: int
    high: int
    low: int
    volume: int
    value: int
    index: int
    halted: bool

    @property
    def change(self) -> int:
        return self.last - self.base

    @property
    def sign(self) -> str:
        """KIS sign code: 1 upper limit, 2 up, 3 flat, 4 lower limit, 5 down."""
        if self.last >= self.band.upper:
            return "1"
        if self.last <= self.band.lower:
            return "4"
        return "2" if self.change > 0 else "5" if self.change < 0 else "3"


class Market:
    """Tapes by (ticker, session) and the questions asked of them."""

    def __init__(
        self,
        source: DailySource,
        listings: dict[str, Listing],
        calendar: Calendar,
        seed: int,
        last_day: date | None = None,
    ) -> None:
        self.source = source
        self.listings = listings
        self.calendar = calendar
        self.last_day = last_day  # a replay ends
        self._seed = seed
        self._tapes: dict[tuple[str, date], Tape | None] = {}

    def trade_date(self, at: datetime) -> date:
        """The session a moment belongs to: today's from midnight on, else the one before."""
        day = at.date()
        return day if self.calendar.is_session(day) else self.calendar.previous_session(day)

    def tape(self, ticker: str, day: date) -> Tape | None:
        """None for an unknown ticker or a day without trading in it."""
        key = (ticker, day)
        if key not in self._tapes:
            if len(self._tapes) > 400:
                self._tapes.clear()
            self._tapes[key] = self._weave(ticker, day)
        return self._tapes[key]

    def _weave(self, ticker: str, day: date) -> Tape | None:
        hours = self.calendar.hours(day)
        bars = self.source.bars(ticker, day)
        bar = bars.row(day) if bars is not None else None
        if hours is None or bar is None or bar.volume <= 0:
            return None
        instrument = self.listings[ticker].instrument
        band = price_band(bar.base, instrument.kind, day, instrument.leverage)
        # adjusted real bars can jump over the nominal band: the band then gives way to the bar
        band = Band(min(band.lower, bar.low), max(band.upper, bar.high))
        hard = self.source.live_range_is_hard
        return weave(bar, Hours.of(hours), instrument.kind, self._seed, ticker, band, hard_range=hard)

    def warm(self, at: datetime) -> Iterator[str]:
        """Make every ticker's bars, one a step, so that the first question is quick. Tapes cost memory: on demand."""
        for ticker in self.source.tickers():
            self.source.bars(ticker, at.date())
            yield ticker

    def index(self, ticker: str, at: datetime) -> int:
        """Last tape index that has happened; −1 before the open or without a tape."""
        tape = self.tape(ticker, at.date())
        if tape is None:
            return -1
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return tape.index_at((at - midnight).total_seconds())

    def moment(self, day: date, tape: Tape, index: int, like: datetime) -> datetime:
        """When `index` of a tape happens, in the time zone of `like`."""
        midnight = like.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(seconds=tape.second_of(index))

    def snapshot(self, ticker: str, at: datetime) -> Snapshot | None:
        """None for an unknown ticker."""
        listing = self.listings.get(ticker)
        bars = self.source.bars(ticker, at.date())
        if listing is None or bars is None:
            return None
        day = self.trade_date(at)
        tape = self.tape(ticker, day)
        if tape is None:
            before = bars.upto(day + timedelta(days=1))
            base = int(bars.close[max(0, before - 1)])
            instrument = listing.instrument
            band = price_band(base, instrument.kind, day, instrument.leverage)
            return Snapshot(ticker, at, day, base, band, base, 0, 0, 0, 0, 0, -1, True)
        index = self.index(ticker, at) if at.date() == day else tape.size - 1
        if index < 0:
            return Snapshot(ticker, at, day, tape.bar.base, tape.band, tape.bar.base, 0, 0, 0, 0, 0, -1, False)
        return Snapshot(
            ticker,
            at,
            day,
            tape.bar.base,
            tape.band,
            int(tape.prices[index]),
            tape.bar.open,
            int(tape.run_high[index]),
            int(tape.run_low[index]),
            int(tape.cum_volume[index]),
            int(tape.cum_value[index]),
            index,
            False,
        )
