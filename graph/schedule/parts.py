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
from collections.abc import AsyncIterator, Awaitable, Callable
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
from graph.schedule.research_jobs import bars_reading, macro_refresh, news_reading
from graph.schedule.scheduler import Outside, Scheduler
from graph.watching import open_watcher
from tools.embedded.services import Endpoints
from tools.llm.mind import Limits
from tools.macro.sources import has_keys
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import Identity, Ports
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
TECHNICAL_SECONDS = 660.0  # its own bound is below that
PATIENT = Limits(answer_seconds=90.0, answer_tokens=8_192)  # a report is long, and nobody waits for it


@asynccontextmanager
async def open_scheduler(
    settings: Settings, endpoints: Endpoints, told: Told | None = None, *, watching: bool = True, calm: float = 0.0
) -> AsyncIterator[Scheduler]:
    """`watching`: beside the slots, what is watched for people and told to them; `calm`: seconds before any research.
    Raises WrongRevision when the database is older or newer than this code."""
    url = role_url(settings, "graph", endpoints)
    await asyncio.to_thread(check_revision, endpoints.postgres_admin_url or url)
    clock, new_id, venue, by = SystemClock(), _ids(), settings.broker.value, runner_name()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_dict_pool(url, "scheduler"))
        channel = await stack.enter_async_context(OmsChannel(endpoints.oms_address, instance_secret(settings)))
        await stack.enter_async_context(open_mind(settings, pool, clock=clock, new_id=new_id, limits=PATIENT))
        market, slots, accounts = MarketClient(channel), Slots(pool), CheckChoices(pool)
        graphs = Graphs(settings, endpoints, pool, channel, market, stack, clock, new_id)

        async def people() -> list[Identity]:
            return [each.who for each in await accounts.checked(venue, clock.now())]

        tasks = {**_research(settings, pool, clock, new_id, graphs, people), **_of_accounts(graphs.runner)}
        busy = Pace(OmsClient(channel), market).busy
        outside = Outside(slots, accounts, market, Desk(pool), clock, busy)
        if watching:
            await stack.enter_async_context(open_watcher(settings, endpoints, pool, channel, slots, clock=clock, by=by))
        yield Scheduler(outside, tasks, venue, by, told=told, calm=calm)


def _research(
    settings: Settings,
    pool: Pool,
    clock: Clock,
    new_id: NewId,
    graphs: Graphs,
    people: Callable[[], Awaitable[list[Identity]]],
) -> Tasks:
    """Without keys there is no publisher to ask, and nothing is said of the economy every twelve hours."""
    macro = {Kind.MACRO: Task(macro_refresh(settings, pool, clock, new_id), MACRO_SECONDS)}
    return {
        **(macro if has_keys(settings) else {}),
        Kind.NEWS: Task(news_reading(settings, clock), NEWS_SECONDS),
        Kind.TECHNICAL: Task(bars_reading(graphs.ports, people), TECHNICAL_SECONDS),
    }


def _of_accounts(get: GetRunner) -> Tasks:
    return {
        Kind.CYCLE: Task(checking(Kind.CYCLE, get), CHECK_SECONDS),
        Kind.REBALANCE: Task(checking(Kind.REBALANCE, get), CHECK_SECONDS),
        Kind.REPORT: Task(reporting(get), REPORT_SECONDS),
    }


class Graphs:
    """The runner and its ports, put together at the first call; what they open is closed with `stack`."""

    def __init__(
        self,
        settings: Settings,
        endpoints: Endpoints,
        pool: Pool,
        channel: OmsChannel,
        market: MarketClient,
        stack: AsyncExitStack,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._given = (settings, endpoints, pool, channel, market)
        self._stack = stack
        self._clock = clock
        self._new_id = new_id
        self._turn = asyncio.Lock()
        self._runner: Runner | None = None

    async def runner(self) -> Runner:
        async with self._turn:
            if self._runner is None:
                opening = await asyncio.to_thread(_imported)
                parts = opening(*self._given, clock=self._clock, new_id=self._new_id, name="scheduler")
                self._runner = (await self._stack.enter_async_context(parts)).runner
        return self._runner

    async def ports(self) -> Ports:
        return (await self.runner()).ports


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
