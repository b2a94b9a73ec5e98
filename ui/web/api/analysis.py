"""The report on the economy for programs: `GET /result/analysis` is the summary, `/full` the whole of it.

Contract: the same for everybody who is signed in; the newest report on the figures as they stand, and where none was
kept for them, the one that the rules write of them now. `market_bias_hint` is bullish, bearish or uncertain. Nothing
received yet is 404, a silent database 503.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException

from domain.macro.markdown import DISCLAIMER, negative_markdown, positive_markdown, summary_markdown
from domain.macro.report import MacroReport
from domain.macro.sheet import ago
from domain.reports import AnalystReport, Status
from nodes.macro.features import read_macro
from nodes.macro.node import kept_report
from nodes.macro.writing import written_by_rules
from tools.ports import Ports
from ui.web.api.route import JsonRoute, Me, Parts
from ui.web.api.views import moment

router = APIRouter(prefix="/result/analysis", route_class=JsonRoute)

NOT_YET = "거시 지표를 아직 받지 못했어요."


@router.get("")
async def summary(me: Me, parts: Parts) -> dict[str, Any]:
    return _summary(*await report_now(parts.assembled.ports), parts.assembled.ports)


@router.get("/full")
async def full(me: Me, parts: Parts) -> dict[str, Any]:
    report, view = await report_now(parts.assembled.ports)
    return {
        **_summary(report, view, parts.assembled.ports),
        "positive_report": positive_markdown(report),
        "negative_report": negative_markdown(report),
        "summary_report": summary_markdown(report),
        "citations": [citation.model_dump() for citation in report.citations],
        "figures": [{**figure.to_json(), "text": figure.text()} for figure in report.figures],
    }


async def report_now(ports: Ports) -> tuple[MacroReport, AnalystReport]:
    """The report on the figures as they stand, and today's reading of them. HTTPException 404 without any."""
    snapshot, now = await ports.macro.snapshot(), ports.clock.now()
    view = read_macro(snapshot, now)
    if snapshot is None or view.status is Status.UNAVAILABLE:
        raise HTTPException(404, view.reason or NOT_YET)
    return kept_report(snapshot) or written_by_rules(snapshot, view, now), view


def _summary(report: MacroReport, view: AnalystReport, ports: Ports) -> dict[str, Any]:
    return {
        "market_bias_hint": "uncertain" if view.status is not Status.OK else report.market_bias_hint,
        "confidence": view.confidence,
        "status": view.status.value,
        "reason": view.reason,
        "summary": report.told(report.summary),
        "made_at": moment(report.made_at),
        "age": ago(ports.clock.now(), report.made_at),
        "as_of": moment(view.as_of),
        "written_by": report.written_by,
        "model": report.model,
        "demo": report.demo,
        "notes": list(report.notes),
        "disclaimer": DISCLAIMER,
    }
