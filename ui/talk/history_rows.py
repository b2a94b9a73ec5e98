"""What of a step or an element is kept, and how a conversation is named. Pure.

Contract: known fields only, texts cut to a size, of a browser's metadata only what draws the message. A time that
cannot be read is the writer's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

MAX_NAME = 60
MAX_TEXT = 20_000
MAX_PROPS = 8_192  # characters of a card's properties: labels and ids

_TEXTS = ("input", "output", "name", "type", "language", "createdAt", "start", "end")
_FLAGS = ("isError", "defaultOpen", "autoCollapse")
_METADATA = ("avatarName", "icon")


def uuid_of(value: object) -> UUID | None:
    """An id as the tables know it; None for anything else, which then is nobody's."""
    try:
        return UUID(str(value))
    except ValueError:
        return None


def step_body(step: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a step; a step that was still being written is kept as finished words."""
    body: dict[str, Any] = {
        key: value[:MAX_TEXT] for key in _TEXTS if isinstance(value := step.get(key), str) and "\0" not in value
    }
    body |= {key: bool(step.get(key)) for key in _FLAGS}
    metadata = step.get("metadata") or {}
    body["metadata"] = {key: str(metadata[key])[:MAX_NAME] for key in _METADATA if metadata.get(key)}
    return {"input": "", "output": "", "streaming": False, **body}


def element_body(element: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is kept of a card; None for anything that is not one of ours."""
    props = element.get("props")
    if element.get("type") != "custom" or not isinstance(props, Mapping) or len(json.dumps(props)) > MAX_PROPS:
        return None
    return {
        "type": "custom",
        "name": str(element.get("name") or "")[:MAX_NAME],
        "display": "inline",
        "props": dict(props),
        "url": None,
        "mime": "application/json",
    }


def said_at(step: Mapping[str, Any], now: datetime) -> datetime:
    """When the step was made, as its maker says."""
    try:
        at = datetime.fromisoformat(str(step.get("createdAt") or step.get("start")))
    except ValueError:
        return now
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def name_of(text: str) -> str:
    """A conversation's name: the first line of what began it."""
    words = " ".join(text.replace("\0", "").split())
    return words if len(words) <= MAX_NAME else words[: MAX_NAME - 1].rstrip() + "…"


def like(search: str) -> str:
    """A search as a pattern of LIKE that means its characters."""
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")
    return f"%{escaped[:MAX_NAME]}%"
