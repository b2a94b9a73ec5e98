"""News runs in the lake, and the newest as the rooms read them.

Contract: `RunShelf` keeps a run as one file under `news/`, named by its moment in UTC, so that the last name is the
newest; a file that cannot be read is passed over. `StoredNews` is the NewsPort: headlines of the newest run that has
any, labelled with their age when that run is older than a day's half; while there is none, bundled demonstration
headlines, labelled as such. A lake that is away is PortUnavailable for nobody: the demonstration is shown and logged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from domain.clock import Clock
from domain.news.due import OLDEST
from tools.lake import Lake, LakeError, LakeUnavailable
from tools.news.crawl import Run
from tools.ports import Headline, NewsPort

log = structlog.get_logger(__name__)

FOLDER = "news"
KEPT = 60  # runs; a month of them
_TRIED = 6  # files from the newest on that are tried before giving up


class RunShelf:
    """`lake` opens the lake when it is first needed; all work is done in a thread."""

    def __init__(self, lake: Callable[[], Lake]) -> None:
        self._open = lake
        self._lake: Lake | None = None

    async def put(self, run: Run) -> str:
        """The path it was kept under. Raises LakeError or LakeUnavailable."""
        path = f"{FOLDER}/{run.at.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"
        data = json.dumps(run.to_json(), ensure_ascii=False, sort_keys=True).encode()

        def work() -> None:
            lake = self._opened()
            lake.write(path, data)
            for old in lake.list(FOLDER)[:-KEPT]:
                lake.delete(old)

        await asyncio.to_thread(work)
        return path

    async def newest(self, *, with_news: bool = True) -> Run | None:
        """The newest run (that has news). Raises LakeError or LakeUnavailable."""
        return await asyncio.to_thread(self._newest, with_news)

    def _newest(self, with_news: bool) -> Run | None:
        lake = self._opened()
        for path in lake.list(FOLDER)[: -_TRIED - 1 : -1]:
            try:
                run = Run.from_json(json.loads(lake.read(path)))
            except (ValueError, KeyError, TypeError, FileNotFoundError) as fault:
                log.warning("news.run_unreadable", path=path, fault=type(fault).__name__)
                continue
            if run.news or not with_news:
                return run
        return None

    def _opened(self) -> Lake:
        if self._lake is None:
            self._lake = self._open()
        return self._lake


class StoredNews:
    """See the module's contract. `otherwise` is asked while nothing is stored."""

    def __init__(self, shelf: RunShelf, otherwise: NewsPort, clock: Clock) -> None:
        self._shelf = shelf
        self._otherwise = otherwise
        self._clock = clock

    async def headlines(self, limit: int = 100) -> list[Headline]:
        try:
            run = await self._shelf.newest()
        except (LakeError, LakeUnavailable) as fault:
            log.warning("news.lake_away", fault=type(fault).__name__)
            run = None
        if run is None:
            return await self._otherwise.headlines(limit)
        age = aged(run.at, self._clock.now())
        return [
            Headline(
                title=story.title,
                source=f"{story.source}, {age}" if age else story.source,
                at=story.at,
                tickers=story.codes,
                demo=False,
                score=story.score,
                link=story.link,
            )
            for story in run.news[:limit]
        ]


def aged(at: datetime, now: datetime) -> str:
    """Korean: how old a run is, when it is older than the rhythm; empty for a fresh one."""
    hours = int((now - at).total_seconds() // 3600)
    if now - at <= OLDEST:
        return ""
    return f"{hours}시간 전 자료" if hours < 48 else f"{hours // 24}일 전 자료"
