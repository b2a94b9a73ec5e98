"""Room `selector`: from instruments, headlines and the profile to at most six candidates.

Contract: writes `candidates` and one report for the list and one a candidate; what was asked for and may not be
proposed is said. Without a profile it informs only about the names of the turn. News that does not answer costs the
news part, not the selection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime

from domain.evidence import Figure, Unit
from domain.instruments import Instruments
from domain.news.candidates import Candidate as Scored
from domain.reports import Analyst, AnalystReport, Stance, Status
from nodes.asked import Asked, asked_in
from nodes.asking import block
from nodes.investor import investor_for
from nodes.mind import answered_by
from nodes.reporting import DEMO, file_reports, notice_for
from nodes.selector.offer import candidates_block
from nodes.selector.parts import PARTS_SENTENCE, news_parts, part_figures
from nodes.selector.picks import Market, PicksReply, picked, told
from nodes.selector.rules import Candidate, select, sentiment_of, unmet
from nodes.state import AssistantState, RunContext
from tools.llm.answers import Kept
from tools.llm.think import Task, think
from tools.ports import Headline, Identity, Ports, PortUnavailable

NO_NEWS = "뉴스를 받지 못해 업종과 성향만 보고 골랐어요."


CHOOSE: Task[Market, tuple[Any, ...]] = Task(
    prompt="selector",
    In=Market,
    Out=tuple,
    rules=lambda market: select(
        market.table, market.investor, market.headlines, market.asked.tickers, market.asked.sectors
    ),
    Reply=PicksReply,
    variables=told,
    merge=picked,
    kept=Kept.PERSON,  # the list is what fits one person
)


def selector(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who, now = ports.identity(runtime), ports.clock.now()
        headlines, news_down = await _headlines(ports)
        asked = asked_in(state)
        investor = await investor_for(ports, who, await _account_value(ports, who))
        notices = [dict(DEMO)] if any(headline.demo for headline in headlines) else []
        said: list[dict[str, Any]] = []
        if investor is None or state.get("goal") == "inform":
            reports = _news_reports(ports.instruments, headlines, asked, news_down, now)
            candidates: list[str] = list(asked.tickers)
            if investor is not None and not candidates and not asked.sectors:
                said = candidates_block(ports.instruments, headlines, investor, now)
        else:
            investor = replace(investor, excluded=(*investor.excluded, *asked.not_sectors))
            outcome = await think(CHOOSE, Market(ports.instruments, investor, headlines, asked))
            chosen = tuple(each for each in outcome.value if each.ticker not in asked.not_tickers)
            notices += answered_by("종목 선별", outcome)
            candidates = [candidate.ticker for candidate in chosen]
            parts = news_parts(ports.instruments, headlines, investor.preferred)
            reports = [
                _list_report(chosen, headlines, news_down, now),
                *(_report(each, parts.get(each.ticker), now) for each in chosen),
            ]
            missed = unmet(ports.instruments, investor, asked.tickers, asked.sectors)
            said = [block("text", "\n".join(missed))] if missed else []
        filed = await file_reports(ports, who.user_id, reports)
        notices += [notice for report in reports[:1] for notice in notice_for(report)]
        return {"route": ["selector"], "candidates": candidates, "reports": filed, "notices": notices, "say": said}

    return node


async def _headlines(ports: Ports) -> tuple[list[Headline], bool]:
    try:
        return await ports.news.headlines(), False
    except PortUnavailable:
        return [], True


async def _account_value(ports: Ports, who: Identity) -> int | None:
    try:
        return (await ports.oms.book(who)).total_value
    except PortUnavailable:
        return None


def _stance(balance: int) -> Stance:
    return Stance.BULLISH if balance > 0 else Stance.BEARISH if balance < 0 else Stance.NEUTRAL


def _list_report(
    chosen: Sequence[Candidate], headlines: Sequence[Headline], news_down: bool, now: datetime
) -> AnalystReport:
    if not chosen:
        return AnalystReport.unavailable(Analyst.SELECTOR, None, "조건에 맞는 종목을 찾지 못했어요.", now)
    count = Figure(id="selector.count", value=len(chosen), unit=Unit.COUNT, source="종목표", as_of=now)
    read = Figure(id="selector.news", value=len(headlines), unit=Unit.COUNT, source="뉴스 제목", as_of=now)
    return AnalystReport(
        analyst=Analyst.SELECTOR,
        stance=_stance(sum(candidate.sentiment for candidate in chosen)),
        confidence=50,
        drivers=("뉴스 {{f:selector.news}}와 투자성향으로 후보 {{f:selector.count}}를 골랐어요.",),
        figures=(count, read),
        status=Status.STALE if news_down else Status.OK,
        reason=NO_NEWS if news_down else "",
        as_of=now,
    )


def _report(candidate: Candidate, scored: Scored | None, now: datetime) -> AnalystReport:
    count = Figure(id="s.news", value=candidate.headlines, unit=Unit.COUNT, source="뉴스 제목", as_of=now)
    return AnalystReport(
        analyst=Analyst.SELECTOR,
        ticker=candidate.ticker,
        stance=_stance(candidate.sentiment),
        confidence=candidate.score,
        drivers=(
            *(("최근 뉴스 {{f:s.news|을/를}} 읽었어요.",) if candidate.headlines else ("최근 뉴스가 없어요.",)),
            *((PARTS_SENTENCE,) if scored is not None else ()),
        ),
        figures=(count, *(part_figures(scored, now) if scored is not None else ())),
        as_of=now,
    )


def _news_reports(
    table: Instruments, headlines: Sequence[Headline], asked: Asked, news_down: bool, now: datetime
) -> list[AnalystReport]:
    """For a question and not for a proposal: what the headlines say, about the names asked for or in general."""
    if news_down:
        return [AnalystReport.unavailable(Analyst.SELECTOR, None, "뉴스를 받지 못했어요.", now)]
    if not asked.tickers:
        of_sector = {row.ticker for sector in asked.sectors for row in table.by_sector(sector)}
        about = [headline for headline in headlines if of_sector & set(headline.tickers)] or headlines
        return [_quoting(None, about[:4], now)]
    return [
        _quoting(ticker, [headline for headline in headlines if ticker in headline.tickers], now)
        for ticker in asked.tickers
    ]


def _quoting(ticker: str | None, about: Sequence[Headline], now: datetime) -> AnalystReport:
    titles = tuple(_quoted(headline) for headline in about[: 4 if ticker is None else 3])
    return AnalystReport(
        analyst=Analyst.SELECTOR,
        ticker=ticker,
        stance=_stance(sum(sentiment_of(headline) for headline in about)) if titles else Stance.NEUTRAL,
        confidence=40,
        drivers=titles or (() if ticker is None else ("최근 뉴스가 없어요.",)),
        as_of=now,
    )


def _quoted(headline: Headline) -> str:
    """A title as a quotation: data from outside, bounded, without the braces that our templates use."""
    return f"“{headline.title[:80].replace('{', '(').replace('}', ')')}” ({headline.source})"
