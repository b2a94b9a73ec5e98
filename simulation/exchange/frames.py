"""WebSocket data frames: trades (H0STCNT0), books (H0STASP0) in both widths, market states. Pure text.

Contract: `0|TR|count|f1^f2^…` with count records joined by `^` and nothing between; legacy 46/59 fields, current
47/63. Numbers are plain decimal text; HHMMSS and YYYYMMDD in KST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simulation.exchange.auction import Expected
from simulation.exchange.book import Ladder
from simulation.exchange.config import Layout
from simulation.exchange.divisions import Board
from simulation.exchange.figures import ratio, sign_of, two_decimals
from simulation.exchange.market import Snapshot
from simulation.exchange.tape import Tape

TRADE_TR, BOOK_TR, STATE_TR = "H0STCNT0", "H0STASP0", "H0STMKO0"
NXT_BOOK_TR, UNIFIED_BOOK_TR = "H0NXASP0", "H0UNASP0"
_KRX_EXPECTED = "1"  # ANTC_EXCH_CLS_CODE
# MARKET_CLS_CODE
_MARKETS = {Board.PRE_CLOSE: "1", Board.REGULAR: "2", Board.AFTER: "3", Board.SINGLE: "3", Board.POST_CLOSE: "5"}


_LEGACY_BOOK = 59


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


def trade_records(trades: Sequence[Trade], tape: Tape, book: Ladder, layout: Layout) -> list[list[str]]:
    """H0STCNT0, 46 or 47 fields each, of trades that one look at the market shows."""
    asks, bids = (sum(level.quantity for level in side) for side in (book.asks, book.bids))
    extremes: dict[tuple[int, int], tuple[str, str]] = {}
    records = []
    for trade in trades:
        key = (trade.quote.high, trade.quote.low)
        if key not in extremes:
            extremes[key] = _extremes_at(tape, *key)
        records.append(_trade_record(trade, tape, book, layout, asks, bids, *extremes[key]))
    return records


def trade_record(trade: Trade, tape: Tape, book: Ladder, layout: Layout) -> list[str]:
    """One of them."""
    return trade_records((trade,), tape, book, layout)[0]


def _extremes_at(tape: Tape, high: int, low: int) -> tuple[str, str]:
    """When the session was first at its high and at its low so far."""
    high_at = tape.second_of(int(tape.run_high.searchsorted(high))) if high else tape.hours.open
    low_index = tape.size - int(tape.run_low[::-1].searchsorted(low, side="right")) if low else 0
    return _clock(high_at), _clock(tape.second_of(min(low_index, tape.size - 1)))


def _trade_record(
    trade: Trade, tape: Tape, book: Ladder, layout: Layout, asks: int, bids: int, high_at: str, low_at: str
) -> list[str]:
    quote, bar = trade.quote, tape.bar
    change = trade.price - quote.base
    sold = trade.volume - trade.bought
    opened = _clock(tape.hours.open)
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
        "30" if quote.board is Board.AFTER else "20",
        "Y" if quote.halted else "N",
        book.asks[0].quantity if book.asks else 0,
        book.bids[0].quantity if book.bids else 0,
        asks,
        bids,
        ratio(trade.volume, trade.shares),
        trade.prev_volume,
        ratio(trade.volume, trade.prev_volume),
        "C" if quote.pause is not None else "0",
        "",
        quote.reference,
    ]
    if layout is Layout.CURRENT:
        fields.append(_MARKETS[quote.board])
    return [str(value) for value in fields]


def book_record(quote: Snapshot, book: Ladder, layout: Layout, soon: Expected | None = None) -> list[str]:
    """H0STASP0, 59 or 63 fields; without an auction the expected-price block is idle as in a live regular session."""
    change = soon.price - quote.base if soon is not None else -quote.base

    def ten(values: list[int]) -> list[int]:
        return values + [0] * (10 - len(values))

    ask_sizes, bid_sizes = [level.quantity for level in book.asks], [level.quantity for level in book.bids]
    fields: list[object] = [
        quote.ticker,
        quote.at.strftime("%H%M%S"),
        soon.hour if soon is not None else "0",
        *ten([level.price for level in book.asks]),
        *ten([level.price for level in book.bids]),
        *ten(ask_sizes),
        *ten(bid_sizes),
        sum(ask_sizes),
        sum(bid_sizes),
        0,
        0,
        soon.price if soon is not None else 0,
        soon.quantity if soon is not None else 0,
        soon.quantity if soon is not None else 0,
        change,
        sign_of(change),
        ratio(change, quote.base),
        quote.volume,
        0,
        0,
        0,
        0,
        0,
    ]
    if layout is Layout.CURRENT:
        middle = (book.best_ask + book.best_bid) // 2 if book.asks and book.bids else 0
        fields += [middle, 0, 0, _MARKETS[quote.board]]
    return [str(value) for value in fields]


def variant(text: str, tr_id: str) -> str:
    """A KRX frame as NXT's and the unified feed lay it out.

    Books: NXT's has 59 fields and three midpoint columns, the unified one KRX's three and NXT's three and, since
    2026-09-14, the market of the expected price. Everything else is alike.
    """
    _, _, count, payload = text.split("|", 3)
    fields = payload.split("^")
    width = len(fields) // int(count)
    return frame(tr_id, [_as(fields[at : at + width], tr_id) for at in range(0, len(fields), width)])


def _as(record: list[str], tr_id: str) -> list[str]:
    if tr_id not in (NXT_BOOK_TR, UNIFIED_BOOK_TR):
        return record
    plain, current = record[:_LEGACY_BOOK], len(record) > _LEGACY_BOOK
    middle = record[_LEGACY_BOOK : _LEGACY_BOOK + 3] if current else ["0", "0", "0"]
    if tr_id == NXT_BOOK_TR:
        return [*plain, *middle]
    return [*plain, *middle, "0", "0", "0", *([_KRX_EXPECTED] if current else [])]


def state_record(quote: Snapshot, phase: str) -> list[str]:
    """H0STMKO0 as it comes over the wire: ten of the eleven documented fields, nothing said as `(null)`."""
    halted = "Y" if quote.halted else "N"
    status = "58" if quote.halted else "55"
    return [quote.ticker, halted, "(null)", phase, phase, "", "", status, "Y" if quote.interrupted else "N", ""]


def _sign(price: int, quote: Snapshot) -> str:
    if price >= quote.band.upper:
        return "1"
    if price <= quote.band.lower:
        return "4"
    return sign_of(price - quote.base)


def _clock(second: int) -> str:
    return f"{second // 3600 % 24:02d}{second // 60 % 60:02d}{second % 60:02d}"
