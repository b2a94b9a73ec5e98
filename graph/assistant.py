"""The assistant: intake → supervisor → the goal's path → respond, as a graph; whoever keeps its memory compiles it.

Contract: `build_assistant(ports)` is all wiring; what a room does is in nodes/, where a turn goes is in graph/paths.py.
The node set, the ways and the JSON vocabulary are one list, `nodes.state.NodeName`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from graph.order_room import order_room, order_room_closed
from graph.paths import JOINS, NEXT, ROOMS, after
from graph.rooms import Node, NodeFactory, Result, Room, in_room
from graph.standing import standing
from nodes.state import AssistantState, NodeName, RunContext
from tools.ports import Ports


def node_factory(name: NodeName) -> NodeFactory:
    """`nodes/<name>/node.py: <name>(ports)`; the name of room, file and function is one."""
    return getattr(import_module(f"nodes.{name}.node"), name)  # type: ignore[no-any-return]


def build_assistant(
    ports: Ports,
    *,
    with_orders: bool = True,
    nodes: Mapping[NodeName, Node] | None = None,
    options: DeskOptions = DEFAULT_OPTIONS,
) -> StateGraph[Any, Any, Any, Any]:
    """Not compiled. `nodes` replaces single rooms (tests, experiments)."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(AssistantState, context_schema=RunContext)
    for name in ROOMS:
        graph.add_node(name, _room(name, ports, with_orders, nodes or {}, options), defer=name in JOINS)
        if NEXT[name]:
            graph.add_conditional_edges(name, after(name), list(NEXT[name]))
        else:
            graph.add_edge(name, END)
    graph.add_edge(START, "intake")
    return graph


def _room(
    name: NodeName, ports: Ports, with_orders: bool, nodes: Mapping[NodeName, Node], options: DeskOptions
) -> Room:
    if name == "order_desk":
        return order_room(ports, options) if with_orders else order_room_closed()
    room = in_room(name, nodes[name] if name in nodes else node_factory(name)(ports), ports.clock)
    return _with_standing(ports, room) if name == "supervisor" else room


def _with_standing(ports: Ports, room: Room) -> Room:
    """The supervisor's update plus what the path depends on."""

    async def supervisor(state: AssistantState, runtime: Runtime[Any]) -> Result:
        found = await standing(ports, ports.identity(runtime))
        known: AssistantState = {**state, **found}  # type: ignore[typeddict-item]
        result = await room(known, runtime)
        return {**found, **result} if isinstance(result, dict) else result

    return supervisor
