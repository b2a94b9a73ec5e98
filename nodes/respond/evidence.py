"""The last look at a reply: every number of every message is held by something, or its line is not said.

Contract: what holds a number: figures of the turn's reports and blocks, rows of the state (proposals, orders, findings,
weights), what a block carries beside its words, and the person's own messages. A room in which no model writes answers
for the numbers of its blocks itself (`vouched`, put beside the words as they leave the room); rooms that read what the
world wrote may not, and need a figure for each. A message that a model wrote and that fails falls back to the rules'
text of the same message; a line of the rules that fails is left out, and that something was left out is said. Costs one
pass over the text; adds no number and changes none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import HumanMessage

from domain.evidence import EvidenceError, render
from domain.held import Held, numbers_in
from nodes.respond.pieces import IN_WORDS
from nodes.respond.rules import ENGLISH, NO_NUMBER, Draft, Reply
from nodes.state import AssistantState

EARLIER = 12  # messages of the person that are looked back at
_ROWS = (
    "reading",
    "reports",
    "targets",
    "decisions",
    "clamps",
    "proposals",
    "own_order",
    "order_request",
    "submitted",
    "findings",
    "profile_draft",
    "pending_question",
    "candidates",
)


VOUCHED = "vouched"
_OWN = ("badge", "disclaimer")  # kinds that hold respond's own fixed words


@dataclass(frozen=True, slots=True)
class Checked:
    """`refused`: numbers that nothing held, as they were written; empty when all is well."""

    reply: Reply
    refused: tuple[str, ...]


def checked(reply: Reply, ruled: Reply, state: AssistantState, blocks: Sequence[Mapping[str, Any]]) -> Checked:
    """`ruled` is the reply as the rules wrote it, message by message; `blocks` is what the rooms said."""
    held = evidence_of(state, blocks)
    drafts: list[Draft] = []
    refused: list[str] = []
    for draft, rules in zip(reply.drafts, ruled.drafts, strict=True):
        if draft.kind in _OWN:
            drafts.append(draft)
            continue
        foreign = held.foreign(_read(draft))
        if foreign and draft != rules:
            refused += foreign
            draft, foreign = rules, held.foreign(_read(rules))
        if foreign:
            refused += foreign
            draft = _without(draft, held)
        drafts.append(draft)
    return Checked(replace(reply, drafts=tuple(drafts)), tuple(refused))


def vouched(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks as they leave a room of code: beside the words, the numbers that the room answers for."""
    made = []
    for block in blocks:
        data = dict(block.get("data") or {})
        texts = (str(block.get("text") or ""), *map(str, data.get("options") or ()))
        numbers = [number.text for text in texts for number in numbers_in(text)]
        made.append({**block, "data": {**data, VOUCHED: numbers} if numbers else data})
    return made


def evidence_of(state: AssistantState, blocks: Sequence[Mapping[str, Any]]) -> Held:
    """All that may stand behind a number of this turn's reply."""
    held = Held(ENGLISH, *(state.get(name) for name in _ROWS))
    held.add([notice.get("text") for notice in state.get("notices") or [] if notice.get("code") == "bad_input"])
    for block in blocks:
        held.add(block.get("data"))
    said = [message for message in state.get("messages") or [] if isinstance(message, HumanMessage)]
    for message in said[-EARLIER:]:
        held.add(str(message.text))
    turn = state.get("turn")
    held.add(turn["text"] if turn else None)
    return held


def _read(draft: Draft) -> str:
    """What a person would read of it, on the page and in a terminal."""
    words = draft.data.get(IN_WORDS)
    return "\n".join([_filled(draft), *([str(words)] if words else [])])


def _filled(draft: Draft) -> str:
    if draft.figures is None:
        return draft.text
    try:
        return render(draft.text, draft.figures)
    except EvidenceError:
        return ""  # `Draft.filled` says so itself


def _without(draft: Draft, held: Held) -> Draft:
    """The message without the lines that nobody stands behind."""
    data = dict(draft.data)
    if IN_WORDS in data:
        data[IN_WORDS] = _kept(str(data[IN_WORDS]), held)
    kept = [line for line in draft.text.split("\n") if not held.foreign(_filled(replace(draft, text=line)))]
    text = draft.text if len(kept) == draft.text.count("\n") + 1 else "\n".join([*kept, NO_NUMBER])
    return replace(draft, text=text, data=data)


def _kept(text: str, held: Held) -> str:
    lines = text.split("\n")
    kept = [line for line in lines if not held.foreign(line)]
    return text if len(kept) == len(lines) else "\n".join([*kept, NO_NUMBER])
