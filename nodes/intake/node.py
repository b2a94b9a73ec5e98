"""Room `intake`: a new turn starts here. Resets what belongs to the last turn, reads the text against the open
question.

Contract: never raises on any text; an answered question is closed, an unanswered one stays open. Does not route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime
from langgraph.types import Command

from domain.korean.reading import read
from domain.korean.references import LOOK_BACK, with_reference
from domain.korean.text import MAX_CHARS
from nodes.asking import ORDER_PROPOSALS
from nodes.state import AssistantState, RunContext
from tools.ports import Ports

# Empty to begin with; only what an earlier turn has filled is emptied again, because every write is kept twice.
RESET: dict[str, Any] = {
    "route": None,
    "reports": None,
    "say": None,
    "notices": None,
    "own_order": None,
    "order_request": None,
    "order_origin": None,
    "focus": [],
    "analysts": [],
    "findings": [],
    "submitted": [],
    "decision": None,
    "desk_outcome": None,
    "approval_id": None,
    "approval_expires_at": None,
    "reply": "",
    "pieces": [],
}
EMPTY = "메시지가 비어 있어요. 궁금한 점을 한 문장으로 적어 주세요."
TOO_LONG = "메시지가 길어서 앞부분 2,000자까지만 읽었어요."

Update = list[Command[Any] | dict[str, Any]]


def intake(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[Update]]:
    """Two updates in one step: the reset, then what this turn begins with (a reducer cannot do both in one value)."""

    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> Update:
        turn = state.get("turn")
        text = turn["text"] if turn else ""
        pending = state.get("pending_question")
        reading = read(text, pending=pending, now=ports.clock.now())
        if not (pending is not None and pending["field"] == ORDER_PROPOSALS and state.get("proposals")):
            reading = with_reference(reading, _earlier(state, text))  # among proposals '그거' means those
        begun: dict[str, Any] = {
            "route": ["intake"],
            "reading": reading.to_json(),
            "pending_question": None if reading.answer is not None else pending,
        }
        if not reading.text:
            begun["notices"] = [{"code": "bad_input", "text": EMPTY}]
        elif len(text) > MAX_CHARS:
            begun["notices"] = [{"code": "bad_input", "text": TOO_LONG}]
        left = {key: value for key, value in RESET.items() if state.get(key)}
        return [Command(update=left), begun]

    return node


def _earlier(state: AssistantState, text: str) -> list[str]:
    """The user's last messages before this one, oldest first."""
    said = [str(m.content) for m in state.get("messages") or [] if isinstance(m, HumanMessage)]
    return (said[:-1] if said and said[-1] == text else said)[-LOOK_BACK:]
