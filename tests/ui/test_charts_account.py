"""Assets and results as charts: the ledger's own figures, money paid in is no gain, nothing is invented."""

from __future__ import annotations

import json
from typing import Any

import plotly.graph_objects as go
import pytest

from domain.proto import oms_pb2 as pb
from ui.charts import frame, words
from ui.charts.equity import equity_chart
from ui.charts.frame import Chart
from ui.charts.pnl import MAX_DAYS, pnl_chart


def _day(date: str, start: int, high: int = 0, realised: int = 0, flow: int = 0) -> pb.Day:
    return pb.Day(
        date=date, start_value=start, high_water=high or start, realised=realised, fees=10, taxes=20, flow=flow
    )


def _book(total: int, *held: tuple[str, str, int]) -> pb.BookReply:
    book = pb.BookReply(total_value=total, deposit=total, cash_d2=total, unrealised=sum(each[2] for each in held))
    for name, ticker, unrealised in held:
        book.positions.append(
            pb.Position(
                name=name, ticker=ticker, quantity=1, cost=100_000, value=100_000 + unrealised, unrealised=unrealised
            )
        )
    return book


def _trace(chart: Chart, name: str) -> dict[str, Any]:
    assert chart.figure is not None, chart.empty
    (found,) = [trace for trace in chart.figure["data"] if trace["name"] == name]
    return found


def test_the_curve_goes_from_day_to_day_to_now() -> None:
    days = [_day("2026-11-19", 100_000_000), _day("2026-11-20", 101_000_000, 103_000_000)]
    chart = equity_chart(days, _book(102_000_000))
    go.Figure(chart.figure)
    line = _trace(chart, "총자산")
    assert line["x"] == ["2026.11.19", "2026.11.20", "지금"]
    assert line["y"] == [100_000_000, 101_000_000, 102_000_000]
    assert line["line"]["color"] == frame.RISE
    assert _trace(chart, "최고")["y"] == [100_000_000, 101_000_000, 103_000_000]
    assert _trace(chart, "최고 대비")["y"] == [0.0, 0.0, -0.97]
    assert chart.summary == (
        "총자산 2026.11.19 100,000,000원에서 지금 102,000,000원으로 +2,000,000원(+2.0%), 최고보다 -1.0%"
    )


def test_a_hair_below_the_highest_is_drawn_as_a_hair() -> None:
    shallow = equity_chart([_day("2026-11-20", 100_000_000)], _book(99_992_000)).figure
    deep = equity_chart([_day("2026-11-20", 100_000_000)], _book(90_000_000)).figure
    assert "최고보다 -8,000원" in equity_chart([_day("2026-11-20", 100_000_000)], _book(99_992_000)).summary
    assert shallow is not None
    assert deep is not None
    assert (shallow["layout"]["yaxis2"]["range"], deep["layout"]["yaxis2"]["range"]) == ([-1.04, 0.0], [-10.4, 0.0])


def test_money_paid_in_is_no_gain_and_leaves_no_false_fall_behind() -> None:
    # The ledger has raised the highs of the days before by what came in on the 20th.
    days = [
        _day("2026-11-18", 100_000_000, 112_000_000),
        _day("2026-11-19", 102_000_000, 112_000_000),
        _day("2026-11-20", 112_000_000, flow=10_000_000),
    ]
    chart = equity_chart(days, _book(111_000_000))
    assert _trace(chart, "최고 대비")["y"] == [0.0, 0.0, 0.0, -0.89]
    assert _trace(chart, "최고")["y"] == [100_000_000, 102_000_000, 112_000_000, 112_000_000]
    mark = _trace(chart, "입출금")
    assert (mark["x"], mark["text"]) == (["2026.11.20"], ["+10,000,000원"])
    assert "입출금 +10,000,000원을 빼면 +1,000,000원(+0.9%)" in chart.summary


def test_a_day_whose_start_nobody_knows_has_no_point() -> None:
    days = [_day("2026-11-18", 100), _day("2026-11-19", 0), _day("2026-11-20", 90)]
    assert _trace(equity_chart(days, _book(95)), "총자산")["x"] == ["2026.11.18", "2026.11.20", "지금"]


