"""The paper exchange as a process of a world: the real application on the world's wires, its journal on a disk.

Contract: the journal outlives every life of the process, and what was appended was durable before anybody heard of it;
`on_record` is told each record in that moment. A life that is over appends nothing. The market is driven every second
while somebody may trade, and sleeps to the next opening otherwise; prices are a function of seed and moment, so they
are shared by all the worlds of one machine.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from aiohttp import web

from domain.calendar import KrxCalendar, Phase
from domain.instruments import Instruments
from domain.waiting import Hint
from proving.clocks import WallClock
from proving.loop import LIFE, Gone, Life, WorldLoop
from proving.network import Network
from proving.processes import Process
from simulation.exchange.app import HUB, make_app
from simulation.exchange.config import Environment, ExchangeConfig
from simulation.exchange.credentials import Credentials
from simulation.exchange.exchange import Exchange, build, seeded_market
from simulation.exchange.faults import Faults
from simulation.exchange.faults.door import Door
from simulation.exchange.journal import Record
from simulation.exchange.market import Market
from simulation.exchange.orders import Order

PORT = 9443
HOST = "127.0.0.1"
MARKET_SEED = 7  # one market for all worlds: weaving prices costs more than a seed's whole traffic
_PINGPONG_S = 20.0
_UNSEEN_S = 3_600.0  # of a market that nobody looks at: what it did is caught up with in one go
ADVANCE_S = 1.0  # of the market, and so of notices
PUMP_S = {Environment.REAL: 4.0, Environment.PAPER: 12.0}  # of quotes: shorter than the OMS lets a stream's be old
_OPEN = (Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSING_AUCTION)


@lru_cache(maxsize=1)
def shared_market() -> Market:
    return seeded_market(MARKET_SEED, instruments(), KrxCalendar(), None)


@lru_cache(maxsize=1)
def instruments() -> Instruments:
    return Instruments.load()


class Disk:
    """A journal that survives its writer."""

    def __init__(self, on_record: Callable[[Record], None]) -> None:
        self.records: list[Record] = []
        self.on_record = on_record


class JournalOnDisk:
    """One life's hold on it: a `JournalPort`."""

    def __init__(self, disk: Disk, life: Life | None) -> None:
        self._disk = disk
        self._life = life

    def recover(self) -> list[Record]:
        return list(self._disk.records)

    def append(self, records: Iterable[Record]) -> list[Record]:
        if self._life is not None and not self._life.alive:
            raise Gone("the exchange that writes is dead")
        start = len(self._disk.records)
        numbered = [{"seq": start + i, **record} for i, record in enumerate(records, start=1)]
        self._disk.records.extend(numbered)
        for record in numbered:
            self._disk.on_record(record)
        return numbered

    def close(self) -> None:
        return None


class ExchangeHost(Process):
    """`wall` is its machine's clock."""

    def __init__(
        self, loop: WorldLoop, network: Network, env: Environment, seed: int, wall: WallClock, disk: Disk
    ) -> None:
        super().__init__("exchange", loop, network)
        self._rng = random.Random(f"exchange:{seed}")
        self._secret = self._rng.randbytes(32)
        self._config = ExchangeConfig(
            env=env, any_account=True, seed=MARKET_SEED, opening_cash=100_000_000, pingpong_seconds=_PINGPONG_S
        )
        self.wall = wall
        self.disk = disk
        self.faults = Faults(random.Random(f"exchange faults:{seed}"), wall)
        self.exchange: Exchange | None = None
        self._stop: asyncio.Event | None = None
        self._looked = Hint()

    async def main(self) -> None:
        self._stop, self._looked = asyncio.Event(), Hint()
        journal = JournalOnDisk(self.disk, LIFE.get())
        market = shared_market()
        exchange = self.exchange = build(self._config, self.wall, Credentials(self._secret), journal, market)
        app = make_app(exchange, self.faults, self._rng)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        self.faults.on_down.clear()  # doors of earlier lives
        door = Door(runner, self.faults, HOST, PORT)
        await door.open()
        exchange.venue.listen(self._heard)
        pump_s = PUMP_S[self._config.env]
        pumped = float("-inf")
        try:
            while not self._stop.is_set():
                exchange.venue.advance()
                if self.loop.time() >= pumped + pump_s:
                    pumped = self.loop.time()
                    app[HUB].pump()
                await self._until_next(exchange, pumped + pump_s)
        finally:
            door.close()
            await app[HUB].close()
            await runner.cleanup()

    def _heard(self, record: Record, order: Order) -> None:
        if record["kind"] == "order":  # it may rest: from now on every second counts
            self._looked.set()

    async def _until_next(self, exchange: Exchange, pump_at: float) -> None:
        """A moment while something rests, and to the next quotes while somebody is connected; else until somebody is,
        or the market opens."""
        now, seen = self.wall.now(), self.network.connected(PORT)
        if exchange.venue.calendar.phase(now) not in _OPEN:
            seconds = (next_opening(now) - now).total_seconds() + 0.01
        elif not seen:
            seconds = _UNSEEN_S
        else:
            seconds = ADVANCE_S if exchange.venue.world.resting else max(0.001, pump_at - self.loop.time())
        if not seen:
            self.network.visited[PORT] = self._looked.set
        self._looked.clear()
        await self._looked.within(seconds)
        self.network.visited.pop(PORT, None)

    def told_to_end(self) -> None:
        if self._stop is not None:
            self._stop.set()
            self._looked.set()

    def ended(self) -> None:
        self.exchange = None


def next_opening(now: datetime) -> datetime:
    """When orders are taken next."""
    calendar = KrxCalendar()
    day = now.date()
    while True:
        hours = calendar.hours(day)
        if hours is not None:
            opens = datetime.combine(day, hours.opening_auction, now.tzinfo)
            if opens > now:
                return opens
        day += timedelta(days=1)
