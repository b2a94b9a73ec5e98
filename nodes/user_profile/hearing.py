"""An answer in words that the rules did not understand, heard by a model: one of the options, with the words quoted.

Contract: pure but for the asking; only open questions of the questionnaire, only values of their closed set, and only
with words that stand in the user's own message. What is heard is read back at once ('… 적었어요'); doubt asks again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.korean.replies import Answer
from domain.korean.text import clean, unquoted
from domain.suitability import Item, options, question
from nodes.state import PendingQuestion
from nodes.user_profile.apply import ASK_LINE
from tools.llm.think import Outcome, Task, think

READ_BACK = 80  # percent: surer than that nobody is about another one's words
MIN_QUOTE = 2
_ITEMS = frozenset(item.value for item in Item)


@dataclass(frozen=True, slots=True)
class Said:
    """The open question and the user's own words."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A value of the item's set, the words that say so, and how sure."""

    value: str
    quote: str
    confidence: int


class HeardReply(BaseModel):
    """One answer, or none."""

    value: str = Field(description="보기의 값 하나. 사용자의 말에 답이 없으면 빈 문자열.")
    quote: str = Field(description="그렇게 고른 근거가 되는 사용자의 말. 글자 그대로 옮긴다. 답이 없으면 빈 문자열.")
    confidence: int = Field(ge=0, le=100, description="확신(퍼센트)")


def _told(said: Said) -> Mapping[str, str]:
    item = Item(said.item)
    labels = "\n".join(f"{value}: {label}" for value, label in options(item))
    return {"asked": question(item), "options": labels, "text": said.text}


def _merge(said: Said, ruled: Heard | None, reply: HeardReply) -> Heard | None:
    if not reply.value or reply.confidence < ASK_LINE:
        return ruled
    return Heard(reply.value, reply.quote.strip(), min(reply.confidence, READ_BACK))


def _check(said: Said, heard: Heard | None) -> str | None:
    if heard is None:
        return None
    known = [value for value, _ in options(Item(said.item))]
    if heard.value not in known:
        return f"expected one of {', '.join(known)}, was {heard.value[:40]!r}"
    quote = _flat(heard.quote)
    if len(quote) < MIN_QUOTE or quote not in _flat(said.text):
        return f"expected words of the user as quote, was {heard.quote[:40]!r}"
    return None


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


HEAR: Task[Said, Heard | None] = Task(
    prompt="user_profile",
    In=Said,
    Out=Heard,
    rules=lambda _: None,
    check=_check,
    Reply=HeardReply,
    variables=_told,
    merge=_merge,
)


async def heard(reading: Reading, pending: PendingQuestion | None) -> tuple[Reading, Outcome[Heard | None] | None]:
    """The reading with the answer that a model heard; unchanged where rules understood or nothing was asked."""
    if pending is None or pending["owner"] != "user_profile" or pending["field"] not in _ITEMS:
        return reading, None
    own = unquoted(clean(reading.text))[0]
    if reading.answer is not None or reading.facts.any() or reading.act != Act.NONSENSE or len(own) < MIN_QUOTE:
        return reading, None
    outcome = await think(HEAR, Said(pending["field"], own[:500]))
    found = outcome.value
    if found is None:  # a model that heard nothing either did not help
        return reading, None if outcome.by == "model" else outcome
    labels = tuple(pending["options"])
    given = Answer("user_profile", pending["field"], found.value, None, found.quote, found.confidence, options=labels)
    return replace(reading, answer=given), outcome
