"""Where a model may help to route: a sentence that rules could not place, and nothing else. Pure.

Contract: a goal of the list with what it is about; an order in a model's reading is a question back to the user, never
a leg; sectors are words of our own table. One decision a turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from domain.instruments import SECTORS
from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.korean.text import clean, unquoted
from nodes.state import GOALS, AssistantState, Goal
from nodes.supervisor.rules import Decision

MAX_TEXT = 500
Page = Literal[
    "balance",
    "pnl",
    "equity",
    "open_orders",
    "history",
    "help",
    "strategy_show",
    "profile_show",
    "stops",
    "why",
    "why_halted",
    "none",
]


@dataclass(frozen=True, slots=True)
class Question:
    """What the decision is made from."""

    reading: Reading
    state: AssistantState


class RouteReply(BaseModel):
    """What the user wants."""

    goal: Goal = Field(description="목록의 목표 가운데 하나")
    page: Page = Field(description="goal이 account일 때 볼 것. 아니거나 모르겠으면 none.")
    sectors: list[str] = Field(
        max_length=3, description="사용자가 말한 업종. 다음 이름만 쓴다: " + ", ".join(SECTORS) + ". 없으면 빈 목록."
    )


def unplaced(asked: Question, ruled: Decision) -> bool:
    """Whether rules had no idea: only then a model is asked."""
    pending = asked.state.get("pending_question")
    waits = pending is not None and not pending.get("about", {}).get("optional")
    return ruled.goal == "account" and ruled.act == Act.NONSENSE and not waits and bool(own_words(asked.reading))


def own_words(reading: Reading) -> str:
    """The user's own words; what was quoted or pasted is not theirs."""
    own = unquoted(clean(reading.text))[0][:MAX_TEXT]
    return own if any(sign.isalpha() for sign in own) else ""


def told(asked: Question) -> Mapping[str, str]:
    pending = asked.state.get("pending_question")
    standing = "확인됨" if asked.state.get("profile_version") else "없음"
    return {
        "profile": standing,
        "pending": "없음" if pending is None else str(pending.get("about", {}).get("text") or pending["field"]),
        "text": own_words(asked.reading),
    }


def routed(asked: Question, ruled: Decision, reply: RouteReply) -> Decision:
    """The model's goal as a decision of ours. Raises ValueError."""
    if reply.goal not in GOALS:
        raise ValueError(f"expected a goal of {', '.join(GOALS)}, was {reply.goal!r}")
    unknown = [sector for sector in reply.sectors if sector not in SECTORS]
    if unknown:
        raise ValueError(f"expected sectors of the table, was {', '.join(unknown)[:60]}")
    sectors = tuple(dict.fromkeys(reply.sectors))
    if reply.goal == "account":
        return ruled if reply.page == "none" else Decision("account", reply.page)
    if reply.goal == "trade":
        return Decision("account", Act.ORDER_SIDELESS)  # what and how much is the user's to say
    if reply.goal == "inform":
        return Decision("inform", Act.MACRO, analysts=("macro", "selector") if sectors else ("macro",), needs=sectors)
    act = {"profile": Act.PROFILE_START, "strategy": Act.STRATEGY_MAKE, "propose": Act.PROPOSE}[reply.goal]
    return Decision(reply.goal, act, needs=sectors)
