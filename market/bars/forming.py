"""One minute while its prints come, and stretches of time in which something was missed.

A bar that was `filled` is the broker's own bar of that minute: whole, whatever prints of it are still missed or late.
"""

from __future__ import annotations

from typing import NamedTuple

from domain.proto import market_pb2 as pb
from market.bus.ports import Message

MINUTE = "1m"
MINUTE_MS = 60_000
BROKER = "broker"  # source of a bar that the broker told as a whole
Before = tuple[int, Message | None]  # a count over the partition, and the message at that place


class Forming:
    """The bar of the minute that ends at `end_ms`; compared by identity."""

    __slots__ = (
        "before",
        "close",
        "complete",
        "day",
        "end_ms",
        "filled",
        "high",
        "low",
        "open",
        "revision",
        "ticks",
        "volume",
    )

    def __init__(self, end_ms: int, day: int, price: int, before: Before) -> None:
        self.end_ms = end_ms
        self.day = day
        self.open = self.high = self.low = self.close = price
        self.volume = 0
        self.ticks = 0
        self.complete = True
        self.filled = False
        self.revision = 0
        self.before = before

    @classmethod
    def of(cls, bar: pb.Bar) -> Forming:
        """A bar that another program told."""
        made = cls(bar.end * 1000, bar.day, bar.open, (0, None))
        made.high, made.low, made.close = bar.high, bar.low, bar.close
        made.volume, made.ticks = bar.volume, bar.ticks
        made.complete, made.revision = bar.complete, bar.revision
        made.filled = bar.source == BROKER
        return made

    def add(self, price: int, volume: int) -> None:
        if price > self.high:
            self.high = price
        if price < self.low:
            self.low = price
        self.close = price
        self.volume += volume
        self.ticks += 1

    def told(self, ticker: str, source: str) -> pb.Bar:
        return pb.Bar(
            ticker=ticker,
            timeframe=MINUTE,
            end=self.end_ms // 1000,
            open=self.open,
            high=self.high,
            low=self.low,
            close=self.close,
            volume=self.volume,
            day=self.day,
            complete=self.complete,
            revision=self.revision,
            ticks=self.ticks,
            source=BROKER if self.filled else source,
        )


class Stretch(NamedTuple):
    """Market time; (0, 0) is none."""

    since_ms: int
    until_ms: int

    def touches(self, bar: Forming) -> bool:
        return self.until_ms > 0 and self.since_ms < bar.end_ms and self.until_ms >= bar.end_ms - MINUTE_MS
