"""What subscribers of the streams beside trades and books are sent between two looks at the market.

Contract: a record is sent when it differs from the last one and the stream's step of market seconds has passed; only
what somebody watches is made. NXT's and the unified expected trades are sent for names that NXT trades. The evening's
single-price streams speak while that market exists (until 2026-09-13). Pure but for what was sent last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulation.exchange import flows, indices, sideframes
from simulation.exchange.bars import bars_of, previous_volume
from simulation.exchange.boards import board_at, window_of
from simulation.exchange.config import Layout
from simulation.exchange.divisions import Board
from simulation.exchange.frames import Trade, frame, trade_record
from simulation.exchange.indices import INDICES, Reading
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_quotes import quote_now
from simulation.exchange.tape import Tape
from simulation.exchange.venue import Venue

# market seconds between two records of one stream and key
STEPS = {
    "H0STANC0": 1,
    "H0NXANC0": 1,
    "H0UNANC0": 1,
    "H0STPGM0": 5,
    "H0STMBC0": 10,
    "H0UPCNT0": 1,
    "H0STNAV0": 5,
    "H0STOUP0": 1,
    "H0STOAC0": 1,
    "H0STOAA0": 1,
}
_BASES = {"H0NXPGM0": "H0STPGM0", "H0UNPGM0": "H0STPGM0", "H0NXMBC0": "H0STMBC0", "H0UNMBC0": "H0STMBC0"}


@dataclass(slots=True)
class _Last:
    """What was sent last: when, what (without its time), and the figures that differences are told from."""

    second: int = 0
    core: list[str] = field(default_factory=list)
    volume: int = 0
    reading: Reading | None = None


class SideFeed:
    """One per server."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._last: dict[tuple[str, str], _Last] = {}

    def pump(self, watched: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """(key, frame) for the streams that somebody watches."""
        wanted = {(_BASES.get(tr_id, tr_id), key) for tr_id, key in watched}
        wanted = {(tr_id, key) for tr_id, key in wanted if tr_id in STEPS}
        for gone in self._last.keys() - wanted:
            del self._last[gone]
        second = int(self._venue.clock.now().timestamp())
        for tr_id, key in sorted(wanted):
            last = self._last.setdefault((tr_id, key), _Last())
            if second - last.second < STEPS[tr_id]:
                continue
            record = self._record(tr_id, key, last)
            core = [*record[:1], *record[2:]]
            if record and core != last.core:
                last.second, last.core = second, core
                yield key, frame(tr_id, [record])

    def _record(self, tr_id: str, key: str, last: _Last) -> list[str]:
        match tr_id:
            case "H0UPCNT0":
                return self._index(key, last)
            case "H0STOUP0" | "H0STOAC0" | "H0STOAA0":
                return self._evening(tr_id, key)
        quote = quote_now(self._venue, key, board_at(self._venue.calendar, self._venue.clock.now()))
        tape = self._venue.market.tape(key, quote.day, quote.board) if quote is not None else None
        if quote is None or tape is None or quote.at.date() != quote.day:
            return []
        if tr_id.endswith("ANC0"):
            return self._expected(tr_id, quote, tape)
        if quote.index < 0:
            return []
        match tr_id:
            case "H0STPGM0":
                day = flows.programme(self._venue.config.seed, key, tape.bar)
                return sideframes.programme_record(quote, day, tape, self._venue.book(key, quote.at, quote.board))
            case "H0STMBC0":
                before, last.volume = last.volume or quote.volume, quote.volume
                return sideframes.member_record(self._venue.config.seed, quote, before)
        return sideframes.nav_record(quote)

    def _expected(self, tr_id: str, quote: Snapshot, tape: Tape) -> list[str]:
        soon = self._venue.expected(quote)
        nxt = self._venue.market.listings[quote.ticker].instrument.nxt
        if soon is None or (tr_id != "H0STANC0" and not nxt):
            return []
        book = self._venue.book(quote.ticker, quote.at, quote.board)
        trade = self._trade(quote, soon.price, soon.quantity)
        record = sideframes.expected_record(quote, soon, trade, tape, book)
        return record[: sideframes.EXPECTED_FIELDS] if tr_id == "H0STANC0" else record

    def _trade(self, quote: Snapshot, price: int, quantity: int) -> Trade:
        bars = bars_of(self._venue, quote.ticker, quote.day)
        return Trade(
            quote=quote,
            at=quote.at,
            price=price,
            quantity=quantity,
            buy=True,
            volume=quote.volume,
            value=quote.value,
            bought=quote.volume // 2,
            prev_volume=previous_volume(bars, quote.day),
            shares=self._venue.market.listings[quote.ticker].shares,
        )

    def _index(self, code: str, last: _Last) -> list[str]:
        if self._venue.clock.now().date() != self._venue.market.trade_date(self._venue.clock.now()):
            return []
        reading = indices.read(self._venue, INDICES[code])
        before, last.reading = last.reading, reading
        return sideframes.index_record(reading, before) if reading.open else []

    def _evening(self, tr_id: str, ticker: str) -> list[str]:
        venue = self._venue
        now = venue.clock.now()
        window = window_of(venue.calendar, now.date(), Board.SINGLE)
        quote = quote_now(venue, ticker, Board.SINGLE) if window is not None and window.takes(now) else None
        tape = venue.market.tape(ticker, quote.day, Board.SINGLE) if quote is not None else None
        if quote is None or tape is None:
            return []
        soon = venue.expected(quote)
        book = venue.book(ticker, quote.at, Board.SINGLE)
        if tr_id == "H0STOAA0":
            return sideframes.evening_book(quote, book, soon)
        if tr_id == "H0STOAC0":
            if soon is None:
                return []
            trade = self._trade(quote, soon.price, soon.quantity)
            return sideframes.expected_record(quote, soon, trade, tape, book)[: sideframes.EVENING_FIELDS]
        if not quote.volume:
            return []
        printed = int(tape.volumes[: quote.index + 1].nonzero()[0][-1])
        trade = self._trade(quote, quote.last, int(tape.volumes[printed]))
        return trade_record(trade, tape, book, Layout.LEGACY)[: sideframes.EVENING_FIELDS]
