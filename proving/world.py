"""One world: an exchange, one or two OMS, a storage, people, faults, a judge. How it passes its days is `days`.

Contract: made from a seed and a broker alone. It holds the parts together, starts again what should be running when it
ends, and gives people the door of whichever OMS answers. `log` gathers what happened, for people who replay a seed.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from datetime import date, datetime
from datetime import time as clock_time
from typing import Any
from uuid import UUID

from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.exits import ExitRule
from domain.instruments import Kind as Product
from execution.guard.ports import TIMING
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Storage
from execution.oms.timing import timing_for
from proving.clocks import WallClock
from proving.coverage import Coverage
from proving.desk import Desk, Household
from proving.exchange import Disk, ExchangeHost, shared_market
from proving.guard import Door, GuardHost, Memory, Rules
from proving.loop import Life, WorldLoop
from proving.network import Network
from proving.oms import OWNER_ACCOUNT, DoorClosed, OmsHost, WitnessDisk
from proving.oracle.judge import Broken, Judge
from proving.people import Person
from proving.processes import Process
from proving.striking import Striker
from proving.taps import OrderTap
from proving.watching import Watch
from proving.wishes import Tally
from simulation.exchange.config import Environment
from tools.settings import Broker
from tools.store.guard_memory import StoredTrigger

# First days: ordinary weeks, one before a long weekend, one before the year's end, one before 설날.
STARTS = (date(2026, 11, 23), date(2026, 11, 26), date(2026, 12, 23), date(2026, 12, 29), date(2027, 2, 4))
DAYS = 3
# Shorter than the half hour that a drafted plan has. On paper orders of one name and side wait for each other.
_PATIENCE_S = {Broker.LIVE: 90.0, Broker.PAPER: 240.0}
_OWNER = Household("owner", UUID(int=0x51 << 100), "acct-owner", True)
_LEDGER_LOST = frozenset({"StorageFault", "CommitInDoubt", "OSError"})  # it may end for want of ledger or disk


def is_calm(seed: int) -> bool:
    """One seed in four has no fault: there liveness is absolute."""
    return seed % 4 == 0


def is_told(seed: int) -> bool:
    """In one seed of four a story is told every day: what chance alone brings about too rarely."""
    return seed % 4 == 2


def is_guarded(seed: int) -> bool:
    """In some seeds a guard sells by rule what people buy: one of eight, and one of sixteen without a fault."""
    return seed % 8 == 5 or seed % 16 == 8


class World:
    """Parts that others use are public."""

    def __init__(self, loop: WorldLoop, seed: int, broker: Broker, *, verbose: bool = False) -> None:
        self.loop = loop
        self.seed = seed
        self.broker = broker
        self.calm = is_calm(seed)
        self.told = is_told(seed)
        self.verbose = verbose
        self.log: list[str] = []
        self.rng = random.Random(f"world:{seed}:{broker.value}")
        self.days = _sessions(self.rng.choice(STARTS), DAYS)
        self.start = datetime.combine(self.days[0], clock_time(8, 50), KST)
        self.watch = Watch(self, seed)
        self.trace = hashlib.blake2b(digest_size=16)
        self.network = Network(loop, seed, self.watch.seen)
        self.coverage = Coverage()
        self.tally = Tally()
        funds = frozenset(
            ticker for ticker, row in shared_market().listings.items() if row.instrument.kind is Product.ETF
        )
        self.judge = Judge(funds, lambda: loop.world_time, self.watch.rows)
        self.judge.steps.hindered = self.watch.hindered
        self.judge.unlisted = lambda: broker is Broker.PAPER and self.striker.list_hides()
        self.wall = WallClock(loop, self.start)  # the people's, and right
        self.oms_wall = WallClock(loop, self.start)
        self.database = Database(lambda: loop.world_time, self.watch.pace)
        self.witness = WitnessDisk(loop, random.Random(f"witness:{seed}"))
        env = Environment.REAL if broker is Broker.LIVE else Environment.PAPER
        self.disk = Disk(self.watch.journaled)
        self.exchange = ExchangeHost(loop, self.network, env, seed, WallClock(loop, self.start), self.disk)
        self.oms = [self._oms(name) for name in ("oms", "oms-2")]
        self.wanted: set[str] = set()  # processes that a supervisor starts again
        self.network.tap = OrderTap(self.watch.begins, self.watch.posted, self.judge.steps.token_asked_for).sees
        self.desk = Desk(self.database)
        self.striker = Striker(self)
        self.person = Person(
            _OWNER,
            OWNER_ACCOUNT,
            random.Random(f"owner:{seed}"),
            self.wall,
            self.desk,
            self.judge,
            self.ask,
            lambda: loop.world_time,
            self.watch.held,
            self.tally,
            _PATIENCE_S[broker],
        )
        self.rule = ExitRule()  # the guard's, where there is one
        self.guard = self._guard() if is_guarded(seed) else None
        for process in (self.exchange, *self.oms, *([self.guard] if self.guard is not None else [])):
            process.watch = self._ended
        self.regressed = False
        self.morrow: list[Callable[[], Coroutine[Any, Any, None]]] = []  # what a story left for the next morning
        self._outside = copy_context()

    def _oms(self, name: str) -> OmsHost:
        return OmsHost(
            name, self.loop, self.network, self.broker, self.seed, self.oms_wall, self.witness, self._storage
        )

    def _guard(self) -> GuardHost:
        """With distances that a few minutes' trading covers."""
        rng = random.Random(f"guard:{self.seed}")
        self.rule = ExitRule(
            stop_bps=rng.randint(5, 60),
            take_bps=rng.randint(5, 80),
            trailing_bps=rng.choice((None, rng.randint(10, 60))),
            resting=rng.random() < 0.5,
        )
        door = Door(self.ask, lambda: next((host for host in self.oms if host.running and host.door), None))

        def triggered(one: StoredTrigger) -> None:
            self.tally.did[f"exit_{one.kind.value}"] += 1
            self.judge.exits.triggered(str(one.exit_mandate_id), one.kind.value, one.price, one.level)

        timing = TIMING[self.broker.value]
        return GuardHost(
            self.loop,
            self.network,
            door,
            Rules(_OWNER.account_ref, self.rule),
            Memory(triggered),
            self.oms_wall,
            timing,
        )

    def _storage(self, life: Life) -> Storage:
        return MemoryStorage(self.database, timing_for(self.broker.value).lease_s)

    def say(self, text: str) -> None:
        if self.verbose:
            self.log.append(f"{self.loop.world_time:12.3f}  {self.wall.now():%m-%d %H:%M:%S}  {text}")

    async def until(self, good: Callable[[], bool], seconds: float, step: float = 0.5) -> bool:
        """Waits for it; False when it did not come."""
        end = self.loop.world_time + seconds
        while not good():
            if self.loop.world_time >= end:
                return False
            await asyncio.sleep(step)
        return True

    # Processes ------------------------------------------------------------------------------------------------------

    def _ended(self, process: Process, how: str) -> None:
        self.say(f"{process!r} ended: {how}")
        if isinstance(process, OmsHost):
            if process.storage is not None:
                process.storage.kill()  # type: ignore[attr-defined]
            if how.startswith("failed") and how.removeprefix("failed: ") not in _LEDGER_LOST:
                self.judge.breaks.append(Broken(self.loop.world_time, "process", f"{process!r} {how}"))
        elif process is self.guard and how.startswith("failed"):
            self.judge.breaks.append(Broken(self.loop.world_time, "process", f"{process!r} {how}"))
        if process.name in self.wanted:
            pause = 0.3 + self.rng.random() * 2.5
            self.loop.call_later(pause, self._again, process, context=self._outside)

    def _again(self, process: Process) -> None:
        if process.name in self.wanted and not process.running:
            self.up(process)

    def up(self, process: Process) -> None:
        self.wanted.add(process.name)
        if not process.running:
            process.start()
            self.say(f"{process!r} starts")

    def down(self, process: Process) -> None:
        """Wanted no more; what is left of it is killed."""
        self.wanted.discard(process.name)
        process.kill()

    async def ask(self, call: str, request: Any, principal: str, user: str, token: str | None = None) -> Any:
        """The door of whichever OMS answers."""
        doors = [host for host in self.oms if host.running and host.door is not None]
        if not doors:
            await asyncio.sleep(0.01)
            raise DoorClosed("nobody listens")
        return await self.rng.choice(doors).ask(call, request, principal, user, token=token)


def _sessions(first: date, count: int) -> list[date]:
    calendar = KrxCalendar()
    day = first if calendar.is_session(first) else calendar.next_session(first)
    found = [day]
    while len(found) < count:
        found.append(calendar.next_session(found[-1]))
    return found
