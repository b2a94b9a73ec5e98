"""Room `technical`: charts of the turn's names, read side by side.

Contract: the names are the focus and, when proposing, the selector's candidates, at most `MAX_NAMES`; bars come through
the OMS's read door, and what was measured on them is kept for five minutes. A chart that does not come is an
`unavailable` report of that name. With several names each chart that was read goes into the stream as progress, for a
face to count.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from langgraph.runtime import Runtime

from domain.instruments import Instruments
from domain.reports import Analyst, AnalystReport
from nodes.market_day import market_date
from nodes.mind import ReportReply, answered_by, merged_report, report_variables
from nodes.reporting import file_reports, notice_for
from nodes.state import AssistantState, RunContext
from nodes.technical.bars import series_of
from nodes.technical.cache import FreshCache
from nodes.technical.features import Sheet, sheet
from nodes.technical.reading import read_sheet
from tools.llm.think import Task, think
from tools.ports import Ports, PortUnavailable

MAX_NAMES = 6
HISTORY_DAYS = {"paper": 330}  # at one request a second a chart of two years would keep the user waiting
LONG_HISTORY = 640


@dataclass(frozen=True, slots=True)
class Chart:
    """What the reader gets."""

    ticker: str
    found: Sheet | None
    as_of: datetime


def _rules(chart: Chart) -> AnalystReport:
    return read_sheet(chart.ticker, chart.found, chart.as_of)


READ = Task(
    prompt="technical",
    In=Chart,
    Out=AnalystReport,
    rules=_rules,
    Reply=ReportReply,
    variables=lambda chart: report_variables(_rules(chart), name_of(chart.ticker)),
    merge=lambda _, ruled, reply: merged_report(ruled, reply),
)


def technical(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    cache: FreshCache[Sheet | None] = FreshCache(ports.clock)

    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who = ports.identity(runtime)
        names = tickers_of(state)
        today = await market_date(ports)
        first = today - timedelta(days=HISTORY_DAYS.get(who.venue, LONG_HISTORY))
        count = _counter(runtime, len(names))

        async def read(ticker: str) -> tuple[AnalystReport, list[dict[str, Any]]]:
            found = await _report(ports, cache, ticker, first, today)
            count()
            return found

        seen = await asyncio.gather(*map(read, names))
        reports = [report for report, _ in seen]
        filed = await file_reports(ports, who.user_id, reports)
        notices = [notice for report in reports for notice in notice_for(report)]
        told = [notice for _, notices_ in seen for notice in notices_]
        return {"route": ["technical"], "reports": filed, "notices": [*notices[:2], *told]}

    return node


def _counter(runtime: Runtime[RunContext], of: int) -> Callable[[], None]:
    """Call it after each chart; one chart alone is no progress worth showing."""
    done = itertools.count(1)

    def count() -> None:
        if of > 1:
            runtime.stream_writer({"progress": {"room": "technical", "done": next(done), "of": of}})

    return count


def name_of(ticker: str) -> str:
    """'삼성전자(005930)'."""
    row = Instruments.load().get(ticker)
    return f"{row.name}({ticker})" if row else ticker


def tickers_of(state: AssistantState) -> list[str]:
    """Focus first, then candidates; an answer to a question is about its focus alone."""
    focus = state.get("focus", [])
    more = [] if state.get("goal") == "inform" and focus else state.get("candidates", [])
    return list(dict.fromkeys([*focus, *more]))[:MAX_NAMES]


async def _report(
    ports: Ports, cache: FreshCache[Sheet | None], ticker: str, first: date, today: date
) -> tuple[AnalystReport, list[dict[str, Any]]]:
    """The view on one name, and who gave it."""
    now = ports.clock.now()

    async def load() -> Sheet | None:
        bars = await ports.market.chart(ticker, "D", first.isoformat(), today.isoformat())
        return sheet(series_of(bars))

    try:
        found = await cache.get(f"{ticker} {first} {today}", load)
    except PortUnavailable as gone:
        return AnalystReport.unavailable(Analyst.TECHNICAL, ticker, gone.message, now), []
    chart = Chart(ticker, found, now)
    if chart.found is None:
        return _rules(chart), []
    outcome = await think(READ, chart)
    return outcome.value, answered_by("기술적 분석", outcome)
