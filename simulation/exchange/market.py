"""What the market shows at a moment: a pure view over tapes and daily bars.

Contract: everything is a function of (source, seed, calendar, moment), so a restarted server shows the same prices.
The only memory is a cache. User trades are not in here: `venue` lays them over. `apart` is the same market as one
exchange has pushed it (test mode); the cache stays common.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from domain.calendar import Calendar
from domain.instruments import Instrument, Kind
from domain.ticks import Band, price_band
from simulation.exchange import pauses
from simulation.exchange.boards import window_of
from simulation.exchange.divisions import Board
from simulation.exchange.history import DailyBars
from simulation.exchange.listings import Listing
from simulation.exchange.pushes import Pushes, moved
from simulation.exchange.sidetapes import between, continuous_only, side_bar
from simulation.exchange.tape import Bar, Hours, Ints, Pause, Tape, weave

_BESIDE = (Board.MIDPOINT, Board.NXT)  # boards whose tapes are made of the regular one


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
    board: Board = Board.REGULAR
    pause: Pause | None = None
    reference: int = 0  # the single price that a static VI is measured from

    @property
    def interrupted(self) -> bool:
        """In the call auction of a volatility interruption."""
        return self.pause is not None and self.pause.kind in ("static", "dynamic")

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
        self._tapes: dict[tuple[str, date, Board], Tape | None] = {}
        self._pushes: Pushes = {}
        self._pushed: dict[tuple[str, date, Board, int], Tape] = {}

    def apart(self, pushes: Pushes) -> Market:
        """This market with pushes of its own, those to come included."""
        found = copy(self)
        found._pushes, found._pushed = pushes, {}
        return found

    def trade_date(self, at: datetime) -> date:
        """The session a moment belongs to: today's from midnight on, else the one before."""
        day = at.date()
        return day if self.calendar.is_session(day) else self.calendar.previous_session(day)

    def tape(self, ticker: str, day: date, board: Board = Board.REGULAR) -> Tape | None:
        """None for an unknown ticker or a day without trading in it on that board."""
        if self._pushes and (pushed := self._as_pushed(ticker, day, board)) is not None:
            return pushed
        return self._woven(ticker, day, board)

    def _woven(self, ticker: str, day: date, board: Board) -> Tape | None:
        key = (ticker, day, board)
        if key not in self._tapes:
            if len(self._tapes) > 400:
                self._tapes.clear()
            self._tapes[key] = self._weave(ticker, day, board)
        return self._tapes[key]

    def _as_pushed(self, ticker: str, day: date, board: Board) -> Tape | None:
        """The session as pushed; None when nobody did."""
        source = Board.REGULAR if board in _BESIDE else board
        pushes = self._pushes.get((ticker, day, source), ())
        tape = self._woven(ticker, day, source) if pushes else None
        if tape is None:
            return None
        key = (ticker, day, board, len(pushes))
        if key not in self._pushed:
            instrument = self.listings[ticker].instrument
            for push in pushes:
                tape = moved(tape, push, instrument.kind)
            self._pushed[key] = self._beside(tape, board, instrument)
        return self._pushed[key]

    def _weave(self, ticker: str, day: date, board: Board) -> Tape | None:
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
        make = partial(weave, kind=instrument.kind, seed=self._seed, ticker=ticker, band=band, hard_range=hard)
        if board is Board.REGULAR:
            regular = Hours.of(hours)
            return make(bar, regular, interrupt=lambda prices: self._pauses(ticker, bar, regular, prices))
        if board in _BESIDE:
            regular_tape = self._woven(ticker, day, Board.REGULAR)
            return self._beside(regular_tape, board, instrument) if regular_tape is not None else None
        window = window_of(self.calendar, day, board)
        side = side_bar(bar, board, instrument, band, self._seed, replay=hard)
        if window is None or side is None:
            return None
        midnight = window.trades_from.replace(hour=0, minute=0)
        first, last = (int((at - midnight).total_seconds()) for at in (window.trades_from, window.until))
        singles = pauses.every(600, last - first) if board is Board.SINGLE else []
        return make(side, Hours(first, last, last, auction=False), board=board, interrupt=lambda _: singles)

    def _beside(self, regular: Tape, board: Board, instrument: Instrument) -> Tape:
        """The tape of a board that lives on the regular one's."""
        if board is Board.MIDPOINT:
            return between(regular, instrument, self._seed)
        return continuous_only(regular) if board is Board.NXT else regular

    def _pauses(self, ticker: str, bar: Bar, hours: Hours, prices: Ints) -> list[Pause]:
        """A name's interruptions; a replay has those that follow from its prices."""
        by_seed = not self.source.live_range_is_hard and self.listings[ticker].instrument.kind is Kind.STOCK
        found = pauses.drawn(self._seed, ticker, bar.day, hours) if by_seed else []
        found = [one for i, one in enumerate(found) if i == 0 or one.start > found[0].end or one.end < found[0].start]
        return found + pauses.static(self._seed, ticker, bar.day, prices, found)

    def interruptions(self, ticker: str, day: date) -> tuple[Pause, ...]:
        """A name's pauses on a day; weaves its tape only if there can be one."""
        bars, hours = self.source.bars(ticker, day), self.calendar.hours(day)
        bar = bars.row(day) if bars is not None else None
        if bar is None or hours is None:
            return ()
        widest = max(bar.high - bar.open, bar.open - bar.low)
        if widest * 100 < bar.open * pauses.STATIC_PERCENT and not pauses.drawn(
            self._seed, ticker, day, Hours.of(hours)
        ):
            return ()
        tape = self.tape(ticker, day)
        return tape.pauses if tape is not None else ()

    def warm(self, at: datetime) -> Iterator[str]:
        """Make every ticker's bars, one a step, so that the first question is quick. Tapes cost memory: on demand."""
        for ticker in self.source.tickers():
            self.source.bars(ticker, at.date())
            yield ticker

    def index(self, ticker: str, at: datetime, board: Board = Board.REGULAR) -> int:
        """Last tape index that has happened; −1 before the open or without a tape."""
        tape = self.tape(ticker, at.date(), board)
        if tape is None:
            return -1
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return tape.index_at((at - midnight).total_seconds())

    def moment(self, day: date, tape: Tape, index: int, like: datetime) -> datetime:
        """When `index` of a tape happens, in the time zone of `like`."""
        midnight = like.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(seconds=tape.second_of(index))

    def snapshot(self, ticker: str, at: datetime, board: Board = Board.REGULAR) -> Snapshot | None:
        """None for an unknown ticker. A board beside the regular one starts from the regular close."""
        listing = self.listings.get(ticker)
        bars = self.source.bars(ticker, at.date())
        if listing is None or bars is None:
            return None
        day = self.trade_date(at)
        if board is not Board.REGULAR and self.tape(ticker, day, board) is None:
            board = Board.REGULAR
        tape = self.tape(ticker, day, board)
        if tape is None:
            before = bars.upto(day + timedelta(days=1))
            base = int(bars.close[max(0, before - 1)])
            instrument = listing.instrument
            band = price_band(base, instrument.kind, day, instrument.leverage)
            return Snapshot(ticker, at, day, base, band, base, 0, 0, 0, 0, 0, -1, True)
        index = self.index(ticker, at, board) if at.date() == day else tape.size - 1
        if index < 0:
            return Snapshot(ticker, at, day, tape.bar.base, tape.band, tape.bar.base, 0, 0, 0, 0, 0, -1, False)
        pause = tape.pause_at(index)
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
            halted=pause is not None and pause.kind == "halt",
            board=board,
            pause=pause,
            reference=int(tape.prices[singles[-1]])
            if (singles := [p.end for p in tape.pauses if p.end <= index])
            else tape.bar.open,
        )
