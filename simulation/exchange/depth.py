"""The background book with what users took out of it, until it refills.

Contract: what is taken is gone for five seconds of the tape, then the level is full again; forgotten over a restart.
Each board has its own book.
"""

from __future__ import annotations

from domain.orders.types import Side
from simulation.exchange.book import Ladder, ladder, middle
from simulation.exchange.divisions import Board
from simulation.exchange.market import Market
from simulation.exchange.tape import Tape

REFILL_SECONDS = 4


class Depth:
    """One per venue; `clear` at each new day."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._gone: dict[tuple[str, Board], tuple[int, dict[int, int]]] = {}

    def clear(self) -> None:
        self._gone.clear()

    def background(self, ticker: str, tape: Tape, index: int) -> Ladder:
        listing = self._market.listings[ticker]
        at, gone = self._gone.get((ticker, tape.board), (index, {}))
        if index - at > REFILL_SECONDS:  # the book has refilled
            gone = {}
        if tape.board is Board.MIDPOINT:
            return middle(tape, index, listing.instrument.kind, listing.depth(tape.bar.volume), gone)
        return ladder(tape, index, listing.instrument.kind, listing.depth(tape.bar.volume), ticker, gone)

    def take(self, ticker: str, tape: Tape, index: int, taken: dict[int, int]) -> None:
        if not taken:
            return
        key = (ticker, tape.board)
        at, gone = self._gone.get(key, (index, {}))
        merged = dict(gone) if index - at <= REFILL_SECONDS else {}
        for price, quantity in taken.items():
            merged[price] = merged.get(price, 0) + quantity
        self._gone[key] = (index, merged)

    def ahead(self, ticker: str, tape: Tape, index: int, side: Side, price: int) -> int:
        """Shares of the background that stand at `price` before an order joins them."""
        book = self.background(ticker, tape, index)
        levels = book.bids if side is Side.BUY else book.asks
        return next((level.quantity for level in levels if level.price == price), 0)
