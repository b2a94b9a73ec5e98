"""The assistant: intake → supervisor → the goal's path → respond, as a graph; whoever keeps its memory compiles it.

Contract: `build_assistant(ports)` is all wiring; what a room does is in nodes/, where a turn goes is in graph/paths.py.
The node set, the ways and the JSON vocabulary are one list, `nodes.state.NodeName`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from langchain_core.messages import HumanMessage
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from domain.korean.acts import Act
from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from graph.order_room import order_room, order_room_closed
from graph.paths import JOINS, NEXT, ROOMS, after
from graph.rooms import Node, NodeFactory, Result, Room, in_room
from graph.standing import standing
from graph.turn_reads import FILING, RESEARCH, ahead, books_ahead, filing, remembering
from nodes.state import AssistantState, NodeName, RunContext, TurnInput
from tools.ports import Ports

# A turn with one of these most likely asks for the book and the market's day: they are under way while it is decided.
_RESEARCHED = frozenset({Act.PROPOSE.value, Act.ANALYSE.value, Act.NEWS.value})


def node_factory(name: NodeName) -> NodeFactory:
    """`nodes/<name>/node.py: <name>(ports)`; the name of room, file and function is one."""
    return cast(NodeFactory, getattr(import_module(f"nodes.{name}.node"), name))


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
        if len(NEXT[name]) > 1:
            graph.add_conditional_edges(name, after(name), list(NEXT[name]))
        else:
            graph.add_edge(name, NEXT[name][0] if NEXT[name] else END)
    graph.add_edge(START, "intake")
    return graph


def _room(
    name: NodeName, ports: Ports, with_orders: bool, nodes: Mapping[NodeName, Node], options: DeskOptions
) -> Room:
    if name == "order_desk":
        return order_room(ports, options) if with_orders else order_room_closed()
    given = filing(ports) if name in FILING else ports
    node = nodes[name] if name in nodes else node_factory(name)(remembering(given) if name in RESEARCH else given)
    if name == "intake":
        node = _looking_ahead(ports, _with_message(ports, node))
    if name == "supervisor":
        node = _with_standing(ports, node)
    return in_room(name, node, ports.clock)


def _with_message(ports: Ports, node: Node) -> Node:
    """A client that only sends messages (Studio, the SDK) speaks in turns as well; the runner writes `turn` itself."""

    async def intake(state: AssistantState, runtime: Runtime[Any]) -> Result:
        turn, said = state.get("turn"), state.get("messages") or []
        last = said[-1] if said else None
        if not isinstance(last, HumanMessage) or (turn is not None and turn["message_id"] == last.id):
            return await node(state, runtime)
        new = TurnInput(message_id=str(last.id), text=str(last.text), at=ports.clock.now().isoformat())
        known: AssistantState = {**state, "turn": new}
        result = await node(known, runtime)
        parts = result if isinstance(result, list) else [result]
        return [{"turn": new}, *parts]

    return intake


def _looking_ahead(ports: Ports, node: Node) -> Node:
    """Once the words are read, what research asks for is under way."""
    looking = remembering(ports)

    async def intake(state: AssistantState, runtime: Runtime[Any]) -> Result:
        result = await node(state, runtime)
        parts = result if isinstance(result, list) else [result]
        readings = [part.get("reading") for part in parts if isinstance(part, dict)]
        if any(_RESEARCHED & set(reading["acts"]) for reading in readings if reading):
            ahead(looking, ports.identity(runtime))
        return result

    return intake


def _with_standing(ports: Ports, node: Node) -> Node:
    """The supervisor's update plus what the path depends on."""

    looking = remembering(ports)

    async def supervisor(state: AssistantState, runtime: Runtime[Any]) -> Result:
        found = await standing(ports, ports.identity(runtime))
        known = cast(AssistantState, {**state, **found})
        result = await node(known, runtime)
        if not isinstance(result, dict):
            return result
        if result.get("goal") == "propose":
            books_ahead(looking, result.get("focus") or ())
        return {**found, **result}

    return supervisor
