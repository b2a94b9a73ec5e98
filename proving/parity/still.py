"""A market that stands still while somebody decides: what "no latency and no slippage" means at an exchange.

Contract: the real daily bars of a folder as the tape of the paper exchange, like a replay, with one difference. From a
chosen second on (the session's opening, or the beginning of each minute) the price stands for `HOLD_S` seconds without
a trade, and what is ordered meanwhile waits for one call auction at that very price, as in a name that KRX trades by
single prices. So buyer and seller get the bar's opening price however long deciding and sending took, and there is no
spread. A minute opens where the one before it closed. Other interruptions are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from domain.calendar import KrxCalendar
from domain.instruments import Instruments
from simulation.exchange.divisions import Board
from simulation.exchange.market import Market
from simulation.exchange.replay import ReplayDaily
from simulation.exchange.tape import Pause, Tape

HOLD_S = 20
MINUTE_S = 60
SEED = 11  # of the course inside a day's bar
Starts = Callable[[Tape], Sequence[int]]


def at_the_opening(tape: Tape) -> Sequence[int]:
    """Indexes from which the price stands: the opening alone."""
    return (0,)


def every_minute(tape: Tape) -> Sequence[int]:
    """The first second of each minute of continuous trading."""
    last = tape.hours.continuous_end - tape.hours.open - MINUTE_S
    first = -tape.hours.open % MINUTE_S
    return range(first, last + 1, MINUTE_S)


class StillMarket(Market):
    """`starts` says from which prints of a session on the price stands."""

    def __init__(self, source: ReplayDaily, calendar: KrxCalendar, starts: Starts) -> None:
        super().__init__(source, source.listings, calendar, SEED, source.last_day)
        self._starts = starts

    def _weave(self, ticker: str, day: date, board: Board) -> Tape | None:
        tape = super()._weave(ticker, day, board)
        return tape if tape is None or board is not Board.REGULAR else stilled(tape, self._starts(tape))


def still_market(folder: Path, starts: Starts) -> StillMarket:
    """Over `<ticker>.csv` files. ReplayError names a file that cannot be read."""
    return StillMarket(ReplayDaily(folder, Instruments.load()), KrxCalendar(), starts)


def stilled(tape: Tape, starts: Sequence[int]) -> Tape:
    """The tape with its price standing from each of `starts` on, until a single price `HOLD_S` seconds later."""
    prices, volumes = tape.prices.copy(), tape.volumes.copy()
    for start in starts:
        end = start + HOLD_S
        prices[start : end + 1] = prices[max(0, start - 1)]
        volumes[end] = max(1, int(volumes[start : end + 1].sum()))
        volumes[start:end] = 0
    return replace(
        tape,
        prices=prices,
        volumes=volumes,
        cum_volume=np.cumsum(volumes, dtype=np.int64),
        cum_value=np.cumsum(volumes.astype(np.int64) * prices),
        run_high=np.maximum.accumulate(prices),
        run_low=np.minimum.accumulate(prices),
        pauses=tuple(Pause("single", start, start + HOLD_S) for start in starts),
    )
