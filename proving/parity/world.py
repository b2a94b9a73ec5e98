"""A parity world: one strategy on one name, traded by the real worker through the real OMS at a replaying exchange.

Contract: made of a case alone, and the same every time. Of a daily strategy each session is lived from a minute before
the opening until its orders have met the opening price, of one of minutes the whole stretch that the case says; nights
are slept through. Every morning the OMS is a new life; the worker is sometimes, else its machine has slept. What the
case asks for is lost on the way: the OMS dies in the middle of a session, and prints with it. A strategy of minutes is
told the minutes of the sessions before, as many as it needs to be warm, out of the lake.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.instruments import Instruments
from domain.strategy.spec import StrategySpec
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Storage
from execution.oms.timing import timing_for
from market.bars.store import BarStore
from proving.clocks import WallClock
from proving.exchange import Disk
from proving.loop import Life, WorldLoop
from proving.network import Network
from proving.oms import OmsHost, WitnessDisk
from proving.parity.bus import MemoryBus
from proving.parity.documents import DAY, document
from proving.parity.lake import fill_lake
from proving.parity.memory import MemoryLake, MemorySnapshots, Questions, Rules
from proving.parity.papers import Papers
from proving.parity.still import HOLD_S, StillMarket
from proving.parity.venue import ReplayHost
from proving.parity.worker import Around, Door, WorkerHost
from tools.settings import Broker

_BEFORE_S, _AWAKE_S = 20.0, 4.0  # before the opening: the OMS begins, the worker's machine wakes
_AFTER_S = HOLD_S + 8.0  # until the fills of the opening are booked
_DOOR_S, _END_S = 15.0, 30.0
_LAST_S = 40.0  # so long before an opening that nothing can be ordered any more
_WORKER_DIES = 0.2  # share of the nights
_SESSION_MINUTES = 380
_LOST_S = 30.0  # an OMS that has died comes back within


@dataclass(frozen=True, slots=True)
class Case:
    """`first`: a session; `sessions` many from it on. `minutes`: of each session, for a strategy of minutes, whose
    `timeframe` may be any number of them. `gaps`: how often a session the OMS dies and prints are lost. `filled`: the
    minutes of a gap are asked of the broker, as in the worker's process; the comparison knows nothing of that."""

    preset: str
    ticker: str
    first: date
    sessions: int
    seed: int = 0
    timeframe: str = DAY
    minutes: int = 0
    gaps: int = 0
    filled: bool = False

    @property
    def spec(self) -> StrategySpec:
        return document(self.preset, self.ticker, self.timeframe)

    @property
    def days(self) -> list[date]:
        calendar = KrxCalendar()
        found = [self.first if calendar.is_session(self.first) else calendar.next_session(self.first)]
        while len(found) < self.sessions:
            found.append(calendar.next_session(found[-1]))
        return found

    def __str__(self) -> str:
        gaps = f" gaps {self.gaps}" if self.gaps else ""
        return f"{self.preset} {self.ticker} {self.timeframe} {self.first} +{self.sessions} seed {self.seed}{gaps}"


