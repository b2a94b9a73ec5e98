"""Indicators against TA-Lib, hand-made weeks and months, the cache, and the room."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import numpy as np
import pytest
import talib
from fakes import START, FakeMarket, make_ports, wandering_bars
from langgraph.runtime import Runtime

from domain.clock import ManualClock
from domain.proto import oms_pb2 as pb
from domain.reports import Stance, Status
from nodes.technical.bars import monthly, series_of, weekly
from nodes.technical.cache import FreshCache
from nodes.technical.features import MIN_BARS, sheet
from nodes.technical.node import technical
from nodes.technical.reading import read_sheet
from tools.ports import PortUnavailable


def bar(day: str, open_: int, high: int, low: int, close: int, volume: int = 10) -> pb.Bar:
    return pb.Bar(date=day, open=open_, high=high, low=low, close=close, volume=volume)


def line(closes: list[int]) -> list[pb.Bar]:
    start = date(2026, 1, 1)
    return [
        bar((start + timedelta(days=at)).isoformat(), close, close + 10, close - 10, close)
        for at, close in enumerate(closes)
    ]


def test_indicators_are_those_of_talib() -> None:
    daily = series_of(wandering_bars(72_000, START, 260))
    found = sheet(daily)
    assert found is not None
    assert found.rsi == pytest.approx(float(talib.RSI(daily.close, 14)[-1]))
    assert found.macd_histogram == pytest.approx(float(talib.MACD(daily.close, 12, 26, 9)[2][-1]))
    upper, middle, lower = talib.BBANDS(daily.close, 20, 2.0, 2.0)
    assert (found.bands.upper, found.bands.middle, found.bands.lower) == pytest.approx(
        (float(upper[-1]), float(middle[-1]), float(lower[-1]))
    )
    assert found.averages == pytest.approx(tuple(float(np.mean(daily.close[-span:])) for span in (5, 10, 20)))


def test_weeks_end_with_their_last_session_and_keep_extremes_and_volume() -> None:
    daily = series_of(
        [
            bar("2026-01-01", 10, 12, 9, 11),  # Thursday
            bar("2026-01-02", 11, 15, 10, 14),  # Friday
            bar("2026-01-05", 14, 16, 13, 15),  # Monday of the next week
            bar("2026-01-09", 15, 15, 8, 9),
        ]
    )
    weeks = weekly(daily)
    assert [day.isoformat() for day in weeks.days] == ["2026-01-02", "2026-01-09"]
    assert weeks.open.tolist() == [10, 14]
    assert weeks.high.tolist() == [15, 16]
    assert weeks.low.tolist() == [9, 8]
    assert weeks.close.tolist() == [14, 9]
    assert weeks.volume.tolist() == [20, 20]


def test_months_end_with_their_last_session() -> None:
    daily = series_of([bar("2026-01-30", 1, 1, 1, 1), bar("2026-02-02", 2, 2, 2, 2), bar("2026-02-27", 3, 3, 3, 3)])
    assert [day.isoformat() for day in monthly(daily).days] == ["2026-01-30", "2026-02-27"]
    assert monthly(daily).close.tolist() == [1, 3]


def test_a_week_that_spans_new_year_is_one_week() -> None:
    daily = series_of([bar("2025-12-31", 1, 1, 1, 1), bar("2026-01-02", 2, 2, 2, 2)])
    assert len(weekly(daily)) == 1


def test_fibonacci_levels_of_a_rising_swing_are_counted_down_from_the_top() -> None:
    found = sheet(series_of(line(list(range(1_000, 2_000, 20)))))
    assert found is not None
    assert found.swing.rising
    assert found.swing.low == 990
    assert found.swing.high == 1_990
    assert found.swing.levels[2] == pytest.approx(1_490)


def test_too_few_bars_are_no_sheet() -> None:
    assert sheet(series_of(line([100] * (MIN_BARS - 1)))) is None
    assert read_sheet("005930", None, START).status is Status.UNAVAILABLE


def test_averages_that_need_more_history_are_unknown() -> None:
    found = sheet(series_of(line(list(range(1_000, 1_050)))))
    assert found is not None
    assert found.monthly_averages == (None, None, None)


def test_a_steady_rise_reads_bullish_and_a_steady_fall_bearish() -> None:
    rise = [1_000 + at * at // 20 + 60 * (at % 3) for at in range(200)]
    assert read_sheet("x", sheet(series_of(line(rise))), START).stance is Stance.BULLISH
    assert read_sheet("x", sheet(series_of(line(rise[::-1]))), START).stance is Stance.BEARISH


def test_every_number_of_the_view_is_a_figure() -> None:
    report = read_sheet("005930", sheet(series_of(wandering_bars(72_000, START, 260))), START)
    assert len(report.figures) > 20
    allowed = {"20", "14"}
    assert set(report.unsupported_numbers()) <= allowed


def test_bars_without_a_price_are_left_out() -> None:
    assert len(series_of([bar("2026-01-02", 0, 0, 0, 0), bar("2026-01-05", 1, 1, 1, 1)])) == 1


async def test_many_askers_make_one_request_and_five_minutes_make_another() -> None:
    clock = ManualClock(START)
    cache: FreshCache[int] = FreshCache(clock)
    loads = 0

    async def load() -> int:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0)
        return loads

    assert await asyncio.gather(*(cache.get("a", load) for _ in range(5))) == [1] * 5
    clock.advance(299)
    assert await cache.get("a", load) == 1
    clock.advance(2)
    assert await cache.get("a", load) == 2


async def test_a_failed_load_is_not_kept() -> None:
    cache: FreshCache[int] = FreshCache(ManualClock(START))

    async def fail() -> int:
        raise PortUnavailable("없어요.", where="market")

    async def work() -> int:
        return 7

    with pytest.raises(PortUnavailable):
        await cache.get("a", fail)
    assert await cache.get("a", work) == 7


async def test_the_oldest_entry_leaves_a_full_cache() -> None:
    cache: FreshCache[str] = FreshCache(ManualClock(START), capacity=2)

    async def value() -> str:
        return "v"

    for key in "abc":
        await cache.get(key, value)
    assert list(cache._kept) == ["b", "c"]


async def test_the_room_reads_focus_first_and_charts_once() -> None:
    clock = ManualClock(START)
    market = FakeMarket(clock)
    ports = make_ports(clock=clock, market=market)
    room = technical(ports)
    state = {"goal": "propose", "focus": ["035720"], "candidates": ["005930", "035720"]}
    update = await room(state, Runtime())
    assert [report["ticker"] for report in update["reports"]] == ["035720", "005930"]
    await room(state, Runtime())
    assert sorted(market.chart_calls) == ["005930", "035720"]


async def test_a_chart_that_does_not_come_is_said_for_that_name_alone() -> None:
    clock = ManualClock(START)
    market = FakeMarket(clock)
    market.chart_down.add("005930")
    update = await technical(make_ports(clock=clock, market=market))(
        {"goal": "propose", "candidates": ["005930", "000660"]},
        Runtime(),
    )
    assert [report["status"] for report in update["reports"]] == ["unavailable", "ok"]
