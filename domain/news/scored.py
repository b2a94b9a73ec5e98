"""One headline read whole: its names and its mood, as plain JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.news.listing import Listed
from domain.news.matching import Matcher
from domain.news.moods import Reading, mood_of
from domain.news.text import clean


@dataclass(frozen=True, slots=True)
class Read:
    """`title` is clean."""

    title: str
    names: tuple[Listed, ...]
    reading: Reading

    def to_json(self) -> dict[str, Any]:
        """`tickers` are rows of code and name; `sentiment` a label, `score` from -1 to 1, `words` what decided."""
        return {
            "headline": self.title,
            "tickers": [{"code": row.code, "name": row.name} for row in self.names],
            "sentiment": self.reading.mood.value,
            "score": self.reading.score,
            "words": list(self.reading.words),
        }


def read(matcher: Matcher, raw: str) -> Read:
    """What the rules read in one headline; total."""
    return Read(clean(raw), matcher.match(raw), mood_of(raw))
