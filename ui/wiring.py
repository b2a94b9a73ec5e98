"""From settings to a working set of ports and a runner: the one place of this process where parts meet.

Contract: `assemble` is an async context; leaving it closes pools, channel and locks. The web's role writes decisions,
the graph's role everything else; the OMS is reached by its door alone.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from domain.clock import Clock, SystemClock
from domain.constraints import Constraints
from domain.ids import NewId
from domain.instruments import Instruments
from graph.backtests import Backtests
from graph.daily_bars import LakeBars
from graph.identity import runner_identity
from graph.locks import ThreadLocks
from graph.macro_job import macro_port
from graph.news_job import news_port
from graph.portfolio_cycle import build_portfolio_cycle
from graph.rebalance import build_rebalance
from graph.runner import Runner
from graph.standing_orders import OmsByAuthority
from tools.embedded.services import Endpoints
from tools.oms_client import OmsChannel, OmsClient
from tools.ports import HandPort, Ports
from tools.settings import Settings
from tools.store.decisions import Decisions
from tools.store.desk import Desk
from tools.store.guard_memory import GuardMemory
from tools.store.guard_rules import GuardRules
from tools.store.migrate import check_revision
from tools.store.minds import open_mind
from tools.store.pool import make_dict_pool, make_pool
from tools.store.receipts import Receipts
from tools.store.roles import role_url
from tools.store.secrets import instance_secret
from tools.store.trail import Trails
from ui.prices import FacePrices

if TYPE_CHECKING:
    from market.bars.store import BarStore


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


def _store(settings: Settings, clock: Clock) -> BarStore:
    from market.host import open_store  # at the first backtest: no page needs the lake

    return open_store(settings, clock)


@asynccontextmanager
async def assemble(settings: Settings, endpoints: Endpoints) -> AsyncIterator[Assembled]:
    """Raises WrongRevision when the database is older or newer than this code."""
    graph_url, ui_url = role_url(settings, "graph", endpoints), role_url(settings, "ui", endpoints)
    check_revision(endpoints.postgres_admin_url or ui_url)
    clock, new_id = SystemClock(), system_ids()
    async with AsyncExitStack() as stack:
        desk_pool = await stack.enter_async_context(make_dict_pool(graph_url, "chat-desk"))
        saver_pool = await stack.enter_async_context(make_dict_pool(graph_url, "chat-saver", search_path="desk"))
        deciding = await stack.enter_async_context(make_dict_pool(ui_url, "chat-decisions", max_size=4))
        people = await stack.enter_async_context(make_pool(ui_url, "chat-users", max_size=2))
        secret = instance_secret(settings)
        channel = await stack.enter_async_context(OmsChannel(endpoints.oms_address, secret))
        working = await stack.enter_async_context(OmsChannel(endpoints.oms_address, secret, "worker"))
        locks = ThreadLocks(graph_url)
        stack.push_async_callback(locks.close)
        desk = Desk(desk_pool)
        await stack.enter_async_context(open_mind(settings, desk_pool, clock=clock, new_id=new_id))
        oms, market = OmsClient(channel), FacePrices(channel)
        backtests = Backtests(market, lambda: _store(settings, clock), settings.broker.value)
        stack.push_async_callback(backtests.aclose)
        daily = LakeBars(market, lambda: _store(settings, clock), settings.broker.value, clock)
        stack.push_async_callback(daily.aclose)
        ports = Ports(
            clock=clock,
            new_id=new_id,
            instruments=Instruments.load(),
            oms=oms,
            market=market,
            desk=desk,
            macro=macro_port(settings, desk_pool, clock, new_id),
            news=news_port(settings, clock),
            history=backtests,
            identity=runner_identity,
            daily=daily,
            receipts=Receipts(desk_pool),
            constraints=Constraints.of(
                settings.max_buy_candidates,
                settings.max_single_ticker_weight,
                settings.min_order_krw,
                settings.max_turnover_ratio,
            ),
        )
        standing = replace(ports, oms=OmsByAuthority(ports.oms, OmsClient(working)))
        runner = Runner(
            ports,
            AsyncPostgresSaver(saver_pool),
            locks,
            desk,
            cycles={"cycle": build_portfolio_cycle(standing), "rebalance": build_rebalance(standing)},
            trails=Trails(desk_pool),
        )
        decisions = Decisions(deciding, clock)
        rules, seen = GuardRules(deciding), GuardMemory(deciding)
        yield Assembled(settings, clock, new_id, ports, runner, decisions, people, rules, seen, oms, backtests)
