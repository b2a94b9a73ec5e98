"""The selector's job: read the news when it is due, keep the run, and say what came of it.

Contract: safe to call often: nothing happens until 00:00 or 12:00 in Korea has passed since the last run that had
news, or twelve hours have. A run in which every source failed is kept, too, so that the failure can be seen, and the
older news stays what the rooms read. Who calls it and when is the scheduler's business; nothing here waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from domain.clock import Clock
from domain.news.due import due
from domain.news.matching import Matcher
from nodes.selector.moods import moods
from tools.lake import LakeError, LakeUnavailable
from tools.llm.turn import asking
from tools.news.crawl import Moods, Run, crawl
from tools.news.sources import NewsSource
from tools.news.stored import RunShelf

log = structlog.get_logger(__name__)

CALLS = 8  # of models: a batch each, with its repair
SECONDS = 120.0

NO_LAKE = "뉴스를 둘 저장소에 닿지 않아 이번에는 남기지 못했어요."
ALL_DOWN = "뉴스를 주는 곳이 모두 답하지 않아 지난 자료를 써요."


@dataclass(frozen=True, slots=True)
class NewsJob:
    """What the job works with."""

    sources: Sequence[NewsSource]
    matcher: Matcher
    shelf: RunShelf
    clock: Clock
    moods: Moods = moods


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`run` is None when none was due; `why` is Korean and empty when all is well."""

    run: Run | None
    why: str = ""


async def refresh(job: NewsJob, *, now_please: bool = False) -> Refreshed:
    """`now_please`: also when none is due, because a person asked."""
    try:
        last = await job.shelf.newest()
    except (LakeError, LakeUnavailable):
        return Refreshed(None, NO_LAKE)
    if not now_please and not due(job.clock.now(), last.at if last is not None else None):
        return Refreshed(None)
    with asking(None, calls=CALLS, seconds=SECONDS):
        run = await crawl(job.sources, job.matcher, job.clock, job.moods)
    try:
        await job.shelf.put(run)
    except (LakeError, LakeUnavailable):
        log.warning("news.run_not_kept")
        return Refreshed(run, NO_LAKE)
    log.info("news.run", read=run.read, stories=len(run.news), failed=sum(each.code != "ok" for each in run.sources))
    return Refreshed(run, "" if run.news else ALL_DOWN)
