"""The portfolio cycle: look at the book, and only where something is off ask the specialists and propose.

    look → (nothing off: diary) | macro ‖ selector → technical → portfolio → risk → asked_before → order_desk → diary

Contract: the same rooms as the assistant's; charts are read for the candidates and for what is held, in one go. The
plan's origin is (account, slot), so a slot that runs twice is one plan. Orders go out under a signed mandate or wait
for an approval; what was asked today and got no yes is not asked again. A slot that only reports never reaches the
desk. A book that cannot be read is a line in the diary. Who runs when is the scheduler's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from domain.clock import KST
from domain.exits import RuleRow
from domain.reports import Analyst
from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from graph.asked_before import asked_before, loop_of
from graph.assistant import node_factory
from graph.diary import NO_BOOK, Check, diary, missing, went_out
from graph.drift import drift, guard_rules
from graph.exited import MOST_ENTRIES, MOST_ORDERS, exits_on, last_check, sold_by_the_person, told
from graph.order_room import order_room
from graph.rooms import Node, Update, in_room
from graph.turn_reads import FILING, RESEARCH, filing, remembering
from nodes.investor import investor_for
from nodes.portfolio.decisions import MAX_NAMES
from nodes.portfolio.scene import Scene, holdings_of
from nodes.state import AssistantState, NodeName, RunContext
from tools.ports import Identity, JournalEntry, Ports, PortUnavailable

SLOT_MINUTES = 30
NO_PROFILE = "확정된 투자성향이 없어 쉬어요"

WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "look": ("macro", "selector", "diary"),
    "macro": ("portfolio",),
    "selector": ("technical",),
    "technical": ("portfolio",),
    "portfolio": ("risk",),
    "risk": ("asked_before", "diary"),
    "asked_before": ("order_desk", "diary"),
    "order_desk": ("diary",),
    "diary": (),
}


class CycleState(AssistantState, total=False):
    """What a cycle carries besides the rooms' own channels."""

    slot: str  # caller: name of the slot, e.g. 2026-11-23T10:00
    report_only: bool  # caller
    loop: str  # look: cycle or rebalance
    reasons: list[str]  # look: what is off and acts, a sentence each without its full stop
    noted: list[dict[str, Any]]  # look: all that is off, graph.drift.Seen as JSON
    holding: list[str]  # look: tickers held, the largest first
    unread: list[str]  # look: what it could not read
    sold: list[str]  # look: what the guard has sold since the last check, a sentence each without its full stop
    gone: list[str]  # look: tickers that guard or person sold today, which no regular check buys back
    again: str  # asked_before: the hour of an equal question of the day that led to nothing, else empty


def slot_of(at: datetime, minutes: int = SLOT_MINUTES) -> str:
    """The slot a moment belongs to, KST."""
    local = at.astimezone(KST)
    return (local - timedelta(minutes=local.minute % minutes)).strftime("%Y-%m-%dT%H:%M")


def build_portfolio_cycle(ports: Ports, options: DeskOptions = DEFAULT_OPTIONS) -> StateGraph[Any, Any, Any, Any]:
    """Not compiled; input is {slot, report_only, sleeve: "cycle", order_origin}."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(CycleState, context_schema=RunContext)
    graph.add_node("look", look(ports))
    for name in ("macro", "selector", "technical", "risk"):
        graph.add_node(name, specialist(name, ports), input_schema=CycleState)  # else they see no key of ours
    graph.add_node("portfolio", specialist("portfolio", ports), input_schema=CycleState, defer=True)
    graph.add_node("asked_before", asked_before(ports))
    graph.add_node("order_desk", order_room(ports, options))
    graph.add_node("diary", write_diary(ports))
    graph.add_edge(START, "look")
    graph.add_conditional_edges("look", after_look, list(WAYS["look"]))
    graph.add_edge("macro", "portfolio")
    graph.add_edge("selector", "technical")
    graph.add_edge("technical", "portfolio")
    graph.add_edge("portfolio", "risk")
    graph.add_conditional_edges("risk", after_risk, list(WAYS["risk"]))
    graph.add_conditional_edges("asked_before", after_asked_before, list(WAYS["asked_before"]))
    graph.add_edge("order_desk", "diary")
    graph.add_edge("diary", END)
    return graph


def specialist(name: NodeName, ports: Ports) -> Any:
    """A room of the assistant's, its reads asked once a run; the technical one reads what is held as well."""
    given = filing(ports) if name in FILING else ports
    node: Node = node_factory(name)(remembering(given) if name in RESEARCH else given)
    if name == "technical":
        node = _with_held(node)
    return in_room(name, _without_gone(node) if name == "portfolio" else node, ports.clock)


