"""One world: an exchange, one or two OMS, a storage, people, faults, a judge; a few virtual days, one seed.

Contract: `run_seed` is a pure function of seed and broker: same outcome, same trace, whatever the machine. It raises
nothing for what the world finds; that is in the outcome. A world lives through at least three session days: busy
minutes with people and faults, gaps and nights in which the OMS is stopped, killed, asleep or left running, and a last
evening on which everything must come to rest before the judge compares the books.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import logging
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any
from uuid import UUID

import structlog

from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.instruments import Kind as Product
from domain.orders.types import TERMINAL, Side
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Storage
from execution.oms.timing import timing_for
from proving.clocks import WallClock
from proving.coverage import Coverage
from proving.desk import Desk, Household
from proving.exchange import Disk, ExchangeHost, shared_market
from proving.faults import NOTICES_COME, Planned, schedule
from proving.figures import Figures, figures_of
from proving.hermetic import hermetic
from proving.loop import Life, Stalled, WorldLoop
from proving.network import End, Network
from proving.oms import OWNER_ACCOUNT, CallRefused, DoorClosed, OmsHost, WitnessDisk
from proving.oracle.judge import Broken, Judge, Post
from proving.oracle.steps import Shown
from proving.people import Person, Tally, acts_of
from proving.processes import DONE, Process
from proving.striking import Striker
from proving.taps import OrderTap
from simulation.exchange.config import Environment
from simulation.exchange.faults import FaultKind
from simulation.exchange.journal import Record
from tools.settings import Broker

# First days: ordinary weeks, one before a long weekend, one before the year's end, one before 설날.
STARTS = (date(2026, 11, 23), date(2026, 11, 26), date(2026, 12, 23), date(2026, 12, 29), date(2027, 2, 4))
DAYS = 3
BUSY_S = {Broker.LIVE: 50.0, Broker.PAPER: 160.0}
ACTS = {Broker.LIVE: (2, 5), Broker.PAPER: (1, 3)}
_OWNER = Household("owner", UUID(int=0x51 << 100), "acct-owner", True)
_STUCK = frozenset({"NEW", "SENDING", "NOT_SENT", "UNKNOWN", "CANCEL_PENDING", "CANCEL_UNKNOWN", "REVISE_PENDING"})
_LEDGER_LOST = frozenset({"StorageFault", "CommitInDoubt", "OSError"})  # it may end for want of ledger or disk
_UNSETTLED = _STUCK | {"REVISE_UNKNOWN"}


@dataclass(slots=True)
class Outcome:
    """What one seed came to. Plain values: it crosses processes."""

    seed: int
    broker: str
    calm: bool
    breaks: list[str]
    trace: str
    coverage: Coverage
    figures: Figures
    steps: int
    virtual_s: float
    real_s: float = 0.0
    log: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.breaks


def is_calm(seed: int) -> bool:
    """One seed in four has no fault: there liveness is absolute."""
    return seed % 4 == 0


def run_seed(seed: int, broker: Broker, *, verbose: bool = False) -> Outcome:
    """One world from its first morning to its last evening."""
    _quiet_logs()
    shared_market()
    begun = time.process_time()
    loop = WorldLoop(seed)
    world = World(loop, seed, broker, verbose=verbose)
    with hermetic(loop, seed, world.start):
        try:
            loop.run_until_complete(world.live())
        except Stalled as stalled:
            world.judge.breaks.append(Broken(loop.world_time, "rest", str(stalled)))
        finally:
            loop.bury()
            loop.close()
            world.network.close()
    outcome = world.outcome()
    outcome.real_s = time.process_time() - begun
    del world, loop
    _sweep()
    return outcome


_lived = 0


def _sweep() -> None:
    """A world is one great knot of references. What was there before the first is never looked at again."""
    global _lived
    _lived += 1
    if _lived == 1:
        gc.collect()
        gc.freeze()
    elif _lived % 4 == 0:
        hook, sys.unraisablehook = sys.unraisablehook, lambda unraisable: None
        try:
            gc.collect()
        finally:
            sys.unraisablehook = hook


_quieted = False


def _quiet_logs() -> None:
    """Logs of a world are nobody's: formatting them would cost more than the world."""
    global _quieted
    if not _quieted:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
        _quieted = True


