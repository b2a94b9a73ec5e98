"""A campaign: a home, people who trade in it, a killer, and the oracle when everything has come to rest.

Contract: `Campaign.run` returns a report and leaves nothing running, also when it is cancelled. The seed decides what
people do and what is struck; the machine decides when. What the oracle finds is in the report, never an exception;
a home that does not come back any more raises ServiceError.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.instruments import Instruments, Kind
from proving.campaign.databank import Databank, written
from proving.campaign.home import Home, Target
from proving.campaign.killer import Killer, under_load
from proving.campaign.ledger import JournalTail, LedgerView
from proving.campaign.report import Report
from proving.campaign.trader import Trader
from proving.oracle.broker import Key
from proving.oracle.judge import Broken, Judge
from proving.oracle.sendings import told_apart, unannounced
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import PortUnavailable
from tools.store.secrets import instance_secret

SAID_S = 10.0
LOOKED_S = 1.0
PERSON_S = 15.0  # before somebody looks at the broker's app for an order that is MANUAL
REST_S = 300.0
BACK_S = 300.0


@dataclass(frozen=True, slots=True)
class Goal:
    """Until each process was hit `hits` times and `intents` went through the door."""

    hits: int
    intents: int
    accounts: int = 10
    rate: float = 4.0  # acts a second, of everybody together
    seed: int = 1
    targets: Sequence[Target] = (*Target,)


class Campaign:
    def __init__(self, home: Home, goal: Goal, say: Callable[[str], None]) -> None:
        self.home = home
        self.goal = goal
        self._say = say
        self._began = time.monotonic()
        self._rows: list[Mapping[str, Any]] = []
        instruments = Instruments.load()
        funds = frozenset(row.ticker for row in instruments.all() if row.kind is Kind.ETF)
        self.judge = Judge(funds, self._elapsed, lambda: self._rows)
        self.report = Report(goal.hits, goal.intents, goal.seed, goal.targets)
        self.report.gave_up = home.gave_up
        self.bank = Databank(home.settings)
        self._instruments = instruments
        self._tail = JournalTail(home.folder / "exchange")
        self._begun: dict[Key, float] = {}
        self._uncertain: dict[str, float] = {}  # MANUAL intents, and since when we know
        self._told = 0

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    async def run(self) -> Report:
        """The whole of it. What was found before a cancellation is in `report`."""
        try:
            await self.home.up()
            self._say(f"the home serves after {self._elapsed():.0f} s: {self.home.folder}")
            self.ledger = LedgerView(self.home.settings)
            secret = instance_secret(self.home.settings)
            address = self.home.oms_address()
            async with OmsChannel(address, secret) as channel:
                await self._live(channel)
        finally:
            self.report.seconds = self._elapsed()
            self.report.breaks = [str(found) for found in self.judge.breaks]
            await self.bank.close()
            await self.home.down()
        return self.report

    async def _live(self, channel: OmsChannel) -> None:
        goal, tally = self.goal, self.report.tally
        rng = random.Random(f"killer:{goal.seed}")
        self.killer = Killer(self.home, self.bank, self.ledger, rng, goal.targets)
        self.report.hits, self.report.in_sending = self.killer.hits, self.killer.in_sending
        self.client = OmsClient(channel)
        self.people = [
            Trader(
                f"campaign-{number}",
                random.Random(f"trader:{goal.seed}:{number}"),
                self.bank,
                self.client,
                MarketClient(channel),
                self._instruments,
                self.judge,
                lambda ref: self.ledger.numbers.get(ref),
                tally,
            )
            for number in range(goal.accounts)
        ]
        endless = [asyncio.create_task(self._watch(), name="watch"), asyncio.create_task(self.home.kept(), name="kept")]
        try:
            await self._before(endless, self._traffic())
            self._say("everything is left alone: waiting for rest")
            await self._before(endless, self._rest())
        finally:
            for task in endless:
                task.cancel()
            await asyncio.gather(*endless, return_exceptions=True)
        await self._judged()

    async def _before(self, endless: Sequence[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
        """`work`, or the failure of something that should not end before it."""
        task = asyncio.create_task(work)
        try:
            await asyncio.wait({task, *endless}, return_when=asyncio.FIRST_COMPLETED)
            for other in endless:
                if other.done():
                    await other
        finally:
            if not task.done():
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await task

    # Living ---------------------------------------------------------------------------------------------------------

    async def _traffic(self) -> None:
        await asyncio.gather(*(person.moves_in() for person in self.people))
        self._say(f"{len(self.people)} accounts trade after {self._elapsed():.0f} s")
        stopping = asyncio.Event()
        pause = len(self.people) / self.goal.rate
        lives = [asyncio.create_task(person.lives(pause, stopping)) for person in self.people]
        rng = random.Random(f"load:{self.goal.seed}")
        share = self.goal.intents / max(1, self.goal.hits * len(self.goal.targets))
        try:
            await self._before(lives, under_load(self.killer, self.goal.hits, self._admitted, share, rng))
            await self._before(lives, self._enough())
        except BaseException:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            raise
        stopping.set()
        done, late = await asyncio.wait(lives, timeout=150.0)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            await task

    async def _enough(self) -> None:
        while len(self._rows) < self.goal.intents:  # noqa: ASYNC110
            await asyncio.sleep(0.5)

    def _admitted(self) -> int:
        return self.report.tally["admitted"]

    async def _watch(self) -> None:
        """Reads what happened, lets persons decide what is theirs, says how far it is."""
        said = 0.0
        while True:
            self._read_journal()
            try:
                await self._look()
                await self._decide()
            except PortUnavailable:
                pass
            if self._elapsed() - said >= SAID_S:
                said = self._elapsed()
                self._say(self.report.line(self._elapsed(), self._rows, len(self.judge.breaks)))
            await asyncio.sleep(LOOKED_S)

    def _read_journal(self) -> None:
        for record in self._tail.new():
            self.judge.journaled(record)
            if record["kind"] == "order":
                key = (record["date"], int(record["odno"]))
                self._begun[key] = datetime.fromisoformat(record["t"]).timestamp()
        for found in self.judge.breaks[self._told :]:
            self._say(f"BROKEN {found}")
        self._told = len(self.judge.breaks)

    async def _look(self) -> None:
        pool = await self.bank.oms()
        await self.ledger.learn(pool)
        self._rows = await self.ledger.intents(pool)

    async def _decide(self) -> None:
        """Whoever has an order that only a person can tell looks at the broker's app, after a while."""
        now = self._elapsed()
        manual = {row["intent_id"]: row for row in self._rows if row["state"] == "MANUAL"}
        self._uncertain = {intent: self._uncertain.get(intent, now) for intent in manual}
        for intent, since in list(self._uncertain.items()):
            if now - since < PERSON_S:
                continue
            word = self.judge.approved.get(intent)
            chains = word.chains if word is not None else []
            odno = self.judge.broker.chains[chains[-1]][-1].key[1] if chains else 0
            person = next(one for one in self.people if one.who.account_ref == manual[intent]["account_ref"])
            told = await person.settles(intent, odno)
            self._say(f"a person decides {intent}: {odno or 'absent'} ({'taken' if told else 'refused'})")
            self._uncertain[intent] = self._elapsed()

    # Rest -----------------------------------------------------------------------------------------------------------

    async def _rest(self) -> None:
        """Everybody cancels what is open, and waits until every order has its end and every book agrees."""
        await self.home.until_serving(BACK_S)
        end = self._elapsed() + REST_S
        while self._elapsed() < end:
            open_ = [row for row in self._rows if not row["ended"]]
            if not open_ and await self._agree():
                break
            resting = [row for row in open_ if row["state"] in ("ACKED", "PARTIAL", "NEW")]
            await asyncio.gather(*(self._called_back(person, resting) for person in self.people))
            await asyncio.sleep(2.0)
        self._read_journal()
        await written(self._look)

    async def _called_back(self, person: Trader, resting: Sequence[Mapping[str, Any]]) -> None:
        for row in resting:
            if row["account_ref"] == person.who.account_ref:
                await person.cancel(row["intent_id"])

    async def _agree(self) -> bool:
        for person in self.people:
            try:
                book = await self.client.book(person.who)
            except PortUnavailable:
                return False
            if not book.reconciled:
                return False
        return True

    async def _judged(self) -> None:
        """The oracle's last word."""
        pool = await self.bank.oms()
        numbers = self.ledger.numbers
        ours = frozenset(numbers[one.who.account_ref] for one in self.people)
        sent = await self.ledger.sent(pool)
        self.judge.belong(told_apart(self.judge.alike, sent, self._begun))
        self.judge.at_rest(await self.ledger.holdings(pool), ours=ours)
        for what in unannounced(self.judge.approved.values(), sent, self._begun):
            self._break("durable", what)
        for what in await self.ledger.halts(pool):
            self._break("halt", f"nobody halted, and it is: {what}")
        for person in self.people:
            purse = self.judge.broker.purses[numbers[person.who.account_ref]]
            book = await written(lambda person=person: self.client.book(person.who))  # type: ignore[misc]
            there = purse.opening + purse.moved
            if book.cash_d2 != there:
                self._break("book", f"{person.name}: expected {there} won of cash, was {book.cash_d2}")
        self.report.states = Counter(row["state"] for row in self._rows)
        self.report.manual = [
            f"{row['entity_id']} was {row['was']}, {row['event']}: {row['evidence']}"
            for row in await self.ledger.left_to_persons(pool)
        ]
        self.report.at_broker = len(self._begun)
        self.report.finished = True

    def _break(self, rule: str, what: str) -> None:
        self.judge.breaks.append(Broken(self._elapsed(), rule, what))
        self._say(f"BROKEN {self.judge.breaks[-1]}")
