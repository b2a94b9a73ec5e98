"""Rooms as steps: what is shown of them, which run at the same time, and what they found."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fakes import START

from domain.evidence import Figure, Unit
from domain.reports import Analyst, AnalystReport, Stance, Status
from ui.talk.steps import Steps, found_lines

MESSAGE = "11111111-1111-4111-8111-111111111111"


def steps() -> Steps:
    return Steps(MESSAGE, "t", "run")


def report(**fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "analyst": Analyst.TECHNICAL,
        "ticker": "005930",
        "stance": Stance.NEUTRAL,
        "confidence": 50,
        "as_of": START,
    }
    return AnalystReport(**{**made, **fields}).to_json()


def test_a_room_is_a_step_from_its_opening_to_its_closing() -> None:
    made = steps()
    opened = made.opened("macro", START)
    assert opened is not None
    assert (opened["name"], opened["type"], opened["parentId"], opened["end"]) == ("거시 분석", "tool", "run", None)
    closed = made.closed("macro", [], START + timedelta(seconds=2))
    assert closed is not None
    assert closed["id"] == opened["id"]
    assert closed["end"] > closed["start"]


def test_rooms_that_only_route_or_speak_are_not_shown() -> None:
    made = steps()
    for room in ("intake", "supervisor", "respond", "account", "user_profile"):
        assert made.opened(room, START) is None
        assert made.closed(room, [], START) is None


def test_specialists_at_the_same_time_are_open_at_the_same_time() -> None:
    made = steps()
    first, second = made.opened("macro", START), made.opened("selector", START)
    assert first is not None
    assert second is not None
    assert first["id"] != second["id"]
    closed = made.closed("selector", [], START)
    assert closed is not None
    assert closed["id"] == second["id"]
    assert [row["id"] for row in made.stopped(START)] == [first["id"]]
    assert made.stopped(START) == []


def test_a_step_says_what_was_found_with_figures_and_age() -> None:
    figure = Figure(id="rsi", value=Decimal("41.8"), unit=Unit.INDEX, source="일봉", as_of=START)
    lines = found_lines([report(drivers=("RSI가 {{f:rsi}}이에요.",), figures=(figure,))])
    assert lines[0] == "삼성전자(005930): 중립 · 11월 23일 10:00 기준"
    assert "41.8" in lines[1]
    assert lines[2] == "출처: 일봉"


def test_what_was_missing_says_why() -> None:
    gone = AnalystReport.unavailable(Analyst.MACRO, None, "지표를 받지 못했어요.", START).to_json()
    late = report(status=Status.STALE, reason="어제 시세예요")
    assert found_lines([gone, late]) == [
        "시장 전체: 지표를 받지 못했어요.",
        "삼성전자(005930): 중립 · 11월 23일 10:00 기준 · 어제 시세예요",
    ]


def test_a_room_that_reads_several_charts_counts_them_in_its_name() -> None:
    made = steps()
    assert made.progressed("technical", 1, 6) is None
    made.opened("technical", START)
    row = made.progressed("technical", 3, 6)
    assert row is not None
    assert (row["name"], row["end"]) == ("기술적 분석 · 차트 3/6", None)
    closed = made.closed("technical", [], START)
    assert closed is not None
    assert closed["name"] == "기술적 분석"


def test_a_step_that_is_left_keeps_no_count() -> None:
    made = steps()
    made.opened("technical", START)
    made.progressed("technical", 3, 6)
    assert [row["name"] for row in made.stopped(START)] == ["기술적 분석"]


def test_a_room_that_files_no_report_says_what_it_did() -> None:
    made = steps()
    for room in ("strategy_architect", "portfolio", "risk", "order_desk"):
        made.opened(room, START)
        closed = made.closed(room, [], START)
        assert closed is not None
        assert closed["output"].endswith("있어요.") or closed["output"].endswith("적었어요.")


def test_a_report_about_no_name_says_what_it_is_about() -> None:
    made = [report(analyst=analyst, ticker=None) for analyst in (Analyst.MACRO, Analyst.PORTFOLIO, Analyst.RISK)]
    assert [line.split(":")[0] for line in found_lines(made)] == ["시장 전체", "포트폴리오", "이번 제안"]


def test_what_is_no_report_is_left_out() -> None:
    assert found_lines([{"analyst": "oracle"}]) == []
