"""Minutes of the sessions before a parity world began, as the lake of somebody who listened then would hold them.

Contract: from the exchange's own tape of each session; a minute without a trade has no bar, and a bar ends as the ones
that the market's data make do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

import numpy as np

from domain.bars import Bars, bars_of
from domain.clock import KST
from market.bars.store import MINUTE, BarStore
from simulation.exchange.market import Market
from simulation.exchange.tape import Tape

_MINUTE_S = 60


def fill_lake(store: BarStore, market: Market, ticker: str, days: Sequence[date]) -> None:
    """Days before the tape begins are left out."""
    for day in days:
        tape = market.tape(ticker, day)
        if tape is not None:
            store.write(ticker, MINUTE, minutes_of(tape, day), source="tape")


def minutes_of(tape: Tape, day: date) -> Bars:
    """Oldest first."""
    midnight = int(datetime.combine(day, time.min, KST).timestamp())
    traded = np.flatnonzero(tape.volumes > 0)
    seconds = np.array([tape.second_of(int(at)) for at in traded], dtype=np.int64)
    end = (midnight + seconds) // _MINUTE_S * _MINUTE_S + _MINUTE_S
    starts = np.flatnonzero(np.concatenate(([True], end[1:] != end[:-1])))
    lasts = np.concatenate((starts[1:], [len(end)])) - 1
    prices, volumes = tape.prices[traded].astype(np.int64), tape.volumes[traded].astype(np.int64)
    return bars_of(
        end[starts],
        prices[starts],
        np.maximum.reduceat(prices, starts),
        np.minimum.reduceat(prices, starts),
        prices[lasts],
        np.add.reduceat(volumes, starts),
    )
