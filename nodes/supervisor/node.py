"""Room `supervisor`: one decision a turn, by rules now, by a model through `think` later.

Contract: writes goal, focus, analysts (and the legs when the user picks kept proposals); never a path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime

from domain.korean.reading import Reading
from nodes.state import GOALS, AssistantState, RunContext
from nodes.supervisor.rules import Decision, decide
from tools.llm.think import Task, think
from tools.ports import Ports


@dataclass(frozen=True, slots=True)
class Question:
    """What the decision is made from."""

    reading: Reading
    state: AssistantState


def _check(_: Question, decision: Decision) -> str | None:
    return None if decision.goal in GOALS else f"expected a goal of {', '.join(GOALS)}, was {decision.goal!r}"


ROUTE = Task(
    prompt="supervisor", In=Question, Out=Decision, rules=lambda asked: decide(asked.reading, asked.state), check=_check
)


def supervisor(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        reading = Reading.from_json(state.get("reading") or {})
        decision = (await think(ROUTE, Question(reading, state))).value
        update: dict[str, Any] = {
            "route": ["supervisor"],
            "goal": decision.goal,
            "focus": list(decision.focus),
            "analysts": list(decision.analysts),
            "reading": {**(state.get("reading") or {}), "act": str(decision.act)},
        }
        if decision.order_request is not None:
            update["order_request"] = [dict(leg) for leg in decision.order_request]
        return update

    return node
