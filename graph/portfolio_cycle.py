"""The portfolio cycle: look at the book, and only where something is off ask the specialists and propose.

    look → (nothing off: diary) | macro ‖ selector → technical → portfolio → risk → order_desk → diary

Contract: the same rooms as the assistant's; the plan's origin is (account, slot), so a slot that runs twice is one
plan. Orders go out under a signed mandate or wait for an approval. A slot that only reports never reaches the desk.
Who runs when is the scheduler's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from domain.clock import KST
from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from graph.assistant import node_factory
from graph.drift import diary, drift
from graph.order_room import order_room
from graph.rooms import Update, in_room
from nodes.investor import investor_for
from nodes.state import AssistantState, RunContext
from tools.ports import JournalEntry, Ports

SLOT_MINUTES = 30
LAST_SLOT = (15, 30)  # reports and never orders
NO_PROFILE = "확정된 투자성향이 없어 쉬어요."

WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "look": ("macro", "selector", "diary"),
    "macro": ("portfolio",),
    "selector": ("technical",),
    "technical": ("portfolio",),
    "portfolio": ("risk",),
    "risk": ("order_desk", "diary"),
    "order_desk": ("diary",),
    "diary": (),
}


class CycleState(AssistantState, total=False):
    """What a cycle carries besides the rooms' own channels."""

    slot: str  # caller: name of the slot, e.g. 2026-11-23T10:00
    report_only: bool  # caller
    reasons: list[str]  # look


def slot_of(at: datetime, minutes: int = SLOT_MINUTES) -> str:
    """The slot a moment belongs to, KST."""
    local = at.astimezone(KST)
    return (local - timedelta(minutes=local.minute % minutes)).strftime("%Y-%m-%dT%H:%M")


def reports_only(slot: str) -> bool:
    """Whether the slot is the day's last, or later."""
    at = datetime.fromisoformat(slot)
    return (at.hour, at.minute) >= LAST_SLOT


def build_portfolio_cycle(ports: Ports, options: DeskOptions = DEFAULT_OPTIONS) -> StateGraph[Any, Any, Any, Any]:
    """Not compiled; input is {slot, report_only, sleeve: "cycle", order_origin}."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(CycleState, context_schema=RunContext)
    graph.add_node("look", look(ports))
    for name in ("macro", "selector", "technical", "risk"):
        graph.add_node(name, in_room(name, node_factory(name)(ports), ports.clock))
    graph.add_node("portfolio", in_room("portfolio", node_factory("portfolio")(ports), ports.clock), defer=True)
    graph.add_node("order_desk", order_room(ports, options))
    graph.add_node("diary", write_diary(ports, "cycle"))
    graph.add_edge(START, "look")
    graph.add_conditional_edges("look", after_look, list(WAYS["look"]))
    graph.add_edge("macro", "portfolio")
    graph.add_edge("selector", "technical")
    graph.add_edge("technical", "portfolio")
    graph.add_edge("portfolio", "risk")
    graph.add_conditional_edges("risk", after_risk, list(WAYS["risk"]))
    graph.add_edge("order_desk", "diary")
    graph.add_edge("diary", END)
    return graph


def after_look(state: CycleState) -> list[str]:
    return ["macro", "selector"] if state.get("reasons") and state.get("goal") == "trade" else ["diary"]


def after_risk(state: CycleState) -> str:
    return "order_desk" if state.get("proposals") and not state.get("report_only") else "diary"


def look(ports: Ports) -> Any:
    """Reads the book and says what is off."""

    async def look(state: CycleState, runtime: Runtime[Any]) -> Update:
        who = ports.identity(runtime)
        begun = named(state, who.account_ref, ports.clock.now())
        book = await ports.oms.book(who)
        investor = await investor_for(ports, who, book.total_value)
        if investor is None:
            return begun | {"goal": "inform", "reasons": [NO_PROFILE], "proposals": []}
        reasons = list(drift(ports.instruments, investor, book))
        return begun | {"goal": "trade" if reasons else "inform", "reasons": reasons, "proposals": [], "focus": []}

    return look


def named(state: CycleState, account_ref: str, now: datetime) -> Update:
    """Slot, sleeve and origin of a run whose caller gave none (Studio, the SDK): this slot's own."""
    slot = state.get("slot") or slot_of(now)
    origin = state.get("order_origin") or ["cycle", account_ref, slot]
    return {"slot": slot, "sleeve": state.get("sleeve") or "cycle", "order_origin": origin}


def write_diary(ports: Ports, kind: str) -> Any:
    """Three lines for a person, kept in the journal."""

    async def diary_room(state: CycleState, runtime: Runtime[Any]) -> Update:
        who = ports.identity(runtime)
        ordered = [
            {"name": order["name"], "qty": order["qty"], "side": order["side"]}
            for order in state.get("submitted") or []
        ]
        proposals = ordered or [dict(row) for row in state.get("proposals") or []]
        reasons = state.get("reasons", [])
        text = diary(state.get("slot", ""), reasons, proposals, state.get("desk_outcome"))
        said = [str(block["text"]) for block in state.get("say") or [] if str(block["kind"]).startswith("order_")]
        entry = JournalEntry(
            at=ports.clock.now(),
            kind=kind,
            subject=state.get("slot", ""),
            summary=text,
            detail={"proposals": proposals, "outcome": state.get("desk_outcome"), "reasons": reasons},
        )
        await ports.desk.note(who.user_id, entry)
        return {"reply": "\n".join([text, *said])}

    return diary_room
