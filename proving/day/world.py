"""A rehearsed day: an exchange, one OMS, a guard, the house's brain and two persons, lived from eve to close.

Contract: made of a script alone and the same every time. On the eve the persons introduce themselves, one of them buys
a name by hand beyond what the grade allows, both let one check buy what it finds; on the day the checks, rebalances,
outages, falls and clicks of the script happen. Everything between a wish and the exchange's journal is the product's;
what is kept of it is for the judge and for the reader.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from uuid import UUID

from domain.clock import KST
from domain.ids import seeded_ids
from domain.instruments import Instruments
from domain.receipt import export_text, read_export
from domain.receipt_audit import audit
from domain.slots import Due
from execution.guard.ports import TIMING
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Storage
from graph.identity import runner_identity
from graph.receipts.compare import compared
from graph.receipts.door import DoorTrail
from graph.runner import Runner
from graph.schedule.jobs import Ended
from graph.turn import TurnResult
from nodes.diary import diary_of
from proving.clocks import WallClock
from proving.day.doors import market_of, oms_of
from proving.day.house import House
from proving.day.minder import Choices, Minder
from proving.day.minds import Model, minded
from proving.day.misbehaving import INJECTED
from proving.day.papers import Papers
from proving.day.people import BOLD, CAREFUL, PEOPLE, Hand, Person, Talk
from proving.day.script import Script
from proving.day.slots import Slots
from proving.day.sources import Economy, News, NoPast
from proving.day.takes import Picture, Takes
from proving.day.venue import Exchange, Oms, timing
from proving.day.weather import Weather
from proving.exchange import Disk
from proving.guard import Door, GuardHost, Memory
from proving.loop import Life, WorldLoop
from proving.network import Network
from proving.oms import WitnessDisk
from simulation.exchange.journal import Record
from tools.llm.accounting import ModelCall
from tools.llm.budget import Allowance
from tools.ports import ApprovalRequest, Identity, Ports
from tools.receipts_memory import MemoryReceipts
from tools.store.guard_memory import StoredTrigger

_EVE = time(14, 40)
_DOOR_S, _END_S = 30.0, 40.0
# KIS paper's patience with prices, because quotes come every twelve seconds; a look at the book as seldom.
GUARD = replace(TIMING["paper"], look_s=5.0, rules_s=15.0, max_age_s=30.0, quiet_s=60.0)

Run = tuple[str, str, str, tuple[datetime, datetime], Mapping[str, Any]]  # account, kind, slot, when, values of state


class DayWorld:
    """Parts that are judged or told afterwards are public."""

    def __init__(self, loop: WorldLoop, script: Script) -> None:
        self.loop = loop
        self.script = script
        seed = script.seed
        self.rng = random.Random(f"day world:{seed}")
        self.start = datetime.combine(script.eve, _EVE, KST)
        self.network = Network(loop, seed, lambda number, from_server, data: None)
        self.wall = WallClock(loop, self.start)
        self.table = Instruments.load()
        self.database = Database(lambda: loop.world_time)
        self.disk = Disk(self._journaled)
        self.exchange = Exchange(loop, self.network, seed, self.wall, self.disk)
        witness = WitnessDisk(loop, random.Random(f"witness:{seed}"))
        self.oms = Oms(loop, self.network, seed, self.wall, witness, self._storage)
        self.papers = Papers(self.database, self.wall, [person.who for person in PEOPLE])
        self.economy = Economy(random.Random(f"economy:{seed}"), self.wall)
        smuggled = INJECTED if script.model == "misbehaving" else ()
        self.news = News(random.Random(f"news:{seed}"), self.wall, self.table, smuggled)
        self.choices = Choices(self.papers, [person.who for person in PEOPLE], self.wall)
        self.new_id = seeded_ids(seed)
        self.ports = self._ports()
        self.house = House(loop, self.network, self.ports, oms_of(self.oms, "worker"), self.papers)
        self.triggers: list[StoredTrigger] = []
        door = Door(self.oms.ask, lambda: self.oms if self.oms.running and self.oms.door is not None else None)
        memory = Memory(self.triggers.append)
        self.guard = GuardHost(loop, self.network, door, self.papers, memory, self.wall, GUARD)  # type: ignore[arg-type]
        self.slots = Slots()
        self.takes = Takes()
        self.models: list[Model] = []
        self.calls: list[ModelCall] = []
        self.faults: list[str] = []
        self.cards: list[tuple[ApprovalRequest, str, datetime, TurnResult | None]] = []
        self.runs: list[Run] = []
        self.ended: list[tuple[str, Due, Ended]] = []
        self.lines: dict[str, list[str]] = {}  # the day's diary by grade
        self.notices: list[dict[str, Any]] = []
        self.receipts: list[str] = []  # what does not hold
        self.receipted = 0
        self.weather = Weather(self)
        self.trace = hashlib.blake2b(digest_size=16)
        for process in (self.exchange, self.oms, self.house, self.guard):
            process.watch = lambda who, how: self._ended(who.name, how)

    def _ports(self) -> Ports:
        return Ports(
            clock=self.wall,
            new_id=self.new_id,
            instruments=self.table,
            oms=oms_of(self.oms, "web"),
            market=market_of(self.oms, self._no_chart),
            desk=self.papers,
            macro=self.economy,
            news=self.news,
            history=NoPast(),
            identity=runner_identity,
            receipts=MemoryReceipts(),
            checks=self.choices,
        )

    def _storage(self, life: Life) -> Storage:
        return MemoryStorage(self.database, timing().lease_s)

    def _no_chart(self, ticker: str) -> bool:
        return self.script.charts.covers(self.wall.now()) and self.no_chart_of(ticker)

    def no_chart_of(self, ticker: str) -> bool:
        """While charts are away at all."""
        return self.script.charts_all or int(ticker[:5], 36) % 2 == 0

    def _mind_is_down(self) -> bool:
        return self.script.mind.covers(self.wall.now())

    def _wish(self, user_id: UUID) -> Allowance:
        """From some moment on the bold person wants to spend next to nothing on models any more."""
        spent = user_id == BOLD.who.user_id and self.wall.now() >= self.script.spent_at
        return Allowance(won=1) if spent else Allowance()

    def _ended(self, name: str, how: str) -> None:
        if how.startswith("failed"):
            self.faults.append(f"{name} {how} at {self.wall.now():%H:%M:%S}")
        if name == "oms" and self.oms.storage is not None:
            self.oms.storage.kill()  # type: ignore[attr-defined]

    def _journaled(self, record: Record) -> None:
        self.trace.update(json.dumps(record, sort_keys=True, default=str).encode())
        if record["kind"] == "order":
            self.takes.order(record, self._picture(record))
        self.takes.broker.take(record)

    def _picture(self, record: Record) -> Picture:
        """The account in the moment before an order, by the exchange's own prices."""
        exchange = self.exchange.exchange
        assert exchange is not None
        return self.takes.picture(record, exchange.venue.market, self.wall.now())

    # Living ---------------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        script = self.script
        self.loop.until = (script.day - script.eve).days * 86_400.0 + 4 * 86_400.0
        await self.papers.moves_in(self.wall.now())
        async with minded(
            script.model, script.seed, self.wall, self.new_id, self._mind_is_down, self._wish, self.calls
        ) as models:
            self.models = models
            self.exchange.start()
            self.house.start()
            await self._opened()
            await self._eve()
            await self._closed()
            await self.until(script.at(8, 57))
            await self._opened()
            await self._day()
            await self._closed()

    async def _opened(self) -> None:
        self.oms.start()
        self.guard.start()
        await self._comes(lambda: self.oms.door is not None, _DOOR_S)

    async def _closed(self) -> None:
        self.guard.kill()
        self.oms.terminate()
        if not await self._comes(lambda: not self.oms.running, _END_S):
            self.faults.append(f"the OMS would not end at {self.wall.now():%H:%M:%S}")
            self.oms.kill()

    async def _eve(self) -> None:
        """Everybody arrives; one buys by hand what is too much, both let one check invest a part."""
        for person in PEOPLE:
            await Talk(person, self.house, self.papers).begins()
        for person in PEOPLE:
            await self._looks(person.who)  # opens the account
        await self.weather.buys_too_much(CAREFUL)
        eve = self.script.eve.isoformat()
        for person in PEOPLE:
            await self._first_check(person, f"{eve}T14:30")
        await asyncio.sleep(60.0)

    async def _looks(self, who: Identity) -> None:
        await self.house.does(lambda runner: runner.ports.oms.book(who))

    async def _first_check(self, person: Person, slot: str) -> None:
        """As `quartz cycle` runs one; a card is approved at once."""
        result = await self.house.does(lambda runner: runner.run_cycle(person.who, "cycle", slot))
        if result.approval is not None:
            await self.papers.decide(person.who, result.approval.approval_id, "approve")
            key = result.approval.approval_id
            result = await self.house.does(lambda runner: runner.resume(person.who, key))
        assert not result.failed, result.reply

    async def _day(self) -> None:
        script, weather = self.script, self.weather
        minder = Minder(self.ports, self.papers, self.slots, self.choices, self.wall, self._ran, self._told)
        work = [asyncio.create_task(self.house.does(minder.run))]
        work += [asyncio.create_task(self._hand(person).run()) for person in PEOPLE]
        parts = (weather.switches, weather.falls, weather.sells_now_and_then)
        work += [asyncio.create_task(part()) for part in parts]
        if script.asleep is not None:
            await self.until(script.asleep.begins)
            self.house.suspend()
            await self._closed()
            await self.until(script.asleep.ends)
            await self._opened()
            self.house.wake()
        await self.until(script.at(15, 38))
        self.lines = {person.grade: await self._diary(person) for person in PEOPLE}
        self.receipts, self.receipted = await self.house.does(self._verified)
        for task in work:
            if task.done() and not task.cancelled() and task.exception() is not None:
                self.faults.append(f"{type(task.exception()).__name__}: {task.exception()}")
            task.cancel()

    async def _verified(self, runner: Runner) -> tuple[list[str], int]:
        """Every receipt, completed: true to itself, true to the tables, and the same after a journey as a file."""
        await runner.complete_receipts()
        trails = DoorTrail(self.papers, self.ports.oms, self.ports.receipts)
        wrong, count = [], 0
        for plan in self.papers.all_plans():
            chain = await self.ports.receipts.chain(plan)
            said = audit(chain) or compared(chain, await trails.trail(plan), self.table, self.wall.now())
            if not said and read_export(export_text(chain)) != chain:
                said = ["expected the exported receipt to be the same, was another"]
            wrong += [f"{plan}: {what}" for what in said]
            count += 1
        return wrong, count

    def _hand(self, person: Person) -> Hand:
        rng = random.Random(f"hand:{self.script.seed}:{person.grade}")
        return Hand(person, self.house, self.papers, self.wall, rng, self.script.hands, self._decided)

    async def _diary(self, person: Person) -> list[str]:
        """As the product tells a day to whoever asks for it."""
        day = self.script.day
        return await self.house.does(lambda runner: diary_of(runner.ports, person.who.user_id, day))

    def _ran(self, account: str, kind: str, slot: str, begun: tuple[datetime, datetime], result: TurnResult) -> None:
        self.runs.append((account, kind, slot, begun, result.values))
        self.notices += result.notices

    def _told(self, account: str, one: Due, ended: Ended) -> None:
        self.ended.append((account, one, ended))

    def _decided(self, request: ApprovalRequest, how: str, result: TurnResult | None) -> None:
        self.cards.append((request, how, self.wall.now(), result))

    # Waiting --------------------------------------------------------------------------------------------------------

    def number_of(self, person: Person) -> str:
        """The account's number at the exchange, by the hash that the ledger keeps."""
        kept = self.database.tables.credentials.rows
        mine = next(row.number_hash for row in kept.values() if row.account_ref == person.who.account_ref)
        numbers = self.takes.broker.purses
        return next(number for number in numbers if hashlib.sha256(number[:8].encode()).hexdigest() == mine)

    async def until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self.wall.now()).total_seconds()))

    async def _comes(self, good: Callable[[], bool], seconds: float) -> bool:
        end = self.loop.world_time + seconds
        while not good():
            if self.loop.world_time >= end:
                return False
            await asyncio.sleep(0.2)
        return True
