"""What a subscriber of trades and books is sent between two looks at the market.

Contract: ACML_VOL of consecutive records grows by exactly CNTG_VOL, whatever the speed of the clock: seconds that
pass between two looks are merged into at most `MAX_RECORDS` records (one frame). A user's own taking trades are
records too. Pure but for its per-ticker position; a new subscriber starts at now and is sent no past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from domain.calendar import Phase
from simulation.exchange.boards import board_at
from simulation.exchange.crossing import Print
from simulation.exchange.divisions import Board
from simulation.exchange.frames import (
    BOOK_TR,
    STATE_TR,
    TRADE_TR,
    Trade,
    book_record,
    frame,
    state_record,
    trade_records,
)
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_quotes import quote_now
from simulation.exchange.tape import Tape
from simulation.exchange.venue import Venue

MAX_RECORDS = 5
# MKOP_CLS_CODE; 112 has been seen live, the others follow KIS's code list as remembered
PHASE_CODES = {
    Phase.PRE_OPEN: "000",
    Phase.OPENING_AUCTION: "110",
    Phase.CONTINUOUS: "112",
    Phase.CLOSING_AUCTION: "121",
    Phase.CLOSE_PRICE: "140",
    Phase.AFTER_MARKET: "150",
    Phase.CLOSED: "129",
}
PAUSE_CODES = {"static": "184", "dynamic": "184", "halt": "164", "single": "150"}


@dataclass(slots=True)
class _Position:
    """How far a ticker's trades have been sent."""

    day: int
    board: Board
    index: int
    taken: int  # user volume on top of the tape already sent
    value: int
    second: int = 0  # of the last book sent without a trade


class Feed:
    """One per server; `pump` is called by the driver, `opening` at each subscription."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._positions: dict[str, _Position] = {}
        self._states: dict[str, list[str]] = {}

    def pump(self, tickers: set[str]) -> dict[str, list[str]]:
        """Frames by ticker since the last call, for the tickers that somebody watches."""
        prints = self._venue.take_prints()
        out: dict[str, list[str]] = {}
        for ticker in sorted(tickers):
            quote = self._quote(ticker)
            if quote is not None:
                mine = [p for p in prints if p.ticker == ticker and p.board is quote.board]
                out[ticker] = self._state(quote) + self._frames(ticker, quote, mine)
        for ticker in self._positions.keys() - tickers:
            del self._positions[ticker]
        for ticker in self._states.keys() - tickers:
            del self._states[ticker]
        return out

    def _quote(self, ticker: str) -> Snapshot | None:
        """What is traded now: the after-market while it is open."""
        return quote_now(self._venue, ticker, board_at(self._venue.calendar, self._venue.clock.now()))

    def _state(self, quote: Snapshot) -> list[str]:
        """A H0STMKO0 frame when the session's phase, a halt or an interruption begins or ends."""
        phase = PHASE_CODES[self._venue.calendar.phase(quote.at)]
        if quote.pause is not None:
            phase = PAUSE_CODES[quote.pause.kind]
        record = state_record(quote, phase)
        before = self._states.get(quote.ticker)
        self._states[quote.ticker] = record
        return [frame(STATE_TR, [record])] if before is not None and before != record else []

    def book_frame(self, ticker: str) -> str | None:
        """The book now: what a new subscriber of H0STASP0 sees first."""
        quote = self._quote(ticker)
        return None if quote is None else self._book(quote)

    def _book(self, quote: Snapshot) -> str:
        book = self._venue.book(quote.ticker, quote.at, quote.board)
        return frame(BOOK_TR, [book_record(quote, book, self._venue.config.layout, self._venue.expected(quote))])

    def _frames(self, ticker: str, quote: Snapshot, prints: list[Print]) -> list[str]:
        venue = self._venue
        tape = venue.market.tape(ticker, quote.day, quote.board)
        position = self._positions.get(ticker)
        taken = venue.world.taken.get((ticker, quote.board))
        shares, value = (taken.shares, taken.value) if taken is not None else (0, 0)
        if tape is None:
            return []
        if position is None or (position.day, position.board) != (quote.day.toordinal(), quote.board):
            fresh = position is not None and (position.day != quote.day.toordinal() or quote.board is Board.AFTER)
            index = -1 if fresh else quote.index
            taken_before = (0, 0) if fresh else (shares, value)
            position = _Position(quote.day.toordinal(), quote.board, index, *taken_before)
            self._positions[ticker] = position
            if not fresh:
                return []
        trades = self._user_trades(tape, quote, position, prints) + self._tape_trades(tape, quote, position)
        if not trades:
            return self._auction_book(quote, position)
        book = venue.book(ticker, quote.at, quote.board)
        layout = venue.config.layout
        return [frame(TRADE_TR, trade_records(trades, tape, book, layout)), self._book(quote)]

    def _auction_book(self, quote: Snapshot, position: _Position) -> list[str]:
        """Nothing trades while an auction gathers orders: its book and expectation, once a second."""
        second = int(quote.at.timestamp())
        if second == position.second or self._venue.expected(quote) is None:
            return []
        position.second = second
        return [self._book(quote)]

    def _tape_trades(self, tape: Tape, quote: Snapshot, position: _Position) -> list[Trade]:
        start, end = position.index + 1, quote.index
        if end < start:
            return []
        position.index = end
        busy = np.flatnonzero(tape.volumes[start : end + 1]) + start
        trades = []
        previous = start - 1
        for group in np.array_split(busy, min(MAX_RECORDS, len(busy))) if len(busy) else []:
            last = int(group[-1])
            before = int(tape.cum_volume[previous]) if previous >= 0 else 0
            volume = int(tape.cum_volume[last])
            trades.append(
                self._trade(tape, quote, last, int(tape.prices[last]), volume - before, bool(tape.buys[last]), position)
            )
            previous = last
        return trades

    def _user_trades(self, tape: Tape, quote: Snapshot, position: _Position, prints: list[Print]) -> list[Trade]:
        trades = []
        for one in prints:
            if one.at.date() != quote.day:
                continue
            position.taken += one.quantity
            position.value += one.quantity * one.price
            trades.append(self._trade(tape, quote, max(position.index, 0), one.price, one.quantity, one.buy, position))
        return trades

    def _trade(
        self, tape: Tape, quote: Snapshot, index: int, price: int, quantity: int, buy: bool, position: _Position
    ) -> Trade:
        venue = self._venue
        counted = index if position.index >= 0 else -1
        volume = (int(tape.cum_volume[index]) if counted >= 0 else 0) + position.taken
        value = (int(tape.cum_value[index]) if counted >= 0 else 0) + position.value
        bars = venue.market.source.bars(quote.ticker, quote.day)
        at = bars.upto(quote.day) - 1 if bars is not None else -1
        moment = venue.market.moment(quote.day, tape, index, quote.at)
        return Trade(
            quote=quote,
            at=moment,
            price=price,
            quantity=quantity,
            buy=buy,
            volume=volume,
            value=value,
            bought=volume // 2,
            prev_volume=int(bars.volume[at]) if bars is not None and at >= 0 else 0,
            shares=venue.market.listings[quote.ticker].shares,
        )
