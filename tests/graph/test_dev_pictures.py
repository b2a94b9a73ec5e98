"""What Studio draws is what the code does: every room, every way, and the order desk opened up."""

from __future__ import annotations

from typing import Any

import pytest

from execution.desk.desk import WAYS as DESK
from graph.dev_pictures import FILE, GRAPHS, compiled, page, ways
from graph.paths import JOINS, NEXT, ROOMS
from graph.portfolio_cycle import WAYS as CYCLE
from graph.rebalance import WAYS as REBALANCE

ROOMS_OF = {"assistant": set(ROOMS), "portfolio_cycle": set(CYCLE), "rebalance": set(REBALANCE)}
# Ways that are always taken, so that the picture draws them solid.
STRAIGHT = {
    "portfolio_cycle": {("macro", "portfolio"), ("selector", "technical"), ("technical", "portfolio")}
    | {("portfolio", "risk"), ("order_desk", "diary")},
    "rebalance": {("look", "guard_rules"), ("guard_rules", "trims"), ("order_desk", "diary")},
    "assistant": {("intake", "supervisor"), ("portfolio", "risk"), ("order_desk", "respond")},
}


def edges(graph: Any, conditional: bool) -> set[tuple[str, str]]:
    drawn = graph.get_graph().edges
    return {(edge.source, edge.target) for edge in drawn if edge.conditional is conditional}


@pytest.mark.parametrize("name", GRAPHS)
def test_every_room_and_every_way_is_in_the_picture(name: str) -> None:
    graph = compiled(name)
    listed = {"assistant": NEXT, "portfolio_cycle": CYCLE, "rebalance": REBALANCE}[name]
    told = {(room, after) for room, targets in listed.items() for after in targets}
    assert set(graph.get_graph().nodes) - {"__start__", "__end__"} == ROOMS_OF[name]
    assert edges(graph, conditional=True) == told - STRAIGHT[name]
    first = "intake" if name == "assistant" else "look"
    last = "respond" if name == "assistant" else "diary"
    assert edges(graph, conditional=False) == STRAIGHT[name] | {("__start__", first), (last, "__end__")}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_order_desk_is_opened_up_with_all_its_ways(name: str) -> None:
    found = dict(ways(compiled(name)))
    for room, targets in DESK.items():
        inside = {"end" if target == "__end__" else f"order_desk:{target}" for target in targets}
        assert set(found[f"order_desk:{room}"]) == inside


def test_joins_are_marked_as_waiting() -> None:
    text = compiled("assistant").get_graph().draw_mermaid()
    marked = {line.split("(")[0].strip() for line in text.splitlines() if "defer = True" in line}
    assert marked == set(JOINS)


def test_the_document_is_what_the_code_draws() -> None:
    assert FILE.read_text("utf-8") == page(), "run python -m graph.dev_pictures"
