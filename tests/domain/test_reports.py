"""An analyst's report hangs together or is refused."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from pydantic import ValidationError

from domain.clock import KST
from domain.evidence import Figure, Unit
from domain.reports import Analyst, AnalystReport, Stance, Status

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=KST)
RSI = Figure(id="rsi", value=71, unit=Unit.POINTS, source="모의 시세", as_of=NOW)


def report(**changes: object) -> AnalystReport:
    content = {"analyst": "technical", "ticker": "005930", "stance": "bullish", "confidence": 60, "as_of": NOW,
               "drivers": ["RSI가 {{f:rsi|이에요/예요}}."], "risks": ["과열일 수 있어요."],
               "figures": [RSI]}  # fmt: skip
    return AnalystReport.model_validate(content | changes)


def test_lines_are_filled_with_the_reports_own_figures() -> None:
    assert report().lines() == ("RSI가 71포인트예요.", "과열일 수 있어요.")


def test_report_survives_json() -> None:
    assert AnalystReport.model_validate(json.loads(json.dumps(report().to_json()))) == report()


def test_figure_of_nobody_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected figures of this report, were gone"):
        report(drivers=["{{f:gone}}"])


@pytest.mark.parametrize(
    "changes",
    [
        {"confidence": 101}, {"confidence": -1}, {"stance": "moon"}, {"analyst": "oracle"}, {"surprise": 1},
        {"status": "stale"}, {"status": "unavailable", "reason": "시세가 없어요."},
        {"status": "unavailable", "reason": "시세가 없어요.", "stance": "uncertain", "confidence": 10},
    ],
)  # fmt: skip
def test_report_that_does_not_hang_together_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        report(**changes)


def test_missing_data_is_an_abstention() -> None:
    empty = AnalystReport.unavailable(Analyst.MACRO, None, "거시 지표를 받지 못했어요.", NOW)
    assert (empty.stance, empty.confidence, empty.status) == (Stance.UNCERTAIN, 0, Status.UNAVAILABLE)
    assert empty.lines() == ()


def test_numbers_without_a_figure_are_listed() -> None:
    assert report().unsupported_numbers() == ()
    assert report(risks=["10% 떨어질 수 있어요."]).unsupported_numbers() == ("10",)
