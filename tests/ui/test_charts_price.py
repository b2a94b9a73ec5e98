"""The price chart: true bars, indicators that agree with the analysts', nothing where there is nothing to draw."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import pytest
from fakes import START, wandering_bars

from domain.bars import Bars
from domain.calendar import AlwaysOpenCalendar
from domain.clock import KST
from domain.proto import oms_pb2 as pb
from nodes.technical.direct import told_bars
from nodes.technical.features import Sheet, sheet
from nodes.technical.levels import Level
from ui.charts import frame
from ui.charts.price import price_chart
from ui.charts.series import fibonacci, lines

BARS = wandering_bars(72_000, START, 210)


def told(rows: list[pb.Bar]) -> Bars:
    return told_bars(rows, AlwaysOpenCalendar())


def _drawn(
    bars: list[pb.Bar] = BARS, period: str = "D", panels: tuple[str, ...] = ("macd", "rsi"), read: Sheet | None = None
) -> dict[str, Any]:
    chart = price_chart("삼성전자", told(bars), period, panels, read)
    assert chart.figure is not None, chart.empty
    return chart.figure


def _trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [trace for trace in figure["data"] if trace["name"] == name]
    return found


def _bars(closes: list[int], first: date = date(2026, 3, 2)) -> list[pb.Bar]:
    return [
        pb.Bar(
            date=(first + timedelta(days=at)).isoformat(),
            open=close,
            high=close + 10,
            low=close - 10,
            close=close,
            volume=1_000 + at,
        )
        for at, close in enumerate(closes)
    ]


@pytest.mark.parametrize("period", ["D", "W", "M"])
def test_every_figure_is_one_that_plotly_takes(period: str) -> None:
    figure = _drawn(period=period)
    assert len(go.Figure(figure).data) == len(figure["data"])


def test_a_figure_stays_small() -> None:
    dear = [
        pb.Bar(date=b.date, open=1_060_320, high=1_070_000, low=999_999, close=1_050_321, volume=10**9) for b in BARS
    ]
    for bars in (BARS, dear):
        assert len(json.dumps(_drawn(bars), ensure_ascii=False).encode()) < 60_000


def test_candles_are_the_newest_bars_to_the_won_and_in_korean() -> None:
    candles = _trace(_drawn(), "시세")
    assert len(candles["x"]) == 120
    newest = BARS[-1]
    assert candles["x"][-1] == newest.date.replace("-", ".")
    assert [candles[part][-1] for part in ("open", "high", "low", "close")] == [
        newest.open,
        newest.high,
        newest.low,
        newest.close,
    ]
    assert candles["increasing"]["fillcolor"] == frame.RISE
    assert candles["decreasing"]["fillcolor"] == frame.FALL
    for word in ("시가", "고가", "저가", "종가", ",.0f}원"):
        assert word in candles["hovertemplate"]


def test_closed_days_leave_no_gap() -> None:
    axis = _drawn()["layout"]["xaxis"]
    assert axis["type"] == "category"
    assert axis["categoryarray"] == _trace(_drawn(), "시세")["x"]


def test_indicators_agree_with_what_the_technical_analyst_reads() -> None:
    figure, read = _drawn(), sheet(told(BARS))
    assert read is not None
    assert _trace(figure, "RSI")["y"][-1] == pytest.approx(read.rsi, abs=0.05)
    assert _trace(figure, "MACD")["y"][-1] == pytest.approx(read.macd, abs=0.05)
    assert _trace(figure, "신호")["y"][-1] == pytest.approx(read.macd_signal, abs=0.05)
    assert _trace(figure, "볼린저 위")["y"][-1] == pytest.approx(read.bands.upper, abs=0.5)
    assert _trace(figure, "볼린저(20, 2σ)")["y"][-1] == pytest.approx(read.bands.lower, abs=0.5)
    for span, average in zip((5, 10, 20), read.averages, strict=True):
        assert _trace(figure, f"{span}일선")["y"][-1] == pytest.approx(average, abs=0.5)


def test_support_resistance_and_the_last_swing_are_those_of_the_analyst() -> None:
    waves = _bars([1_000 + (at % 20 if at % 40 < 20 else 20 - at % 20) * 5 for at in range(160)])
    read = sheet(told(waves))
    assert read is not None
    assert read.swing is not None
    figure = _drawn(waves, read=read)
    places = [trace for trace in figure["data"] if trace["name"] == "지지·저항·스윙"]
    *levels, swing = places
    drawn = {(trace["y"][0], trace["text"][0].split(" ")[0]) for trace in levels}
    assert drawn <= {(round(level.price), "지지") for level in read.supports} | {
        (round(level.price), "저항") for level in read.resistances
    }
    assert {name for _, name in drawn} == {"지지", "저항"}
    assert sorted(swing["y"]) == [read.swing.low, read.swing.high]
    assert swing["x"] == sorted(swing["x"])
    assert [trace.get("showlegend", True) for trace in places] == [*[False] * len(levels), True]
    go.Figure(figure)


def test_names_of_levels_do_not_stand_on_each_other() -> None:
    read = sheet(told(BARS))
    assert read is not None
    close = read.close
    near = tuple(Level(close * (1 - part), 2, read.day, read.day) for part in (0.001, 0.003))
    figure = _drawn(read=replace(read, supports=near, resistances=()))
    texts = [trace["text"][0] for trace in figure["data"] if trace.get("mode") == "lines+text"]
    assert len(texts) == 1


def test_the_first_bar_shown_has_its_averages_because_more_was_loaded() -> None:
    for name in ("5일선", "20일선", "60일선", "볼린저 위", "MACD", "RSI"):
        assert _trace(_drawn(), name)["y"][0] is not None


def test_what_has_too_few_bars_is_left_out() -> None:
    figure = _drawn(_bars([1_000 + at for at in range(25)]))
    names = {trace["name"] for trace in figure["data"]}
    assert {"시세", "5일선", "20일선", "볼린저(20, 2σ)", "거래량", "RSI"} <= names
    assert not names & {"60일선", "MACD", "신호", "차이"}
    assert _trace(figure, "20일선")["y"][:19] == [None] * 19
    assert "yaxis4" not in figure["layout"]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_hardly_any_bars_is_a_reason_and_no_figure(count: int) -> None:
    chart = price_chart("새회사", told(_bars([1_000] * count)), "D")
    assert chart.figure is None
    assert chart.empty is not None
    assert chart.empty.endswith("요.")
    assert f"{count}개" in chart.empty


def test_a_price_that_never_moved_has_no_levels_and_still_a_chart() -> None:
    bars = [pb.Bar(date=bar.date, open=500, high=500, low=500, close=500, volume=0) for bar in BARS]
    figure = _drawn(bars)
    assert "tickvals" not in figure["layout"]["yaxis"]
    go.Figure(figure)


def test_the_levels_of_the_last_swing_are_the_price_axis() -> None:
    rising = _bars([10_000 + 100 * at for at in range(60)])
    axis = _drawn(rising)["layout"]["yaxis"]
    top, bottom = rising[-1].high, rising[0].low
    assert axis["tickvals"][0] == top
    assert axis["tickvals"][-1] == bottom
    assert axis["ticktext"][3] == f"50% {(top + bottom) // 2:,}"
    falling = fibonacci(lines(told(_bars([20_000 - 100 * at for at in range(60)])), 120))
    assert falling[0].price < falling[-1].price  # 0% is where the swing ended


@pytest.mark.parametrize(("price", "room"), [(7_000, 74), (1_900_000, 88)])
def test_the_labels_of_a_dear_name_have_the_room_they_need(price: int, room: int) -> None:
    bars = _bars([price + price // 100 * at + 1 for at in range(60)])
    assert _drawn(bars)["layout"]["margin"]["r"] == room


@pytest.mark.parametrize(("panels", "axes"), [(("macd", "rsi"), 4), (("rsi",), 3), ((), 2)])
def test_panels_are_the_ones_asked_for(panels: tuple[str, ...], axes: int) -> None:
    layout = _drawn(panels=panels)["layout"]
    assert sum(name.startswith("yaxis") for name in layout) == axes
    assert [shape["y0"] for shape in layout["shapes"]] == ([70, 30] if "rsi" in panels else [])
    assert layout["xaxis"]["anchor"] == frame.axis_name(axes, "y")
    domains = [layout[frame.axis_name(number, "yaxis")]["domain"] for number in range(1, axes + 1)]
    assert domains[0][1] == 1.0
    assert domains[-1][0] == 0.0
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))


def test_the_legend_is_below_and_a_finger_scrolls_the_page() -> None:
    layout = _drawn()["layout"]
    assert layout["legend"]["y"] < 0
    assert layout["dragmode"] is False
    assert all(layout[axis]["fixedrange"] for axis in layout if axis[1:5] == "axis")
    assert "width" not in layout
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"


def test_ticks_are_months_in_korean_that_do_not_touch() -> None:
    for period in ("D", "W", "M"):
        axis = _drawn(period=period)["layout"]["xaxis"]
        assert 1 <= len(axis["tickvals"]) <= 8
        assert all(text.endswith(("월", "일")) for text in axis["ticktext"])
        assert "년" in axis["ticktext"][0]
    week = _drawn(_bars([1_000, 1_010, 1_020, 1_030, 1_040]))["layout"]["xaxis"]
    assert week["ticktext"] == ["26년 3월 4일"]


def test_the_summary_says_in_one_sentence_what_the_chart_shows() -> None:
    closes = [57_000] * 40 + [61_200]
    assert (
        price_chart("삼성전자", told(_bars(closes)), "D").summary
        == "삼성전자 최근 41거래일: 57,000원에서 61,200원으로 +7.4%, 20일선 위, RSI 100 (4월 11일)"
    )
    falling = price_chart("카카오", told(_bars([50_000 - 100 * at for at in range(30)])), "W").summary
    assert falling.startswith("카카오 최근 30주: 50,000원에서 47,100원으로 -5.8%, 20주선 아래")


def test_the_newest_bar_is_dated_on_the_chart() -> None:
    title = _drawn()["layout"]["annotations"][0]["text"]
    newest = datetime.fromisoformat(BARS[-1].date).replace(tzinfo=KST)
    assert f"{newest.month}월 {newest.day}일 {BARS[-1].close:,}원" in title


def test_a_week_and_a_month_are_named_as_such() -> None:
    bars = told(_bars([1_000 + at for at in range(30)]))
    assert price_chart("카카오", bars, "W").summary.endswith("(3월 31일 주)")
    assert price_chart("카카오", bars, "M").summary.endswith("(2026년 3월)")


@pytest.mark.parametrize("paper", ["#ffffff", "#15171b"])
def test_colours_read_on_light_and_on_dark_paper(paper: str) -> None:
    for colour in (frame.RISE, frame.FALL, frame.ORANGE, frame.PURPLE, frame.GREEN, frame.GREY):
        assert _contrast(colour, paper) >= 3.0, colour


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
