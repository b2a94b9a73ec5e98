"""One run over all sources: read, drop what is told twice, match to names, read the mood, rate the names.

    sources → items → set aside → distinct → names → moods (model in batches, rules otherwise) → candidates

Contract: a source that fails costs itself and is named in `sources`; when all fail, the run has no news: an empty list,
never an invented one. An item that two sources tell is one story, under the name of who told it last.
`moods` is asked once with all titles and answers each, in order. A title that gives orders to a program is nobody's
news: it is set aside before anybody reads it, and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from domain.clock import Clock
from domain.korean.commands import commands
from domain.news.candidates import Candidate, News, candidates
from domain.news.likeness import distinct
from domain.news.listing import Listing
from domain.news.matching import Matcher
from domain.news.moods import mood_of
from tools.news.faults import SourceFailed
from tools.news.feeds import Item
from tools.news.sources import NewsSource, TaggedItem

log = structlog.get_logger(__name__)

MAX_STORIES = 600
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """A title's mood, and who judged it."""

    mood: str
    score: float
    by: str


Moods = Callable[[Sequence[str]], Awaitable[Sequence[Judged]]]


@dataclass(frozen=True, slots=True)
class SourceState:
    """What became of one source: `items` read, or why not (`code` stable, `message` Korean)."""

    name: str
    items: int
    code: str = "ok"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `read` counts items before de-duplication, `set_aside` those of them that nobody was shown."""

    at: datetime
    sources: tuple[SourceState, ...]
    read: int
    news: tuple[News, ...]
    listing_as_of: str
    set_aside: int = 0

    def rated(self, listing: Listing, preferred: Sequence[str] = ()) -> tuple[Candidate, ...]:
        return candidates(self.news, listing, preferred)

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "at": self.at.isoformat(),
            "sources": [
                {"name": each.name, "items": each.items, "code": each.code, "message": each.message}
                for each in self.sources
            ],
            "read": self.read,
            "news": [story.to_json() for story in self.news],
            "listing_as_of": self.listing_as_of,
            "set_aside": self.set_aside,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Run:
        """Raises KeyError, TypeError or ValueError for what is none."""
        if data["schema"] != SCHEMA:
            raise ValueError(f"expected a run of schema {SCHEMA}, was {data['schema']}")
        return cls(
            at=datetime.fromisoformat(str(data["at"])),
            sources=tuple(
                SourceState(str(row["name"]), int(row["items"]), str(row["code"]), str(row["message"]))
                for row in data["sources"]
            ),
            read=int(data["read"]),
            news=tuple(News.from_json(row) for row in data["news"]),
            listing_as_of=str(data["listing_as_of"]),
            set_aside=int(data.get("set_aside", 0)),
        )


async def by_rules(titles: Sequence[str]) -> list[Judged]:
    """Moods without a model."""
    readings = [mood_of(title) for title in titles]
    return [Judged(reading.mood.value, reading.score, "rules") for reading in readings]


async def crawl(sources: Sequence[NewsSource], matcher: Matcher, clock: Clock, moods: Moods = by_rules) -> Run:
    """Reads all sources once, side by side."""
    now = clock.now()
    read = await asyncio.gather(*(_read(source, now) for source in sources))
    items = sorted((item for found, _ in read for item in found), key=lambda item: item.at, reverse=True)
    told = [item for item in items if not commands(item.title)]
    stories = _stories(told, matcher)[:MAX_STORIES]
    judged = await moods([item.title for item, _ in stories]) if stories else []
    news = tuple(
        News(item.title, item.source, item.link, item.at, codes, each.mood, each.score, each.by)
        for (item, codes), each in zip(stories, judged, strict=True)
    )
    states = tuple(state for _, state in read)
    return Run(now, states, len(items), news, matcher.listing.as_of, len(items) - len(told))


async def _read(source: NewsSource, now: datetime) -> tuple[list[Item], SourceState]:
    try:
        found = await source.read(now)
    except SourceFailed as failed:
        log.warning("news.source_failed", source=source.name, code=failed.code)
        return [], SourceState(source.name, 0, failed.code, failed.message)
    return found, SourceState(source.name, len(found))


def _stories(items: Sequence[Item], matcher: Matcher) -> list[tuple[Item, tuple[str, ...]]]:
    """The first of each story, with the codes that any of its tellings names. Newest first."""
    firsts = distinct([item.title for item in items])
    codes: dict[int, dict[str, None]] = {}
    for index, first in enumerate(firsts):
        item = items[index]
        named = dict.fromkeys(row.code for row in matcher.match(item.title))
        tagged = item.codes if isinstance(item, TaggedItem) else ()
        named |= dict.fromkeys(code for code in tagged if matcher.listing.get(code) is not None)
        codes.setdefault(first, {}).update(named)
    return [(items[first], tuple(found)) for first, found in codes.items()]
