"""docs/graphs.md, drawn from the graphs themselves: `python -m graph.dev_pictures` writes it, a test compares.

Contract: pictures as Studio shows them, the order desk opened up; beside each a table of every way that is chosen and
what chooses it, because a picture of a condition has no words.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tools import strict as strict  # before anything imports LangGraph
from tools.settings import ROOT

FILE: Final[Path] = ROOT / "docs" / "graphs.md"
GRAPHS: Final[Mapping[str, str]] = {
    "assistant": "A conversation's turn. `graph/paths.py` chooses the ways; rooms only write state.",
    "portfolio_cycle": "The book looked at in a slot, and proposals where something is off.",
    "rebalance": "What outgrew its limits brought back; never a stop.",
}
_HEAD = """# The graphs

Drawn by `python -m graph.dev_pictures`; do not edit. Solid lines are always taken, dotted ones are chosen; rooms marked
*defer* wait for every branch that still runs. `order_desk` is a graph of its own inside a room: a pause at `approval`
pauses both.
"""


def compiled(name: str) -> Any:
    """The graph as the development server hands it out."""
    import graph.dev as dev

    return asyncio.run(getattr(dev, name)({"configurable": {}}))


def ways(graph: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Each room with the rooms it may choose between; "end" leaves the order desk."""
    found: dict[str, list[str]] = {}
    for edge in graph.get_graph(xray=True).edges:
        if edge.conditional:
            target = "end" if edge.target == "order_desk:__end__" else _plain(edge.target)
            found.setdefault(_plain(edge.source), []).append(target)
    return [(room, tuple(sorted(set(targets)))) for room, targets in sorted(found.items())]


def _plain(name: str) -> str:
    """`order_desk:__start__` is how a picture enters the desk."""
    return name.removesuffix(":__start__").replace("order_desk:__end__", "order_desk")


def chosen_by(name: str, room: str) -> str:
    """Where the choice after a room is written."""
    if ":" in room:
        return "the room itself, `execution/desk`"
    return "`graph/paths.py`" if name == "assistant" else f"`after_{room}`"


def page(graphs: Sequence[str] = tuple(GRAPHS)) -> str:
    """The whole document."""
    parts = [_HEAD]
    for name in graphs:
        graph = compiled(name)
        rows = [f"| {room} | {', '.join(targets)} | {chosen_by(name, room)} |" for room, targets in ways(graph)]
        drawn = graph.get_graph(xray=True).draw_mermaid().strip()
        parts.append(f"## {name}\n\n{GRAPHS[name]}\n\n```mermaid\n{drawn}\n```\n")
        parts.append("\n".join(["| After | one or more of | chosen by |", "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")
