"""Rebalance: bring what outgrew its limits back, and tell the guard what the strategy wants of its holdings.

    look → guard_rules → trims → risk → asked_before → order_desk → diary

Contract: never fires a stop; a strategy's exit rules are written where the guard reads them, and what is in force is
told as a report and a journal line. Only reducing trades are proposed here: of the cycle's own shares under a signed
mandate, of whatever the person holds with an approval, because an origin sells only its own and a person owns them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from domain.evidence import Figure, Unit
from domain.exits import RuleSource
from domain.mandate import MandateKind
from domain.proto import oms_pb2 as pb
from domain.reports import Analyst, AnalystReport, Stance
from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from execution.desk.run import live_mandate
from graph.asked_before import asked_before
from graph.drift import GuardRule, strategys_rule
from graph.drift import guard_rules as in_force
from graph.order_room import order_room
from graph.portfolio_cycle import CycleState, after_asked_before, after_risk, look, specialist, write_diary
from graph.rooms import Update
from nodes.basis import basis_of
from nodes.investor import investor_for
from nodes.portfolio.decisions import Action, decisions
from nodes.portfolio.node import update_of
from nodes.portfolio.rules import allocated
from nodes.portfolio.scene import Holding, Scene, holdings_of
from nodes.reporting import file_reports
from nodes.state import RunContext
from tools.ports import Identity, JournalEntry, Ports, PortUnavailable, StoredStrategy

WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "look": ("guard_rules",),
    "guard_rules": ("trims",),
    "trims": ("risk", "diary"),
    "risk": ("asked_before", "diary"),
    "asked_before": ("order_desk", "diary"),
    "order_desk": ("diary",),
    "diary": (),
}


def build_rebalance(ports: Ports, options: DeskOptions = DEFAULT_OPTIONS) -> StateGraph[Any, Any, Any, Any]:
    """Not compiled; input as for the cycle."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(CycleState, context_schema=RunContext)
    graph.add_node("look", look(ports))
    graph.add_node("guard_rules", guard_rules(ports))
    graph.add_node("trims", trims(ports))
    graph.add_node("risk", specialist("risk", ports))
    graph.add_node("asked_before", asked_before(ports))
    graph.add_node("order_desk", order_room(ports, options))
    graph.add_node("diary", write_diary(ports))
    graph.add_edge(START, "look")
    graph.add_edge("look", "guard_rules")
    graph.add_edge("guard_rules", "trims")
    graph.add_conditional_edges("trims", after_trims, list(WAYS["trims"]))
    graph.add_conditional_edges("risk", after_risk, list(WAYS["risk"]))
    graph.add_conditional_edges("asked_before", after_asked_before, list(WAYS["asked_before"]))
    graph.add_edge("order_desk", "diary")
    graph.add_edge("diary", END)
    return graph


def after_trims(state: CycleState) -> str:
    return "risk" if state.get("targets") else "diary"


def guard_rules(ports: Ports) -> Any:
    """Tells the guard what the strategy wants of its holdings, and writes down what it goes by."""

    async def guard_rules(state: CycleState, runtime: Runtime[Any]) -> Update:
        who, now = ports.identity(runtime), ports.clock.now()
        book = await ports.oms.book(who)
        strategies = await ports.desk.strategies(who.user_id, 1)
        if strategies:
            await _tell_the_guard(ports, who, book, strategies[0])
        rules = in_force(book, await ports.desk.exit_rules(who.account_ref))
        if not rules:
            return {"reports": []}
        reports = [_report(rule, now) for rule in rules]
        plain = [
            {"ticker": rule.ticker, "stop_price": rule.stop_price, "take_price": rule.take_price, "source": rule.source}
            for rule in rules
        ]
        entry = JournalEntry(
            now,
            "cycle",
            state.get("slot", ""),
            "보유 종목의 손절·익절 기준을 적어 두었어요.",
            {"loop": "rebalance", "guard_rules": plain},
        )
        await ports.desk.note(who.user_id, entry)
        return {"reports": await file_reports(ports, who.user_id, reports)}

    return guard_rules


async def _tell_the_guard(ports: Ports, who: Identity, book: pb.BookReply, strategy: StoredStrategy) -> None:
    """The strategy speaks for the names of its universe, and takes back what it said of others."""
    risk = strategy.spec.get("risk")
    wanted = strategys_rule(risk if isinstance(risk, Mapping) else None)
    universe = (strategy.spec.get("universe") or {}).get("tickers") or ()
    held = {position.ticker for position in book.positions if position.quantity > 0}
    said = {row.ticker for row in await ports.desk.exit_rules(who.account_ref) if row.source is RuleSource.STRATEGY}
    for ticker in sorted((held & set(universe)) | said):
        rule = wanted if ticker in universe else None
        await ports.desk.keep_exit_rule(who, ticker, rule, strategy.strategy_id)


def _report(rule: GuardRule, now: Any) -> AnalystReport:
    def figure(key: str, value: int, label: str) -> Figure:
        return Figure(id=f"g.{key}", value=value, unit=Unit.WON, source="잔고의 평균 매입가", as_of=now, label=label)

    said, figures = [], [figure("average", rule.average, "평균 매입가")]
    if rule.stop_price:
        said.append("손절 {{f:g.stop}}")
        figures.append(figure("stop", rule.stop_price, "손절가"))
    if rule.take_price:
        said.append("익절 {{f:g.take}}")
        figures.append(figure("take", rule.take_price, "익절가"))
    return AnalystReport(
        analyst=Analyst.RISK,
        ticker=rule.ticker,
        stance=Stance.NEUTRAL,
        confidence=100,
        drivers=(f"{', '.join(said) or '자동 매도 없이'} 지켜봐요.",),
        figures=tuple(figures),
        as_of=now,
    )


def trims(ports: Ports) -> Any:
    """Targets for what outgrew its limit or its place in the mix, nothing else."""

    async def trims(state: CycleState, runtime: Runtime[Any]) -> Update:
        who, now = ports.identity(runtime), ports.clock.now()
        book, waiting = await asyncio.gather(ports.oms.book(who), ports.oms.orders(who, open_only=True))
        investor = await investor_for(ports, who, book.total_value)
        if investor is None:
            return {"targets": [], "decisions": [], "clamps": []}
        mandate = await live_mandate(ports, who.account_ref, MandateKind.CYCLE)
        holdings = holdings_of(book, ports.instruments, waiting)
        scene = Scene(ports.instruments, investor, now, holdings=holdings, halted=await halted(ports, holdings), cash=0)
        allocation = allocated(scene)
        decided = decisions(scene, allocation.targets)
        sold = [each for each in decided if each.action is not Action.HOLD]  # nobody has read the others' charts
        found = update_of([], allocation.targets, sold, allocation.clamps, [])
        found["basis"] = basis_of(scene, allocation.targets, allocation.clamps, by="rules", turn=None)
        return {**found, "route": [], "sleeve": "manual" if mandate is None else "cycle"}

    return trims


async def halted(ports: Ports, holdings: Sequence[Holding]) -> frozenset[str]:
    """Tickers among the holdings that do not trade now; unknown is no halt, the gate looks again."""
    try:
        quotes = await ports.market.quotes([holding.ticker for holding in holdings])
    except PortUnavailable:
        return frozenset()
    return frozenset(quote.ticker for quote in quotes if quote.halted)
