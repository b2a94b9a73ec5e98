"""Bars of one name: open, high, low, close and volume, oldest first, and the same in longer time frames.

Contract: `time` is the END of a bar in epoch seconds (UTC); a bar covers the time before its end, so 09:30 belongs to
the half hour that ends then. A daily bar ends at the session's close in Korea. Prices are won, volume is shares, both
int64. A day without trading (an open of 0 in public data) stands at the close before it with volume 0.
Longer bars are causal: one is complete when a bar of the next one arrives and never before, so nothing depends on a
calendar and a feed with gaps gives the same bars. `period` is the one definition of which bar belongs to which longer
one; `Bars.resampled` applies it to all bars, `Resampler` to one after another.
Does not read files and knows no venue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.strategy.signals import Timeframe

Whole = NDArray[np.int64]
Matrix = NDArray[np.float64]
KST_SECONDS = 9 * 3600
_DAY = 24 * 3600
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; weeks begin on Monday


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Columns of equal length, read-only. Make them with `bars_of` or `bars_from_public`."""

    time: Whole
    open: Whole
    high: Whole
    low: Whole
    close: Whole
    volume: Whole

    def __len__(self) -> int:
        return len(self.time)

    def matrix(self) -> Matrix:
        """float64[n, 5]: open, high, low, close, volume, as indicators take them."""
        return np.column_stack((self.open, self.high, self.low, self.close, self.volume)).astype(np.float64)

    def part(self, first: int, last: int) -> Bars:
        """Bars first … last - 1."""
        return Bars(*(column[first:last] for column in self._columns()))

    def between(self, since: int, until: int) -> Bars:
        """Bars that end after `since` and at or before `until`, epoch seconds."""
        first, last = np.searchsorted(self.time, (since, until), side="right")
        return self.part(int(first), int(last))

    def joined(self, later: Bars) -> Bars:
        """These bars and later ones. ValueError where they overlap."""
        return bars_of(*(np.concatenate(pair) for pair in zip(self._columns(), later._columns(), strict=True)))

    def resampled(self, to: Timeframe, *, last: bool = False) -> Bars:
        """Longer bars; each ends with the last bar it is made of. The last one, which later bars could still change, is
        left out unless `last`."""
        times, matrix, _ = resampled(self.time, self.matrix(), to)
        keep = len(times) if last else max(0, len(times) - 1)
        return bars_of(times[:keep], *matrix[:keep].T.astype(np.int64))

    def _columns(self) -> tuple[Whole, ...]:
        return self.time, self.open, self.high, self.low, self.close, self.volume


def bars_of(
    time: ArrayLike, open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike
) -> Bars:
    """Checked bars. ValueError names the first row that cannot be: times that do not rise, prices that are not above 0,
    a high under or a low over another price, a negative volume, numbers that are not whole."""
    names = ("time", "open", "high", "low", "close", "volume")
    columns = [_whole(name, given) for name, given in zip(names, (time, open_, high, low, close, volume), strict=True)]
    if len({len(column) for column in columns}) != 1:
        found = ", ".join(f"{name} {len(column)}" for name, column in zip(names, columns, strict=True))
        raise ValueError(f"expected columns of equal length, was {found}")
    when, opened, top, bottom, closed, traded = columns
    _refuse(when[1:] <= when[:-1], "times that rise", when[1:], when[1:])
    _refuse(bottom <= 0, "prices above 0", when, bottom)
    _refuse(np.maximum(opened, closed) > top, "a high not under open and close", when, top)
    _refuse(np.minimum(opened, closed) < bottom, "a low not over open and close", when, bottom)
    _refuse(traded < 0, "a volume of 0 or more", when, traded)
    for column in columns:
        column.flags.writeable = False
    return Bars(*columns)


