"""A conversation's turn with three specialists against a bare LangGraph of the same shape.

The peer has the same rooms, parallel branches and deferred joins, the same saver on the same database and the same
durability, and rooms that only write down that they were there. What is on top is ours: the runner (lock, looking
before and after), the rooms' reads and the words. Both start a fresh thread each time, in turns.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from benchmarks.home import assembled, ms, person, profiled, say, spread, table
from graph.events import RoomClosed, RoomOpened, TurnEvent
from nodes.state import append_route
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url
from ui.wiring import Assembled

TEXT = "삼성전자 추천해줘"
SPECIALISTS = ("macro", "selector", "technical")
AFTER = ("portfolio", "risk", "respond")


class Bare(TypedDict, total=False):
    messages: Annotated[list[Any], add_messages]
    route: Annotated[list[str], append_route]


def _room(name: str) -> Callable[[Bare], Any]:
    async def room(state: Bare) -> dict[str, Any]:
        said = {"messages": [AIMessage("네", id="a1")]} if name == "respond" else {}
        return {"route": [name], **said}

    return room


def bare_graph() -> Any:
    """intake → supervisor → macro ‖ selector ‖ technical → portfolio → risk → respond."""
    graph: Any = StateGraph(Bare)
    names = ("intake", "supervisor", *SPECIALISTS, *AFTER)
    for name in names:
        graph.add_node(name, _room(name), defer=name in ("portfolio", "respond"))
    graph.add_edge(START, "intake")
    graph.add_edge("intake", "supervisor")
    for name in SPECIALISTS:
        graph.add_edge("supervisor", name)
        graph.add_edge(name, "portfolio")
    graph.add_edge("portfolio", "risk")
    graph.add_edge("risk", "respond")
    graph.add_edge("respond", END)
    return graph


class Watch:
    """How long each room was open."""

    def __init__(self) -> None:
        self.rooms: dict[str, list[float]] = {}
        self._open: dict[str, float] = {}

    def __call__(self, event: TurnEvent) -> None:
        if isinstance(event, RoomOpened):
            self._open[event.room] = time.perf_counter()
        elif isinstance(event, RoomClosed) and event.room in self._open:
            self.rooms.setdefault(event.room, []).append(time.perf_counter() - self._open.pop(event.room))


async def _ours(parts: Assembled, who: Any, thread: str, watch: Watch | None) -> float:
    began = time.perf_counter()
    result = await parts.runner.say(who, thread, TEXT, str(parts.new_id()), watch)
    took = time.perf_counter() - began
    missing = {*SPECIALISTS, *AFTER} - set(result.route)
    if result.failed or missing:
        raise RuntimeError(f"expected a turn through {SPECIALISTS}, was {result.route}: {result.reply!r}")
    return took


async def _bare(graph: Any, thread: str) -> float:
    began = time.perf_counter()
    config = {"configurable": {"thread_id": thread}, "recursion_limit": 40}
    given = {"messages": [HumanMessage(TEXT, id="h1")]}
    stream = graph.astream(given, config, stream_mode=["tasks", "custom"], durability="sync", version="v2")
    async for _ in stream:
        pass
    return time.perf_counter() - began


async def _run(rounds: int) -> int:
    async with assembled() as parts:
        who = await person(parts, "민수")
        await profiled(parts, who)
        await say(parts, who, "전략 만들어줘")
        url = role_url(parts.settings, "graph")
        async with make_dict_pool(url, "bench-saver", search_path="desk") as pool:
            graph = bare_graph().compile(checkpointer=AsyncPostgresSaver(pool))
            for warm in range(3):
                await _ours(parts, who, f"warm-{warm}", None)
                await _bare(graph, f"warm-{warm}")
            ours, bare, watch = [], [], Watch()
            for number in range(rounds):
                ours.append(await _ours(parts, who, f"turn-{number}", watch))
                bare.append(await _bare(graph, f"bare-{number}"))
        _show(ours, bare, watch)
    return 0


def _show(ours: Sequence[float], bare: Sequence[float], watch: Watch) -> None:
    inside = {name: statistics.median(times) for name, times in watch.rooms.items()}
    rows = [("turn through the runner", *spread(ours)), ("bare LangGraph, same shape", *spread(bare))]
    rows += [(f"  room {name}", ms(took), "") for name, took in sorted(inside.items(), key=lambda each: -each[1])]
    ratio = statistics.median(ours) / statistics.median(bare)
    table(
        "a turn with three specialists", ("what", "p50", "p95"), rows, {"ratio of medians": f"{ratio:.2f} (aim ≤ 1.5)"}
    )


def main(rounds: int) -> int:
    return asyncio.run(_run(rounds))
