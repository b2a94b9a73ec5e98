"""WebSocket data frames: trades (H0STCNT0) and books (H0STASP0) in both widths. Pure text.

Contract: `0|TR|count|f1^f2^…` with count records joined by `^` and nothing between; legacy 46/59 fields, current
47/63. Numbers are plain decimal text; HHMMSS and YYYYMMDD in KST.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from simulation.exchange.book import Ladder
from simulation.exchange.config import Layout
from simulation.exchange.figures import ratio, sign_of, two_decimals
from simulation.exchange.market import Snapshot
from simulation.exchange.tape import Tape

TRADE_TR, BOOK_TR = "H0STCNT0", "H0STASP0"
REGULAR = "2"  # MARKET_CLS_CODE of the regular session


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade record to be sent: the session's figures right after it."""

    quote: Snapshot
    at: datetime
    price: int
    quantity: int
    buy: bool
    volume: int  # accumulated, this trade included
    value: int
    bought: int  # accumulated buyer-initiated shares
    prev_volume: int
    shares: int


def frame(tr_id: str, records: list[list[str]]) -> str:
    """One frame of one or more records of the same width."""
    return f"0|{tr_id}|{len(records):03d}|" + "^".join("^".join(record) for record in records)


def trade_record(trade: Trade, tape: Tape, book: Ladder, layout: Layout) -> list[str]:
    """H0STCNT0, 46 or 47 fields."""
    quote, bar = trade.quote, tape.bar
    change = trade.price - quote.base
    sold = trade.volume - trade.bought
    opened = _clock(tape.hours.open)
    asks, bids = (sum(level.quantity for level in side) for side in (book.asks, book.bids))
    high_at = _clock(tape.second_of(int(tape.run_high.searchsorted(quote.high)))) if quote.high else opened
    low_index = int((-tape.run_low).searchsorted(-quote.low)) if quote.low else 0
    low_at = _clock(tape.second_of(min(low_index, tape.size - 1)))
    fields: list[object] = [
        quote.ticker,
        trade.at.strftime("%H%M%S"),
        trade.price,
        _sign(trade.price, quote),
        change,
        ratio(change, quote.base),
        two_decimals(trade.value, trade.volume),
        bar.open,
        quote.high,
        quote.low,
        book.best_ask,
        book.best_bid,
        trade.quantity,
        trade.volume,
        trade.value,
        max(1, sold // 50),
        max(1, trade.bought // 50),
        trade.bought // 50 - sold // 50,
        ratio(trade.bought, max(1, sold)),
        sold,
        trade.bought,
        "1" if trade.buy else "5",
        two_decimals(trade.bought, max(1, trade.volume)),
        ratio(trade.volume, trade.prev_volume),
        opened,
        sign_of(trade.price - bar.open),
        trade.price - bar.open,
        high_at,
        sign_of(trade.price - quote.high),
        trade.price - quote.high,
        low_at,
        sign_of(trade.price - quote.low),
        trade.price - quote.low,
        f"{quote.day:%Y%m%d}",
        "20",
        "N",
        book.asks[0].quantity if book.asks else 0,
        book.bids[0].quantity if book.bids else 0,
        asks,
        bids,
        ratio(trade.volume, trade.shares),
        trade.prev_volume,
        ratio(trade.volume, trade.prev_volume),
        "0",
        "",
        bar.open,
    ]
    if layout is Layout.CURRENT:
        fields.append(REGULAR)
    return [str(value) for value in fields]


def book_record(quote: Snapshot, book: Ladder, layout: Layout) -> list[str]:
    """H0STASP0, 59 or 63 fields; the expected-price block is idle as in a live regular session."""

    def ten(values: list[int]) -> list[int]:
        return values + [0] * (10 - len(values))

    ask_sizes, bid_sizes = [level.quantity for level in book.asks], [level.quantity for level in book.bids]
    fields: list[object] = [
        quote.ticker,
        quote.at.strftime("%H%M%S"),
        "0",
        *ten([level.price for level in book.asks]),
        *ten([level.price for level in book.bids]),
        *ten(ask_sizes),
        *ten(bid_sizes),
        sum(ask_sizes),
        sum(bid_sizes),
        0,
        0,
        0,
        0,
        0,
        -quote.base,
        "5",
        "-100.00",
        quote.volume,
        0,
        0,
        0,
        0,
        0,
    ]
    if layout is Layout.CURRENT:
        middle = (book.best_ask + book.best_bid) // 2 if book.asks and book.bids else 0
        fields += [middle, 0, 0, REGULAR]
    return [str(value) for value in fields]


def _sign(price: int, quote: Snapshot) -> str:
    if price >= quote.band.upper:
        return "1"
    if price <= quote.band.lower:
        return "4"
    return sign_of(price - quote.base)


def _clock(second: int) -> str:
    return f"{second // 3600 % 24:02d}{second // 60 % 60:02d}{second % 60:02d}"
