"""The writer: the part of a reply that is told from evidence, in a model's words, streamed as they come.

Contract: at most one message a turn, a report, a reason or an explanation; questions, options, cards, orders and
disclaimers are code's. The writer gets the message with places for its figures and may use no other number, name or
direction; what does not fit is never shown, and then the message stays as the rules wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from langgraph.config import get_stream_writer

from domain.evidence import EvidenceError, Figure, Figures, Unit, raw_numbers, render
from domain.instruments import Instruments
from domain.korean.reading import tickers_in
from domain.korean.text import clean, unquoted
from nodes.mind import answered_by, unfit
from nodes.respond.pieces import MAX_LINES, drawn
from nodes.respond.rules import Draft, Reply
from nodes.state import AssistantState
from tools.llm.write import nobody, write

_DIRECTIONS = ("긍정", "부정", "강세", "약세", "호재", "악재", "상승", "하락", "과열", "반등", "유망", "추천")
_NUMBER = re.compile(r"(?<![0-9.,])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?![0-9]|[.,:][0-9])")
MAX_ASKED = 300


async def reworded(reply: Reply, state: AssistantState, now: datetime) -> tuple[Reply, list[dict[str, Any]]]:
    """The reply with one of its messages written by a model, if one is there and writes well; and who wrote it."""
    at = next((place for place, draft in enumerate(reply.drafts) if draft.prose), None)
    silent = nobody()
    if at is None or silent is not None:  # then nothing need be made ready to be written
        return reply, [] if silent is None else answered_by("설명", silent)
    draft = with_places(reply.drafts[at], now)
    if draft is None or draft.figures is None:
        return reply, []
    original = reply.drafts[at].filled()["text"]
    turn = state.get("turn")
    asked = unquoted(clean(turn["text"]))[0] if turn else ""
    outcome = await write(
        "respond",
        {
            "asked": asked[:MAX_ASKED],
            "text": draft.text,
            "figures": "\n".join(f"{{{{f:{key}}}}} = {figure.text()}" for key, figure in draft.figures.items()),
        },
        fallback=original,
        figures=draft.figures,
        on_words=_stream,
        check=fits(original),
    )
    notices = answered_by("설명", outcome)
    if outcome.by != "model":
        return reply, notices
    drafts = list(reply.drafts)
    drafts[at] = replace(drafts[at], text=outcome.value, figures=None, evidence=drafts[at].figures)
    return replace(reply, drafts=tuple(drafts)), notices


def with_places(draft: Draft, now: datetime) -> Draft | None:
    """The draft with a place for every number; None when a number of it cannot stand in one."""
    figures: dict[str, Figure] = {} if draft.figures is None else dict(draft.figures)
    text, made = draft.text, ""
    cursor = 0
    for hit in [] if not raw_numbers(draft.text) else _numbers(text):
        key = f"w{len(figures)}"
        digits = hit[0].replace(",", "")
        value = Decimal(digits) if "." in digits else int(digits)
        figures[key] = Figure(id=key, value=value, unit=Unit.INDEX, source="답변", as_of=now)
        made += text[cursor : hit.start()] + "{{f:" + key + "}}"
        cursor = hit.end()
    template = made + text[cursor:]
    found = replace(draft, text=template, figures=Figures(figures.values()))
    try:
        same = render(template, Figures(figures.values())) == (
            render(draft.text, draft.figures) if draft.figures is not None else draft.text
        )
    except EvidenceError:
        return None
    return found if same and not raw_numbers(template) else None


def fits(original: str) -> Callable[[str], str | None]:
    """What is wrong with a text that is to say the same as `original`."""
    names, lines = set(tickers_in(original)), max(MAX_LINES, drawn(original))

    def check(text: str) -> str | None:
        others = [ticker for ticker in tickers_in(text) if ticker not in names]
        if others:
            return f"expected no other names, was with {', '.join(others)}"
        turned = [word for word in _DIRECTIONS if word in text and word not in original]
        if turned:
            return f"expected no other direction, was with {', '.join(turned)}"
        if drawn(text) > lines:
            return f"expected at most {lines} lines, was more"
        return unfit(re.sub("|".join(re.escape(word) for word in _latin(original)) or r"(?!)", "", text))

    return check


def _latin(text: str) -> list[str]:
    return sorted(set(re.findall(r"[A-Za-z]{3,}", text)), key=len, reverse=True)


def _numbers(text: str) -> list[re.Match[str]]:
    """Numbers outside of places and of names and codes that hold digits."""
    covered = re.sub(r"\{\{[^{}]*\}\}", lambda place: "·" * len(place[0]), text)
    for name in _names_with_digits():
        covered = covered.replace(name, "·" * len(name))
    return list(_NUMBER.finditer(covered))


@cache
def _names_with_digits() -> tuple[str, ...]:
    """The longest first."""
    rows = Instruments.load().all()
    names = {name for row in rows for name in (row.ticker, row.name, *row.aliases) if re.search(r"[0-9]", name)}
    return tuple(sorted(names, key=len, reverse=True))


def _stream(words: str, restart: bool) -> None:
    get_stream_writer()({"words": words, "restart": restart})
