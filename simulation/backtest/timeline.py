"""Bars of many names as one line of events in the order of time.

Contract: each name's bars are oldest first with unique times; names come in the order of their tickers, so that the
same data give the same line whatever order they were given in. A day is a KST date, and midnight
the end of the one that is over. Nothing is filled in: a name
without a bar at a moment has no event there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.bars import Bars, period
from domain.strategy.signals import Timeframe
from simulation.backtest.engine.shapes import Flags, Ints

Item = TypeVar("Item", bound=np.generic)
_EPOCH = date(1970, 1, 1).toordinal()


FIELDS = ("time", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events sorted by time and name. `source` is each event's place in the names' bars laid one after another."""

    tickers: tuple[str, ...]
    source: Ints
    name: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    starts: Ints  # [groups + 1]
    time: Ints  # [groups]
    day: Ints  # [groups]
    ends_day: Flags  # [groups]
    week: Ints  # [groups]
    days: tuple[date, ...]

    def of_names(self, columns: Mapping[str, NDArray[Item]]) -> NDArray[Item]:
        """One column by event from one by ticker."""
        if len(self.tickers) == 1:
            return columns[self.tickers[0]]
        return np.concatenate([columns[ticker] for ticker in self.tickers])[self.source]


def timeline(bars: Mapping[str, Bars]) -> Timeline:
    """ValueError names the ticker whose bars are not what they should be."""
    tickers = tuple(sorted(bars))
    if not tickers or not any(len(bars[ticker].time) for ticker in tickers):
        raise ValueError("expected bars of at least one name, was none")
    for ticker in tickers:
        _check(ticker, bars[ticker])
    if len(tickers) == 1:
        return _single(tickers[0], bars[tickers[0]])
    lengths = [len(bars[ticker].time) for ticker in tickers]
    times = np.concatenate([bars[ticker].time for ticker in tickers])
    first = bars[tickers[0]].time
    if all(len(bars[ticker].time) == len(first) and np.array_equal(bars[ticker].time, first) for ticker in tickers):
        source = np.arange(len(times)).reshape(len(tickers), len(first)).T.reshape(-1)  # side by side: nothing to sort
    else:
        source = np.argsort(times, kind="stable")
    time = times[source]
    begins = np.flatnonzero(np.concatenate([[True], time[1:] != time[:-1]]))

    def column(field: str) -> Ints:
        return np.concatenate([getattr(bars[ticker], field) for ticker in tickers])[source].astype(np.int64, copy=False)

    name = np.repeat(np.arange(len(tickers), dtype=np.int64), lengths)[source]
    return _made(tickers, source, name, column, np.append(begins, len(time)), time[begins])


def _single(ticker: str, bars: Bars) -> Timeline:
    count = len(bars.time)

    def column(field: str) -> Ints:
        return np.ascontiguousarray(getattr(bars, field), dtype=np.int64)

    return _made((ticker,), np.arange(count), np.zeros(count, np.int64), column, np.arange(count + 1), column("time"))


def day_numbers(time: Ints) -> Ints:
    """KST days since 1970-01-01; midnight belongs to the day that is over."""
    return period(time, Timeframe.DAY)


def _made(tickers: tuple[str, ...], source: Ints, name: Ints, column, starts: Ints, time: Ints) -> Timeline:  # type: ignore[no-untyped-def]
    ordinal = day_numbers(time)
    changes = np.concatenate([[True], ordinal[1:] != ordinal[:-1]])
    days = tuple(date.fromordinal(_EPOCH + int(at)) for at in ordinal[changes])
    return Timeline(
        tickers=tickers,
        source=source,
        name=name,
        open=column("open"),
        high=column("high"),
        low=column("low"),
        close=column("close"),
        volume=column("volume"),
        starts=starts,
        time=time,
        day=np.cumsum(changes) - 1,
        ends_day=np.append(changes[1:], True),
        week=period(time, Timeframe.WEEK),
        days=days,
    )


def _check(ticker: str, bars: Bars) -> None:
    time, low, high = np.asarray(bars.time), np.asarray(bars.low), np.asarray(bars.high)
    if len({len(getattr(bars, field)) for field in FIELDS}) != 1:
        raise ValueError(f"expected columns of equal length for {ticker}")
    if len(time) > 1 and not (time[1:] > time[:-1]).all():
        raise ValueError(f"expected bars of {ticker} oldest first with unique times")
    if len(time) == 0:
        return
    if low.min() <= 0:
        raise ValueError(f"expected prices above 0 won for {ticker}, was {int(low.min())}")
    if not ((low <= bars.open) & (low <= bars.close) & (high >= bars.open) & (high >= bars.close)).all():
        raise ValueError(f"expected low <= open, close <= high in every bar of {ticker}")
