"""KOSPI, KOSDAQ and KOSPI200 of the exchange's own listings: market value of the members over a divisor.

Contract: pure over market and clock, so every figure can be recomputed from the members' quotes; levels are int
hundredths of a point, set so that the index has its `level` at the close before or on ANCHOR. Highs and lows are those
that the members reached, not necessarily together. Members are the stocks of the board; a halted or unopened member
counts at its last price. Simulated: not the real indices.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from domain.instruments import Kind
from simulation.exchange.bars import bars_of, grouped
from simulation.exchange.history import ANCHOR
from simulation.exchange.listings import Listing
from simulation.exchange.tape import Bar, Ints
from simulation.exchange.venue import Venue

HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Index:
    """`code` as KIS names it, `level` points at ANCHOR."""

    code: str
    name: str
    level: int
    kospi: bool
    largest: int = 0  # only so many of the largest members; 0 all


INDICES = {
    one.code: one
    for one in (
        Index("0001", "종합", 3_400, kospi=True),
        Index("1001", "KOSDAQ", 850, kospi=False),
        Index("2001", "KOSPI200", 460, kospi=True, largest=200),
    )
}


@dataclass(frozen=True, slots=True)
class Reading:
    """An index at a moment: levels in hundredths, shares and won of the members, how many of them rose."""

    index: Index
    at: datetime
    day: date
    base: int
    last: int
    open: int
    high: int
    low: int
    volume: int
    value: int
    upper: int
    risen: int
    flat: int
    fallen: int
    lower: int

    @property
    def change(self) -> int:
        return self.last - self.base


def members(venue: Venue, index: Index) -> list[Listing]:
    """The stocks of the board, the largest first where the index takes only so many."""
    found = [
        listing
        for listing in venue.market.listings.values()
        if listing.instrument.kind is Kind.STOCK and listing.kospi is index.kospi
    ]
    if index.largest:
        found.sort(key=lambda listing: listing.level * listing.shares, reverse=True)
        found = found[: index.largest]
    return found


def read(venue: Venue, index: Index) -> Reading:
    """The index now."""
    now = venue.advance()
    quotes = [(listing, venue.snapshot_at(listing.ticker, now)) for listing in members(venue, index)]
    day = venue.market.trade_date(now)
    divisor = _divisor(venue, index)

    def points(prices: Sequence[int]) -> int:
        return _points(sum(p * m.shares for p, (m, _) in zip(prices, quotes, strict=True)), divisor, index)

    signs = [quote.sign for _, quote in quotes]
    opened = any(quote.open for _, quote in quotes)
    return Reading(
        index,
        now,
        day,
        points([quote.base for _, quote in quotes]),
        points([quote.last for _, quote in quotes]),
        points([quote.open or quote.last for _, quote in quotes]) if opened else 0,
        points([quote.high or quote.last for _, quote in quotes]) if opened else 0,
        points([quote.low or quote.last for _, quote in quotes]) if opened else 0,
        sum(quote.volume for _, quote in quotes),
        sum(quote.value for _, quote in quotes),
        signs.count("1"),
        signs.count("2"),
        signs.count("3"),
        signs.count("5"),
        signs.count("4"),
    )


def daily(venue: Venue, index: Index, reading: Reading) -> list[tuple[Bar, int]]:
    """(bar in hundredths of a point, won traded) by day, oldest first, today so far last; `volume` is shares."""
    listings = members(venue, index)
    divisor = _divisor(venue, index)
    columns = [bars_of(venue, listing.ticker, reading.day) for listing in listings]
    days = sorted({day for bars in columns for day in bars.days[: bars.upto(reading.day)].tolist()})
    place = {day: at for at, day in enumerate(days)}
    sums = np.zeros((4, len(days)))
    volume, value = np.zeros(len(days), dtype=np.int64), np.zeros(len(days), dtype=np.int64)
    for listing, bars in zip(listings, columns, strict=True):
        end = bars.upto(reading.day)
        if end == 0:
            continue
        at = np.array([place[day] for day in bars.days[:end].tolist()], dtype=np.int64)
        closes = _carried(bars.close[:end], at, len(days))
        for row, column in enumerate((bars.open, bars.high, bars.low, bars.close)):
            prices = closes.copy()  # a member without a bar on a day counts at its last close
            prices[at] = column[:end]
            sums[row] += prices.astype(np.float64) * listing.shares
        volume[at] += bars.volume[:end]
        value[at] += bars.volume[:end] * ((bars.high[:end] + bars.low[:end] + bars.close[:end]) // 3)
    points = [[_points(int(total), divisor, index) for total in row] for row in sums.tolist()]
    out: list[tuple[Bar, int]] = []
    for i, day in enumerate(days):
        o, h, low, c = (points[row][i] for row in range(4))
        base = points[3][i - 1] if i else o
        out.append((Bar(date.fromordinal(day), o, h, low, c, int(volume[i]), base), int(value[i])))
    if reading.open:
        today = Bar(reading.day, reading.open, reading.high, reading.low, reading.last, reading.volume, reading.base)
        out.append((today, reading.value))
    return out


def by_period(days: list[tuple[Bar, int]], period: str) -> list[tuple[Bar, int]]:
    """Weeks, months or years of them, dated by their first session."""
    bars = grouped([bar for bar, _ in days], period)
    starts = [bar.day for bar in bars]
    values = [0] * len(bars)
    for bar, value in days:
        values[bisect_right(starts, bar.day) - 1] += value
    return list(zip(bars, values, strict=True))


def _carried(closes: Ints, at: Ints, count: int) -> Ints:
    """Closes at their places among `count` days, each carried on until the next; the first one also backwards."""
    seen = np.zeros(count, dtype=np.int64)
    seen[at] = np.arange(len(at))
    return np.asarray(closes[np.maximum.accumulate(seen)])


def _divisor(venue: Venue, index: Index) -> int:
    """Market value at the anchor: index × divisor = value × level."""
    total = 0
    for listing in members(venue, index):
        bars = bars_of(venue, listing.ticker, ANCHOR)
        at = max(0, bars.upto(ANCHOR) - 1)
        total += int(bars.close[at]) * listing.shares
    return max(1, total)


def points_of(venue: Venue, index: Index, worth: int) -> int:
    """The level at which the members are worth so many won."""
    return _points(worth, _divisor(venue, index), index)


def _points(value: int, divisor: int, index: Index) -> int:
    return value * index.level * HUNDREDTHS // divisor
