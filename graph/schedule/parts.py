"""From settings to a scheduler: pools, the door, and a runner that is put together when the first check is due.

Contract: `open_scheduler` is an async context; leaving it closes what it opened. It logs in as quartz_graph alone and
decides nothing for a person: approvals and signatures are other roles'. An installation in which nobody wants checks
never loads the graphs.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.clock import Clock, SystemClock
from domain.ids import NewId
from domain.slots import Kind
from graph.schedule.account_jobs import GetRunner, checking, reporting
from graph.schedule.jobs import Task, Tasks
from graph.schedule.lanes import Told
from graph.schedule.pace import Pace
from graph.schedule.research_jobs import macro_refresh, news_reading
from graph.schedule.scheduler import Outside, Scheduler
from tools.embedded.services import Endpoints
from tools.llm.mind import Limits
from tools.macro.sources import has_keys
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.settings import Settings
from tools.store.desk import Desk
from tools.store.desk_tables import Pool
from tools.store.migrate import check_revision
from tools.store.minds import open_mind
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url
from tools.store.secrets import instance_secret
from tools.store.slots import CheckChoices, Slots

if TYPE_CHECKING:
    from graph.runner import Runner

# The longest a slot may take, in seconds of wall time: a turn of models is bounded by less.
CHECK_SECONDS = 240.0
REPORT_SECONDS = 60.0
MACRO_SECONDS = 600.0
NEWS_SECONDS = 600.0
PATIENT = Limits(answer_seconds=90.0, answer_tokens=8_192)  # a report is long, and nobody waits for it


@asynccontextmanager
async def open_scheduler(
    settings: Settings, endpoints: Endpoints, told: Told | None = None
) -> AsyncIterator[Scheduler]:
    """Raises WrongRevision when the database is older or newer than this code."""
    url = role_url(settings, "graph", endpoints)
    await asyncio.to_thread(check_revision, endpoints.postgres_admin_url or url)
    clock, new_id = SystemClock(), _ids()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_dict_pool(url, "scheduler", max_size=6))
        channel = await stack.enter_async_context(OmsChannel(endpoints.oms_address, instance_secret(settings)))
        await stack.enter_async_context(open_mind(settings, pool, clock=clock, new_id=new_id, limits=PATIENT))
        market = MarketClient(channel)
        get = _runner(settings, endpoints, pool, channel, market, stack, clock, new_id)
        pace = Pace(OmsClient(channel), market)
        outside = Outside(Slots(pool), CheckChoices(pool), market, Desk(pool), clock, pace.busy)
        tasks = {**_research(settings, pool, clock, new_id), **_of_accounts(get)}
        yield Scheduler(outside, tasks, settings.broker.value, runner_name(), told=told)


def _research(settings: Settings, pool: Pool, clock: Clock, new_id: NewId) -> Tasks:
    """Without keys there is no publisher to ask, and nothing is said of the economy every twelve hours."""
    macro = {Kind.MACRO: Task(macro_refresh(settings, pool, clock, new_id), MACRO_SECONDS)}
    return {**(macro if has_keys(settings) else {}), Kind.NEWS: Task(news_reading(settings, clock), NEWS_SECONDS)}


def _of_accounts(get: GetRunner) -> Tasks:
    return {
        Kind.CYCLE: Task(checking(Kind.CYCLE, get), CHECK_SECONDS),
        Kind.REBALANCE: Task(checking(Kind.REBALANCE, get), CHECK_SECONDS),
        Kind.REPORT: Task(reporting(get), REPORT_SECONDS),
    }


def _runner(
    settings: Settings,
    endpoints: Endpoints,
    pool: Pool,
    channel: OmsChannel,
    market: MarketClient,
    stack: AsyncExitStack,
    clock: Clock,
    new_id: NewId,
) -> GetRunner:
    """Put together at the first call; what it opens is closed with `stack`."""
    made: list[Runner] = []
    turn = asyncio.Lock()

    async def get() -> Runner:
        async with turn:
            if not made:
                opening = await asyncio.to_thread(_imported)
                parts = opening(
                    settings, endpoints, pool, channel, market, clock=clock, new_id=new_id, name="scheduler"
                )
                made.append((await stack.enter_async_context(parts)).runner)
        return made[0]

    return get


def _imported() -> Any:
    """In a thread: the graphs take a second to import, and the scheduler goes on ticking."""
    from graph.assembly import open_working

    return open_working


def runner_name() -> str:
    """Who claims a slot: for a person who reads the rows, not for anybody's decision."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _ids() -> NewId:
    source = random.SystemRandom()
    return lambda: UUID(int=source.getrandbits(128), version=4)
