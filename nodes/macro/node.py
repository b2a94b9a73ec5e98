"""Room `macro`: the snapshot's feature sheet becomes a view on the market.

Contract: one report with ticker None; missing or old data is said, never guessed, and never put to a model. Proposes
nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from langgraph.runtime import Runtime

from domain.reports import AnalystReport, Status
from nodes.macro.features import read_macro
from nodes.mind import ReportReply, answered_by, merged_report, report_variables
from nodes.reporting import DEMO, file_reports, notice_for
from nodes.state import AssistantState, RunContext
from tools.llm.think import Task, think
from tools.ports import MacroSnapshot, Ports


@dataclass(frozen=True)
class Sheet:
    """What the reader gets."""

    snapshot: MacroSnapshot | None
    now: datetime

    @cached_property
    def ruled(self) -> AnalystReport:
        """The view of the rules, made once: it decides whether a model is asked, and stands when none answers."""
        return read_macro(self.snapshot, self.now)


READ = Task(
    prompt="macro",
    In=Sheet,
    Out=AnalystReport,
    rules=lambda sheet: sheet.ruled,
    Reply=ReportReply,
    variables=lambda sheet: report_variables(sheet.ruled, "한국 주식 시장"),
    merge=lambda _, ruled, reply: merged_report(ruled, reply),
)


def macro(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        snapshot = await ports.macro.snapshot()
        sheet = Sheet(snapshot, ports.clock.now())
        report, told = sheet.ruled, []
        if report.status is Status.OK:
            outcome = await think(READ, sheet)
            report, told = outcome.value, answered_by("거시 분석", outcome)
        filed = await file_reports(ports, None, [report])
        notices = notice_for(report) + ([dict(DEMO)] if snapshot is not None and snapshot.demo else [])
        return {"route": ["macro"], "reports": filed, "notices": [*notices, *told]}

    return node
