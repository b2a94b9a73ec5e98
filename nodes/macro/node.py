"""Room `macro`: the snapshot's feature sheet becomes a view on the market.

Contract: one report with ticker None; missing or old data is said, never guessed. Proposes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime

from domain.reports import AnalystReport
from nodes.macro.features import read_macro
from nodes.reporting import DEMO, file_reports, notice_for
from nodes.state import AssistantState, RunContext
from tools.llm.think import Task, think
from tools.ports import MacroSnapshot, Ports


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the reader gets."""

    snapshot: MacroSnapshot | None
    now: datetime


READ = Task(prompt="macro", In=Sheet, Out=AnalystReport, rules=lambda sheet: read_macro(sheet.snapshot, sheet.now))


def macro(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        snapshot = await ports.macro.snapshot()
        report = (await think(READ, Sheet(snapshot, ports.clock.now()))).value
        filed = await file_reports(ports, None, [report])
        notices = notice_for(report) + ([dict(DEMO)] if snapshot is not None and snapshot.demo else [])
        return {"route": ["macro"], "reports": filed, "notices": notices}

    return node
