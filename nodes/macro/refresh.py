"""The macro job: collect what is due, and write the report anew where it is due or its figures changed.

Contract: safe to run twice and from two processes: one at a time has the turn (`busy` for the others), figures are
unique, a report is written at most every twelve hours while its figures stay what they are. A lake that is away costs
the report, not the figures, and is said. Who runs it and when is the scheduler's business; nothing here waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from domain.clock import Clock
from domain.macro.due import report_due
from domain.macro.report import MacroReport, sheet_hash
from nodes.macro.report import write_report
from tools.lake import LakeError, LakeUnavailable
from tools.llm.turn import asking
from tools.macro.collect import Outcome, collect
from tools.macro.port import MacroSource
from tools.macro.shelf import Shelf
from tools.ports import MacroPort
from tools.store.macro import MacroTables

log = structlog.get_logger(__name__)

CALLS = 8  # of models: a search and a text, each with its repair, over a chain
SECONDS = 240.0

BUSY = "다른 곳에서 이미 거시 지표를 모으고 있어요."
NO_LAKE = "보고서를 둘 저장소에 닿지 않아 이번 보고서는 남기지 못했어요."
NOTHING = "아직 받은 지표가 없어 보고서를 쓰지 못했어요."


@dataclass(frozen=True, slots=True)
class MacroJob:
    """What the job works with."""

    sources: Sequence[MacroSource]
    tables: MacroTables
    shelf: Shelf
    port: MacroPort
    clock: Clock


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of it. `report` is None when none was written; `why` says so in Korean, empty when none was due."""

    outcomes: tuple[Outcome, ...]
    report: MacroReport | None = None
    why: str = ""


async def refresh(job: MacroJob, *, everything: bool = False) -> Refreshed:
    """`everything`: also what is not due, because a person asked. Raises PortUnavailable without a database."""
    async with job.tables.turn() as mine:
        if not mine:
            return Refreshed((), why=BUSY)
        outcomes = await collect(job.sources, job.tables, job.clock, everything=everything)
        report, why = await _report(job, everything)
        return Refreshed(outcomes, report, why)


async def _report(job: MacroJob, everything: bool) -> tuple[MacroReport | None, str]:
    snapshot, now = await job.port.snapshot(), job.clock.now()
    kept = await job.tables.latest_report()
    is_same = kept is not None and snapshot is not None and kept.sheet_hash == sheet_hash(snapshot.series)
    if is_same and not everything and not report_due(now, kept.made_at if kept else None):
        return None, ""
    with asking(None, calls=CALLS, seconds=SECONDS):
        report = await write_report(snapshot, now)
    if report is None:
        return None, NOTHING
    try:
        await job.shelf.keep(report)
    except (LakeError, LakeUnavailable):
        log.warning("macro.report_not_kept")
        return None, NO_LAKE
    log.info("macro.report", written_by=report.written_by, hint=report.market_bias_hint)
    return report, ""
