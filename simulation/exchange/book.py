"""The ten-level book at a moment: background quantities from the tape, users' resting orders on top.

Contract: pure and deterministic in (tape, index, seed words). Asks rise, bids fall, no level is crossed, none lies
outside the daily band; at a limit price one side is empty. Quantities of the background change every five seconds.
What users took in the last seconds is subtracted by the caller's `taken`. In a replay levels beyond the day's real
range are shown but cannot be traded (`Tape.floor`/`ceiling`).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import Band, tick_size
from simulation.exchange.orders import Order
from simulation.exchange.tape import Tape

LEVELS = 10
_REFRESH_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Level:
    """Price in won and the background's shares at it."""

    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """Best first on both sides; at most ten levels, fewer at a limit of the band."""

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]

    @property
    def best_ask(self) -> int:
        return self.asks[0].price if self.asks else 0

    @property
    def best_bid(self) -> int:
        return self.bids[0].price if self.bids else 0


def next_up(price: int, kind: Kind, on: date) -> int:
    return price + tick_size(price, kind, on)


def next_down(price: int, kind: Kind, on: date) -> int:
    """The orderable price below; at a border of units the smaller unit counts."""
    return price - tick_size(price - 1, kind, on) if price > 1 else 0


def ladder(
    tape: Tape, index: int, kind: Kind, depth: int, ticker: str, taken: Mapping[int, int] | None = None
) -> Ladder:
    """The background's book after `index` (−1: before the open, around the base)."""
    day, band = tape.bar.day, tape.band
    last = int(tape.prices[index]) if index >= 0 else tape.bar.base
    bought = bool(tape.buys[index]) if index >= 0 else False
    ask = last if bought else next_up(last, kind, day)
    bid = next_down(last, kind, day) if bought else last
    if index >= 0 and last >= band.upper:  # locked at the upper limit: nobody offers
        ask, bid = band.upper + 1, last
    elif index >= 0 and last <= band.lower:
        ask, bid = last, 0
    words = f"{ticker}|{day.toordinal()}|{max(index, 0) // _REFRESH_SECONDS}"
    full = _levels(words, ask, bid, band, kind, depth, day)
    if not taken:
        return full
    return Ladder(_less(full.asks, taken), _less(full.bids, taken))


def _less(side: Sequence[Level], taken: Mapping[int, int]) -> tuple[Level, ...]:
    return tuple(Level(one.price, max(0, one.quantity - taken.get(one.price, 0))) for one in side)


@lru_cache(maxsize=2048)  # a book is looked at more often than it changes
def _levels(words: str, ask: int, bid: int, band: Band, kind: Kind, depth: int, day: date) -> Ladder:
    """All that stands there before anybody takes of it; `words` tell one book's quantities from another's."""

    def level(price: int, rank: int) -> Level:
        noise = zlib.crc32(f"{words}|{price}".encode()) % 1000
        return Level(price, max(1, depth * (400 + noise) // 1000 * (10 + min(rank, 4) * 2) // 10))

    asks, bids = [], []
    for rank in range(LEVELS):
        if ask > band.upper:
            break
        asks.append(level(ask, rank))
        ask = next_up(ask, kind, day)
    for rank in range(LEVELS):
        if bid < band.lower or bid <= 0:
            break
        bids.append(level(bid, rank))
        bid = next_down(bid, kind, day)
    return Ladder(tuple(asks), tuple(bids))


def middle(tape: Tape, index: int, kind: Kind, depth: int, taken: Mapping[int, int]) -> Ladder:
    """What waits unseen between the best prices: one level for either side; none where half a unit is no whole won."""
    price = int(tape.prices[index]) if index >= 0 else 0
    if price <= 0 or tick_size(price, kind, tape.bar.day) % 2:
        return Ladder((), ())
    found = (Level(price, max(0, depth // 2 - taken.get(price, 0))),)
    return Ladder(found, found)


def with_resting(background: Ladder, resting: Sequence[Order]) -> Ladder:
    """The book as shown: users' limit orders added to their levels."""
    resting = [order for order in resting if not order.at_any_price and not order.waiting]
    if not resting:
        return background
    asks = {level.price: level.quantity for level in background.asks}
    bids = {level.price: level.quantity for level in background.bids}
    for order in resting:
        side = bids if order.side is Side.BUY else asks
        side[order.price] = side.get(order.price, 0) + order.open
    # a user bid above the background's asks is about to be hit: it hides what it crosses, and the other way round
    best_user_bid = max((o.price for o in resting if o.side is Side.BUY), default=0)
    best_user_ask = min((o.price for o in resting if o.side is Side.SELL), default=0)
    shown_asks = sorted(p for p in asks if p > best_user_bid)[:LEVELS]
    shown_bids = sorted((p for p in bids if not best_user_ask or p < best_user_ask), reverse=True)[:LEVELS]
    return Ladder(
        tuple(Level(price, asks[price]) for price in shown_asks),
        tuple(Level(price, bids[price]) for price in shown_bids),
    )
