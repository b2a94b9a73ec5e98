"""The guard's process: keeps the watchman up to date, feeds it prices, and says that it is alive.

Contract: needs the OMS and the database and nothing else; each loop survives the silence of both and tries again. The
note ($QUARTZ_HOME/run/guard.json) is written anew every second: `at` says that it lives, `ready` that it has seen
positions, rules and the market's time within the last moments.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from domain.clock import Clock, SystemClock
from execution.guard.clock import GuardClock
from execution.guard.door import GuardDoor
from execution.guard.feed import Feed
from execution.guard.ports import TIMING, Door, GuardTiming, Memory, Rules
from execution.guard.watchman import Watchman
from tools.embedded.files import write_json
from tools.embedded.services import Endpoints, endpoints
from tools.life import NOTE_S, note_path, until_stopped
from tools.oms_client import OmsChannel
from tools.ports import PortUnavailable
from tools.settings import Settings
from tools.store.guard_memory import GuardMemory
from tools.store.guard_rules import GuardRules
from tools.store.migrate import check_revision
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url
from tools.store.secrets import instance_secret

log = structlog.get_logger("guard")
_CLOCK_S = 2.0
_READY_S = 15.0  # without a successful look for so long it is not ready


class Guard:
    """Everything of one guard; ports and clock are given, so that a world of tests can run it whole."""

    def __init__(
        self,
        door: Door,
        rules: Rules,
        memory: Memory,
        wall: Clock,
        timing: GuardTiming,
        note: Callable[[dict[str, Any]], None] = lambda facts: None,
    ) -> None:
        self._door = door
        self._wall = wall
        self._timing = timing
        self._note = note
        self.clock = GuardClock(wall)
        self.watchman = Watchman(door, rules, memory, self.clock, wall, timing)
        self.feed = Feed(door, self.clock, wall, timing, lambda: self.watchman.tickers, self.watchman.take)
        self._good: dict[str, float] = {}

    @property
    def ready(self) -> bool:
        now = self._wall.monotonic()
        return all(now - self._good.get(name, float("-inf")) < _READY_S for name in ("clock", "rules", "positions"))

    async def run(self) -> None:
        """Until it is cancelled."""
        work = (
            self._every("clock", _CLOCK_S, self._ask_the_time),
            self._every("rules", self._timing.rules_s, self.watchman.read_rules),
            self._every("positions", self._timing.look_s, self._look),
            self.feed.stream(),
            self.feed.poll(),
            self._say(),
        )
        tasks = [asyncio.create_task(each) for each in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.watchman.aclose()

    async def _ask_the_time(self) -> None:
        self.clock.told(await self._door.market_clock())

    async def _look(self) -> None:
        if {"clock", "rules"} <= self._good.keys():  # nobody is judged by a rule that was not read
            await self.watchman.look()
        else:
            raise PortUnavailable("아직 준비하고 있어요.", where="guard")

    async def _every(self, name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        silent = False
        while True:
            try:
                await work()
            except PortUnavailable as gone:
                if not silent:
                    log.warning("not_answered", what=name, where=gone.where, reason=gone.message)
                silent = True
                await self._wall.sleep(min(seconds, 0.5))
                continue
            self._good[name] = self._wall.monotonic()
            silent = False
            await self._wall.sleep(seconds)

    async def _say(self) -> None:
        while True:
            watched = self.watchman.watched.values()
            self._note(
                {
                    "pid": os.getpid(),
                    "at": self._wall.now().isoformat(),
                    "ready": self.ready,
                    "positions": len(watched),
                    "exits": sum(each.exiting for each in watched),
                    "streaming": self.feed.streaming,
                    "stale": list(self.feed.stale),
                }
            )
            await self._wall.sleep(NOTE_S)


async def run(settings: Settings, found: Endpoints, timing: GuardTiming | None = None) -> None:
    """One guard on this machine, until cancelled. Raises WrongRevision."""
    url = role_url(settings, "guard", found)
    await asyncio.to_thread(check_revision, url)
    wall = SystemClock()
    channel = OmsChannel(found.oms_address, instance_secret(settings), "guard")
    async with make_dict_pool(url, "quartz-guard", max_size=3) as pool, channel:
        guard = Guard(
            GuardDoor(channel),
            GuardRules(pool),
            GuardMemory(pool),
            wall,
            timing or TIMING[settings.broker.value],
            lambda facts: write_json(note_path(settings, "guard"), facts),
        )
        try:
            await guard.run()
        finally:
            note_path(settings, "guard").unlink(missing_ok=True)


def serve(settings: Settings, found: Endpoints | None = None, timing: GuardTiming | None = None) -> int:
    """Runs the guard in this process until SIGTERM or SIGINT."""

    asyncio.run(until_stopped(run(settings, found or endpoints(settings), timing)))
    log.info("stopped")
    return 0