def _without_gone(node: Node) -> Node:
    """What a stop or the person sold is no candidate on the same day."""

    async def portfolio(state: AssistantState, runtime: Runtime[Any]) -> Any:
        gone = cast(CycleState, state).get("gone") or []
        kept = [ticker for ticker in state.get("candidates", []) if ticker not in gone]
        return await node({**state, "candidates": kept}, runtime)

    return portfolio


def _with_held(node: Node) -> Node:
    async def technical(state: AssistantState, runtime: Runtime[Any]) -> Any:
        held = cast(CycleState, state).get("holding") or []
        names = list(dict.fromkeys([*state.get("candidates", []), *held]))[:MAX_NAMES]
        return await node({**state, "candidates": names}, runtime)

    return technical


def after_look(state: CycleState) -> list[str]:
    return ["macro", "selector"] if state.get("reasons") and state.get("goal") == "trade" else ["diary"]


def after_risk(state: CycleState) -> str:
    return "asked_before" if state.get("proposals") and not state.get("report_only") else "diary"


def after_asked_before(state: CycleState) -> str:
    return "diary" if state.get("again") else "order_desk"


def look(ports: Ports) -> Any:
    """Reads the book and says what is off."""
    reading = remembering(ports)

    async def look(state: CycleState, runtime: Runtime[Any]) -> Update:
        who = ports.identity(runtime)
        begun = named(state, who.account_ref, ports.clock.now())
        begun |= {
            "goal": "inform",
            "reasons": [],
            "noted": [],
            "proposals": [],
            "focus": [],
            "holding": [],
            "unread": [],
            "sold": [],
            "gone": [],
        }
        try:
            scene, rows, unread = await _scene(reading, who)
            orders = await reading.oms.orders(who, limit=MOST_ORDERS)
            exits, by_hand = exits_on(orders, ports.clock.now()), sold_by_the_person(orders, ports.clock.now())
            entries = await ports.desk.journal(who.user_id, ("cycle",), MOST_ENTRIES) if exits else []
        except PortUnavailable:
            return begun | {"reasons": [NO_BOOK]}
        if scene is None:
            return begun | {"reasons": [NO_PROFILE]}
        book = await reading.oms.book(who)
        gone = sorted({one.ticker for one in exits} | by_hand)
        seen = [one for one in drift(scene, guard_rules(book, rows)) if not (one.code == "mix" and one.ticker in gone)]
        reasons = [each.text for each in seen if each.acts]
        held = sorted(scene.holdings, key=lambda holding: (-holding.value, holding.ticker))
        return begun | {
            "goal": "trade" if reasons else "inform",
            "reasons": reasons,
            "noted": [each.to_json() for each in seen],
            "holding": [holding.ticker for holding in held],
            "unread": unread,
            "sold": told(exits, last_check(entries, str(begun["slot"]))),
            "gone": gone,
        }

    return look


