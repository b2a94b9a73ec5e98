"""What a name's news counts for: four parts with fixed weights, each kept beside the sum. Pure.

    score = 0.25 cap tier + 0.40 sentiment + 0.25 normalised count + 0.10 priority         (each part 0 … 1)

Contract: `candidates(news, listing)` rates every name that at least one headline speaks of, best first, ties by code;
parts are rounded to four digits and the score is their weighted sum. Sentiment is the mean of the headlines' scores
moved to 0 … 1, so that no mood is a half. Priority is 1 for a name of `preferred` codes or sectors, else 0.
Knows no person's limits: filtering is the reader's.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from domain.news.listing import Listed, Listing, Size

WEIGHTS: Mapping[str, float] = MappingProxyType({"cap_tier": 0.25, "sentiment": 0.40, "count": 0.25, "priority": 0.10})
CAP_TIERS: Mapping[Size, float] = MappingProxyType({Size.LARGE: 1.0, Size.MID: 0.6, Size.SMALL: 0.3})
MOST_TITLES = 3  # shown with a candidate


@dataclass(frozen=True, slots=True)
class News:
    """One story after de-duplication. `score` -1 … 1; `by` says who read its mood: rules or model."""

    title: str
    source: str
    link: str
    at: datetime
    codes: tuple[str, ...]
    mood: str
    score: float
    by: str = "rules"

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "source": self.source,
            "link": self.link,
            "at": self.at.isoformat(),
            "codes": list(self.codes),
            "mood": self.mood,
            "score": self.score,
            "by": self.by,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> News:
        """Raises KeyError, TypeError or ValueError for what is none."""
        at = datetime.fromisoformat(str(row["at"]))
        if at.tzinfo is None:
            raise ValueError("expected an aware time, was without zone")
        return cls(
            title=str(row["title"]),
            source=str(row["source"]),
            link=str(row["link"]),
            at=at,
            codes=tuple(str(code) for code in row["codes"]),
            mood=str(row["mood"]),
            score=float(row["score"]),
            by=str(row.get("by", "rules")),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name with the parts of its score. `score` 0 … 1."""

    row: Listed
    parts: Mapping[str, float]
    headlines: int
    titles: tuple[str, ...]

    @property
    def score(self) -> float:
        return round(sum(WEIGHTS[part] * value for part, value in self.parts.items()), 4)

    def to_json(self) -> dict[str, Any]:
        """`parts` hold each part's own value and its share of the score."""
        return {
            "code": self.row.code,
            "name": self.row.name,
            "market": self.row.market,
            "sector": self.row.sector,
            "score": self.score,
            "parts": {
                part: {"value": value, "weight": WEIGHTS[part], "share": round(WEIGHTS[part] * value, 4)}
                for part, value in self.parts.items()
            },
            "headlines": self.headlines,
            "titles": list(self.titles),
        }


def candidates(news: Sequence[News], listing: Listing, preferred: Collection[str] = ()) -> tuple[Candidate, ...]:
    """`preferred` are codes and sectors that somebody asked for."""
    about: dict[str, list[News]] = {}
    for story in news:
        for code in story.codes:
            about.setdefault(code, []).append(story)
    most = max((len(stories) for stories in about.values()), default=1)
    found = []
    for code, stories in about.items():
        row = listing.get(code)
        if row is None:
            continue
        newest = sorted(stories, key=lambda story: story.at, reverse=True)
        parts = {
            "cap_tier": CAP_TIERS[row.size],
            "sentiment": round((sum(story.score for story in stories) / len(stories) + 1) / 2, 4),
            "count": round(math.log1p(len(stories)) / math.log1p(most), 4),
            "priority": 1.0 if code in preferred or row.sector in preferred else 0.0,
        }
        titles = tuple(story.title for story in newest[:MOST_TITLES])
        found.append(Candidate(row, MappingProxyType(parts), len(stories), titles))
    return tuple(sorted(found, key=lambda each: (-each.score, each.row.code)))
