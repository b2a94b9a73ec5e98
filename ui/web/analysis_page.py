"""/analysis, 시장: the report on the economy and the names of the news, as a page with the evidence behind each number.

Contract: the economy is the same for everybody who is signed in; candidates are those that one's own profile allows.
Whatever others wrote is text; links are the report's own citations, opened without saying where from. What is missing
is said in its own part and does not take the other away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from starlette.exceptions import HTTPException

from domain.evidence import Figures
from domain.macro.markdown import DEMO, DISCLAIMER, HINTS
from domain.macro.report import Line, MacroReport
from domain.macro.sheet import ago
from domain.reports import AnalystReport, Status
from nodes.mind import figure_name
from tools.ports import PortUnavailable
from ui.web.api.analysis import report_now
from ui.web.api.candidates import candidates_for
from ui.web.api.route import Me
from ui.web.context import WebParts, web_parts
from ui.web.evidence_html import mark, marked
from ui.web.pages import page

router = APIRouter()

SHOWN = 10  # candidates
PARTS = {"cap_tier": "시가총액", "sentiment": "분위기", "count": "뉴스 수", "priority": "선호"}


@router.get("/analysis", response_class=HTMLResponse)
async def analysis(request: Request, me: Me) -> HTMLResponse:
    parts: WebParts = web_parts()
    values: dict[str, Any] = {"economy": None, "missing": "", "news": None, "no_news": ""}
    try:
        report, view = await report_now(parts.assembled.ports)
        values["economy"] = as_page(report, view, ago(parts.assembled.clock.now(), report.made_at))
    except HTTPException as none:
        values["missing"] = str(none.detail)
    except PortUnavailable as gone:
        values["missing"] = gone.message
    try:
        found = await candidates_for(me, parts, SHOWN)
        values["news"] = {**found, "candidates": [_row(each) for each in found["candidates"]]}
    except HTTPException as none:
        values["no_news"] = str(none.detail)
    except PortUnavailable as gone:
        values["no_news"] = gone.message
    return page(request, "analysis.html", values)


def as_page(report: MacroReport, view: AnalystReport, age: str) -> dict[str, Any]:
    """What the template shows of a report; `view` is today's reading of the same figures."""
    fresh = view.status is Status.OK
    hint = report.market_bias_hint if fresh else "uncertain"
    return {
        "hint": hint,
        "hint_text": HINTS[hint],
        "age": age,
        "made_at": report.made_at,
        "writer": f"언어모델 {report.model}" if report.written_by == "model" else "규칙",
        "warnings": [*([DEMO] if report.demo else []), *([] if fresh else [view.reason])],
        "summary": _told(report, report.summary),
        "positive": _told(report, report.positive),
        "negative": _told(report, report.negative),
        "figures": [
            {"label": figure_name(each), "mark": mark(each), "source": each.source, "as_of": each.as_of}
            for each in report.figures
        ],
        "notes": report.notes,
        "citations": report.citations,
        "disclaimer": DISCLAIMER,
    }


def _told(report: MacroReport, lines: Sequence[Line]) -> list[dict[str, Any]]:
    known = Figures(report.figures)
    return [
        {
            "text": marked(line.text, known),
            "cites": [(number, report.citations[number - 1].url) for number in dict.fromkeys(line.cites)],
        }
        for line in lines
    ]


def _row(each: dict[str, Any]) -> dict[str, Any]:
    """A candidate with its parts in points of a hundred, as they add up to its score."""
    shares = {part: round(100 * each["parts"][part]["share"]) for part in PARTS}
    return {
        **each,
        "points": round(100 * each["score"]),
        "shares": [
            {"name": PARTS[part], "points": points, "most": round(100 * each["parts"][part]["weight"])}
            for part, points in shares.items()
        ],
        "bar": _bar(shares),
    }


def _bar(shares: Mapping[str, int]) -> Markup:
    """One rectangle a part, as wide as its points; drawn, because the page's policy allows no style of its own."""
    drawn, at = Markup(), 0
    for part, points in shares.items():
        drawn += Markup('<rect class="{part}" x="{at}" width="{points}" height="4"/>').format(
            part=part, at=at, points=points
        )
        at += points
    return drawn