class World:
    """`log` gathers what happened, for people who replay a seed."""

    def __init__(self, loop: WorldLoop, seed: int, broker: Broker, *, verbose: bool = False) -> None:
        self.loop = loop
        self.seed = seed
        self.broker = broker
        self.calm = is_calm(seed)
        self.verbose = verbose
        self.log: list[str] = []
        self.rng = random.Random(f"world:{seed}:{broker.value}")
        self.days = _sessions(self.rng.choice(STARTS), DAYS)
        self.start = datetime.combine(self.days[0], clock_time(8, 50), KST)
        self.trace = hashlib.blake2b(digest_size=16)
        self.network = Network(loop, seed, self._seen)
        self.coverage = Coverage()
        self.tally = Tally()
        funds = frozenset(
            ticker for ticker, row in shared_market().listings.items() if row.instrument.kind is Product.ETF
        )
        self.judge = Judge(funds, lambda: loop.world_time, self.rows)
        self.judge.steps.hindered = self._hindered
        self.wall = WallClock(loop, self.start)  # the people's, and right
        self.oms_wall = WallClock(loop, self.start)
        self.database = Database(lambda: loop.world_time, self._pace)
        self._pace_rng = random.Random(f"storage:{seed}")
        self.witness = WitnessDisk(loop, random.Random(f"witness:{seed}"))
        env = Environment.REAL if broker is Broker.LIVE else Environment.PAPER
        self.disk = Disk(self._journaled)
        self.exchange = ExchangeHost(loop, self.network, env, seed, WallClock(loop, self.start), self.disk)
        self.oms = [self._oms(name) for name in ("oms", "oms-2")]
        self.wanted: set[str] = set()  # processes that a supervisor starts again
        for process in (self.exchange, *self.oms):
            process.watch = self._ended
        self.network.tap = OrderTap(self._begins, self._posted, self.judge.steps.token_asked_for).sees
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
            self._held,
            self.tally,
        )
        self.regressed = False
        self._acts: list[asyncio.Task[None]] = []
        self._waited_for: dict[str, None] = {}
        self._hands = 0
        self._outside = copy_context()

    def _oms(self, name: str) -> OmsHost:
        return OmsHost(
            name, self.loop, self.network, self.broker, self.seed, self.oms_wall, self.witness, self._storage
        )

    def _storage(self, life: Life) -> Storage:
        return MemoryStorage(self.database, timing_for(self.broker.value).lease_s)

    def say(self, text: str) -> None:
        if self.verbose:
            self.log.append(f"{self.loop.world_time:12.3f}  {self.wall.now():%m-%d %H:%M:%S}  {text}")

    # Watching -------------------------------------------------------------------------------------------------------

    def _seen(self, number: int, from_server: bool, data: bytes | None) -> None:
        self.trace.update(b"%.6f %d %d " % (self.loop.world_time, number, from_server))
        if data is not None:
            self.trace.update(data)

    def _journaled(self, record: Record) -> None:
        self.trace.update(json.dumps(record, sort_keys=True).encode())
        if record["kind"] == "order":
            hands = self.exchange.faults.hits[FaultKind.HAND_ORDER]
            if hands > self._hands:
                self._hands += 1
                self.judge.by_hand((record["account"], record["ticker"], record["side"], record["qty"]))
        before = len(self.judge.breaks)
        self.judge.journaled(record)
        if self.verbose and record["kind"] not in ("day", "clock"):
            self.say("journal " + json.dumps({k: v for k, v in record.items() if k not in ("t", "seq")}))
        self._tell(before)

    def _tell(self, before: int) -> None:
        for found in self.judge.breaks[before:]:
            self.say(f"BROKEN {found}")

    def rows(self) -> list[Mapping[str, Any]]:
        """The committed intents as plain values."""
        return [self._row(intent) for intent in self.database.tables.intents.rows.values()]

    def _row(self, intent: Any) -> Mapping[str, Any]:
        return {
            "intent_id": str(intent.intent_id),
            "account": self._number(intent.account_ref),
            "ticker": intent.ticker,
            "side": intent.side.value,
            "quantity": intent.quantity,
            "state": intent.state.value,
            "ended": intent.state in TERMINAL,
            "filled": intent.filled,
            "filled_amount": intent.filled_amount,
            "amount_estimated": intent.amount_estimated,
            "fee": intent.fee,
            "tax": intent.tax,
            "epoch": intent.epoch or 0,
            "updated_at": intent.updated_at.isoformat(),
            "sent_at": "" if intent.sent_at is None else intent.sent_at.isoformat(),
            "send_deadline": 0.0 if intent.send_deadline is None else intent.send_deadline.timestamp(),
        }

    def _number(self, account_ref: str) -> str:
        return OWNER_ACCOUNT if account_ref == _OWNER.account_ref else account_ref

    def _begins(self, sender: End) -> Post:
        """The picture of the moment in which an order's first byte leaves."""
        host = next(host for host in self.oms if host.life is sender.life)
        tables = self.database.tables
        sending, locking = [], []
        for intent in tables.intents.rows.values():
            if intent.state.value == "SENDING":
                moves = [
                    tables.transitions.rows[key] for key in tables.transitions.found["entity"][str(intent.intent_id)]
                ]
                seq = max(move.seq for move in moves if move.event == "send_started")
                sending.append({**self._row(intent), "sending_seq": seq})
            elif intent.state.value in ("UNKNOWN", "MANUAL"):
                locking.append(self._row(intent))
        post = Post(
            at=self.loop.world_time,
            wall=self.oms_wall.now().timestamp(),
            who=repr(host),
            sending=sending,
            locking=locking,
            witnessed=self.witness.mark.seq if self.witness.mark is not None else 0,
            halted=self.judge.halts,
            stood=self.striker.stood_lately(host),
            epoch=max((row.epoch for row in tables.lease.rows.values()), default=0),
        )
        self.striker.order_begins(host)
        return post

    def _posted(self, post: Post, body: Mapping[str, Any], side: str) -> None:
        before = len(self.judge.breaks)
        account = str(body["CANO"]) + str(body["ACNT_PRDT_CD"])
        self.judge.posted(post, account, str(body["PDNO"]), side, int(body["ORD_QTY"]))
        self.say(f"{post.who} posts {side} {body['PDNO']} {body['ORD_QTY']}")
        self._tell(before)

    def _pace(self, step: str) -> Awaitable[None] | None:
        """What the database takes: mostly nothing worth a turn, a commit an fsync."""
        chance = self._pace_rng.random()
        if step == "committed":
            self._committed()
        if step == "commit":
            return asyncio.sleep(chance * 0.004)
        return asyncio.sleep(chance * 0.01) if chance < 0.06 else None

    def _committed(self) -> None:
        before = len(self.judge.breaks)
        self.judge.steps.forgotten = self.regressed
        self.judge.steps.committed(
            Shown(str(one.intent_id), one.state.value, one.state in TERMINAL, one.filled, one.provisional)
            for one in self.database.tables.intents.rows.values()
        )
        self._tell(before)

    def _hindered(self) -> bool:
        """Has anything struck so far that may keep a notice from the OMS, or make an order's own ambiguous?"""
        struck = {kind for kind, hits in self.exchange.faults.hits.items() if hits}
        return bool(struck - NOTICES_COME) or any(self.striker.hits.values())

    def _held(self, account: str) -> Mapping[str, int]:
        purse = self.judge.broker.purses.get(account)
        if purse is None:
            return {}
        held = dict(purse.shares)
        for order in self.judge.broker.orders.values():
            if order.account == account and order.side == "sell":
                held[order.ticker] = held.get(order.ticker, 0) - order.open
        for row in self.rows():
            if row["side"] == "sell" and row["state"] in ("NEW", "SENDING", "NOT_SENT", "UNKNOWN"):
                held[row["ticker"]] = held.get(row["ticker"], 0) - row["quantity"]
        return held

    # Processes ------------------------------------------------------------------------------------------------------

    def _ended(self, process: Process, how: str) -> None:
        self.say(f"{process!r} ended: {how}")
        if isinstance(process, OmsHost):
            if process.storage is not None:
                process.storage.kill()  # type: ignore[attr-defined]
            if how.startswith("failed") and how.removeprefix("failed: ") not in _LEDGER_LOST:
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

    # Living ---------------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        self.loop.until = (len(self.days) + 12) * 86_400.0
        await self.desk.moves_in(_OWNER, self.broker.value, self.wall.now())
        self.up(self.exchange)
        await asyncio.sleep(1.0)
        self.striker.standing()
        planned = [] if self.calm else schedule(self.rng, len(self.days), BUSY_S[self.broker])
        for number, day in enumerate(self.days):
            # Mostly after the opening; now and then into it, through the auction.
            begins = self.rng.random() * 90 + (-70 if self.rng.random() < 0.2 else 15)
            await self._until_time(day, _opens(day), begins)
            await self._morning()
            await self._busy([one for one in planned if one.day == number])
            await self._heal()
            await self._settle()
            if number < len(self.days) - 1:
                await self._night()
        await self._evening()

    async def _until_time(self, day: date, at: clock_time, second: float = 0.0) -> None:
        there = datetime.combine(day, at, KST) + timedelta(seconds=second)
        await asyncio.sleep(max(0.0, (there - self.wall.now()).total_seconds()))

    async def until(self, good: Callable[[], bool], seconds: float, step: float = 0.5) -> bool:
        end = self.loop.world_time + seconds
        while not good():
            if self.loop.world_time >= end:
                return False
            await asyncio.sleep(step)
        return True

    async def _morning(self) -> None:
        self.say("--- morning")
        self.up(self.exchange)
        for host in self.oms:
            host.wake()
        if not any(host.running for host in self.oms):
            self.up(self.oms[0])
        await self.until(lambda: any(host.door is not None for host in self.oms), 90.0)

    async def _busy(self, planned: Sequence[Planned]) -> None:
        busy = BUSY_S[self.broker]
        begins = self.loop.world_time
        low, high = ACTS[self.broker]
        strikes = [asyncio.create_task(self._strike(begins, one)) for one in planned]
        self._acts = []
        impatience = asyncio.create_task(self._impatient())
        for at in sorted(self.rng.random() * (busy - 15.0) for _ in range(self.rng.randint(low, high))):
            await asyncio.sleep(max(0.0, begins + at - self.loop.world_time))
            act = acts_of(self.person, self.rng, calm=self.calm)
            self._acts.append(asyncio.create_task(self._act(act)))
        await asyncio.sleep(max(0.0, begins + busy - self.loop.world_time))
        await asyncio.gather(*strikes)
        impatience.cancel()

    async def _impatient(self) -> None:
        """Somebody sees an order that is being looked up, and places another of that name."""
        while True:
            for row in self.rows():
                if row["state"] == "UNKNOWN" and row["intent_id"] not in self._waited_for:
                    self._waited_for[row["intent_id"]] = None
                    if self.rng.random() < 0.7:
                        work = self.person.again(row["ticker"], Side(row["side"]))
                        self._acts.append(asyncio.create_task(work))
            await asyncio.sleep(1.0)

    async def _act(self, act: Callable[[], Awaitable[None]]) -> None:
        self.say(f"person: {act.__name__}")
        await act()

    async def _strike(self, begins: float, one: Planned) -> None:
        await asyncio.sleep(max(0.0, begins + one.at - self.loop.world_time))
        self.say(f"fault {one.kind.value} {one.seconds:.2f}")
        await self.striker.strike(one)

    async def _heal(self) -> None:
        """The day's faults are over; everybody who should be there is there again."""
        self.say("--- heal")
        await self.striker.calm()
        await asyncio.gather(*self._acts)

    async def _settle(self) -> None:
        """Until nothing is uncertain: settle time, a few inquiries."""
        await self.until(lambda: any(host.door is not None for host in self.oms), 120.0)
        limit = 400.0 if self.broker is Broker.PAPER else 150.0
        settled = await self.until(lambda: not any(row["state"] in _UNSETTLED for row in self.rows()), limit, 1.0)
        self.say(f"--- settled: {settled}")
        await self._person_decides()

    async def _night(self) -> None:
        """How the OMS spends the time until the next morning."""
        how = self.rng.choices(("stopped", "killed", "asleep"), (5, 2, 2))[0]
        self.coverage.acts[f"night_{how}"] += 1
        for host in self.oms:
            if how == "asleep" and host.running:
                host.suspend()
                self.network.forget(host.life)
                continue
            self.wanted.discard(host.name)
            if not host.running:
                continue
            if how == "stopped":
                host.terminate()
                if not await self.until(lambda host=host: not host.running, 30.0, 0.2):  # type: ignore[misc]
                    self.judge.breaks.append(Broken(self.loop.world_time, "process", f"{host!r} would not end"))
                    host.kill()
            else:
                host.kill()
        day = self.wall.now().date()
        chance = self.rng.random()
        if how != "asleep" and chance < 0.2:
            self.coverage.acts["through_the_close"] += 1
            await self._through(day, clock_time(15, 29, 30), 100.0)
        if how != "asleep" and chance > 0.93:
            self.coverage.acts["through_midnight"] += 1
            await self._through(day, clock_time(23, 59, 40), 45.0)

    async def _through(self, day: date, at: clock_time, seconds: float) -> None:
        """The OMS is there while the market closes, or the day changes."""
        await self._until_time(day, at)
        self.up(self.oms[0])
        await asyncio.sleep(seconds)
        self.wanted.discard(self.oms[0].name)
        self.oms[0].terminate()
        if not await self.until(lambda: not self.oms[0].running, 30.0, 0.2):
            self.judge.breaks.append(Broken(self.loop.world_time, "process", f"{self.oms[0]!r} would not end"))
            self.oms[0].kill()

    async def _evening(self) -> None:
        """The last close, after which everything must come to rest."""
        for host in self.oms:
            self.down(host)
        await self._until_time(self.days[-1], clock_time(15, 31), 20 + self.rng.random() * 60)
        self.say("--- evening")
        self.up(self.exchange)
        self.up(self.oms[0])
        await self.until(lambda: self.oms[0].door is not None, 90.0)
        await self._next_day()

    async def _next_day(self) -> None:
        """Remainders lapse with an inquiry after their day: the morning after, everything has ended."""
        paper = self.broker is Broker.PAPER
        await asyncio.sleep(60.0 if paper else 12.0)
        self.down(self.oms[0])
        after = KrxCalendar().next_session(self.days[-1])
        await self._until_time(after, clock_time(8, 40))
        self.up(self.oms[0])
        await self.until(lambda: self.oms[0].door is not None, 90.0)
        await self.person_resumes()
        limit = 300.0 if paper else 90.0
        await self.until(lambda: all(row["ended"] or row["state"] == "MANUAL" for row in self.rows()), limit, 1.0)
        await self._person_decides()
        await asyncio.sleep(12.0 if paper else 4.0)
        self._rest()

    async def person_resumes(self) -> None:
        """Whatever was halted, a person starts again in the end."""
        newest: dict[str, str] = {}
        for row in self.database.tables.trading_states.rows.values():
            newest[row.scope] = row.state
        for scope, state in sorted(newest.items()):
            if state != "ACTIVE":
                self.judge.resumed("*" if scope == "global" else OWNER_ACCOUNT)
                await self.person.starts_again(scope)

    async def _person_decides(self) -> None:
        """What was left to a person: the broker's own app shows it, and the OMS is told."""
        manual = [row for row in self.rows() if row["state"] == "MANUAL"]
        for row in manual:
            chains = self.judge.approved[row["intent_id"]].chains if row["intent_id"] in self.judge.approved else []
            odno = self.judge.broker.chains[chains[-1]][-1].key[1] if chains else 0
            told = await self.person.settles(row["intent_id"], None if odno else "absent", str(odno))
            self.say(f"a person decides {row['intent_id']} {row['side']} {row['ticker']}: {odno or 'absent'} {told}")
        if manual:
            await self.until(lambda: all(row["state"] != "MANUAL" for row in self.rows()), 120.0, 1.0)

    def _rest(self) -> None:
        holdings: dict[tuple[str, str], int] = {}
        for row in self.database.tables.sleeves.rows.values():
            if row.sleeve.position.quantity:
                key = (self._number(row.account_ref), row.sleeve.ticker)
                holdings[key] = holdings.get(key, 0) + row.sleeve.position.quantity
        before = len(self.judge.breaks)
        if not self.regressed:
            manual = any(row["state"] == "MANUAL" for row in self.rows())
            self.judge.at_rest(holdings, ours=frozenset() if manual else frozenset({OWNER_ACCOUNT}))
        self._tell(before)

    # The end --------------------------------------------------------------------------------------------------------

    def _was_not_to_be_had(self) -> bool:
        """Could an answer have been missing: KIS paper, whose empty list proves nothing, or an equal order by hand?"""
        hits = self.exchange.faults.hits
        return self.broker is Broker.PAPER or bool(hits[FaultKind.HAND_ORDER] or hits[FaultKind.EMPTY_EXECUTIONS])

    def outcome(self) -> Outcome:
        for move in self.database.tables.transitions.rows.values():
            self.coverage.moved(move.entity, move.was, move.event, move.becomes)
        self.coverage.faults.update({kind.value: hits for kind, hits in self.exchange.faults.hits.items()})
        self.coverage.faults.update(self.striker.hits)
        self.coverage.acts.update(self.tally.did)
        self.coverage.refusals.update(self.tally.refusals)
        breaks = [str(found) for found in self.judge.breaks]
        breaks += [f"{0.0:12.3f} s  forged: {what} was believed" for what in self.tally.wrongly]
        breaks += [f"{0.0:12.3f} s  crash: {what}" for what in self.loop.broken]
        figures = figures_of(self, [wish for wish in self.person.wishes])
        if figures.manual and not self._was_not_to_be_had():
            breaks.append(f"{0.0:12.3f} s  liveness: {figures.manual} MANUAL although the answer was to be had")
        if self.calm:
            breaks += [f"{0.0:12.3f} s  liveness: {what}" for what in figures.stuck]
        self.trace.update(json.dumps(sorted(map(str, self.coverage.transitions.items()))).encode())
        return Outcome(
            seed=self.seed,
            broker=self.broker.value,
            calm=self.calm,
            breaks=breaks,
            trace=self.trace.hexdigest(),
            coverage=self.coverage,
            figures=figures,
            steps=self.loop.steps,
            virtual_s=self.loop.world_time,
            log=self.log,
        )


def _opens(day: date) -> clock_time:
    hours = KrxCalendar().hours(day)
    assert hours is not None
    return hours.open


def _sessions(first: date, count: int) -> list[date]:
    calendar = KrxCalendar()
    day = first if calendar.is_session(first) else calendar.next_session(first)
    found = [day]
    while len(found) < count:
        found.append(calendar.next_session(found[-1]))
    return found


__all__ = ["DONE", "CallRefused", "Outcome", "World", "run_seed"]
