"""How a specialist hands over: the full report into the desk's table, a short form into the turn's state."""

from __future__ import annotations

import contextlib
from typing import Any
from uuid import UUID

from domain.reports import AnalystReport, Status
from tools.ports import Ports, PortUnavailable

DEMO = {"code": "demo_data", "text": "거시 지표와 뉴스는 시연용 자료예요."}
STANCES = {"bullish": "긍정", "bearish": "부정", "neutral": "중립", "uncertain": "판단 보류"}


def short(report: AnalystReport, report_id: UUID) -> dict[str, Any]:
    """What the state keeps: the view and its sentences, figures filled in; the evidence stays in the table."""
    return {
        "report_id": str(report_id),
        "analyst": report.analyst.value,
        "ticker": report.ticker,
        "stance": report.stance.value,
        "confidence": report.confidence,
        "status": report.status.value,
        "reason": report.reason,
        "lines": list(report.lines()),
        "as_of": report.as_of.isoformat(),
    }


async def file_reports(ports: Ports, user_id: UUID | None, reports: list[AnalystReport]) -> list[dict[str, Any]]:
    """Stores reports and returns their short forms. A table that does not answer costs the record, not the view."""
    filed = []
    for report in reports:
        report_id = ports.new_id()
        with contextlib.suppress(PortUnavailable):
            await ports.desk.save_report(report_id, user_id, report)
        filed.append(short(report, report_id))
    return filed


def notice_for(report: AnalystReport) -> list[dict[str, Any]]:
    """A notice for what is stale or missing."""
    if report.status is Status.OK:
        return []
    return [{"code": report.status.value, "text": report.reason}]
