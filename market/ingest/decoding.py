"""A frame of the broker as the OMS passes it on, read: prints or order books.

Contract: one decoder, the OMS's own (`tools.kis.frames`). Order books tell a time of day only; `market_now` dates them.
A frame that cannot be read raises ReadFailed; one of another kind has nothing in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.clock import KST
from domain.proto import market_pb2 as pb
from market.ingest.prints import Print, print_of_trade
from tools.kis.errors import ReadFailed
from tools.kis.fields import parse_time
from tools.kis.frames import BOOK_TRS, TRADE_TRS, BookSnapshot, Data, parse_books, parse_message, parse_trades

_HALF_A_DAY = timedelta(hours=12)


def decoded(text: str) -> tuple[Sequence[Print], Sequence[BookSnapshot]]:
    """What one frame holds."""
    data = parse_message(text)
    if not isinstance(data, Data):
        raise ReadFailed("expected a data frame")
    if data.tr_id in TRADE_TRS:
        return [print_of_trade(trade) for trade in parse_trades(data)], ()
    return (), parse_books(data) if data.tr_id in BOOK_TRS else ()


def book_of(found: BookSnapshot, market_now: datetime, seq: int) -> pb.Book:
    at = datetime.combine(market_now.astimezone(KST).date(), parse_time(found.time), KST)
    if at - market_now > _HALF_A_DAY:  # told before midnight, read after it
        at -= timedelta(days=1)
    return pb.Book(
        ticker=found.ticker,
        at_ms=int(at.timestamp()) * 1000,
        seq=seq,
        asks=[pb.Level(price=level.price, quantity=level.quantity) for level in found.asks],
        bids=[pb.Level(price=level.price, quantity=level.quantity) for level in found.bids],
        source="stream",
    )
