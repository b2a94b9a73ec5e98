"""The specialists in one line each, for the reply that proposes: what each saw, or once that it saw nothing. Pure.

Contract: from the short reports of the turn; a missing report is said in its own line with its reason and never filled
in; numbers are the reports' own figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from domain.reports import Analyst, AnalystReport, Status

STANCES = {"bullish": "긍정적", "neutral": "중립", "bearish": "부정적", "uncertain": "판단 보류"}
LABELS = {Analyst.MACRO: "거시", Analyst.SELECTOR: "종목 선별", Analyst.TECHNICAL: "기술적 분석"}
MADE_UP = "시연 자료"  # how the source of every bundled figure begins
SAID_MADE_UP = "시연 자료, 실제 통계가 아니에요"
WITHOUT = "이번 제안에는 넣지 않았어요."


def overview(reports: Iterable[Mapping[str, Any]]) -> list[str]:
    """At most one line for macro, selector and technical, in this order."""
    found = [AnalystReport.model_validate(dict(report)) for report in reports]
    lines = []
    for analyst, label in LABELS.items():
        own = [report for report in found if report.analyst is analyst]
        if own:
            lines.append(f"{label}{made_up(*own)}: {_line(analyst, own)}")
    return lines


def made_up(*reports: AnalystReport) -> str:
    """What a label says behind its name when a figure of the reports is bundled; empty when all are real."""
    bundled = any(figure.source.startswith(MADE_UP) for report in reports for figure in report.figures)
    return f" ({SAID_MADE_UP})" if bundled else ""


def _line(analyst: Analyst, own: Sequence[AnalystReport]) -> str:
    here = [report for report in own if report.status is not Status.UNAVAILABLE]
    if not here:
        return f"{own[0].reason} {WITHOUT}"
    if analyst is Analyst.TECHNICAL:
        return _charts(own, here)
    report = next((report for report in here if report.ticker is None), here[0])
    told = report.lines()[:1]
    if report.status is Status.STALE:
        return " ".join([*(told if analyst is Analyst.SELECTOR else ()), report.reason])
    return " ".join([f"{STANCES[report.stance.value]}.", *told]) if analyst is Analyst.MACRO else " ".join(told)


def _charts(own: Sequence[AnalystReport], here: Sequence[AnalystReport]) -> str:
    counted = Counter(report.stance.value for report in here)
    parts = [f"{word} {counted[key]}개" for key, word in STANCES.items() if counted[key]]
    missing = len(own) - len(here)
    more = f" {missing}종목은 차트를 읽지 못했어요." if missing else ""
    return f"{len(here)}종목 가운데 {', '.join(parts)}예요.{more}"
