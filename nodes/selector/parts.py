"""A candidate's news score with its four parts, as figures of its report. Pure.

Contract: the same sum as everywhere (`domain.news.candidates`), in points of a hundred: at most 25 for the cap tier, 40
for the sentiment, 25 for the count and 10 for the priority. Demonstration headlines have no score: nobody wrote them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from domain.evidence import Figure, Unit
from domain.instruments import Instruments
from domain.news.candidates import WEIGHTS, News, candidates
from domain.news.candidates import Candidate as Scored
from domain.news.listing import listing_of
from domain.news.moods import mood_of
from tools.ports import Headline

PARTS_SENTENCE = (
    "뉴스 점수 {{f:s.score}}점이에요. 시가총액 {{f:s.cap_tier}}, 분위기 {{f:s.sentiment}}, "
    "뉴스 수 {{f:s.count}}, 우선순위 {{f:s.priority}}점을 더했어요."
)
SOURCE = "뉴스 제목"


def news_parts(table: Instruments, headlines: Sequence[Headline], preferred: Collection[str]) -> dict[str, Scored]:
    """By ticker; only names that a real headline speaks of."""
    news = stories([headline for headline in headlines if not headline.demo])
    return {each.row.code: each for each in candidates(news, listing_of(table), preferred)}


def stories(headlines: Sequence[Headline]) -> list[News]:
    """Headlines that name somebody, with their mood: the kept one, else the rules' own."""
    news = []
    for headline in headlines:
        if headline.tickers:
            reading = mood_of(headline.title)
            score = reading.score if headline.score is None else headline.score
            news.append(
                News(
                    title=headline.title,
                    source=headline.source,
                    link=headline.link,
                    at=headline.at,
                    codes=headline.tickers,
                    mood=reading.mood.value,
                    score=score,
                )
            )
    return news


def part_figures(scored: Scored, now: datetime) -> tuple[Figure, ...]:
    """The score and its parts, points of a hundred."""
    values = {"score": scored.score, **{part: WEIGHTS[part] * value for part, value in scored.parts.items()}}
    return tuple(
        Figure(id=f"s.{name}", value=round(100 * value), unit=Unit.INDEX, source=SOURCE, as_of=now)
        for name, value in values.items()
    )
