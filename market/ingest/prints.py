"""One print as a source tells it, before anybody has looked whether it is new.

Contract: plain whole numbers, so that a session of them is cheap. `size` is how many shares this print moved, by which
a jump is told from a large trade; an answer by REST (`asked`) is no print and has none.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.proto import market_pb2 as pb
from domain.proto import oms_pb2
from tools.kis.frames import Trade

_KST_S = 9 * 3600
_DAY_S = 86_400


class Print(NamedTuple):
    """`at_ms` is market time; `day` the KST trade date as YYYYMMDD; `volume` cumulative over the day."""

    ticker: str
    day: int
    volume: int
    size: int
    price: int
    at_ms: int
    day_open: int = 0
    day_high: int = 0
    day_low: int = 0
    base: int = 0
    halted: bool = False
    interrupted: bool = False
    asked: bool = False  # an answer by REST, true at its moment, and no print

    def tick(self, seq: int) -> pb.Tick:
        return pb.Tick(
            ticker=self.ticker,
            day=self.day,
            volume=self.volume,
            size=self.size,
            price=self.price,
            at_ms=self.at_ms,
            seq=seq,
            day_open=self.day_open,
            day_high=self.day_high,
            day_low=self.day_low,
            base=self.base,
            halted=self.halted,
            interrupted=self.interrupted,
            source="rest" if self.asked else "stream",
        )


def print_of_trade(trade: Trade) -> Print:
    """A record of the broker's stream."""
    at = trade.at
    return Print(
        trade.ticker,
        at.year * 10_000 + at.month * 100 + at.day,
        trade.total_volume,
        trade.volume,
        trade.price,
        int(at.timestamp()) * 1000,
        trade.open,
        trade.high,
        trade.low,
        trade.price - trade.change,
        trade.halted,
        trade.hour_code == "C",
    )


def print_of(quote: oms_pb2.QuoteReply) -> Print | None:
    """An answer of the OMS about one ticker; None when it knows nothing of it."""
    if not quote.found or quote.price <= 0:
        return None
    seconds = quote.as_of.seconds
    return Print(
        quote.ticker,
        kst_day(seconds),
        quote.volume,
        0,
        quote.price,
        seconds * 1000 + quote.as_of.nanos // 1_000_000,
        quote.open,
        quote.high,
        quote.low,
        quote.base_price,
        quote.halted,
        quote.interrupted,
        quote.source != "stream",
    )


_days: dict[int, int] = {}


def kst_day(seconds: int) -> int:
    """YYYYMMDD in Korea."""
    number = (seconds + _KST_S) // _DAY_S
    found = _days.get(number)
    if found is None:
        from datetime import date, timedelta

        told = date(1970, 1, 1) + timedelta(days=number)
        found = told.year * 10_000 + told.month * 100 + told.day
        _days.clear()  # two days at most are of interest at one time
        _days[number] = found
    return found
