"""A market that was pushed: from one print on, a session goes on at another level. Test mode makes them.

Contract: pure. `moved` leaves every print before `index` as it was, lets `index` print at `to` and carries the path
on from there in proportion, on price units and inside what may trade. No volatility interruption begins or ends by it:
who needs a print now must get it now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from domain.instruments import Kind
from simulation.exchange.divisions import Board
from simulation.exchange.tape import Tape, price_grid


@dataclass(frozen=True, slots=True)
class Push:
    """From print `index` of a session on, prices are `to` where they would have been `off` (won)."""

    index: int
    off: int
    to: int


Session = tuple[str, date, Board]  # whose: ticker, day, board
Pushes = Mapping[Session, Sequence[Push]]


def next_print(tape: Tape, index: int) -> int | None:
    """The first print after `index` that a push can have; None when nothing trades any more."""
    found = index + 1
    pause = tape.pause_at(found)
    if pause is not None:
        found = pause.end
    return found if found < tape.size else None


def orderable(tape: Tape, price: float, kind: Kind) -> int:
    """The price nearest to `price` that may trade in this session."""
    grid = price_grid(tape.floor, tape.ceiling, kind, tape.bar.day)
    return int(grid[np.abs(grid - price).argmin()])


def moved(tape: Tape, push: Push, kind: Kind) -> Tape:
    """The session as pushed."""
    grid = price_grid(tape.floor, tape.ceiling, kind, tape.bar.day)
    prices, volumes, buys = tape.prices.astype(np.int64), tape.volumes.astype(np.int64), tape.buys.copy()
    # scaled on the grid's midpoints, so that a price is put on the unit it is nearest to
    wanted = prices[push.index :] * push.to / push.off
    prices[push.index :] = grid[np.searchsorted((grid[1:] + grid[:-1]) / 2, wanted)]
    volumes[push.index] = max(1, volumes[push.index])
    before = int(prices[push.index - 1]) if push.index else tape.bar.base
    if push.to != before:
        buys[push.index] = push.to > before
    buys = np.where(prices >= tape.ceiling, True, np.where(prices <= tape.floor, False, buys))
    small = prices.astype(np.int32)
    bar = replace(
        tape.bar,
        open=int(prices[0]),
        high=int(prices.max()),
        low=int(prices.min()),
        close=int(prices[-1]),
        volume=int(volumes.sum()),
    )
    return replace(
        tape,
        bar=bar,
        prices=small,
        volumes=volumes.astype(np.int32),
        cum_volume=np.cumsum(volumes),
        cum_value=np.cumsum(volumes * prices),
        run_high=np.maximum.accumulate(small),
        run_low=np.minimum.accumulate(small),
        buys=buys,
    )
