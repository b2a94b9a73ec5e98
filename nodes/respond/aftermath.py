"""What follows a submitted order: the book as it stands now, and three ways on.

Contract: reads the book once; a book that does not answer is left out, the order's own words stay. Places nothing.
"""

from __future__ import annotations

from datetime import datetime

from domain.orders.types import TERMINAL, IntentState
from nodes.account.context import Sheet, figured
from nodes.account.views import balance_lines
from nodes.asking import Block, ask_block, question
from nodes.state import AssistantState, PendingQuestion
from tools.ports import Identity, Ports, PortUnavailable

NEXT = ("이유 보기", "전략 보기", "시장 보기")
NEXT_RESTING = ("미체결 보기", "이유 보기", "시장 보기")


async def aftermath(
    ports: Ports, who: Identity, state: AssistantState, now: datetime
) -> tuple[list[Block], PendingQuestion | None]:
    """Blocks and the open question; nothing unless this turn submitted an order, or when another question is open."""
    if state.get("desk_outcome") != "submitted" or "order_desk" not in (state.get("route") or []):
        return [], None
    blocks: list[Block] = []
    try:
        book = await ports.oms.book(who)
    except PortUnavailable:
        book = None
    if book is not None:
        sheet = Sheet("OMS 장부", now)
        blocks.append(figured("balance", balance_lines(book, sheet), sheet))
    pending = state.get("pending_question")
    if pending is not None and not pending.get("about", {}).get("optional"):
        return blocks, None
    resting = any(IntentState(row["state"]) not in TERMINAL for row in state.get("submitted") or [])
    asked = question(
        "supervisor", "next", "다음으로 무엇을 할까요?", NEXT_RESTING if resting else NEXT, now, optional=True
    )
    return [*blocks, ask_block(asked)], asked
