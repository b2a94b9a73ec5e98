"""Room `portfolio`: the reports of the turn become target weights, and a decision with its reason for every name.

Contract: code weighs, within the investor's limits, the constraints of a run, the strategy in force and the book with
what is on its way; without a profile, a book or prices there are no targets, and when nothing can be bought the report
says why. One model call for all names may lean on the purchases inside the same limits and say why they are made. What
a constraint changed is told by `risk`, together with what the sizes change. Accounts of companies are used where they
come, and nothing waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from langgraph.runtime import Runtime

from domain.constraints import Clamp
from domain.evidence import Figure, Unit
from domain.fundamentals import Fundamentals
from domain.reports import Analyst, AnalystReport, Stance
from nodes.asked import asked_in
from nodes.basis import basis_of
from nodes.investor import investor_for
from nodes.mind import answered_by
from nodes.portfolio.brief import brief_of
from nodes.portfolio.decisions import MAX_NAMES, Action, Decision, decisions
from nodes.portfolio.rules import allocate, allocated, why_nothing
from nodes.portfolio.scene import Scene, Target, holdings_of
from nodes.portfolio.tilt import LeanReply, leaned
from nodes.portfolio.turnover import bought_bps, sold_bps
from nodes.portfolio.views import economy, market_stance, views, with_accounts
from nodes.reporting import file_reports, notice_for, short
from nodes.state import AssistantState, RunContext
from tools.llm.answers import Kept
from tools.llm.think import Task, think
from tools.ports import Ports, PortUnavailable

_PLACE = "{{f:"
WORDS = {Action.BUY: "매수", Action.SELL: "매도", Action.HOLD: "그대로"}


def _inside_limits(scene: Scene, targets: tuple[Target, ...]) -> str | None:
    total = sum(target.weight_bps for target in targets)
    held = sum(scene.held(holding.ticker) for holding in scene.holdings)
    if total > 10_000 + held:
        return f"expected weights of at most 10000 bps, was {total}"
    traded = sum(bought_bps(scene, target) + sold_bps(scene, target) for target in targets)
    if traded > scene.investor.turnover_bps:
        return f"expected a turnover of at most {scene.investor.turnover_bps} bps, was {traded}"
    return None


def _told(scene: Scene) -> Mapping[str, str]:
    return brief_of(scene).told()


WEIGH: Task[Scene, tuple[Any, ...]] = Task(
    prompt="portfolio",
    In=Scene,
    Out=tuple,
    rules=allocate,
    check=_inside_limits,
    Reply=LeanReply,
    variables=_told,
    merge=leaned,
    kept=Kept.PERSON,
)


def portfolio(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who, now = ports.identity(runtime), ports.clock.now()
        book, waiting = await asyncio.gather(ports.oms.book(who), ports.oms.orders(who, open_only=True))
        investor = await investor_for(ports, who, book.total_value)
        candidates = list(dict.fromkeys(state.get("candidates", [])))
        holdings = holdings_of(book, ports.instruments, waiting)
        if investor is None or not (candidates or holdings):
            report = AnalystReport.unavailable(
                Analyst.PORTFOLIO, None, "성향이나 후보가 없어 비중을 정하지 못했어요.", now
            )
            return update_of(await file_reports(ports, who.user_id, [report]), (), (), (), notice_for(report))
        names = list(dict.fromkeys([*candidates, *(holding.ticker for holding in holdings)]))[:MAX_NAMES]
        quotes, accounts = await asyncio.gather(ports.market.quotes(names), _accounts(ports, names))
        asked, reports = asked_in(state), state.get("reports", [])
        rows = [row for ticker in candidates if (row := ports.instruments.get(ticker)) is not None]
        scene = Scene(
            table=ports.instruments,
            investor=investor,
            now=now,
            candidates=candidates,
            seen=with_accounts(views(reports), accounts),
            prices={quote.ticker: quote.price for quote in quotes if quote.found and not quote.halted},
            holdings=holdings,
            market=market_stance(reports),
            asked=frozenset(row.ticker for row in rows if asked.wants(row)),
            halted=frozenset(quote.ticker for quote in quotes if quote.halted),
            cash=book.buying_power,
            economy=economy(reports),
        )
        allocation = allocated(scene)
        targets, told, by = allocation.targets, [], "rules"
        if any(bought_bps(scene, target) for target in targets):  # nothing else may be leaned on
            outcome = await think(WEIGH, scene)
            targets, told, by = outcome.value, answered_by("비중", outcome), outcome.by
        decided = decisions(scene, targets)
        await file_reports(ports, who.user_id, [report_of(scene, targets, decided)])
        kept = short(report_of(scene, targets, ()))  # the state has a channel of its own for decisions
        basis = basis_of(scene, targets, allocation.clamps, by=by, turn=state.get("turn"))
        return update_of([kept], targets, decided, allocation.clamps, told) | {"basis": basis}

    return node


def report_of(scene: Scene, targets: Sequence[Target], decided: Sequence[Decision]) -> AnalystReport:
    """How many names got a weight of what, then each decision in a line; or why nothing is bought."""
    base = Figure(id="p.base", value=scene.investor.base, unit=Unit.WON, source="투자성향과 잔고", as_of=scene.now)
    count = Figure(id="p.names", value=len(targets), unit=Unit.COUNT, source="비중 계산", as_of=scene.now)
    lines = ["{{f:p.base}} 기준으로 {{f:p.names}} 종목의 비중을 정했어요."] if targets else []
    figures = [base, count]
    for each in decided:
        own = each.template.replace(_PLACE, f"{_PLACE}d.{each.ticker}.")
        lines.append(f"{each.name} {WORDS[each.action]}: {own}")
        figures += [figure.model_copy(update={"id": f"d.{each.ticker}.{figure.id}"}) for figure in each.figures]
    return AnalystReport(
        analyst=Analyst.PORTFOLIO,
        stance=Stance(scene.market),
        confidence=60 if targets else 0,
        drivers=tuple(lines),
        risks=() if any(bought_bps(scene, target) for target in targets) else (why_nothing(scene),),
        figures=tuple(figures),
        as_of=scene.now,
    )


def update_of(
    filed: list[dict[str, Any]],
    targets: Sequence[Target],
    decided: Sequence[Decision],
    clamps: Sequence[Clamp],
    notices: list[dict[str, Any]],
) -> dict[str, Any]:
    """What the room leaves in the state."""
    return {
        "route": ["portfolio"],
        "reports": filed,
        "notices": notices,
        "targets": [
            {
                "ticker": target.ticker,
                "weight_bps": target.weight_bps,
                "reason": target.reason,
                "side": None if target.side is None else target.side.value,
            }
            for target in targets
        ],
        "decisions": [decision.to_json() for decision in decided],
        "clamps": [asdict(clamp) for clamp in clamps],
    }


async def _accounts(ports: Ports, names: Sequence[str]) -> list[Fundamentals]:
    """Accounts of the companies; none is no reason to wait or to decide otherwise."""
    try:
        return list(await ports.market.fundamentals(names))
    except PortUnavailable:
        return []
