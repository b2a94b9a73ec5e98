"""Room `supervisor`: one decision a turn, by rules, or by a model where the rules could not place a sentence.

Contract: writes goal, focus, analysts (and the legs when the user picks kept proposals); never a path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from domain.korean.reading import Reading
from nodes.mind import answered_by
from nodes.state import GOALS, AssistantState, RunContext
from nodes.supervisor.asking import Question, RouteReply, routed, told, unplaced
from nodes.supervisor.rules import Decision, decide
from tools.llm.think import Task, think
from tools.ports import Ports


def _check(_: Question, decision: Decision) -> str | None:
    return None if decision.goal in GOALS else f"expected a goal of {', '.join(GOALS)}, was {decision.goal!r}"


ROUTE = Task(
    prompt="supervisor",
    In=Question,
    Out=Decision,
    rules=lambda asked: decide(asked.reading, asked.state),
    check=_check,
    Reply=RouteReply,
    variables=told,
    merge=routed,
)


def supervisor(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        reading = Reading.from_json(state.get("reading") or {})
        asked = Question(reading, state)
        decision, notices = decide(reading, state), []
        if unplaced(asked, decision):
            outcome = await think(ROUTE, asked)
            if outcome.value != decision:
                reading = replace(reading, sectors=outcome.value.needs)
            if outcome.by == "rules" or outcome.value != decision:  # a model without an idea did not help
                notices = answered_by("말씀 이해", outcome)
            decision = outcome.value
        update: dict[str, Any] = {
            "route": ["supervisor"],
            "goal": decision.goal,
            "focus": list(decision.focus),
            "analysts": list(decision.analysts),
            "reading": {**(state.get("reading") or {}), "sectors": list(reading.sectors), "act": str(decision.act)},
        }
        if notices:
            update["notices"] = notices
        if decision.order_request is not None:
            update["order_request"] = [dict(leg) for leg in decision.order_request]
        return update

    return node
