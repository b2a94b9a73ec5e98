"""Room `macro`: the snapshot's feature sheet becomes a view on the market.

Contract: one report with ticker None; missing or old data is said, never guessed, and never put to a model. Where a
kept report speaks of these very figures, the rules' view stands and no model is asked again; somebody who asked for the
market alone is told the report's summary. Proposes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from langgraph.runtime import Runtime

from domain.macro.report import MacroReport, sheet_hash
from domain.reports import AnalystReport, Status
from nodes.macro.features import read_macro
from nodes.macro.telling import summary_block
from nodes.mind import ReportReply, answered_by, merged_report, report_variables
from nodes.reporting import DEMO, file_reports, notice_for
from nodes.state import AssistantState, RunContext
from tools.llm.answers import Kept
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
    kept=Kept.SHARED,
)


def kept_report(snapshot: MacroSnapshot | None) -> MacroReport | None:
    """The kept report, if it speaks of these very figures."""
    if snapshot is None or snapshot.report is None:
        return None
    return snapshot.report if snapshot.report.sheet_hash == sheet_hash(snapshot.series) else None


def macro(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        snapshot = await ports.macro.snapshot()
        sheet, kept = Sheet(snapshot, ports.clock.now()), kept_report(snapshot)
        report, told = sheet.ruled, []
        if report.status is Status.OK and kept is None:
            outcome = await think(READ, sheet)
            report, told = outcome.value, answered_by("거시 분석", outcome)
        filed = await file_reports(ports, None, [report])
        notices = notice_for(report) + ([dict(DEMO)] if snapshot is not None and snapshot.demo else [])
        update: dict[str, Any] = {"route": ["macro"], "reports": filed, "notices": [*notices, *told]}
        if kept is not None and state.get("goal") == "inform" and list(state.get("analysts") or []) == ["macro"]:
            update["say"] = [summary_block(kept, report)]
        return update

    return node
