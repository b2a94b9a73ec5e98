"""The paper exchange of a parity world: the real application over a market that stands still while somebody decides.

Contract: as `proving.exchange`, but the market is given, and its quotes are pumped a moment after every fourth second,
so that a single price is told as soon as it is there. While nobody is connected, or the market is closed, it sleeps.
"""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

from aiohttp import web

from domain.calendar import Phase
from domain.waiting import Hint
from proving.clocks import WallClock
from proving.exchange import HOST, PORT, Disk, JournalOnDisk, next_opening
from proving.loop import LIFE, WorldLoop
from proving.network import Network
from proving.processes import Process
from simulation.exchange.app import HUB, make_app
from simulation.exchange.config import Environment, ExchangeConfig
from simulation.exchange.credentials import Credentials
from simulation.exchange.exchange import Exchange, build
from simulation.exchange.faults import Faults
from simulation.exchange.faults.door import Door
from simulation.exchange.market import Market

CASH = 100_000_000  # won in an account at its first use
_AFTER_S = 0.3
_UNSEEN_S = 3_600.0
_OPEN = (Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSING_AUCTION)


class ReplayHost(Process):
    """`wall` is its machine's clock; market time is the same. Quotes are pumped every `every_s`, a little after it."""

    every_s = 4

    def __init__(
        self, loop: WorldLoop, network: Network, seed: int, wall: WallClock, disk: Disk, market: Market
    ) -> None:
        super().__init__("exchange", loop, network)
        self._rng = random.Random(f"exchange:{seed}")
        self._secret = self._rng.randbytes(32)
        self._config = ExchangeConfig(env=Environment.REAL, any_account=True, opening_cash=CASH, pingpong_seconds=20.0)
        self._market = market
        self.wall = wall
        self.disk = disk
        self.faults = Faults(random.Random(f"exchange faults:{seed}"), wall)
        self.exchange: Exchange | None = None
        self._stop: asyncio.Event | None = None
        self._looked = Hint()

    async def main(self) -> None:
        self._stop, self._looked = asyncio.Event(), Hint()
        journal = JournalOnDisk(self.disk, LIFE.get())
        exchange = self.exchange = build(self._config, self.wall, Credentials(self._secret), journal, self._market)
        app = make_app(exchange, self.faults, self._rng)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        door = Door(runner, self.faults, HOST, PORT)
        await door.open()
        try:
            while not self._stop.is_set():
                exchange.venue.advance()
                app[HUB].pump()
                await self._until_next(exchange)
        finally:
            door.close()
            await app[HUB].close()
            await runner.cleanup()

    async def _until_next(self, exchange: Exchange) -> None:
        now, seen = self.wall.now(), self.network.connected(PORT)
        if exchange.venue.calendar.phase(now) not in _OPEN:
            seconds = (next_opening(now) - now).total_seconds() + 0.01
        elif not seen:
            seconds = _UNSEEN_S
        else:
            whole = now.replace(microsecond=0)
            due = whole + timedelta(seconds=self.every_s - whole.second % self.every_s + _AFTER_S)
            seconds = (due - now).total_seconds()
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