def bars_from_public(
    time: ArrayLike, open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike
) -> Bars:
    """Bars of public daily data, where a day without trading has open, high and low of 0: it stands at the close before
    it, volume 0. Such days before the first trade are left out. Adjusting for splits rounds each price alone: a high or
    low that lost a won against open or close by it takes that price."""
    rows = np.array([time, open_, high, low, close, volume], dtype=np.int64)
    traded = rows[1] > 0
    rows = rows[:, int(np.argmax(traded)) :] if traded.any() else rows[:, :0]
    traded = rows[1] > 0
    before = np.maximum.accumulate(np.where(traded, np.arange(len(traded)), 0))
    stood = rows[4, before]
    rows[1:5, ~traded] = stood[~traded]
    rows[5, ~traded] = 0
    rows[2] = rows[[1, 2, 4]].max(axis=0)
    rows[3] = rows[[1, 3, 4]].min(axis=0)
    return bars_of(*rows)


def _whole(name: str, given: ArrayLike) -> Whole:
    column = np.array(given)
    if column.ndim != 1:
        raise ValueError(f"expected one column of {name}, was an array of {column.ndim} dimensions")
    whole = column.astype(np.int64)
    if column.dtype.kind == "f" and not np.array_equal(whole, column):
        raise ValueError(f"expected whole numbers of {name}, was {column[whole != column][0]}")
    return whole


def _refuse(wrong: NDArray[np.bool_], expected: str, when: Whole, what: Whole) -> None:
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ValueError(f"expected {expected}, was {what[place]} at the bar that ends {when[place]}")


# Longer time frames


def period(time: Whole, of: Timeframe) -> Whole:
    """Which longer bar each bar belongs to, as a number that rises with time. `time`: ends of bars."""
    inside = time - 1 + KST_SECONDS  # a second before the end, on the Korean clock
    if of.minutes is not None:
        return np.asarray(inside // (of.minutes * 60), dtype=np.int64)
    day = inside // _DAY
    if of is Timeframe.DAY:
        return np.asarray(day, dtype=np.int64)
    if of is Timeframe.WEEK:
        return np.asarray((day + _EPOCH_WEEKDAY) // 7, dtype=np.int64)
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def resampled(time: Whole, bars: Matrix, to: Timeframe) -> tuple[Whole, Matrix, Whole]:
    """(ends int64[m], longer bars float64[m, 5], place int64[n] of the longer bar each bar belongs to). The last longer
    bar may still change. Columns behind the fifth (a benchmark's close) have their last value."""
    if not len(time):
        return time, bars, time
    periods = period(time, to)
    starts = np.flatnonzero(np.concatenate(([True], periods[1:] != periods[:-1])))
    lasts = np.concatenate((starts[1:], [len(time)])) - 1
    longer = np.column_stack(
        (
            bars[starts, 0],
            np.maximum.reduceat(bars[:, 1], starts),
            np.minimum.reduceat(bars[:, 2], starts),
            bars[lasts, 3],
            np.add.reduceat(bars[:, 4], starts),
            bars[lasts, 5:],
        )
    )
    place = np.cumsum(np.concatenate(([0], periods[1:] != periods[:-1])))
    return time[lasts], longer, place.astype(np.int64)


class Resampler:
    """Longer bars from one bar after another. `state` float64[size(columns)] is all it remembers: whether one is open,
    which, its end, and its numbers."""

    def __init__(self, to: Timeframe, state: Matrix | None = None) -> None:
        self.to = to
        self.state: Matrix = np.zeros(self.size()) if state is None else state

    @staticmethod
    def size(columns: int = 5) -> int:
        """Floats remembered for bars of so many columns."""
        return 3 + columns

    def push(self, time: int, bar: Matrix) -> tuple[int, Matrix] | None:
        """Takes the next bar; answers (end, longer bar) when it shows that one is complete."""
        now = float(period(np.array([time], dtype=np.int64), self.to)[0])
        is_open, open_period, end = self.state[:3]
        kept = self.state[3:]
        if is_open and open_period == now:
            kept[1] = max(kept[1], bar[1])
            kept[2] = min(kept[2], bar[2])
            kept[3] = bar[3]
            kept[4] += bar[4]
            kept[5:] = bar[5:]
            self.state[2] = time
            return None
        complete = (int(end), kept.copy()) if is_open else None
        self.state[:3] = 1.0, now, time
        kept[:] = bar
        return complete
