"""The worker's process: the market's data and the running strategies side by side, and a note that it lives.

Contract: needs the OMS, the database and Redis, and waits for each that is silent. One worker at a time trades an
environment: a second one stands by and takes over when the first is gone; should two overlap, a bar is one plan all the
same. The note ($QUARTZ_HOME/run/worker.json) is written anew every second; `ready`: a turn was whole lately.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.clock import Clock, SystemClock
from domain.instruments import Instruments
from execution.worker.asking import Asking
from execution.worker.past import Past
from execution.worker.running import Outside
from execution.worker.worker import Worker
from market.bars.fetch import DailyBars
from market.bus.ownership import Ownership
from market.clock import MarketTime
from market.host import MarketHost, open_market, prefix_of
from market.interest import Rank
from tools.embedded.files import write_json
from tools.embedded.services import Endpoints, endpoints
from tools.life import NOTE_S, note_path, until_stopped
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.settings import Settings
from tools.store.desk import Desk
from tools.store.guard_rules import GuardRules
from tools.store.migrate import check_revision
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url
from tools.store.secrets import instance_secret
from tools.store.strategy_runs import StrategyRuns
from tools.store.worker_memory import WorkerMemory

log = structlog.get_logger("worker.process")
_LEASE_S = 10.0
_READY_S = 15.0
_DECLARE_S = 20.0


class Shift:
    """The worker while the turn is ours, and what it says of itself."""

    def __init__(self, worker: Worker, host: MarketHost, lease: Ownership, wall: Clock) -> None:
        self._worker = worker
        self._host = host
        self._lease = lease
        self._wall = wall
        self._good = float("-inf")

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                if not await self._is_ours():
                    self._good = self._wall.monotonic()
                    await self._wall.sleep(_LEASE_S / 3)
                    continue
                await self._worker.turn()
                self._good = self._wall.monotonic()
        finally:
            await asyncio.shield(self._leave())

    async def declare(self) -> None:
        """Tells ingest which names are wanted."""
        while True:
            try:
                if self._worker.tickers:
                    await self._host.declared.declare("worker", Rank.STRATEGY, self._worker.tickers)
            except (RedisError, OSError) as gone:
                log.debug("not_declared", reason=type(gone).__name__)
            await self._wall.sleep(_DECLARE_S if self._worker.tickers else 1.0)

    def facts(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "at": self._wall.now().isoformat(),
            "ready": self._wall.monotonic() - self._good < _READY_S,
            "ingest": self._host.ingest is not None,
            "strategies": [
                {
                    "strategy": str(each.run.strategy_id),
                    "account": each.run.account_ref,
                    "hash": each.run.hash,
                    "state": each.state,
                    "names": len(each.names),
                    "bar": max((watched.place.end for watched in each.names.values()), default=0),
                }
                for each in self._worker.running.values()
            ],
        }

    async def _is_ours(self) -> bool:
        try:
            await self._lease.balance()
        except (RedisError, OSError) as gone:
            log.warning("redis_lost", reason=type(gone).__name__)
            return False
        return bool(self._lease.owned)

    async def _leave(self) -> None:
        try:
            await self._worker.aclose()
            await self._lease.leave()
        except (RedisError, OSError) as gone:
            log.debug("turn_not_given_back", reason=type(gone).__name__)


async def run(settings: Settings, found: Endpoints) -> None:
    """One worker on this machine, until cancelled. Raises WrongRevision."""
    url = role_url(settings, "worker", found)
    await asyncio.to_thread(check_revision, url)
    wall = SystemClock()
    channel = OmsChannel(found.oms_address, instance_secret(settings), "worker")
    redis = Redis.from_url(found.redis_url)
    try:
        async with (
            make_dict_pool(url, "quartz-worker", max_size=3) as pool,
            channel,
            open_market(settings, found) as host,
        ):
            desk, memory, market, door = Desk(pool), WorkerMemory(pool), MarketClient(channel), OmsClient(channel)
            table = Instruments.load()
            asking = Asking(door, desk, memory, table, wall)
            outside = Outside(door, market, desk, memory, GuardRules(pool), asking, table, MarketTime(wall), wall)
            past = Past(host.store, DailyBars(host.store, market, settings.broker.value), host.bus)
            worker = Worker(outside, StrategyRuns(pool), host.bus, past, settings.broker.value)
            shift = Shift(worker, host, Ownership(redis, f"{prefix_of(settings)}:worker:turn", 1, _LEASE_S), wall)
            await host.start()
            tasks = [
                asyncio.create_task(each) for each in (host.wait(), shift.run(), shift.declare(), _say(settings, shift))
            ]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await host.stop()
    finally:
        await redis.aclose()
        note_path(settings, "worker").unlink(missing_ok=True)


async def _say(settings: Settings, shift: Shift) -> None:
    while True:
        write_json(note_path(settings, "worker"), shift.facts())
        await asyncio.sleep(NOTE_S)


def serve(settings: Settings, found: Endpoints | None = None) -> int:
    """Runs the worker in this process until SIGTERM or SIGINT."""

    asyncio.run(until_stopped(run(settings, found or endpoints(settings))))
    log.info("stopped")
    return 0
