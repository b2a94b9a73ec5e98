"""How a specialist hands over: the full report into the desk's table, a short form into the turn's state."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.evidence import figure_ids
from domain.reports import AnalystReport, Status
from tools.ports import Ports, PortUnavailable

DEMO = {"code": "demo_data", "text": "거시 지표와 뉴스는 시연용 자료예요."}


# What a reason is made of, whether or not the report's own sentences speak of it.
KEPT_FIGURES = frozenset({"s.news", "t.rsi", "t.change20"})


def short(report: AnalystReport) -> dict[str, Any]:
    """What the state keeps: the same report with only the figures that its sentences and later reasons use."""
    used = KEPT_FIGURES | {key for text in (*report.drivers, *report.risks) for key in figure_ids(text)}
    figures = tuple(figure for figure in report.figures if figure.id in used)
    return report.model_copy(update={"figures": figures}).to_json()


async def file_reports(ports: Ports, user_id: UUID | None, reports: Sequence[AnalystReport]) -> list[dict[str, Any]]:
    """Stores reports and returns their short forms. A table that does not answer costs the record, not the view."""
    with contextlib.suppress(PortUnavailable):
        await ports.desk.save_reports(user_id, {ports.new_id(): report for report in reports})
    return [short(report) for report in reports]


def notice_for(report: AnalystReport) -> list[dict[str, Any]]:
    """A notice for what is stale or missing."""
    if report.status is Status.OK:
        return []
    return [{"code": report.status.value, "text": report.reason}]
