"""The report on the economy as Markdown, for people: two pages and ten sentences, each number with where it is from.

Contract: everything that somebody else may have written (titles of pages, sentences of a model) is escaped, so that it
stays text; links are those of the report's citations alone. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.clock import format_moment
from domain.evidence import Figure
from domain.macro.report import Line, MacroReport
from domain.reports import Status

HINTS = {"bullish": "긍정적", "bearish": "부정적", "uncertain": "판단 보류"}
DISCLAIMER = "참고용 정보예요. 투자 판단과 책임은 본인에게 있고 원금 손실이 생길 수 있어요."
DEMO = "시연용 자료로 만든 보고서예요. 실제 통계가 아니에요."
_SIGNS = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def positive_markdown(report: MacroReport) -> str:
    """What speaks for stocks."""
    return _page(report, "거시 환경: 긍정적인 면", report.positive)


def negative_markdown(report: MacroReport) -> str:
    """What speaks against."""
    return _page(report, "거시 환경: 부담이 되는 면", report.negative)


def summary_markdown(report: MacroReport) -> str:
    """Ten sentences, numbered."""
    lines = [f"{at}. {_sentence(report, line)}" for at, line in enumerate(report.summary, start=1)]
    return "\n".join([*_head(report, "거시 환경 요약"), *lines, "", *_foot(report)])


def _page(report: MacroReport, title: str, lines: Sequence[Line]) -> str:
    told = [f"- {_sentence(report, line)}" for line in lines]
    return "\n".join([*_head(report, title), *told, "", *_table(report.figures), *_foot(report)])


def _head(report: MacroReport, title: str) -> list[str]:
    writer = f"언어모델 {report.model}" if report.written_by == "model" else "규칙"
    facts = f"{format_moment(report.made_at)} · 시장 방향: {HINTS[report.market_bias_hint]} · 쓴 이: {_plain(writer)}"
    warned = [DEMO] if report.demo else []
    if report.view.status is not Status.OK:
        warned.append(report.view.reason)
    return [f"# {title}", "", facts, "", *(line for text in warned for line in (f"> {_plain(text)}", ""))]


def _sentence(report: MacroReport, line: Line) -> str:
    told = _plain(report.told([line])[0])
    marks = "".join(f" [[{number}]]({report.citations[number - 1].url})" for number in dict.fromkeys(line.cites))
    return told + marks


def _table(figures: Sequence[Figure]) -> list[str]:
    rows = [f"| {_plain(f.label or f.id)} | {_plain(f.text())} | {_plain(f.source)} |" for f in figures]
    return ["## 근거", "", "| 지표 | 값 | 출처 |", "|---|---|---|", *rows, ""]


def _foot(report: MacroReport) -> list[str]:
    lines = [f"- {_plain(note)}" for note in report.notes]
    found = [f"{at}. [{_plain(each.title)}]({each.url})" for at, each in enumerate(report.citations, start=1)]
    parts = (("## 알아둘 점", lines), ("## 참고한 글", found))
    return [*(line for title, rows in parts if rows for line in (title, "", *rows, "")), DISCLAIMER, ""]


def _plain(text: str) -> str:
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
