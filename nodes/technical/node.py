"""Room `technical`: charts of the turn's names, read side by side and put to a model in one question.

Contract: the names are the focus and, when proposing, the selector's candidates, at most `MAX_NAMES`. Bars are those
of `ports.daily`; of names that somebody asked about the running day counts too. A chart that does not come, or not
within `PATIENCE_S`, is an `unavailable` report of that name, told by name, while the others go on; what is late goes on
being fetched and is there the next time. With several names each chart that was read goes into the stream as progress,
for a face to count.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from langgraph.runtime import Runtime

from domain.reports import Analyst, AnalystReport, Status
from nodes.mind import answered_by
from nodes.reporting import file_reports
from nodes.state import AssistantState, RunContext
from nodes.technical.batch import MAX_NAMES, READ, Charts, Views, named
from nodes.technical.charts import ChartReader, Read
from tools.llm.think import Outcome, think
from tools.ports import Ports

PATIENCE_S = 20.0
LATE = "차트를 아직 받는 중이에요. 조금 뒤에 다시 물어봐 주세요."
DOES = "기술적 분석"


def technical(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    reader = ChartReader(ports)

    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who = ports.identity(runtime)
        names = tickers_of(state)
        asked = [ticker for ticker in state.get("focus", []) if ticker in names]
        market, quotes = await asyncio.gather(reader.market(), reader.today(asked))
        count = _counter(runtime, len(names))

        async def read(ticker: str) -> Read:
            found = await reader.report(ticker, market, who.venue, quotes.get(ticker))
            count()
            return found

        seen = await in_time({ticker: read(ticker) for ticker in names}, PATIENCE_S)
        ruled = [seen[ticker].report if ticker in seen else late(ticker, ports) for ticker in names]
        reports, told = await viewed(ruled)
        filed = await file_reports(ports, who.user_id, reports)
        notices = [*_missing(reports), *_unusual(seen.values())]
        return {"route": ["technical"], "reports": filed, "notices": [*notices, *told]}

    return node


async def in_time(reads: Mapping[str, Awaitable[Read]], patience_s: float) -> dict[str, Read]:
    """What was read until then, by ticker. A defect of ours is raised."""
    tasks = {asyncio.ensure_future(read): ticker for ticker, read in reads.items()}
    if not tasks:
        return {}
    try:
        done, _ = await asyncio.wait(tasks, timeout=patience_s)
    finally:
        for task in tasks:
            task.cancel()
    return {tasks[task]: task.result() for task in tasks if task in done}


def late(ticker: str, ports: Ports) -> AnalystReport:
    return AnalystReport.unavailable(Analyst.TECHNICAL, ticker, LATE, ports.clock.now())


async def viewed(ruled: Sequence[AnalystReport]) -> tuple[list[AnalystReport], list[dict[str, Any]]]:
    """The reports with whatever a model had to say about those that were measured, and the notices of who answered."""
    measured = tuple(report for report in ruled if report.status is Status.OK)
    if not measured:
        return list(ruled), []
    outcome = await think(READ, Charts(measured))
    made = {report.ticker: report for report in outcome.value.reports}
    return [made.get(report.ticker, report) for report in ruled], _told(outcome)


def _told(outcome: Outcome[Views]) -> list[dict[str, Any]]:
    told = answered_by(DOES, outcome)
    if outcome.by == "model" and outcome.value.refused:
        partly = Outcome(outcome.value, "rules", "; ".join(f"{t}: {w}" for t, w in outcome.value.refused.items())[:500])
        told += answered_by(f"{DOES} 가운데 {named(list(outcome.value.refused))}", partly)
    return told


def _missing(reports: Sequence[AnalystReport]) -> list[dict[str, Any]]:
    """A notice a reason, with the names that it is about."""
    found: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        if report.status is not Status.OK and report.ticker:
            found.setdefault((report.status.value, report.reason), []).append(report.ticker)
    return [
        {"code": code, "text": f"{named(tickers)}: {reason}", "tickers": tickers}
        for (code, reason), tickers in found.items()
    ]


def _unusual(seen: Any) -> list[dict[str, Any]]:
    texts = dict.fromkeys(read.notice for read in seen if read.notice)
    return [{"code": "charts_direct", "text": text} for text in texts]


def _counter(runtime: Runtime[RunContext], of: int) -> Callable[[], None]:
    """Call it after each chart; one chart alone is no progress worth showing."""
    done = itertools.count(1)

    def count() -> None:
        if of > 1:
            runtime.stream_writer({"progress": {"room": "technical", "done": next(done), "of": of}})

    return count


def tickers_of(state: AssistantState) -> list[str]:
    """Focus first, then candidates; an answer to a question is about its focus alone."""
    focus = state.get("focus", [])
    more = [] if state.get("goal") == "inform" and focus else state.get("candidates", [])
    return list(dict.fromkeys([*focus, *more]))[:MAX_NAMES]
