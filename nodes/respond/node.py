"""Room `respond`: the one voice. Turns the turn's blocks into the reply and closes the turn.

Contract: writes `reply`, `pieces`, one AIMessage and the question that stands open; the rules-mode badge opens a
conversation once; a submitted order is followed by the book. No number leaves that nothing holds (`evidence`); what
was refused is logged by count, never by its words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from nodes.respond.aftermath import aftermath
from nodes.respond.evidence import checked
from nodes.respond.rules import compose
from nodes.respond.writer import reworded
from nodes.state import AssistantState, RunContext
from tools.llm.think import badge
from tools.ports import Ports

log = structlog.get_logger(__name__)
REFUSED: Counter[str] = Counter()  # of this process: replies that were mended, numbers that nothing held


def respond(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        now = badge()
        first = not any(isinstance(message, AIMessage) for message in state.get("messages") or [])
        turn = state.get("turn")
        more, asked = await aftermath(ports, ports.identity(runtime), state, ports.clock.now())
        known: AssistantState = {**state, "say": [*(state.get("say") or []), *more]}
        if asked is not None:
            known["pending_question"] = asked
        reply = compose(known, now.text if first and now.by == "rules" else None)
        ruled = reply
        reply, told = await reworded(reply, state, ports.clock.now())
        looked = checked(reply, ruled, state, known["say"])
        if looked.refused:
            REFUSED["replies"] += 1
            REFUSED["numbers"] += len(looked.refused)
            log.warning("reply.numbers_refused", numbers=len(looked.refused), route=list(state.get("route") or []))
            reply = looked.reply
        message = AIMessage(reply.text, id=f"{turn['message_id']}:reply" if turn else None)
        update: dict[str, Any] = {
            "route": ["respond"],
            "reply": reply.text,
            "pieces": reply.pieces,
            "messages": [message],
            "pending_question": reply.pending,
        }
        if first and now.by == "rules":
            told = [{"code": "rules_mode", "text": now.text}, *told]
        if told:
            update["notices"] = told
        return update

    return node