class ParityWorld:
    """Parts that are compared afterwards are public."""

    def __init__(self, loop: WorldLoop, case: Case, market: StillMarket, build: Callable[..., Any]) -> None:
        self.loop = loop
        self.case = case
        self.rng = random.Random(f"parity:{case}")
        self.days = case.days
        self.start = _opens(self.days[0]) - timedelta(seconds=_BEFORE_S + 30)
        self.network = Network(loop, case.seed, lambda number, from_server, data: None)
        self.wall = WallClock(loop, self.start)
        self.database = Database(lambda: loop.world_time)
        self.disk = Disk(lambda record: None)
        self.exchange = ReplayHost(loop, self.network, case.seed, self.wall, self.disk, market)
        witness = WitnessDisk(loop, random.Random(f"witness:{case.seed}"))
        self.oms = OmsHost("oms", loop, self.network, Broker.LIVE, case.seed, self.wall, witness, self._storage)
        self.oms.watch = lambda process, how: self._ended(how)
        table = Instruments.load()
        self.memory, self.rules, self.bus = Questions(), Rules(), MemoryBus(lambda: loop.world_time)
        self.papers = Papers(self.database, self.rules, case.spec, table)
        self.store = BarStore(MemoryLake(), "krx", self.wall)
        if case.minutes:
            fill_lake(self.store, market, case.ticker, self._past(build(case.spec).warmup))
        snapshots = MemorySnapshots(self.wall) if case.minutes else None
        around = Around(
            Door(self.oms), self.papers, self.memory, self.rules, self.bus, self.store, table, self.wall, build,
            snapshots, case.filled,
        )  # fmt: skip
        self.worker = WorkerHost(loop, self.network, around)
        self.faults: list[str] = []
        self.lost: list[tuple[datetime, datetime]] = []  # no prints came in between
        self.worker.watch = lambda process, how: self._worker_ended(how)

    def _past(self, warmup: int) -> list[date]:
        """Sessions before the first, as many as the warm-up needs, oldest first."""
        calendar, days = KrxCalendar(), [self.days[0]]
        for _ in range(1 + warmup * (self.case.spec.timeframe.minutes or 1) // _SESSION_MINUTES):
            days.insert(0, calendar.previous_session(days[0]))
        return days[:-1]

    def _storage(self, life: Life) -> Storage:
        return MemoryStorage(self.database, timing_for(Broker.LIVE.value).lease_s)

    def _ended(self, how: str) -> None:
        if self.oms.storage is not None:
            self.oms.storage.kill()  # type: ignore[attr-defined]
        if how.startswith("failed"):
            self.faults.append(f"oms {how} at {self.wall.now()}")

    def _worker_ended(self, how: str) -> None:
        if how.startswith("failed"):
            self.faults.append(f"worker {how} at {self.wall.now()}")

    async def live(self) -> None:
        self.loop.until = (self.days[-1] - self.days[0]).days * 86_400.0 + 12 * 86_400.0
        await self.papers.begins(self.wall.now())
        self.exchange.start()
        for day in self.days:
            opens = _opens(day)
            await self._until(opens - timedelta(seconds=_BEFORE_S))
            await self._morning(opens)
            if self.case.minutes:
                await self._session(opens)
            else:
                await self._until(opens + timedelta(seconds=_AFTER_S))
            await self._night()
        if not self.case.minutes:  # the last session's bar is told on the morning after it
            opens = _opens(KrxCalendar().next_session(self.days[-1])) - timedelta(seconds=_LAST_S)
            await self._until(opens - timedelta(seconds=_BEFORE_S))
            await self._morning(opens)
            await self._until(opens + timedelta(seconds=_LAST_S / 2))

    async def _morning(self, opens: datetime) -> None:
        self.oms.start()
        await self._answers()
        await self.papers.signs(self.wall.now())
        await self._until(opens - timedelta(seconds=_AWAKE_S))
        if self.worker.running:
            self.worker.wake()
        else:
            self.worker.start()

    async def _session(self, opens: datetime) -> None:
        """Prints come, and now and then they do not."""
        for at in sorted(self.rng.uniform(60, self.case.minutes * 60 - 120) for _ in range(self.case.gaps)):
            await self._until(opens + timedelta(seconds=at))
            begun = self.wall.now()
            self.oms.kill()
            await asyncio.sleep(self.rng.uniform(1.0, _LOST_S))
            self.oms.start()
            await self._answers()
            self.lost.append((begun, self.wall.now()))
        await self._until(opens + timedelta(minutes=self.case.minutes))

    async def _night(self) -> None:
        if self.rng.random() < _WORKER_DIES:
            self.worker.kill()
        else:
            self.worker.suspend()
        self.oms.terminate()
        if not await self._comes(lambda: not self.oms.running, _END_S):
            self.faults.append(f"the OMS would not end at {self.wall.now()}")
            self.oms.kill()

    async def _answers(self) -> None:
        await self._comes(lambda: self.oms.door is not None, _DOOR_S)

    async def _comes(self, good: Callable[[], bool], seconds: float) -> bool:
        end = self.loop.world_time + seconds
        while not good():
            if self.loop.world_time >= end:
                return False
            await asyncio.sleep(0.2)
        return True

    async def _until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self.wall.now()).total_seconds()))


def _opens(day: date) -> datetime:
    hours = KrxCalendar().hours(day)
    assert hours is not None, f"expected a session, was {day}"
    return datetime.combine(day, hours.open, KST)


def series(folder: Path) -> Sequence[str]:
    """Tickers of a folder of daily bars."""
    return [path.stem for path in sorted(folder.glob("*.csv"))]
