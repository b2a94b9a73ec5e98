"""How a room is hung into the graph: what every node gets around it so that one silent port cannot end a turn.

Contract: a specialist whose port is silent leaves an `unavailable` report, any other room says so in one sentence; the
turn goes on to `respond`. A pause (`GraphInterrupt`) passes through untouched. No room chooses its own way: a `goto`
is an error here, because LangGraph would take an unknown one without a word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog
from langgraph.runtime import Runtime
from langgraph.types import Command

from domain.clock import Clock
from domain.reports import Analyst, AnalystReport
from graph.paths import ANALYSTS
from nodes.respond.evidence import vouched
from nodes.state import AssistantState, NodeName
from tools.ports import PortUnavailable

log = structlog.get_logger(__name__)

Update = dict[str, Any]
Result = Update | Command[Any] | list[Update | Command[Any]]  # a list is several updates in one step
SPECIALISTS: frozenset[NodeName] = frozenset({*ANALYSTS, "portfolio", "risk"})


class Node(Protocol):
    """What `nodes/<name>/node.py` makes: state in, update out."""

    def __call__(self, state: AssistantState, runtime: Runtime[Any]) -> Awaitable[Result]: ...


class Room(Protocol):
    """A node as the graph calls it."""

    def __call__(self, state: AssistantState, runtime: Runtime[Any]) -> Awaitable[Result]: ...


NodeFactory = Callable[[Any], Node]


def in_room(name: NodeName, node: Node, clock: Clock) -> Room:
    """The node with its safety net."""

    async def room(state: AssistantState, runtime: Runtime[Any]) -> Result:
        try:
            result = await node(state, runtime)
        except PortUnavailable as gone:
            log.warning("room.unavailable", room=name, where=gone.where)
            return _unavailable(name, gone, clock)
        for part in result if isinstance(result, list) else [result]:
            if isinstance(part, Command) and part.goto:
                raise TypeError(f"expected no goto from {name}, was {part.goto!r}: graph/paths.py decides the way")
        return result if name in SPECIALISTS or name == "respond" else _vouched(result)

    room.__name__ = name
    return room


def _vouched(result: Result) -> Result:
    """What a room of code says, with the numbers that it answers for beside the words."""
    for part in result if isinstance(result, list) else [result]:
        if isinstance(part, dict) and part.get("say"):
            part["say"] = vouched(part["say"])
    return result


def _unavailable(name: NodeName, gone: PortUnavailable, clock: Clock) -> Update:
    update: Update = {"route": [name], "notices": [{"code": "unavailable", "text": gone.message}]}
    if name in SPECIALISTS:
        report = AnalystReport.unavailable(Analyst(name), None, gone.message, clock.now())
        return update | {"reports": [report.to_json()]}
    if name == "supervisor":
        update |= {"goal": "inform", "analysts": []}  # nobody is asked: straight to the answer
    return update | {"say": [{"kind": "unavailable", "text": gone.message, "data": {"room": name}}]}
