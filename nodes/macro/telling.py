"""The kept report as the conversation tells it: the direction, the first sentences, and where the whole of it is. Pure.

Contract: at most six lines; what is old is said in the first; every number is a figure of the report.
"""

from __future__ import annotations

from typing import Any

from domain.clock import format_moment
from domain.evidence import figure_ids
from domain.macro.report import MacroReport
from domain.reports import AnalystReport, Status
from nodes.asking import block

TOLD = 4  # of the ten sentences
PAGE = "/analysis"
WHOLE = f"전체 보고서(열 문장 요약, 좋은 면과 부담이 되는 면): [열어 보기]({PAGE})"
_STANCES = {"bullish": "긍정적", "bearish": "부정적", "uncertain": "판단 보류"}


def summary_block(kept: MacroReport, view: AnalystReport) -> dict[str, Any]:
    """A message of its own kind; `view` is today's reading of the same figures."""
    writer = "언어모델이 썼어요" if kept.written_by == "model" else "규칙으로 썼어요"
    lines = [f"거시 보고서: {_STANCES[kept.market_bias_hint]} ({format_moment(kept.made_at)}, {writer})"]
    if view.status is not Status.OK:
        lines[0] = f"거시 보고서: 판단 보류. {view.reason}"
    told = [line.text for line in kept.summary[:TOLD]]
    named = {key for text in told for key in figure_ids(text)}
    figures = [figure.to_json() for figure in kept.figures if figure.id in named]
    return block("macro", "\n".join([*lines, *told, WHOLE]), figures=figures)
