"""Room `portfolio`: the reports of the turn become target weights.

Contract: code weighs, within the investor's limits, the strategy in force and the book; without a profile, a book or
prices there are no targets, and when nothing can be bought the report says why. A model may lean on the weights inside
the same limits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from langgraph.runtime import Runtime

from domain.evidence import Figure, Unit
from domain.proto import oms_pb2 as pb
from domain.reports import Analyst, AnalystReport, Stance
from nodes.asked import asked_in
from nodes.investor import investor_for
from nodes.mind import answered_by
from nodes.portfolio.rules import Holding, Scene, Target, allocate, why_nothing
from nodes.portfolio.tilt import LeanReply, tilted
from nodes.portfolio.views import market_stance, views
from nodes.reporting import file_reports, notice_for
from nodes.state import AssistantState, RunContext
from tools.llm.think import Task, think
from tools.ports import Ports


def _inside_limits(scene: Scene, targets: tuple[Target, ...]) -> str | None:
    total = sum(target.weight_bps for target in targets)
    held = sum(scene.held(holding.ticker) for holding in scene.holdings)
    return None if total <= 10_000 + held else f"expected weights of at most 10000 bps, was {total}"


def _told(scene: Scene) -> Mapping[str, str]:
    rows = {row.ticker: row for row in scene.rows()}
    lines = []
    for target in allocate(scene):
        view, row = scene.seen.get(target.ticker), rows.get(target.ticker)
        name = f"{row.name} · {row.sector}" if row is not None else "매도"
        seen = f"뉴스 {view.mood} · 차트 {view.stance}" if view is not None else "자료 없음"
        lines.append(f"{target.ticker} {name} · {target.weight_bps} · {seen}")
    return {"weights": "\n".join(lines), "market": scene.market}


WEIGH: Task[Scene, tuple[Any, ...]] = Task(
    prompt="portfolio",
    In=Scene,
    Out=tuple,
    rules=allocate,
    check=_inside_limits,
    Reply=LeanReply,
    variables=_told,
    merge=lambda scene, ruled, reply: tilted(scene, ruled, {each.ticker: each.lean for each in reply.leans}),
)


def portfolio(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who, now = ports.identity(runtime), ports.clock.now()
        book = await ports.oms.book(who)
        investor = await investor_for(ports, who, book.total_value)
        candidates = list(dict.fromkeys(state.get("candidates", [])))
        if investor is None or not candidates:
            report = AnalystReport.unavailable(
                Analyst.PORTFOLIO, None, "성향이나 후보가 없어 비중을 정하지 못했어요.", now
            )
            return _update(await file_reports(ports, who.user_id, [report]), (), notice_for(report))
        quotes = await ports.market.quotes(candidates)
        asked = asked_in(state)
        rows = [row for ticker in candidates if (row := ports.instruments.get(ticker)) is not None]
        scene = Scene(
            table=ports.instruments,
            investor=investor,
            candidates=candidates,
            seen=views(state.get("reports", [])),
            prices={quote.ticker: quote.price for quote in quotes if quote.found and not quote.halted},
            holdings=holdings_of(book),
            market=market_stance(state.get("reports", [])),
            asked=frozenset(row.ticker for row in rows if asked.wants(row)),
        )
        targets, told = allocate(scene), []
        if targets:
            outcome = await think(WEIGH, scene)
            targets, told = outcome.value, answered_by("비중", outcome)
        base = Figure(id="p.base", value=investor.base, unit=Unit.WON, source="투자성향과 잔고", as_of=now)
        names = Figure(id="p.names", value=len(targets), unit=Unit.COUNT, source="비중 계산", as_of=now)
        report = AnalystReport(
            analyst=Analyst.PORTFOLIO,
            stance=Stance(scene.market),
            confidence=60 if targets else 0,
            drivers=("{{f:p.base}} 기준으로 {{f:p.names}} 종목의 비중을 정했어요.",) if targets else (),
            risks=() if targets else (why_nothing(scene),),
            figures=(base, names),
            as_of=now,
        )
        return _update(await file_reports(ports, who.user_id, [report]), targets, told)

    return node


def holdings_of(book: pb.BookReply) -> list[Holding]:
    """Positions worth something."""
    return [Holding(each.ticker, each.value, each.sector) for each in book.positions if each.quantity > 0]


def _update(filed: list[dict[str, Any]], targets: Sequence[Target], notices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "route": ["portfolio"],
        "reports": filed,
        "notices": notices,
        "targets": [
            {"ticker": target.ticker, "weight_bps": target.weight_bps, "reason": target.reason} for target in targets
        ],
    }
