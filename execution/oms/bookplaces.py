"""Registrations for order books: what prints leave of the session's 41.

Contract: a book never keeps a print from being registered: when one needs room, the book that was wanted last goes.
`fill` registers what is wanted and has room now, in the order in which it was wanted; on KIS also what a new session of
the account's own stream has lost with the one before.
"""

from __future__ import annotations

from collections.abc import Sequence

from execution.oms.marketdata import MarketData
from tools.kis.ws import KisStream

BOOKS = "H0STASP0"


class BookPlaces:
    """`want` replaces what the same one wanted before."""

    def __init__(self, data: MarketData) -> None:
        self._data = data
        self._wants: dict[str, tuple[str, ...]] = {}
        self._stream: KisStream | None = None
        self._held: dict[str, None] = {}  # registered by us on `_stream`, in that order
        data.make_room = self._give_up

    def want(self, who: str, tickers: Sequence[str]) -> None:
        self._wants[who] = tuple(tickers)
        self.fill()

    def unwant(self, who: str) -> None:
        self._wants.pop(who, None)
        self.fill()

    def fill(self) -> None:
        stream = self._data.stream
        if stream is not self._stream:
            self._stream, self._held = stream, {}
        if stream is None:
            return
        wanted = dict.fromkeys(ticker for tickers in self._wants.values() for ticker in tickers)
        for ticker in [ticker for ticker in self._held if ticker not in wanted]:
            del self._held[ticker]
            stream.unsubscribe(BOOKS, ticker)
        for ticker in wanted:
            if ticker not in self._held and stream.free_registrations > 0:
                stream.subscribe(BOOKS, ticker)
                self._held[ticker] = None

    def _give_up(self) -> bool:
        if not self._held or self._stream is None or self._stream is not self._data.stream:
            return False
        ticker, _ = self._held.popitem()
        self._stream.unsubscribe(BOOKS, ticker)
        return True
