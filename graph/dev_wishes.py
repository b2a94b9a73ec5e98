"""What a client of the development server may ask of a run, and what is taken out before it starts.

Contract: `clean` changes a run's arguments in place: a person's messages, a cycle's slot and wish for a report only,
the language and where in the thread's own history to go on. Who acts, in which mode and for which account is never
read from here, so such keys are dropped without a word. Writing state or jumping into a room is refused aloud: state
leads to orders, and only rooms write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from graph.threads import RECURSION_LIMIT

NO_STATE: Final = "상태를 직접 쓸 수 없어요. 메시지를 보내거나 카드에 답해 주세요. (state is written by rooms only)"
MAX_TEXT = 8_000

# What the server itself puts there, after whatever the client sent, and what names a place in the thread.
_KEPT: Final = frozenset(
    {
        "__after_seconds__",
        "__request_start_time_ms__",
        "assistant_id",
        "checkpoint_id",
        "checkpoint_map",
        "checkpoint_ns",
        "graph_id",
        "langgraph_auth_permissions",
        "langgraph_auth_user",
        "langgraph_auth_user_id",
        "langgraph_request_id",
        "run_id",
        "thread_id",
    }
)
_CONFIG: Final = frozenset({"configurable", "metadata", "tags"})
_SLOT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


class Refused(PermissionError):
    """The client asked for something that no run may be given; the text may be shown."""


def clean(kwargs: dict[str, Any]) -> None:
    """`kwargs` of langgraph_sdk's RunsCreate. Raises Refused."""
    command = kwargs.get("command")
    if command and (command.get("update") or command.get("goto")):
        raise Refused(NO_STATE)
    if kwargs.get("input") is not None:
        kwargs["input"] = cleaned_input(kwargs["input"])
    config = kwargs.setdefault("config", {})
    for key in set(config) - _CONFIG:
        del config[key]
    config["recursion_limit"] = RECURSION_LIMIT
    configurable = config.setdefault("configurable", {})
    for key in set(configurable) - _KEPT:
        del configurable[key]
    kwargs["context"] = {"locale": "en" if (kwargs.get("context") or {}).get("locale") == "en" else "ko"}
    kwargs["durability"] = "sync"
    kwargs["webhook"] = None


def cleaned_input(given: Any) -> dict[str, Any]:
    """Messages for a conversation, or slot and report_only for a cycle."""
    if not isinstance(given, Mapping):
        return {}
    if "messages" in given:
        return {"messages": said(given["messages"])}
    slot = given.get("slot")
    named = {"slot": slot} if isinstance(slot, str) and _SLOT.fullmatch(slot) else {}
    return {**named, "report_only": given.get("report_only") is True}


def said(messages: Any) -> list[dict[str, Any]]:
    """The person's own words; what claims to be said by anybody else is dropped."""
    listed = messages if isinstance(messages, Sequence) and not isinstance(messages, str) else [messages]
    return [spoken for each in listed if (spoken := _spoken(each)) is not None]


def _spoken(message: Any) -> dict[str, Any] | None:
    if isinstance(message, str):
        message = {"role": "user", "content": message}
    if not isinstance(message, Mapping) or (message.get("role") or message.get("type")) not in ("user", "human"):
        return None
    content = message.get("content")
    if isinstance(content, Sequence) and not isinstance(content, str):
        blocks = [block for block in content if isinstance(block, Mapping) and block.get("type") == "text"]
        content = "\n".join(str(block.get("text", "")) for block in blocks)
    if not isinstance(content, str):
        return None
    kept = {"role": "user", "content": content[:MAX_TEXT]}
    if isinstance(message.get("id"), str) and len(message["id"]) <= 64:
        kept["id"] = message["id"]
    return kept
