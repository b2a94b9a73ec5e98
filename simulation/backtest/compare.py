"""The strategy beside an index: return, excess, beta, correlation over the same days.

Contract: the index is closes by day; only days that both have count, and fewer than 20 of them make no comparison. The
index pays no dividends here, costs nothing and is never out of the market: it is a yardstick, not an alternative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from simulation.backtest.engine.shapes import Ints

LEAST_DAYS = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """`course`: the index by day of the result, set to 1 at the start; None on days it does not have."""

    name: str
    total_return: float
    excess: float  # the strategy's return over the same days less the index's
    beta: float | None
    correlation: float | None
    depth: float
    days: int
    course: tuple[float | None, ...]


def compared(
    name: str, closes: Mapping[date, float], equity: Ints, days: Sequence[date], before: date
) -> Comparison | None:
    """`equity` has one value more than `days`: that of `before`."""
    earlier = [day for day in closes if day <= before]
    start = closes[max(earlier)] if earlier else None
    line = [start] + [closes.get(day) for day in days]
    shared = [at for at, close in enumerate(line) if close is not None]
    if len(shared) < LEAST_DAYS:
        return None
    index = np.array([line[at] for at in shared], np.float64)
    ours = equity[shared].astype(np.float64)
    theirs, own = index[1:] / index[:-1] - 1.0, ours[1:] / ours[:-1] - 1.0
    spread = float(theirs.var(ddof=1))
    moves = float(own.std(ddof=1))
    together = float(np.cov(own, theirs, ddof=1)[0, 1])
    total = float(index[-1] / index[0] - 1.0)
    return Comparison(
        name=name,
        total_return=total,
        excess=float(ours[-1] / ours[0] - 1.0) - total,
        beta=together / spread if spread > 0 else None,
        correlation=together / (spread**0.5 * moves) if spread > 0 and moves > 0 else None,
        depth=float((1.0 - index / np.maximum.accumulate(index)).max()),
        days=len(shared) - 1,
        course=tuple(None if close is None else float(close / index[0]) for close in line[1:]),
    )
