"""A market for the tests of market data: true prints of some names and days, and the feeds that tell of them badly."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.clock import KST
from domain.proto import market_pb2 as pb
from market.ingest.prints import Print

SAMSUNG, HYNIX = "005930", "000660"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=KST)


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def true_prints(
    rng: random.Random, ticker: str, *, days: int = 2, prints: int = 120, apart_ms: int = 9_000
) -> list[Print]:
    """Every print of some sessions, in order."""
    out, price = [], 70_000
    for day in range(days):
        at, volume = MONDAY + timedelta(days=day), 0
        number = int(f"{at:%Y%m%d}")
        for _ in range(prints):
            at += timedelta(milliseconds=rng.randint(0, apart_ms))
            size = rng.randint(1, 60)
            volume += size
            price += rng.choice((-100, 0, 100))
            out.append(Print(ticker, number, volume, size, price, ms(at)))
    return out


@dataclass(frozen=True)
class TrueBar:
    open: int
    high: int
    low: int
    close: int
    volume: int


def true_bars(prints: Sequence[Print]) -> dict[int, TrueBar]:
    """What the minutes really were, by end in epoch seconds."""
    found: dict[int, list[tuple[int, int]]] = {}
    last: tuple[int, int] = (0, 0)
    for each in prints:
        before = last[1] if last[0] == each.day else 0
        end = (each.at_ms // 60_000 + 1) * 60
        found.setdefault(end, []).append((each.price, each.volume - before))
        last = (each.day, each.volume)
    out = {}
    for end, rows in found.items():
        prices = [price for price, _ in rows]
        out[end] = TrueBar(prices[0], max(prices), min(prices), prices[-1], sum(size for _, size in rows))
    return out


def last_words(bars: Iterable[pb.Bar]) -> dict[int, pb.Bar]:
    """The bars of one ticker as a consumer ends up with them: the highest revision of each."""
    out: dict[int, pb.Bar] = {}
    for bar in bars:
        if bar.end not in out or bar.revision >= out[bar.end].revision:
            out[bar.end] = bar
    return out


def as_true(bar: pb.Bar) -> TrueBar:
    return TrueBar(bar.open, bar.high, bar.low, bar.close, bar.volume)


def event_of(event: pb.Tick | pb.Gap) -> pb.TradeEvent:
    return pb.TradeEvent(tick=event) if isinstance(event, pb.Tick) else pb.TradeEvent(gap=event)
