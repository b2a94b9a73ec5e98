"""One line for each specialist, and one for each that is missing."""

from __future__ import annotations

from fakes import START

from domain.evidence import Figure, Unit
from domain.reports import Analyst, AnalystReport, Stance
from nodes.overview import overview
from nodes.reporting import short


def report(analyst: Analyst, ticker: str | None, stance: Stance, *drivers: str, **figures: int) -> dict[str, object]:
    made = [Figure(id=key, value=value, unit=Unit.COUNT, source="s", as_of=START) for key, value in figures.items()]
    return short(
        AnalystReport(
            analyst=analyst,
            ticker=ticker,
            stance=stance,
            confidence=50,
            drivers=drivers,
            figures=tuple(made),
            as_of=START,
        )
    )


def missing(analyst: Analyst, ticker: str | None, reason: str) -> dict[str, object]:
    return AnalystReport.unavailable(analyst, ticker, reason, START).to_json()


def test_each_specialist_has_one_line() -> None:
    lines = overview(
        [
            report(Analyst.TECHNICAL, "005930", Stance.BULLISH),
            report(Analyst.TECHNICAL, "000660", Stance.BEARISH),
            report(Analyst.SELECTOR, None, Stance.NEUTRAL, "후보 {{f:n}}를 골랐어요.", n=6),
            report(Analyst.SELECTOR, "005930", Stance.NEUTRAL, "최근 뉴스가 없어요."),
            report(Analyst.MACRO, None, Stance.BULLISH, "금리가 내렸어요.", "수출이 늘었어요."),
        ]
    )
    assert lines == [
        "거시: 긍정적. 금리가 내렸어요.",
        "종목 선별: 후보 6개를 골랐어요.",
        "기술적 분석: 2종목 가운데 긍정적 1개, 부정적 1개예요.",
    ]


def test_a_missing_one_says_so_once() -> None:
    lines = overview(
        [
            missing(Analyst.MACRO, None, "거시 지표를 받지 못했어요."),
            missing(Analyst.TECHNICAL, "005930", "차트를 받지 못했어요."),
            missing(Analyst.TECHNICAL, "000660", "차트를 받지 못했어요."),
        ]
    )
    assert lines == [
        "거시: 거시 지표를 받지 못했어요. 이번 제안에는 넣지 않았어요.",
        "기술적 분석: 차트를 받지 못했어요. 이번 제안에는 넣지 않았어요.",
    ]


def test_a_chart_that_did_not_come_is_counted() -> None:
    lines = overview(
        [report(Analyst.TECHNICAL, "005930", Stance.NEUTRAL), missing(Analyst.TECHNICAL, "000660", "차트가 없어요.")]
    )
    assert lines == ["기술적 분석: 1종목 가운데 중립 1개예요. 1종목은 차트를 읽지 못했어요."]


def test_made_up_figures_are_named_so_where_they_speak() -> None:
    figure = Figure(id="m.rate", value=3, unit=Unit.PERCENT, source="시연 자료(실제 통계 아님)", as_of=START)
    view = AnalystReport(
        analyst=Analyst.MACRO,
        stance=Stance.BULLISH,
        confidence=50,
        drivers=("금리가 {{f:m.rate}}예요.",),
        figures=(figure,),
        as_of=START,
    )
    assert overview([short(view)]) == ["거시 (시연 자료, 실제 통계가 아니에요): 긍정적. 금리가 3%예요."]