async def _scene(ports: Ports, who: Identity) -> tuple[Scene | None, list[RuleRow], list[str]]:
    """The book with what is on its way, the exits in force, and what could not be read beside them. None without a
    profile. Raises PortUnavailable without a book."""
    book, waiting = await asyncio.gather(ports.oms.book(who), ports.oms.orders(who, open_only=True))
    investor = await investor_for(ports, who, book.total_value)
    if investor is None:
        return None, [], []
    holdings, unread = holdings_of(book, ports.instruments, waiting), []
    halted: frozenset[str] = frozenset()
    try:
        quotes = await ports.market.quotes([holding.ticker for holding in holdings])
        halted = frozenset(quote.ticker for quote in quotes if quote.halted)
    except PortUnavailable:
        unread = ["시세"]
    scene = Scene(
        table=ports.instruments,
        investor=investor,
        now=ports.clock.now(),
        prices={each.ticker: each.price for each in book.positions},
        holdings=holdings,
        halted=halted,
        cash=book.buying_power,
    )
    return scene, await ports.desk.exit_rules(who.account_ref), unread


def named(state: CycleState, account_ref: str, now: datetime) -> Update:
    """Slot, sleeve and origin of a run whose caller gave none (Studio, the SDK): this slot's own."""
    slot = state.get("slot") or slot_of(now)
    origin = state.get("order_origin") or ["cycle", account_ref, slot]
    return {
        "slot": slot,
        "sleeve": state.get("sleeve") or "cycle",
        "order_origin": origin,
        "loop": str(origin[0]),
    }


def write_diary(ports: Ports) -> Any:
    """Three lines for a person, kept in the journal with what they were made from."""

    async def diary_room(state: CycleState, runtime: Runtime[Any]) -> Update:
        who = ports.identity(runtime)
        outcome = state.get("desk_outcome")
        sent, kept = went_out(state.get("submitted") or [])
        if kept and not sent:
            outcome = "refused"
        orders = sent or [dict(row) for row in state.get("proposals") or []]
        check = check_of(state, orders)
        text = diary(replace(check, outcome=outcome, why=" ".join([*kept, check.why]).strip()))
        said = [str(block["text"]) for block in state.get("say") or [] if str(block["kind"]).startswith("order_")]
        detail = {
            "loop": loop_of(state),
            "proposals": orders,
            "outcome": outcome,
            "reasons": state.get("reasons", []),
            "seen": state.get("noted") or [],
            "decisions": state.get("decisions") or [],
            "limits": state.get("clamps") or [],
            "again": state.get("again") or "",
        }
        await ports.desk.note(
            who.user_id, JournalEntry(ports.clock.now(), "cycle", state.get("slot", ""), text, detail)
        )
        return {"reply": "\n".join([text, *said])}

    return diary_room


def check_of(state: CycleState, orders: list[dict[str, Any]]) -> Check:
    """The run as its diary tells it."""
    reports = state.get("reports") or []
    noted = [str(row["text"]) for row in state.get("noted") or [] if not row.get("acts")]
    return Check(
        slot=state.get("slot", ""),
        loop=loop_of(state),
        seen=[*state.get("reasons", []), *noted],
        sold=state.get("sold") or [],
        orders=orders,
        outcome=state.get("desk_outcome"),
        why=_why(state, orders),
        missing=[*(state.get("unread") or []), *missing(reports, state.get("notices") or [])],
        again=state.get("again") or "",
    )


def _why(state: CycleState, orders: list[dict[str, Any]]) -> str:
    """The reason of the first order, or why there is none; empty when nothing was weighed."""
    limits = [str(row["message"]) for row in state.get("clamps") or []]
    if state.get("desk_outcome") == "refused":
        refused = [str(row["message"]) for row in state.get("findings") or [] if row.get("effect") == "refuse"]
        if refused:
            return refused[0]
    if not orders:
        weighed = [row for row in state.get("reports") or [] if row.get("analyst") == Analyst.PORTFOLIO.value]
        risks = [str(text) for row in weighed for text in row.get("risks") or []]
        return " ".join([*risks, *limits][:1])
    acted = [row for row in state.get("decisions") or [] if row["action"] != "HOLD"]
    names = {str(row["name"]) for row in orders}
    reasons = [f"{row['name']}: {row['reason']}" for row in acted if row["name"] in names]
    return " ".join([*reasons[:1], *limits[:1]])
