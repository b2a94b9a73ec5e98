"""The mood of a headline by rules: positive, neutral or negative, how much, and which words decided. Pure.

Contract: `mood_of(title)` is total and the same for the same title; the score runs from -1 to 1 and its sign is the
label's. Words come from `news_moods.yaml`: the longest hit at a place wins, a phrase overrules the words in it, what
follows a turn ("…에도", "…지만") counts more than what stands before it, a question says less than a statement, an
announcement halves what it says, and hints alone say nothing. Does not know which of two names is meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from domain.news.text import clean
from domain.tables import table

POSITIVE_FROM = 0.5  # sums of weights from which a headline has a mood; a hint alone has none
NEGATIVE_FROM = -0.5
_SCALE = 2.5  # weights that make a score of tanh(1) = 0.76
_BEFORE_A_TURN = 0.35
_ASKED = 0.6
_ANNOUNCED = 0.5
_HINT = 0.5


class Mood(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a headline. `words` are those that decided, in order."""

    mood: Mood
    score: float  # -1 … 1, two digits
    words: tuple[str, ...]


class _Rule(NamedTuple):
    pattern: re.Pattern[str]
    weight: float


class _Found(NamedTuple):
    start: int
    end: int
    weight: float
    text: str


class _Lexicon(NamedTuple):
    rules: tuple[_Rule, ...]
    events: re.Pattern[str]
    turns: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    data: dict[str, Any] = table("news_moods")
    rules = []
    for sign, key in ((1, "good"), (-1, "bad")):
        for group in data[key]:
            rules += [_Rule(re.compile(word), sign * float(group["weight"])) for word in group["words"]]
    for weight, key in ((2.0, "good"), (-2.0, "bad"), (0.0, "none")):
        rules += [_Rule(re.compile(phrase), weight) for phrase in data["phrases"][key]]
    turns = "|".join(map(re.escape, sorted(data["turns"], key=len, reverse=True)))
    return _Lexicon(
        tuple(rules),
        re.compile("|".join(map(re.escape, sorted(data["events"], key=len, reverse=True)))),
        re.compile(rf"(?<=[가-힣])(?:{turns})(?=[ ,…])"),
    )


def mood_of(title: str) -> Reading:
    """The mood of one headline."""
    text = _body(clean(title))
    lexicon = _lexicon()
    found = list(_found(lexicon, text))
    turn = max((match.end() for match in lexicon.turns.finditer(text)), default=0)
    if not any(each.start >= turn and abs(each.weight) > _HINT for each in found):
        turn = 0  # nothing behind it that could weigh more
    announced = lexicon.events.search(text) is not None or not any(abs(each.weight) > _HINT for each in found)
    total, words = 0.0, []
    for each in found:
        weight = each.weight
        if announced:
            weight = 0.0 if abs(weight) <= _HINT else weight * _ANNOUNCED
        if each.end <= turn:
            weight *= _BEFORE_A_TURN
        if weight:
            total += weight
            words.append(each.text)
    if text.endswith("?") or "?…" in text:
        total *= _ASKED
    score = round(math.tanh(total / _SCALE), 2)
    mood = Mood.POSITIVE if total > POSITIVE_FROM else Mood.NEGATIVE if total < NEGATIVE_FROM else Mood.NEUTRAL
    return Reading(mood, 0.0 if mood is Mood.NEUTRAL else score, tuple(words))


_SIGNED = re.compile(r"\s?-\s?[가-힣A-Za-z證]{1,12}$|\([^()]{1,8}\)$")


def _body(text: str) -> str:
    """Without the house that signed and marks like (종합)."""
    return _SIGNED.sub("", text)


def _found(lexicon: _Lexicon, text: str) -> Iterator[_Found]:
    """Hits that do not overlap: the longest first, then the one further left."""
    every = [
        _Found(match.start(), match.end(), rule.weight, match[0])
        for rule in lexicon.rules
        for match in rule.pattern.finditer(text)
        if match.end() > match.start()
    ]
    every.sort(key=lambda each: (each.start - each.end, each.start, -abs(each.weight)))
    taken: set[int] = set()
    kept = []
    for each in every:
        places = range(each.start, each.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(each)
    yield from sorted(kept)
