"""The news and its job put together from settings: what a face shows, and what the scheduler runs.

Contract: until a run has been kept, the news of the practice market is bundled demonstration headlines, labelled;
beside a real broker there is none. `open_news_job` reaches nothing by itself and closes its connections at the end; the
broker's own titles join where the OMS offers them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from domain.clock import Clock
from domain.news.matching import Matcher
from nodes.selector.refresh import NewsJob
from tools.lake import open_lake
from tools.news.demo import DemoNews, NoNews
from tools.news.listings import load_listing
from tools.news.polite import CACHE, Polite
from tools.news.sources import NewsSource, web_sources
from tools.news.stored import RunShelf, StoredNews
from tools.news.titles import broker_news
from tools.ports import NewsPort
from tools.settings import Broker, Settings


def news_port(settings: Settings, clock: Clock) -> NewsPort:
    """What rooms read."""
    otherwise = DemoNews(clock) if settings.broker is Broker.SIM else NoNews()
    return StoredNews(RunShelf(partial(open_lake, settings)), otherwise, clock)


@asynccontextmanager
async def open_news_job(settings: Settings, clock: Clock, more: Sequence[NewsSource] = ()) -> AsyncIterator[NewsJob]:
    """The job over the broker's titles, every place of the table, and `more`."""
    matcher = await asyncio.to_thread(lambda: Matcher(load_listing(settings.home)))
    guest = Polite(settings.home / CACHE, clock)
    try:
        sources = [*more, broker_news(settings), *web_sources(guest)]
        yield NewsJob(sources, matcher, RunShelf(partial(open_lake, settings)), clock)
    finally:
        await guest.aclose()
