"""The order desk as a graph: draft_plan → risk_gate → approval → preflight → handoff → await_ack.

Contract: one run carries one plan from a wish to the broker's first word, or to a clear no. It can be compiled alone or
run inside another graph; `approval` pauses it for as long as it takes. Every way a room may go is listed here.
"""

from __future__ import annotations

from typing import Any, Final

from langgraph.graph import START, StateGraph

from execution.desk.asking import Step, draft_plan, risk_gate
from execution.desk.deciding import approval, preflight
from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from execution.desk.run import DeskRun
from execution.desk.sending import await_ack, handoff
from tools.ports import Ports

WAYS: Final[dict[str, tuple[str, ...]]] = {
    "draft_plan": ("risk_gate", "__end__"),
    "risk_gate": ("risk_gate", "approval", "handoff", "__end__"),
    "approval": ("approval", "preflight", "draft_plan", "__end__"),
    "preflight": ("approval", "handoff", "draft_plan", "__end__"),
    "handoff": ("await_ack", "approval", "__end__"),
    "await_ack": ("__end__",),
}


def build_order_desk(ports: Ports, options: DeskOptions = DEFAULT_OPTIONS) -> StateGraph[Any, Any, Any, Any]:
    """Not compiled: the caller brings the saver."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(DeskRun)
    rooms: dict[str, Step] = {
        "draft_plan": draft_plan(ports, options),
        "risk_gate": risk_gate(ports, options),
        "approval": approval(ports),
        "preflight": preflight(ports, options),
        "handoff": handoff(ports, options),
        "await_ack": await_ack(ports, options),
    }
    for name, room in rooms.items():
        graph.add_node(name, room, destinations=WAYS[name])
    graph.add_edge(START, "draft_plan")
    return graph
