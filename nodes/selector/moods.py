"""Moods of headlines by a model, in batches, with the rules' reading where no model answers.

Contract: `moods(titles)` answers every title in order. Titles are quoted data, numbered, bounded; a model fills one
label a title and nothing else: the score's size stays the rules' where both agree and is a mild one where they do not.
At most BATCHES calls a run; what is beyond, and every batch that fails, is the rules'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.news.moods import mood_of
from tools.llm.answers import Kept
from tools.llm.think import Task, think
from tools.news.crawl import Judged

BATCH = 40
BATCHES = 4
MILD = 0.5
_SHOWN = 120

_SIGN = {"positive": 1, "neutral": 0, "negative": -1}


class MoodsReply(BaseModel):
    """One label a title."""

    moods: list[Literal["positive", "neutral", "negative"]] = Field(
        min_length=1, max_length=BATCH, description="제목마다 하나씩, 제목과 같은 순서로."
    )


def ruled(titles: tuple[Any, ...]) -> tuple[Any, ...]:
    """The rules' reading of each title."""
    found = (mood_of(title) for title in titles)
    return tuple(Judged(each.mood.value, each.score, "rules") for each in found)


def told(titles: tuple[Any, ...]) -> Mapping[str, str]:
    return {"titles": "\n".join(f"{number}. “{title[:_SHOWN]}”" for number, title in enumerate(titles, 1))}


def merged(titles: tuple[Any, ...], by_rules: tuple[Any, ...], reply: MoodsReply) -> tuple[Any, ...]:
    """ValueError when there are not as many labels as titles."""
    if len(reply.moods) != len(titles):
        raise ValueError(f"expected {len(titles)} moods, was {len(reply.moods)}")
    return tuple(_agreed(each, label) for each, label in zip(by_rules, reply.moods, strict=True))


def _agreed(each: Judged, label: str) -> Judged:
    if each.mood == label:
        return replace(each, by="model")
    return Judged(label, MILD * _SIGN[label], "model")


MOODS: Task[tuple[Any, ...], tuple[Any, ...]] = Task(
    prompt="news_moods",
    In=tuple,
    Out=tuple,
    rules=ruled,
    Reply=MoodsReply,
    variables=told,
    merge=merged,
    kept=Kept.SHARED,
)


async def moods(titles: Sequence[str]) -> list[Judged]:
    """See the module's contract."""
    found: list[Judged] = []
    for number, start in enumerate(range(0, len(titles), BATCH)):
        batch = tuple(titles[start : start + BATCH])
        found += (await think(MOODS, batch)).value if number < BATCHES else ruled(batch)
    return found
