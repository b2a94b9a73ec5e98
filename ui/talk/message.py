"""One message of the conversation, and the dictionaries in which the page and the history know it. Pure.

Contract: texts are plain; whatever a markdown reader would take for markup is escaped here and nowhere else. Cards are
named elements whose properties hold ids and labels only. The same message id always gives the same element ids, so a
message that is sent twice is there once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypedDict
from uuid import UUID, uuid5

AUTHOR = "쿼츠"
AVATAR = "quartz"  # the picture's file; the page cannot ask for a Korean name

_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&]")
_LINE_START = re.compile(r"(?m)^(\s*)([-+=]|\d{1,9}(?=[.)]))")


@dataclass(frozen=True, slots=True)
class Card:
    """An element of the page: a file of ui/public/elements and what it is about."""

    name: str
    props: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message: at most six lines, and the cards below it."""

    text: str
    cards: tuple[Card, ...] = ()


class ElementRow(TypedDict):
    """A custom element as the page reads it; `url` stays empty, there is no file behind it."""

    id: str
    threadId: str
    forId: str
    type: str
    name: str
    display: str
    props: dict[str, Any]
    url: None
    mime: str


def choices(labels: list[str] | tuple[str, ...], owner: str) -> Card:
    """Buttons that say their label. `owner`: question (answers what was asked) or next (offers)."""
    return Card("Choices", {"options": list(labels), "owner": owner})


def plain(text: str) -> str:
    """The text so that a markdown reader shows exactly its characters."""
    escaped = _MARKUP.sub(lambda match: "\\" + match[0], text)
    return _LINE_START.sub(_guarded, escaped)


def _guarded(match: re.Match[str]) -> str:
    lead, mark = match[1], match[2]
    if mark.isdigit():
        return f"{lead}{mark}\u2060"  # a word joiner: '1)' is no list any more and looks the same
    return f"{lead}\\{mark}"


def stamp(at: datetime) -> str:
    """An aware time as the page sorts it: UTC with Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def reply_id(message_id: str | UUID, at: int | str) -> str:
    """Id of the reply's piece: asking twice cannot make two of it."""
    return str(uuid5(UUID(str(message_id)), f"reply:{at}"))


def step_row(
    shown: Shown, *, message_id: str, thread_id: str, at: datetime, parent_id: str | None = None
) -> dict[str, Any]:
    """The message as a step of Chainlit."""
    when = stamp(at)
    return {
        "id": message_id,
        "threadId": thread_id,
        "parentId": parent_id,
        "type": "assistant_message",
        "name": AUTHOR,
        "output": plain(shown.text),
        "input": "",
        "createdAt": when,
        "start": when,
        "end": when,
        "streaming": False,
        "isError": False,
        "waitForAnswer": False,
        "metadata": {"avatarName": AVATAR},
    }


def user_row(text: str, *, message_id: str, thread_id: str, at: datetime) -> dict[str, Any]:
    """What a person said, for the other tabs that show the conversation."""
    when = stamp(at)
    return {
        "id": message_id,
        "threadId": thread_id,
        "parentId": None,
        "type": "user_message",
        "name": "나",
        "output": text,
        "input": "",
        "createdAt": when,
        "start": when,
        "end": when,
    }


def element_rows(shown: Shown, *, message_id: str, thread_id: str) -> list[ElementRow]:
    """The message's cards, below it in order."""
    return [
        ElementRow(
            id=str(uuid5(UUID(message_id), f"card:{at}")),
            threadId=thread_id,
            forId=message_id,
            type="custom",
            name=card.name,
            display="inline",
            props=dict(card.props),
            url=None,
            mime="application/json",
        )
        for at, card in enumerate(shown.cards)
    ]
