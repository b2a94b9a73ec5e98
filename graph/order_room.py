"""The order desk as a room of a bigger graph: what the turn wants ordered goes in, what came of it comes out.

Contract: the user's own order wins over kept proposals; the plan's origin is the message that wanted it, so saying it
again is the same plan. With orders disabled (a turn beside a waiting approval) the room points to the card.
"""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from execution.desk.desk import build_order_desk
from execution.desk.options import DEFAULT_OPTIONS, DeskOptions
from graph.rooms import Room, Update
from nodes.respond.evidence import vouched
from nodes.state import AssistantState
from nodes.supervisor.picks import leg_of
from tools.ports import Ports

KEPT = ("plan_id", "plan_version", "plan_hash", "findings", "approval_id", "decision", "submitted", "desk_outcome")
WAITING = "승인을 기다리는 주문이 있어요. 먼저 승인 카드에서 [승인]이나 [거절]을 눌러 주세요."


def order_room(ports: Ports, options: DeskOptions = DEFAULT_OPTIONS) -> Room:
    """Runs the desk inside the turn; an approval pauses both."""
    desk = build_order_desk(ports, options).compile()

    async def order_desk(state: AssistantState, runtime: Runtime[Any]) -> Update:
        result = await desk.ainvoke(desk_input(state, _thread(runtime)))
        return {
            **{key: result.get(key) for key in KEPT},
            "approval_expires_at": None,
            "route": ["order_desk"],
            "say": vouched(result.get("say", [])),
            "own_order": None,
            "order_request": None,
            "order_origin": None,
            "proposals": [] if result.get("desk_outcome") == "submitted" else state.get("proposals", []),
        }

    return order_desk


def order_room_closed() -> Room:
    """The room while an approval is pending."""

    async def order_desk(state: AssistantState, runtime: Runtime[Any]) -> Update:
        return {
            "route": ["order_desk"],
            "say": [{"kind": "order_waiting", "text": WAITING, "data": {}}],
            "own_order": None,
        }

    return order_desk


def _thread(runtime: Runtime[Any]) -> str:
    found = runtime.execution_info.thread_id if runtime.execution_info else None
    return found or "unthreaded"


def desk_input(state: AssistantState, thread: str) -> dict[str, Any]:
    """The desk's starting state. A caller that knows better sets `order_request` and `order_origin` itself."""
    own = state.get("own_order")
    request = state.get("order_request") or ([dict(own)] if own else None)
    if request is None:
        # All of them, in order: only then can one wait for another.
        request = [leg_of(each) | {"after_leg": each.get("after_leg")} for each in state.get("proposals", [])]
    turn = state.get("turn")
    origin = state.get("order_origin") or ["chat", thread, turn["message_id"] if turn else "none"]
    return {"order_request": request, "order_origin": origin, "sleeve": state.get("sleeve") or "manual"}
