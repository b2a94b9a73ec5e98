"""From settings to what a face works with: ports and runner of the graphs, and what only a person's own hand may do.

Contract: `assemble` is an async context; leaving it closes pools, channel and locks. The web's role writes decisions,
the graph's role everything else (`graph.assembly`); the OMS is reached by its door alone.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.clock import Clock, SystemClock
from domain.ids import NewId
from graph.assembly import open_working
from graph.backtests import Backtests
from graph.runner import Runner
from tools.embedded.services import Endpoints
from tools.oms_client import OmsChannel
from tools.ports import HandPort, Ports
from tools.settings import Settings
from tools.store.decisions import Decisions
from tools.store.guard_memory import GuardMemory
from tools.store.guard_rules import GuardRules
from tools.store.migrate import check_revision
from tools.store.minds import open_mind
from tools.store.pool import make_dict_pool, make_pool
from tools.store.roles import role_url
from tools.store.secrets import instance_secret
from ui.prices import FacePrices


@dataclass(frozen=True, slots=True)
class Assembled:
    """What a face of Quartz works with."""

    settings: Settings
    clock: Clock
    new_id: NewId
    ports: Ports
    runner: Runner
    decisions: Decisions
    people: AsyncConnectionPool[AsyncConnection[TupleRow]]  # the web's role, for users
    guard_rules: GuardRules  # the web's role: a person's own exit rules
    guard_seen: GuardMemory  # read only here: the highs of trailing stops
    hand: HandPort  # verdicts, strategy stops, keys: what no graph may ask
    backtests: Backtests  # the graph's history port, with whole results for charts and reports


def system_ids() -> NewId:
    """Unpredictable ids for messages and users."""
    source = random.SystemRandom()
    return lambda: UUID(int=source.getrandbits(128), version=4)


@asynccontextmanager
async def assemble(settings: Settings, endpoints: Endpoints) -> AsyncIterator[Assembled]:
    """Raises WrongRevision when the database is older or newer than this code."""
    graph_url, ui_url = role_url(settings, "graph", endpoints), role_url(settings, "ui", endpoints)
    check_revision(endpoints.postgres_admin_url or ui_url)
    clock, new_id = SystemClock(), system_ids()
    async with AsyncExitStack() as stack:
        desk_pool = await stack.enter_async_context(make_dict_pool(graph_url, "chat-desk"))
        deciding = await stack.enter_async_context(make_dict_pool(ui_url, "chat-decisions", max_size=4))
        people = await stack.enter_async_context(make_pool(ui_url, "chat-users", max_size=2))
        secret = instance_secret(settings)
        channel = await stack.enter_async_context(OmsChannel(endpoints.oms_address, secret))
        await stack.enter_async_context(open_mind(settings, desk_pool, clock=clock, new_id=new_id))
        working = await stack.enter_async_context(
            open_working(
                settings,
                endpoints,
                desk_pool,
                channel,
                FacePrices(channel),
                clock=clock,
                new_id=new_id,
                name="chat",
            )
        )
        decisions = Decisions(deciding, clock)
        yield Assembled(
            settings,
            clock,
            new_id,
            working.ports,
            working.runner,
            decisions,
            people,
            GuardRules(deciding),
            GuardMemory(deciding),
            working.oms,
            working.backtests,
        )