def test_a_silent_broker_adds_no_point_for_now() -> None:
    book = pb.BookReply(total_value=5_000_000)  # positions alone: the cash is not known
    days = [_day("2026-11-19", 100_000_000), _day("2026-11-20", 99_000_000)]
    line = _trace(equity_chart(days, book), "총자산")
    assert line["y"] == [100_000_000, 99_000_000]
    assert line["line"]["color"] == frame.FALL


@pytest.mark.parametrize("days", [[], [_day("2026-11-20", 0)]])
def test_without_a_day_there_is_a_reason_and_no_line(days: list[pb.Day]) -> None:
    chart = equity_chart(days, _book(100_000_000))
    assert chart.figure is None
    assert chart.empty is not None
    assert chart.empty.endswith("요.")


def test_a_year_of_days_stays_small() -> None:
    days = [_day(f"2026-{1 + at // 28:02}-{1 + at % 28:02}", 123_456_789 + at) for at in range(250)]
    chart = equity_chart(days, _book(130_000_000))
    assert len(json.dumps(chart.figure).encode()) < 60_000


def test_each_day_is_a_bar_red_for_a_gain_and_blue_for_a_loss() -> None:
    days = [_day("2026-11-18", 1, realised=300), _day("2026-11-19", 1), _day("2026-11-20", 1, realised=-200)]
    chart = pnl_chart(days, _book(1))
    go.Figure(chart.figure)
    bars = _trace(chart, "실현손익")
    assert bars["x"] == ["2026.11.18", "2026.11.20"]
    assert bars["y"] == [300, -200]
    assert bars["marker"]["color"] == [frame.RISE, frame.FALL]
    assert bars["customdata"][1] == ["-200원", "30원"]
    assert chart.summary == "실현손익 +100원(2일)"


def test_holdings_stand_by_size_with_their_amounts() -> None:
    chart = pnl_chart([], _book(1, ("카카오", "035720", -900), ("삼성전자", "005930", 12_300)))
    go.Figure(chart.figure)
    bars = _trace(chart, "평가손익")
    assert bars["y"] == ["삼성전자", "카카오"]
    assert bars["text"] == ["+12,300원", "-900원"]
    assert bars["marker"]["color"] == [frame.RISE, frame.FALL]
    assert chart.summary == "평가손익 +11,400원(보유 2종목)"


def test_both_parts_have_axes_of_their_own() -> None:
    chart = pnl_chart([_day("2026-11-20", 1, realised=5)], _book(1, ("가나다라마바사아자차카", "111111", 7)))
    assert chart.figure is not None
    go.Figure(chart.figure)
    assert _trace(chart, "평가손익")["yaxis"] == "y2"
    assert chart.figure["layout"]["xaxis2"]["anchor"] == "y2"
    assert chart.figure["layout"]["xaxis"]["anchor"] == "y"
    assert _trace(chart, "평가손익")["y"] == ["가나다라마바사아…"]


def test_names_that_shorten_to_the_same_keep_their_own_bar() -> None:
    held = [("TIGER 미국나스닥100", "133690", 5), ("TIGER 미국나스닥바이오", "203780", 3)]
    bars = _trace(pnl_chart([], _book(1, *held)), "평가손익")
    assert len(set(bars["y"])) == 2


def test_only_the_newest_days_are_shown() -> None:
    days = [_day(f"2026-{1 + at // 28:02}-{1 + at % 28:02}", 1, realised=at + 1) for at in range(100)]
    bars = _trace(pnl_chart(days, _book(1)), "실현손익")
    assert len(bars["x"]) == MAX_DAYS
    assert bars["y"][-1] == 100


def test_without_results_and_holdings_there_is_a_reason() -> None:
    chart = pnl_chart([_day("2026-11-20", 100_000_000)], _book(100_000_000))
    assert chart.figure is None
    assert chart.empty is not None
    assert "체결되면" in chart.empty


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.won(1_234_500), "1,234,500원"),
        (words.signed_won(0), "0원"),
        (words.signed_won(-5), "-5원"),
        (words.percent(1032, 1000), "+3.2%"),
        (words.percent(1000, 1000), "0.0%"),
        (words.percent(99_999, 100_000), "0.0%"),
        (words.compact(120_000_000), "1.2억"),
        (words.compact(3_500_000), "350만"),
        (words.compact(37_427_000), "3,743만"),
        (words.compact(9_999), "9,999"),
    ],
)
def test_amounts_read_the_korean_way(said: str, expected: str) -> None:
    assert said == expected
