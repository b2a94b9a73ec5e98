"""A question to a model that looks it up: Gemini with Google Search, where the chain has one and its key allows it.

Contract: `searched(prompt, variables)` gives what was read, with the pages it stands on, or None: no model of that
provider, none configured, switched off, spent, refused, or an answer that stands on no page. It never raises and rests
no model, because a key that may not search may still answer. What came is text of others: data for a later question,
bounded, never a system prompt, never shown as ours. Addresses are the provider's own record, never the model's words.
Source: Gemini API, grounding with Google Search (groundingMetadata: groundingChunks, groundingSupports).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from tools.llm.calls import CANCELLED, Receipt, answered, begin, settle
from tools.llm.faults import Failed, Fault
from tools.llm.mind import Member, Mind, current
from tools.llm.prompts import PromptError, load
from tools.llm.think import why_silent
from tools.llm.turn import Turn, this_turn

log = structlog.get_logger(__name__)

PROVIDER = "google_genai"
MOST_PAGES = 8
MOST_WORDS = 500  # characters of what one page is quoted for
_TOOLS: Mapping[str, Any] = {"tools": [{"google_search": {}}]}


@dataclass(frozen=True, slots=True)
class Page:
    """Where something was read; `words` is what the model says that it says."""

    title: str
    url: str
    words: str


async def searched(prompt: str, variables: Mapping[str, str]) -> tuple[Page, ...] | None:
    """One call of the first Gemini of the chain that is not resting."""
    mind, turn = current(), this_turn()
    if mind is None or why_silent(mind, turn) is not None:
        return None
    awake = (member for member in mind.members if member.link.provider == PROVIDER and _is_awake(member, mind))
    member = next(awake, None)
    if member is None:
        return None
    try:
        loaded = load(prompt)
        messages = [SystemMessage(loaded.system), HumanMessage(loaded.told(variables))]
        receipt = await begin(mind, member, turn, prompt, 1, messages)
    except (PromptError, Failed) as fault:
        log.warning("model.no_search", task=prompt, fault=type(fault).__name__)
        return None
    return await _asked(mind, member, turn, receipt, messages)


async def _asked(
    mind: Mind, member: Member, turn: Turn, receipt: Receipt, messages: Sequence[Any]
) -> tuple[Page, ...] | None:
    try:
        message = await answered(mind, member, turn, receipt, messages, _TOOLS)
        pages = pages_of(message)
    except asyncio.CancelledError:
        await settle(mind, member, turn, receipt, CANCELLED, rests=False)
        raise
    except Failed as failed:
        log.warning("model.no_search", task=receipt.task, model=member.link.label, code=failed.fault.code)
        await settle(mind, member, turn, receipt, failed.fault, rests=False)
        return None
    fault = None if pages else Fault("empty", "the answer stands on no page")
    await settle(mind, member, turn, receipt, fault, rests=False)
    return pages or None


def pages_of(message: AIMessage) -> tuple[Page, ...]:
    """The pages that the answer stands on, in the provider's order. Whatever is not as documented is left out."""
    about = message.response_metadata.get("grounding_metadata")
    if not isinstance(about, Mapping):
        return ()
    quoted: dict[int, list[str]] = {}
    for support in _rows(about.get("grounding_supports")):
        segment = support.get("segment")
        text = segment.get("text") if isinstance(segment, Mapping) else None
        indices = support.get("grounding_chunk_indices")
        for index in indices if isinstance(indices, list) else ():
            if isinstance(index, int) and isinstance(text, str) and text.strip():
                quoted.setdefault(index, []).append(" ".join(text.split()))
    pages = []
    for at, chunk in enumerate(_rows(about.get("grounding_chunks"))):
        web = chunk.get("web")
        if isinstance(web, Mapping) and isinstance(web.get("uri"), str) and at in quoted:
            title = " ".join(str(web.get("title") or web.get("domain") or "").split())
            words = " ".join(dict.fromkeys(quoted[at]))[:MOST_WORDS]
            pages.append(Page(title[:200] or "제목 없는 글", web["uri"], words))
    return tuple(pages[:MOST_PAGES])


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row if isinstance(row, Mapping) else {} for row in value] if isinstance(value, list) else []


def _is_awake(member: Member, mind: Mind) -> bool:
    return member.rest.why(mind.clock.monotonic()) is None
