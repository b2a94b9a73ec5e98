"""An index through the day: what its members were worth at each second of the session, and the rows of its charts.

Contract: the last row agrees with `indices.read`; a member that does not trade today counts at its base. Levels are
hundredths of a point, volumes shares, values won. Newest first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.exchange import indices
from simulation.exchange.indices import Index, Reading
from simulation.exchange.listings import Listing
from simulation.exchange.tape import Ints, Tape
from simulation.exchange.venue import Venue


@dataclass(frozen=True, slots=True)
class Stretch:
    """A row: `second` after midnight at which it begins, its levels, what traded in it and the value up to its end."""

    second: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    value: int
    total_volume: int


def stretches(venue: Venue, index: Index, reading: Reading, seconds: int, count: int) -> list[Stretch]:
    """At most `count` rows of `seconds` each, the running one first; none before the open."""
    listings = indices.members(venue, index)
    tapes = [venue.market.tape(listing.ticker, reading.day) for listing in listings]
    clock = next((tape for tape in tapes if tape is not None), None)
    last = venue.market.index(_one_of_today(listings, tapes), reading.at) if clock is not None else -1
    if clock is None or last < 0:
        return []
    worth, shares, value = (np.zeros(last + 1, dtype=np.int64) for _ in range(3))
    for listing, tape in zip(listings, tapes, strict=True):
        if tape is None:
            worth += venue.snapshot_at(listing.ticker, reading.at).last * listing.shares
            continue
        worth += tape.prices[: last + 1].astype(np.int64) * listing.shares
        shares += tape.cum_volume[: last + 1]
        value += tape.cum_value[: last + 1]
    return _cut(venue, index, clock, (worth, shares, value), seconds, count)


def _one_of_today(listings: list[Listing], tapes: list[Tape | None]) -> str:
    """A member that trades today."""
    return next(listing.ticker for listing, tape in zip(listings, tapes, strict=True) if tape is not None)


def _cut(
    venue: Venue, index: Index, tape: Tape, columns: tuple[Ints, Ints, Ints], seconds: int, count: int
) -> list[Stretch]:
    worth, shares, value = columns
    rows: list[Stretch] = []
    end = len(worth) - 1
    while end >= 0 and len(rows) < count:
        second = tape.second_of(end) // seconds * seconds
        start = max(0, min(end, second - tape.hours.open))
        if tape.hours.auction and end == tape.size - 1:
            start = end  # the closing print stands alone
        part = worth[start : end + 1]
        levels = (int(part[0]), int(part.max()), int(part.min()), int(part[-1]))
        before = int(shares[start - 1]) if start else 0
        opened, high, low, close = (indices.points_of(venue, index, level) for level in levels)
        traded = int(shares[end])
        rows.append(Stretch(second, opened, high, low, close, traded - before, int(value[end]), traded))
        end = start - 1
    return rows
