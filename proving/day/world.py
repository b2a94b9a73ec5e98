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
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from uuid import UUID

from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.ids import seeded_ids
from domain.instruments import Instruments
from domain.slots import Due
from execution.guard.ports import TIMING
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Storage
from graph.identity import runner_identity
from graph.turn import TurnResult
from proving.clocks import WallClock
from proving.day.doors import market_of, oms_of
from proving.day.house import House
from proving.day.minder import Minder
from proving.day.minds import Model, minded
from proving.day.misbehaving import INJECTED
from proving.day.papers import Papers
from proving.day.people import BOLD, CAREFUL, PEOPLE, Hand, Person, Talk
from proving.day.script import Script
from proving.day.slots import Slots
from proving.day.sources import Economy, News, NoPast
from proving.day.takes import Picture, Takes
from proving.day.venue import Exchange, Oms, timing
from proving.exchange import Disk
from proving.guard import Door, GuardHost, Memory
from proving.loop import Life, WorldLoop
from proving.network import Network
from proving.oms import WitnessDisk
from simulation.exchange.faults.hands import by_hand
from simulation.exchange.journal import Record
from tools.llm.accounting import ModelCall
from tools.llm.budget import Allowance
from tools.ports import ApprovalRequest, Identity, Ports
from tools.store.guard_memory import StoredTrigger

_EVE = time(14, 40)
_TO_BUY = ("005930", "000270", "105560")  # one of them is what the careful person buys by hand
_TOO_MUCH_BPS = (1_350, 1_800)  # of the capital, where the grade allows 1,000
_FALL = (6.5, 9.0)  # percent below the average cost
_DOOR_S, _END_S = 30.0, 40.0
# KIS paper's patience with prices, because quotes come every twelve seconds; a look at the book as seldom.
GUARD = replace(TIMING["paper"], look_s=5.0, rules_s=15.0, max_age_s=30.0, quiet_s=60.0)


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
        self.new_id = seeded_ids(seed)
        self.house = House(loop, self.network, self._ports(), oms_of(self.oms, "worker"), self.papers)
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
        self.runs: list[tuple[Identity, Due, datetime, TurnResult | None]] = []
        self.fell: tuple[str, str, datetime] | None = None  # account, ticker, when
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
        )

    def _storage(self, life: Life) -> Storage:
        return MemoryStorage(self.database, timing().lease_s)

    def _no_chart(self, ticker: str) -> bool:
        struck = self.script.charts.covers(self.wall.now())
        return struck and (self.script.charts_all or int(ticker[:5], 36) % 2 == 0)

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
            await self._until(script.at(8, 57))
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
        await self._buys_by_hand(CAREFUL)
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

    async def _buys_by_hand(self, person: Person) -> None:
        """At the broker's own screen, past every limit of ours."""
        number = self.number_of(person)
        exchange = self.exchange.exchange
        assert exchange is not None
        ticker = self.rng.choice(_TO_BUY)
        last = exchange.venue.market.snapshot(ticker, self.wall.now())
        assert last is not None
        bps = self.rng.randint(*_TOO_MUCH_BPS)
        wanted = {
            "account": number,
            "side": "buy",
            "ticker": ticker,
            "quantity": person.capital * bps // 10_000 // last.last,
        }

        async def keyed_in() -> Any:
            return by_hand(exchange, wanted)

        await self.exchange.call(keyed_in)
        await asyncio.sleep(40.0)  # until the OMS has seen it

    async def _day(self) -> None:
        script, calendar = self.script, KrxCalendar()
        since = script.at(8, 58)
        minder = Minder(self.slots, calendar, self.wall, since, self._ran)
        people = [person.who for person in PEOPLE]
        hands = [
            Hand(person, self.house, self.papers, self.wall, random.Random(f"hand:{script.seed}:{person.grade}"),
                 script.hands, self._decided)
            for person in PEOPLE
        ]  # fmt: skip
        work = [asyncio.create_task(self.house.does(lambda runner: minder.run(runner, people)))]
        work += [asyncio.create_task(hand.run()) for hand in hands]
        work += [asyncio.create_task(self._weather()), asyncio.create_task(self._falls())]
        if script.asleep is not None:
            await self._until(script.asleep.begins)
            self.house.suspend()
            await self._closed()
            await self._until(script.asleep.ends)
            await self._opened()
            self.house.wake()
        await self._until(script.at(15, 45))
        for task in work:
            if task.done() and not task.cancelled() and task.exception() is not None:
                self.faults.append(f"{type(task.exception()).__name__}: {task.exception()}")
            task.cancel()

    def _ran(self, who: Identity, one: Due, begun: datetime, result: TurnResult | None) -> None:
        self.runs.append((who, one, begun, result))

    def _decided(self, request: ApprovalRequest, how: str, result: TurnResult | None) -> None:
        self.cards.append((request, how, self.wall.now(), result))

    async def _weather(self) -> None:
        """Switches the sources off and on."""
        while True:
            now = self.wall.now()
            self.economy.state = self.script.macro_state if self.script.macro.covers(now) else "fresh"
            self.news.silent = self.script.news.covers(now)
            await asyncio.sleep(10.0)

    async def _falls(self) -> None:
        """One name that the guard watches falls below what its position cost, by more than any stop allows."""
        await self._until(self.script.falls_at)
        held = [
            (row.account_ref, row.sleeve.ticker, row.sleeve.position)
            for row in self.database.tables.sleeves.rows.values()
            if row.sleeve.position.quantity and row.sleeve.sleeve == "cycle" and self._moves(row.sleeve.ticker)
        ]
        if not held:
            return
        account, ticker, position = self.rng.choice(held)
        exchange = self.exchange.exchange
        assert exchange is not None
        now = exchange.venue.market.snapshot(ticker, self.wall.now())
        assert now is not None
        wanted = position.cost / position.quantity * (100 - self.rng.uniform(*_FALL)) / 100
        self.exchange.push(ticker, (wanted / now.last - 1) * 100)
        self.fell = (account, ticker, self.wall.now())

    def _moves(self, ticker: str) -> bool:
        row = self.table.get(ticker)
        return row is not None and row.asset.value in ("equity", "mixed")

    # Waiting --------------------------------------------------------------------------------------------------------

    def number_of(self, person: Person) -> str:
        """The account's number at the exchange, by the hash that the ledger keeps."""
        kept = self.database.tables.credentials.rows
        mine = next(row.number_hash for row in kept.values() if row.account_ref == person.who.account_ref)
        numbers = self.takes.broker.purses
        return next(number for number in numbers if hashlib.sha256(number[:8].encode()).hexdigest() == mine)

    async def _until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self.wall.now()).total_seconds()))

    async def _comes(self, good: Callable[[], bool], seconds: float) -> bool:
        end = self.loop.world_time + seconds
        while not good():
            if self.loop.world_time >= end:
                return False
            await asyncio.sleep(0.2)
        return True
