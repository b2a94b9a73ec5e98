"""What one call of the runner led to, and how a paused graph is read. Pure but for nothing.

Contract: `TurnResult` is all that a face needs: values of the graph's state, the reply (in words, and as `pieces` for a
face with cards), the rooms visited in this call, and the question that waits, if one does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from langgraph.types import Interrupt, StateSnapshot

from execution.desk.card import card_text
from nodes.respond.pieces import for_buttons, in_words, messages, piece
from nodes.respond.rules import compose
from nodes.state import AssistantState, Piece
from tools.ports import ApprovalRequest

CARD = "주문을 확인하고 [승인]이나 [거절]을 골라 주세요."


@dataclass(frozen=True, slots=True)
class TurnResult:
    """`failed` means that nothing could be answered; `fresh` is False when the same message was answered before."""

    reply: str
    route: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    approval: ApprovalRequest | None = None
    failed: bool = False
    fresh: bool = True

    @property
    def outcome(self) -> str | None:
        """Of the order desk: refused | rejected | expired | submitted | unavailable."""
        return self.values.get("desk_outcome")

    @property
    def pieces(self) -> list[Piece]:
        """The reply as single messages: the rooms' own where they spoke, the rest as text, a card last."""
        rest, asked = self.reply, []
        if self.approval is not None:
            card = card_text(self.approval.card, self.approval.expires_at)
            if rest.endswith(card):
                rest = rest.removesuffix(card)
                asked = [piece("approval", CARD, approval_id=str(self.approval.approval_id))]
        spoken = said_so_far(self.values) if asked else list(self.values.get("pieces") or [])
        words = in_words(spoken)
        if words and rest.rstrip("\n").endswith(words):
            rest = rest.rstrip("\n").removesuffix(words)
        else:
            spoken = []
        front = [piece("text", rest.strip())] if rest.strip() else []
        return for_buttons(messages([*front, *spoken, *asked]))

    def noticed(self, notice: Mapping[str, str] | None) -> TurnResult:
        """With one notice more, last."""
        if notice is None:
            return self
        return replace(self, values={**self.values, "notices": [*self.notices, dict(notice)]})

    @property
    def notices(self) -> list[dict[str, Any]]:
        return list(self.values.get("notices") or [])


def waiting_approval(snapshot: StateSnapshot) -> Interrupt[Any] | None:
    """The question that the thread waits on."""
    for found in snapshot.interrupts:
        if isinstance(found.value, Mapping) and found.value.get("kind") == "approval":
            return found
    return None


def route_of(snapshot: StateSnapshot) -> tuple[str, ...]:
    """Rooms finished this turn, and the one that waits."""
    done = tuple(snapshot.values.get("route") or ())
    return (*done, "order_desk") if snapshot.interrupts else done


def since(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """The rooms of `after` that this call visited; the room that waited before is visited again when it goes on."""
    finished = [room for at, room in enumerate(before) if at < len(after) and after[at] == room]
    if len(finished) == len(before) and before and before[-1] == "order_desk":
        finished = finished[:-1]
    return tuple(after[len(finished) :])


def said_so_far(values: Mapping[str, Any]) -> list[Piece]:
    """What the rooms had to say before a card."""
    if not (values.get("say") or values.get("reports")):
        return []
    state = cast(AssistantState, {**values, "pending_question": None})
    return compose(state, None).pieces


def paused_reply(values: Mapping[str, Any], request: ApprovalRequest, note: str | None) -> str:
    """What is said when the turn stops at the card: what the rooms had to say so far, then the card."""
    parts = [note, in_words(said_so_far(values)), card_text(request.card, request.expires_at)]
    return "\n".join(part for part in parts if part)


def unique(notices: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Notices once each: parallel rooms may have seen the same."""
    return list({(notice["code"], notice["text"]): dict(notice) for notice in notices}.values())


def is_over(request: ApprovalRequest, now: datetime) -> bool:
    return now >= request.expires_at
