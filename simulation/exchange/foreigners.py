"""What foreigners hold of a name: a level from the seed that every day moves by what they bought more than they sold.

Contract: pure. Held shares lie between none and all; from one session to the next within a quarter a stock's change by
exactly the net that every call about investors tells of, each quarter begins at its level again. Of a fund they keep
their level: what they buy of it is new shares. Made up: nobody's real holdings.
"""

from __future__ import annotations

from datetime import date

from domain.instruments import Kind
from simulation.exchange.flows import split
from simulation.exchange.history import DailyBars
from simulation.exchange.listings import Listing
from simulation.exchange.tape import rng_for

_NOT_YET = -1
_LARGE = 10_000_000_000_000  # won of market value from which foreigners care more


def held_before(seed: int, listing: Listing, bars: DailyBars, day: date) -> int:
    """Shares that foreigners hold when `day` begins: figures of a day are known after it."""
    level = bars.kept.setdefault(("foreigners", seed), _NOT_YET)
    if level == _NOT_YET:
        level = bars.kept["foreigners", seed] = _level(seed, listing)
    if listing.instrument.kind is Kind.ETF:
        return level
    start, end = bars.upto(date(day.year, (day.month - 1) // 3 * 3 + 1, 1)), bars.upto(day)
    known = end
    while known > start and ("foreigners", seed, start, known) not in bars.kept:
        known -= 1
    net = bars.kept["foreigners", seed, start, known] if known > start else 0
    for at in range(known, end):
        net += split(seed, listing.ticker, bars.rows()[at])["frgn"].net
        bars.kept["foreigners", seed, start, at + 1] = net
    return min(listing.shares, max(0, level + net))


def _level(seed: int, listing: Listing) -> int:
    chance = float(rng_for(seed, "foreigners", listing.ticker).random())
    if listing.instrument.kind is Kind.ETF:
        return int(listing.shares * 0.06 * chance)
    large = 0.12 if listing.level * listing.shares >= _LARGE else 0.0
    return int(listing.shares * (0.02 + large + 0.42 * chance * chance))
