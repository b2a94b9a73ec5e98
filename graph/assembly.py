"""What a process that runs the graphs puts together, face or scheduler: its ports and the runner over them.

Contract: `open_working` is an async context over a pool and a channel that its caller holds open; leaving it closes
what it opened itself. `pool` gives dictionary rows and logs in as quartz_graph, `channel` is a face's. The models of
the process are its caller's to open.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from domain.clock import Clock
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
from tools.ports import MarketPort, Ports
from tools.settings import Settings
from tools.store.desk import Desk
from tools.store.desk_tables import Pool
from tools.store.pool import make_dict_pool
from tools.store.receipts import Receipts
from tools.store.roles import role_url
from tools.store.secrets import instance_secret
from tools.store.slots import CheckChoices
from tools.store.trail import Trails
from tools.store.watching import Watching

if TYPE_CHECKING:
    from market.bars.store import BarStore


@dataclass(frozen=True, slots=True)
class Working:
    """`backtests` is the ports' history with whole results, for charts and reports."""

    ports: Ports
    runner: Runner
    oms: OmsClient
    backtests: Backtests


def _store(settings: Settings, clock: Clock) -> BarStore:
    from market.host import open_store  # at the first backtest: few processes need the lake

    return open_store(settings, clock)


@asynccontextmanager
async def open_working(
    settings: Settings,
    endpoints: Endpoints,
    pool: Pool,
    channel: OmsChannel,
    market: MarketPort,
    *,
    clock: Clock,
    new_id: NewId,
    name: str,
) -> AsyncIterator[Working]:
    """`market` is the caller's view of prices; `name` is what its own connections are called."""
    url, secret = role_url(settings, "graph", endpoints), instance_secret(settings)
    async with AsyncExitStack() as stack:
        saver = await stack.enter_async_context(make_dict_pool(url, f"{name}-saver", search_path="desk"))
        working = await stack.enter_async_context(OmsChannel(endpoints.oms_address, secret, "worker"))
        locks = ThreadLocks(url)
        stack.push_async_callback(locks.close)
        oms, desk = OmsClient(channel), Desk(pool)
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
            macro=macro_port(settings, pool, clock, new_id),
            news=news_port(settings, clock),
            history=backtests,
            identity=runner_identity,
            receipts=Receipts(pool),
            daily=daily,
            watch=Watching(pool),
            checks=CheckChoices(pool),
            constraints=Constraints.of(
                settings.max_buy_candidates,
                settings.max_single_ticker_weight,
                settings.min_order_krw,
                settings.max_turnover_ratio,
            ),
        )
        standing = replace(ports, oms=OmsByAuthority(oms, OmsClient(working)))
        cycles = {"cycle": build_portfolio_cycle(standing), "rebalance": build_rebalance(standing)}
        runner = Runner(ports, AsyncPostgresSaver(saver), locks, desk, cycles=cycles, trails=Trails(pool))
        yield Working(ports, runner, oms, backtests)
