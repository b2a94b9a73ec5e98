"""The sheet of a chart: TA-Lib's numbers on real series, weeks and months by hand, levels that nobody knew early."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib
from fakes import START, wandering_bars
from numpy.typing import NDArray

from domain.bars import Bars
from domain.calendar import AlwaysOpenCalendar, KrxCalendar
from domain.proto import oms_pb2 as pb
from domain.reports import Stance, Status
from domain.strategy.signals import Timeframe
from domain.strategy.timing import day_of
from market.bars.folder import read_folder
from nodes.technical.direct import told_bars
from nodes.technical.features import MIN_BARS, Sheet, sheet
from nodes.technical.levels import WING, levels_of, swing_of, turns
from nodes.technical.ranges import last_gap, year_of
from nodes.technical.reading import read_sheet
from nodes.technical.trend import DOWN, FLAT, UP, ways_of
from tools.ports import PortUnavailable

EXACT = 1e-9


def bar(day: str, open_: int, high: int, low: int, close: int, volume: int = 10) -> pb.Bar:
    return pb.Bar(date=day, open=open_, high=high, low=low, close=close, volume=volume)


def told(rows: Sequence[pb.Bar]) -> Bars:
    return told_bars(rows, AlwaysOpenCalendar())


def line(closes: Sequence[int], reach: int = 10, volume: int = 10) -> Bars:
    start = date(2026, 1, 1)
    days = [(start + timedelta(days=at)).isoformat() for at in range(len(closes))]
    return told(
        [bar(day, close, close + reach, close - reach, close, volume) for day, close in zip(days, closes, strict=True)]
    )


def read(bars: Bars, **more: Any) -> Sheet:
    found = sheet(bars, **more)
    assert found is not None
    return found


# Equal to TA-Lib ------------------------------------------------------------------------------------------------------


def csv_columns(path: Path) -> dict[str, NDArray[np.float64]]:
    """A public file read by nothing of ours: days without trading stand at the close before them."""
    rows = [text.split(",") for text in path.read_text().splitlines()[1:]]
    columns: dict[str, list[float]] = {name: [] for name in ("open", "high", "low", "close", "volume")}
    for row in rows:
        o, h, low, c, v = (float(cell) for cell in row[1:6])
        if o == 0:
            o = h = low = c = columns["close"][-1]
            v = 0.0
        h, low = max(o, h, c), min(o, low, c)
        for name, value in zip(columns, (o, h, low, c, v), strict=True):
            columns[name].append(value)
    return {name: np.array(values) for name, values in columns.items()}


def assert_is_talibs(found: Sheet, high: Any, low: Any, close: Any) -> None:
    macd, signal, histogram = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0)
    mine = (found.rsi, found.macd, found.macd_signal, found.macd_histogram, found.atr, found.trend.adx)
    theirs = (
        talib.RSI(close, 14),
        macd,
        signal,
        histogram,
        talib.ATR(high, low, close, 14),
        talib.ADX(high, low, close),
    )
    assert mine == pytest.approx([float(column[-1]) for column in theirs], rel=EXACT)
    bands = [float(column[-1]) for column in (lower, middle, upper)]
    assert (found.bands.lower, found.bands.middle, found.bands.upper) == pytest.approx(bands, rel=EXACT)
    means = [float(talib.SMA(close, span)[-1]) for span in (5, 10, 20)]
    assert found.averages == pytest.approx(means, rel=EXACT)


def test_figures_of_all_real_series_are_those_of_talib_at_many_days(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "krx" / "daily"
    if not folder.is_dir():
        pytest.skip(f"expected real daily bars in {folder}, were absent")
    series = read_folder(folder)
    assert len(series) == 12
    for ticker, bars in series.items():
        own = csv_columns(folder / f"{ticker}.csv")
        for end in (60, 431, 900, len(bars)):
            found = read(bars.part(0, end))
            assert_is_talibs(found, *(own[name][:end] for name in ("high", "low", "close")))
            assert found.close == own["close"][end - 1]


def test_the_sheet_of_the_last_two_years_is_talibs_of_the_same_bars(shared_dir: Path) -> None:
    bars = read_folder(shared_dir / "data" / "krx" / "daily", ["005930"])["005930"]
    window = bars.part(len(bars) - 430, len(bars))
    columns = (column.astype(float) for column in (window.high, window.low, window.close))
    assert_is_talibs(read(window), *columns)
    assert all(value is not None for value in read(window).monthly_averages)  # twenty months of one fetch


def test_indicators_of_made_up_bars_are_talibs() -> None:
    bars = told(wandering_bars(72_000, START, 260))
    assert_is_talibs(read(bars), *(column.astype(float) for column in (bars.high, bars.low, bars.close)))


# Weeks and months by hand ---------------------------------------------------------------------------------------------

# 설날 leaves two sessions to its week; then a halted stretch, whose rows with an open of 0 stand at the close before.
BY_HAND = (
    #      day        open  high  low  close volume
    ("2026-01-29", 100, 104, 99, 103, 10),  # Thursday
    ("2026-01-30", 103, 108, 102, 107, 20),  # Friday, the last of January
    ("2026-02-02", 107, 109, 101, 102, 30),
    ("2026-02-06", 102, 103, 90, 95, 40),  # a Friday; the days between had no session for this name's table
    ("2026-02-13", 95, 99, 94, 98, 50),  # the Friday before the holidays
    ("2026-02-19", 98, 120, 97, 118, 60),  # the week of the holidays has two sessions
    ("2026-02-20", 118, 119, 110, 111, 70),
    ("2026-02-23", 0, 0, 0, 111, 0),  # halted
    ("2026-02-24", 0, 0, 0, 111, 0),
    ("2026-03-03", 0, 0, 0, 111, 0),  # halted into the next month
    ("2026-03-04", 130, 133, 125, 126, 80),
)
WEEKS = (
    ("2026-01-30", 100, 108, 99, 107, 30),
    ("2026-02-06", 107, 109, 90, 95, 70),
    ("2026-02-13", 95, 99, 94, 98, 50),
    ("2026-02-20", 98, 120, 97, 111, 130),
    ("2026-02-24", 111, 111, 111, 111, 0),
    ("2026-03-04", 111, 133, 111, 126, 80),
)
MONTHS = (
    ("2026-01-30", 100, 108, 99, 107, 30),
    ("2026-02-24", 107, 120, 90, 111, 250),
    ("2026-03-04", 111, 133, 111, 126, 80),
)


@pytest.mark.parametrize(("frame", "expected"), [(Timeframe.WEEK, WEEKS), (Timeframe.MONTH, MONTHS)])
def test_weeks_and_months_are_those_of_a_table_made_by_hand(frame: Timeframe, expected: Sequence[Any]) -> None:
    daily = told_bars([bar(*row) for row in BY_HAND], KrxCalendar())
    longer = daily.resampled(frame, last=True)
    rows = zip(longer.time, *longer.matrix().T.astype(int).tolist(), strict=True)
    assert [(day_of(int(end)).isoformat(), *numbers) for end, *numbers in rows] == [tuple(row) for row in expected]


def test_averages_of_weeks_and_months_come_from_the_same_fetch() -> None:
    bars = told(wandering_bars(72_000, START, 640))
    found = read(bars)
    for frame, means in ((Timeframe.WEEK, found.weekly_averages), (Timeframe.MONTH, found.monthly_averages)):
        closes: dict[Any, int] = {}
        for end, close in zip(bars.time.tolist(), bars.close.tolist(), strict=True):
            day = day_of(end)
            closes[day.isocalendar()[:2] if frame is Timeframe.WEEK else (day.year, day.month)] = close
        own = list(closes.values())
        assert means == pytest.approx([sum(own[-span:]) / span for span in (5, 10, 20)], rel=EXACT)


def test_a_week_that_spans_new_year_is_one_week() -> None:
    daily = told([bar("2025-12-31", 1, 1, 1, 1), bar("2026-01-02", 2, 2, 2, 2)])
    assert len(daily.resampled(Timeframe.WEEK, last=True)) == 1


def test_averages_that_need_more_history_are_unknown() -> None:
    assert read(line(range(1_000, 1_050))).monthly_averages == (None, None, None)


def test_too_few_bars_are_no_sheet() -> None:
    assert sheet(line([100] * (MIN_BARS - 1))) is None
    assert read_sheet("005930", None, START).status is Status.UNAVAILABLE


def test_bars_that_cannot_be_are_a_sentence_and_no_chart() -> None:
    with pytest.raises(PortUnavailable, match="값이 서로 맞지 않아"):
        told([bar("2026-01-02", 100, 90, 80, 100), bar("2026-01-05", 1, 1, 1, 1)])


# Trend ----------------------------------------------------------------------------------------------------------------


def test_a_trend_has_a_way_a_firmness_and_a_first_day() -> None:
    closes = [2_000 - 10 * at for at in range(60)] + [1_410 + 12 * at for at in range(60)]
    found = read(line(closes)).trend
    assert (found.way, found.firm) == (UP, True)
    assert found.since is not None
    begun = date(2026, 1, 1) + timedelta(days=len(closes) - found.sessions)
    assert found.since == begun
    assert read(line(closes[:62])).trend.way == DOWN
    still = read(line([1_000] * 80)).trend
    assert (still.way, still.since) == (FLAT, None)


def test_what_a_day_was_is_not_changed_by_later_days() -> None:
    closes = told(wandering_bars(72_000, START, 200)).close.astype(float)
    whole = ways_of(closes)
    for end in (30, 77, 140):
        assert ways_of(closes[:end])[-1] == whole[end - 1]


# Levels ---------------------------------------------------------------------------------------------------------------


def waves(count: int = 200, low: int = 1_000, high: int = 1_200, half: int = 15) -> list[int]:
    step = (high - low) // half
    return [low + step * (at % half if at // half % 2 == 0 else half - at % half) for at in range(count)]


def test_turns_are_known_late_and_never_change() -> None:
    bars = told(wandering_bars(72_000, START, 200))
    whole = turns(bars)
    assert whole
    for end in (60, 101, 150):
        known = turns(bars.part(0, end))
        assert all(turn.at + WING < end for turn in known)
        assert known == [turn for turn in whole if turn.at + WING < end]


def test_levels_count_their_touches_and_lie_on_their_side_of_the_price() -> None:
    found = read(line(waves(184)))  # it turned on the fourth day from the end, which nobody can know yet
    (support,), (resistance,) = found.supports, found.resistances
    assert (support.price, support.touches) == (990, 5)
    assert (resistance.price, resistance.touches) == (1_000 + 13 * 15 + 10, 6)
    assert (support.first, support.last) == (date(2026, 1, 31), date(2026, 5, 31))
    assert support.price <= found.close < resistance.price
    assert read(line(waves(186))).supports[0].touches == 6


def test_a_price_touched_once_counts_only_where_there_is_no_better() -> None:
    up = [1_000 + at for at in range(60)] + [1_060 - at for at in range(10)] + [1_051 + at * 2 for at in range(40)]
    supports, resistances = levels_of(line(up), 5.0)
    assert [level.touches for level in supports] == [1]
    assert resistances == ()
    far = [*waves(90), *range(1_000, 1_600, 20), *range(1_600, 1_500, -10), *range(1_500, 1_700, 10)]
    below = levels_of(line(far), 10.0)[0]
    assert [level.touches for level in below] == [1, 3, 3]  # the last low, then the old range's top and bottom
    assert [round(level.price) for level in below[1:]] == [1_205, 990]


def test_fibonacci_levels_are_counted_from_where_the_swing_ended() -> None:
    rising = read(line(range(1_000, 2_000, 20))).swing
    assert rising is not None
    assert (rising.rising, rising.low, rising.high) == (True, 990, 1_990)
    assert rising.levels[2] == pytest.approx(1_490)
    assert (rising.low_on, rising.high_on) == (date(2026, 1, 1), date(2026, 2, 19))
    falling = swing_of(line(range(2_000, 1_000, -20)))
    assert falling is not None
    assert not falling.rising
    assert falling.levels[0] < falling.levels[-1]
    assert swing_of(line([500] * 50, reach=0)) is None


# Ranges ---------------------------------------------------------------------------------------------------------------


def test_the_years_extremes_have_their_last_days_and_say_when_it_is_no_year() -> None:
    closes = [1_000] * 400
    closes[10], closes[200], closes[300], closes[350] = 5_000, 1_500, 1_500, 700
    year = year_of(line(closes))
    assert (year.high, year.low, year.whole) == (1_510, 690, True)  # the day of 5,000 is more than a year ago
    assert (year.high_on, year.low_on) == (date(2026, 10, 28), date(2026, 12, 17))
    young = read_sheet("x", read(line(closes[:300])), START)
    assert {each.label for each in young.figures if each.id == "t.high52"} == {"받은 일봉의 최고"}


def test_the_last_gap_has_its_edges_and_closes_when_a_day_comes_back() -> None:
    closes = [1_000] * 30 + [1_100] * 10
    gap = last_gap(line(closes))
    assert gap is not None
    assert (gap.rising, gap.lower, gap.upper, gap.filled) == (True, 1_010, 1_090, False)
    assert gap.on == date(2026, 1, 31)
    later = last_gap(line([*closes, 1_000]))
    assert later is not None
    assert (later.rising, later.on) == (False, date(2026, 2, 10))
    slowly = last_gap(line([*closes, 1_085, 1_065, 1_045, 1_025, 1_010]))
    assert slowly is not None
    assert (slowly.rising, slowly.filled) == (True, True)


def test_days_without_trading_do_not_count_as_usual_and_make_a_chart_stale() -> None:
    rows = [
        bar((date(2026, 1, 1) + timedelta(days=at)).isoformat(), 100, 110, 90, 100 + at % 3, 50) for at in range(60)
    ]
    halted = [bar((date(2026, 3, 2) + timedelta(days=at)).isoformat(), 0, 0, 0, 102, 0) for at in range(3)]
    again = bar("2026-03-05", 102, 105, 100, 104, 100)
    assert read(told([*rows, *halted, again])).volume_ratio == pytest.approx(2.0)
    found = read(told([*rows, *halted]))
    assert found.halted == date(2026, 3, 2)
    report = read_sheet("005930", found, START)
    assert report.status is Status.STALE
    assert report.reason == "2026년 3월 2일부터 거래가 없어서 그 전까지의 차트예요."


def test_a_chart_that_ended_long_ago_is_stale() -> None:
    found = read(told(wandering_bars(72_000, START, 100)))
    assert read_sheet("x", found, START, today=found.day + timedelta(days=9)).status is Status.OK
    old = read_sheet("x", found, START, today=found.day + timedelta(days=20))
    assert (old.status, old.reason[:6]) == (Status.STALE, "마지막 일봉")


# Reading --------------------------------------------------------------------------------------------------------------


def test_a_steady_rise_reads_bullish_and_a_steady_fall_bearish() -> None:
    rise = [1_000 + at * at // 20 + 60 * (at % 3) for at in range(200)]
    assert read_sheet("x", read(line(rise)), START).stance is Stance.BULLISH
    assert read_sheet("x", read(line(rise[::-1])), START).stance is Stance.BEARISH


@pytest.mark.parametrize("count", [50, 260, 640])
def test_every_number_of_the_view_is_a_figure_with_the_bar_it_comes_from(count: int) -> None:
    found = read(told(wandering_bars(72_000, START, count)))
    report = read_sheet("005930", found, START, "모의 거래소")
    assert len(report.figures) > 30
    assert set(report.unsupported_numbers()) <= {"20", "14"}  # in names: 20일 평균, RSI(14)
    assert {each.source for each in report.figures} == {f"모의 거래소 일봉 {found.day.isoformat()}"}
    assert {each.as_of.timestamp() for each in report.figures} == {found.end}
    assert report.as_of.timestamp() == found.end  # the bar's, not the moment of asking
    assert all(report.lines())


def test_a_running_day_counts_in_the_price_and_not_in_the_volume() -> None:
    closes = [1_000 + at for at in range(100)]
    over, today = line(closes), line([*closes, 1_500])
    found = read(today, running=True)
    assert found.close == 1_500
    assert found.volume_ratio == read(over).volume_ratio
    report = read_sheet("x", found, START, "모의 거래소")
    assert report.as_of == START
    assert report.figures[0].label == "현재가"
    assert report.figures[0].source.endswith("장중")
