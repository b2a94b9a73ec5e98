"""Daily bars as arrays, and weeks and months made of them. Pure.

Contract: bars come oldest first and adjusted; a week ends with its last session (ISO weeks), a month likewise; the
running week and month are included as far as they have come. Prices are float here: statistics, not money.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.proto import oms_pb2 as pb

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Series:
    """Columns of equal length; `days` are the last sessions of each bar."""

    days: tuple[date, ...]
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array

    def __len__(self) -> int:
        return len(self.days)


def series_of(bars: Sequence[pb.Bar]) -> Series:
    """Bars without a price are left out."""
    good = [bar for bar in bars if bar.close > 0]

    def column(pick: Callable[[pb.Bar], int]) -> Array:
        return np.array([pick(bar) for bar in good], dtype=np.float64)

    return Series(
        days=tuple(date.fromisoformat(bar.date) for bar in good),
        open=column(lambda bar: bar.open),
        high=column(lambda bar: bar.high),
        low=column(lambda bar: bar.low),
        close=column(lambda bar: bar.close),
        volume=column(lambda bar: bar.volume),
    )


def weekly(daily: Series) -> Series:
    return _grouped(daily, lambda day: day.isocalendar()[:2])


def monthly(daily: Series) -> Series:
    return _grouped(daily, lambda day: (day.year, day.month))


def _grouped(daily: Series, key: Callable[[date], tuple[int, int]]) -> Series:
    if not len(daily):
        return daily
    keys = [key(day) for day in daily.days]
    starts = [at for at in range(len(keys)) if at == 0 or keys[at] != keys[at - 1]]
    ends = [*starts[1:], len(keys)]
    first = np.array(starts)
    return Series(
        days=tuple(daily.days[end - 1] for end in ends),
        open=daily.open[first],
        high=np.maximum.reduceat(daily.high, first),
        low=np.minimum.reduceat(daily.low, first),
        close=daily.close[np.array(ends) - 1],
        volume=np.add.reduceat(daily.volume, first),
    )
