"""The watcher put together from settings: followers of facts, the sender of notices and monthly savings, as one part of
the scheduler's process.

Contract: `open_watcher` is an async context over a pool and a channel that its caller holds open: inside, everything
runs; leaving ends it, and what was cut short is taken up by the next one. `pool` gives dictionary rows and logs in as
quartz_graph, `channel` is a face's. Loads no graph and no model. A job that fails is logged and tried again; one that
cannot reach its outside says so and waits.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.clock import Clock
from domain.instruments import Instruments
from graph.savings import SavingsJob
from graph.schedule.ports import SlotPort
from graph.standing_orders import OmsByAuthority
from graph.watch.events import OmsFollower
from graph.watch.news import NewsFollower
from graph.watch.notices import NoticeSender
from graph.watch.prices import LOOK_S, PriceFollower
from graph.watch.tables import TableFollower
from market.interest import Declared, Rank
from tools.embedded.services import Endpoints
from tools.lake import open_lake
from tools.news.stored import RunShelf
from tools.notify.addresses import Sealed
from tools.notify.sending import Sender
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import PortUnavailable
from tools.settings import Settings
from tools.store.desk import Desk
from tools.store.desk_tables import Pool
from tools.store.notices import Notices
from tools.store.outbox import Outbox
from tools.store.secrets import instance_secret
from tools.store.watching import Watching

log = structlog.get_logger(__name__)

TABLES_S = 5.0
NEWS_S = 60.0
NOTICES_S = 5.0
SAVINGS_S = 60.0
DECLARE_S = 20.0

Job = tuple[str, float, Callable[[], Awaitable[object]]]


async def repeat(name: str, seconds: float, once: Callable[[], Awaitable[object]], clock: Clock) -> None:
    """Until cancelled."""
    while True:
        try:
            await once()
        except PortUnavailable as gone:
            log.info("watch.waits", job=name, where=gone.where)
        except (RedisError, OSError) as gone:
            log.info("watch.waits", job=name, why=type(gone).__name__)
        except Exception:  # a defect met in one look must not end the later ones
            log.error("watch.failed", job=name, trace=traceback.format_exc())  # a rendered one would show locals
        await clock.sleep(seconds)


class Watcher:
    """Its jobs, for whoever wants to know what runs."""

    def __init__(self, jobs: Sequence[Job], events: OmsFollower, clock: Clock) -> None:
        self.jobs = tuple(name for name, _, _ in jobs)
        self._jobs = jobs
        self._events = events
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        log.info("watch.started", jobs=list(self.jobs))
        self._tasks = [asyncio.create_task(repeat(*job, self._clock)) for job in self._jobs]
        self._tasks.append(asyncio.create_task(self._events.run()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []


@asynccontextmanager
async def open_watcher(
    settings: Settings,
    endpoints: Endpoints,
    pool: Pool,
    channel: OmsChannel,
    slots: SlotPort,
    *,
    clock: Clock,
    by: str,
) -> AsyncIterator[Watcher]:
    """`by` names this runner on the slots it claims."""
    secret, venue, table = instance_secret(settings), settings.broker.value, Instruments.load()
    outbox, watching = Outbox(pool), Watching(pool)
    async with AsyncExitStack() as stack:
        working = await stack.enter_async_context(OmsChannel(endpoints.oms_address, secret, "worker"))
        sender = Sender(clock, private=settings.notify_private)
        stack.callback(sender.close)
        oms, market = OmsByAuthority(OmsClient(channel), OmsClient(working)), MarketClient(channel)
        savings = SavingsJob(oms, market, Desk(pool), watching, outbox, slots, table, clock, venue, by)
        jobs: list[Job] = [
            ("tables", TABLES_S, TableFollower(outbox, table, clock, venue).once),
            ("news", NEWS_S, NewsFollower(RunShelf(partial(open_lake, settings)), outbox, table, clock, venue).once),
            ("prices", LOOK_S, PriceFollower(market, outbox, table, clock, venue).once),
            ("notices", NOTICES_S, NoticeSender(Notices(pool), outbox, Sealed(secret), sender, clock).once),
            ("savings", SAVINGS_S, savings.once),
        ]
        if endpoints.redis_url:
            redis = Redis.from_url(endpoints.redis_url)
            stack.push_async_callback(redis.aclose)
            declared = Declared(redis, await asyncio.to_thread(_prefix, settings), clock)
            jobs.append(("interest", DECLARE_S, partial(_declare, declared, outbox)))
        watcher = Watcher(jobs, OmsFollower(oms, outbox, watching, clock, venue), clock)
        watcher.start()
        stack.push_async_callback(watcher.stop)
        yield watcher


def _prefix(settings: Settings) -> str:
    from market.host import prefix_of  # in a thread: it brings the stores of bars along

    return prefix_of(settings)


async def _declare(declared: Declared, outbox: Outbox) -> None:
    """Watched names reach the feed after holdings and strategies."""
    tickers = await outbox.watched()
    if tickers:
        await declared.declare("watching", Rank.WATCHED, tickers)
