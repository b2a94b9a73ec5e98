"""Bars: what is refused, days without trading, and longer bars from one definition."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from random_strategies import series

from domain.bars import Bars, Resampler, bars_from_public, bars_of, period, resampled
from domain.strategy.signals import Timeframe

KST = timezone(timedelta(hours=9))


def at(text: str) -> int:
    """Epoch seconds of a time in Korea."""
    return int(datetime.fromisoformat(text).replace(tzinfo=KST).timestamp())


def test_a_matrix_has_open_to_volume_in_columns() -> None:
    bars = bars_of([1, 2], [10, 11], [12, 13], [9, 10], [11, 12], [5, 6])
    assert bars.matrix().tolist() == [[10, 12, 9, 11, 5], [11, 13, 10, 12, 6]]
    assert bars.matrix().dtype == np.float64


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (([1, 1], [10, 10], [12, 12], [9, 9], [11, 11], [5, 5]), "times that rise, was 1"),
        (([1], [0], [12], [0], [11], [5]), "prices above 0, was 0 at the bar that ends 1"),
        (([1], [10], [10], [9], [11], [5]), "high not under open and close, was 10"),
        (([1], [10], [12], [11], [11], [5]), "low not over open and close, was 11"),
        (([1], [10], [12], [9], [11], [-5]), "volume of 0 or more, was -5"),
        (([1], [10.5], [12], [9], [11], [5]), "whole numbers of open, was 10.5"),
        (([1, 2], [10], [12], [9], [11], [5]), "columns of equal length, was time 2, open 1"),
    ],
)
def test_bars_that_cannot_be_are_refused_by_what_is_wrong(columns: tuple[list[float], ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bars_of(*columns)


def test_columns_cannot_be_written_to() -> None:
    bars = bars_of([1], [10], [12], [9], [11], [5])
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 12


def test_a_day_without_trading_stands_at_the_close_before_it() -> None:
    bars = bars_from_public([1, 2, 3, 4], [0, 10, 0, 11], [0, 12, 0, 12], [0, 9, 0, 9], [10, 11, 99, 12], [0, 5, 7, 6])
    assert bars.time.tolist() == [2, 3, 4]
    assert bars.matrix()[1].tolist() == [11, 11, 11, 11, 0]


def test_an_adjusted_high_that_lost_a_won_takes_the_close() -> None:
    bars = bars_from_public([1], [100], [104], [99], [105], [5])
    assert bars.high.tolist() == [105]


def test_names_that_never_traded_have_no_bars() -> None:
    assert len(bars_from_public([1, 2], [0, 0], [0, 0], [0, 0], [10, 10], [0, 0])) == 0


def test_between_takes_ends_after_since_up_to_until() -> None:
    bars = series(1, 10)
    assert bars.between(int(bars.time[2]), int(bars.time[5])).time.tolist() == bars.time[3:6].tolist()


def test_joined_bars_may_not_overlap() -> None:
    bars = series(1, 10)
    assert len(bars.part(0, 4).joined(bars.part(4, 10))) == 10
    with pytest.raises(ValueError, match="times that rise"):
        bars.part(0, 5).joined(bars.part(4, 10))


@pytest.mark.parametrize(
    ("earlier", "later", "frame", "same"),
    [
        ("2026-11-20T09:01", "2026-11-20T09:30", Timeframe.M30, True),
        ("2026-11-20T09:30", "2026-11-20T09:31", Timeframe.M30, False),
        ("2026-11-20T09:01", "2026-11-20T10:00", Timeframe.M60, True),
        ("2026-11-20T09:01", "2026-11-20T15:30", Timeframe.DAY, True),
        ("2026-11-20T15:30", "2026-11-21T00:00", Timeframe.DAY, True),
        ("2026-11-20T15:30", "2026-11-23T15:30", Timeframe.WEEK, False),
        ("2026-11-16T15:30", "2026-11-20T15:30", Timeframe.WEEK, True),
        ("2025-12-29T15:30", "2026-01-02T15:30", Timeframe.WEEK, True),
        ("2025-12-30T15:30", "2026-01-02T15:30", Timeframe.MONTH, False),
        ("2026-11-02T15:30", "2026-11-30T15:30", Timeframe.MONTH, True),
    ],
)
def test_a_bar_belongs_to_the_longer_bar_of_the_time_before_its_end(
    earlier: str, later: str, frame: Timeframe, same: bool
) -> None:
    first, second = period(np.array([at(earlier), at(later)]), frame)
    assert (first == second) is np.bool_(same)


def test_a_longer_bar_is_first_highest_lowest_last_and_sum() -> None:
    bars = bars_of(
        [at("2026-11-19T15:30"), at("2026-11-20T15:30"), at("2026-11-23T15:30")],
        [10, 11, 12],
        [15, 14, 13],
        [9, 8, 10],
        [11, 12, 13],
        [5, 6, 7],
    )
    weeks = bars.resampled(Timeframe.WEEK)
    assert weeks.time.tolist() == [at("2026-11-20T15:30")]
    assert weeks.matrix().tolist() == [[10, 15, 8, 12, 11]]
    assert len(bars.resampled(Timeframe.WEEK, last=True)) == 2


def one_by_one(bars: Bars, to: Timeframe) -> list[tuple[int, list[float]]]:
    found = []
    resampler = Resampler(to)
    for time, bar in zip(bars.time, bars.matrix(), strict=True):
        complete = resampler.push(int(time), bar)
        if complete is not None:
            found.append((complete[0], complete[1].tolist()))
    return found


@pytest.mark.parametrize("to", list(Timeframe))
def test_longer_bars_are_the_same_all_at_once_and_one_by_one(to: Timeframe) -> None:
    own = "1d" if to.minutes is None else "5m" if to.minutes > 5 else "1m"
    for seed in range(4):
        bars = series(seed, 300, own)
        longer = bars.resampled(to)
        expected = list(zip(longer.time.tolist(), longer.matrix().tolist(), strict=True))
        assert one_by_one(bars, to) == expected


def test_a_later_bar_never_changes_a_complete_longer_bar() -> None:
    bars = series(7, 200)
    whole = bars.resampled(Timeframe.WEEK)
    for n in range(1, 200, 13):
        part = bars.part(0, n).resampled(Timeframe.WEEK)
        assert part.matrix().tolist() == whole.matrix()[: len(part)].tolist()


def test_no_bars_make_no_longer_bars() -> None:
    nothing = bars_of([], [], [], [], [], [])
    assert len(nothing.resampled(Timeframe.WEEK)) == 0
    times, longer, place = resampled(nothing.time, nothing.matrix(), Timeframe.DAY)
    assert (len(times), longer.shape, len(place)) == (0, (0, 5), 0)
