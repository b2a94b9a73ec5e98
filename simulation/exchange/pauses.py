"""When a name does not trade continuously: volatility interruptions and halts. Pure, seeded.

Contract: a pause is [start, end) of a tape with one single price at `end`. A *static* VI follows from the path: a
print ten per cent or more away from the last single price does not happen, a call auction of two minutes and up to
thirty seconds does. A *dynamic* VI (an order far from the last price, which never prints) and a *halt* of thirty
minutes are drawn from the seed. Users cannot set one off: ten levels never reach three per cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulation.exchange.tape import Hours, Pause, rng_for

STATIC_PERCENT = 10
VI_SECONDS = 120
RANDOM_END_SECONDS = 30
HALT_SECONDS = 1_800
_EDGE_SECONDS = 600  # nothing is drawn so near to the open or the end
_DYNAMIC_ONE_IN = 50  # sessions of a name
_HALT_ONE_IN = 1_000


def drawn(seed: int, ticker: str, day: date, hours: Hours) -> list[Pause]:
    """The dynamic VI and the halt that the seed has for this name's day, if any."""
    rng = rng_for(seed, "pauses", ticker, day.isoformat())
    dynamic, halt = rng.integers(_DYNAMIC_ONE_IN) == 0, rng.integers(_HALT_ONE_IN) == 0
    last = hours.continuous_end - hours.open - _EDGE_SECONDS
    found = []
    for wanted, kind, length in ((dynamic, "dynamic", _vi_length(rng)), (halt, "halt", HALT_SECONDS)):
        room = last - length
        start = int(rng.integers(_EDGE_SECONDS, max(_EDGE_SECONDS + 1, room)))
        if wanted and room > _EDGE_SECONDS:
            found.append(Pause(kind, start, start + length))
    return found


def static(seed: int, ticker: str, day: date, prices: NDArray[np.int64], taken: Sequence[Pause]) -> list[Pause]:
    """Static VIs of a path of prices, outside the pauses it has already."""
    rng = rng_for(seed, "static-vi", ticker, day.isoformat())
    found: list[Pause] = []
    reference, position = int(prices[0]), 0
    while True:
        away = np.flatnonzero(np.abs(prices[position:] - reference) * 100 >= reference * STATIC_PERCENT)
        if not len(away):
            return found
        start = position + int(away[0])
        end = start + _vi_length(rng)
        if end >= len(prices) - VI_SECONDS:  # so near to the end the closing auction does the work
            return found
        clash = next((pause for pause in taken if pause.start <= end and start <= pause.end), None)
        if clash is None:
            found.append(Pause("static", start, end, reference))
        else:
            end = max(end, clash.end)
        reference, position = int(prices[end]), end + 1


def every(seconds: int, steps: int) -> list[Pause]:
    """Call auctions one after the other: a single price at the end of each."""
    return [Pause("single", start, start + seconds - 1) for start in range(0, steps - seconds + 1, seconds)]


def _vi_length(rng: np.random.Generator) -> int:
    return VI_SECONDS + int(rng.integers(RANDOM_END_SECONDS + 1))
