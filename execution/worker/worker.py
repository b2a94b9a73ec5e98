"""The worker: which strategies run, their bars from the bus, their looks at the account, their open questions.

Contract: one thing after another, so that nothing is decided on half a state. A bar is stored with its strategy before
the bus forgets that it was read, and its signal is told before it is stored; what was decided is stored with its ids
before it is asked. So whoever dies in the middle of a bar finds both again, and the same bar is the same plan. Signals
of bars that ended while nobody listened are told when the worker is back. Silence of any side is waited out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import structlog

from domain.proto import market_pb2 as pb
from domain.strategy.problems import StrategyError
from domain.strategy.running import RunState, StrategyRun
from domain.strategy.serving import unserved
from domain.strategy.spec import StrategySpec, parse_spec
from execution.worker import words
from execution.worker.past import caught_up, opened, small_of
from execution.worker.past import told as past_of
from execution.worker.ports import History, Runs
from execution.worker.running import Outside, Running
from market.bars.forming import BROKER
from market.bars.store import MINUTE
from market.bus.ports import BARS, SIGNALS, Bus, BusUnavailable, Message, Overrun, Subscription
from tools.lake import LakeUnavailable
from tools.ports import Identity, JournalEntry, PortUnavailable

log = structlog.get_logger("worker")
GROUP = "worker"
_RUNS_S = 2.0
_LOOK_S = 5.0  # between looks that nothing new has caused
_DAYS_S = 20.0
_MENDED_S = 5.0  # a series is read from lake and bus for it
_LOST_S = 1.0
Key = tuple[str, UUID]
Silent = (PortUnavailable, BusUnavailable, LakeUnavailable)


def built(spec: StrategySpec) -> Any:
    """The evaluator, imported here: it brings the compiler."""
    from domain.strategy.evaluator import build

    return build(spec)


class Worker:
    """`running` by account and strategy; `venue` is what the OMS trades on."""

    def __init__(
        self,
        outside: Outside,
        runs: Runs,
        bus: Bus,
        history: History,
        venue: str,
        build: Callable[[StrategySpec], Any] = built,
    ) -> None:
        self.running: dict[Key, Running] = {}
        self.faults: dict[Key, int] = {}  # strategies that cannot run, with the row that said so
        self._outside = outside
        self._runs = runs
        self._bus = bus
        self._history = history
        self._venue = venue
        self._build = build
        self._subscription: Subscription | None = None
        self._said: list[StrategyRun] = []
        self._at: dict[str, float] = {}
        self._trade_day: date | None = None
        self._mended: set[tuple[Key, str]] = set()  # series in which a bar that is past became whole

    @property
    def tickers(self) -> tuple[str, ...]:
        """What the running strategies want to hear of."""
        return tuple(dict.fromkeys(ticker for each in self.running.values() for ticker in each.names))

    async def turn(self, seconds: float = 0.5) -> None:
        """Everything that is due now; waits for bars at most so long. Survives silence."""
        try:
            if self._due("runs", _RUNS_S):
                self._outside.time.told(await self._outside.market.market_clock())
                await self._read_runs()
            new = await self._hear(seconds)
            if self._due("days", _DAYS_S) or self._outside.time.now().date() != self._trade_day:
                new |= await self._new_days()
            await self._look(new)
            if self._due("questions", _RUNS_S):
                await self.ask_again()
        except Silent as gone:
            log.warning("silent", reason=str(gone))
            if isinstance(gone, BusUnavailable):
                await self.aclose()
            await self._outside.wall.sleep(_LOST_S)

    async def aclose(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await subscription.aclose()

    async def ask_again(self) -> None:
        """Questions that the door did not answer, with the same ids; of a strategy that may not ask, only a look."""
        said = {(run.account_ref, run.strategy_id): run for run in self._said}
        for asked in await self._outside.memory.unanswered():
            run = said.get((asked.account_ref, asked.strategy_id))
            who = await self._who(asked.account_ref)
            if run is None or who is None:
                continue
            goes_on = run.hash == asked.hash and run.state is not RunState.STOPPED
            goes_on = goes_on and (run.state is RunState.ACTIVE or asked.side == "sell")
            asking = self._outside.asking
            await (asking.put(who, asked) if goes_on else asking.look(who, asked))

    # ----------------------------------------------------------------------------------------------------------------

    def _due(self, what: str, every_s: float) -> bool:
        now = self._outside.wall.monotonic()
        if now - self._at.get(what, float("-inf")) < every_s:
            return False
        self._at[what] = now
        return True

    async def _read_runs(self) -> None:
        """Begins what was started, ends what was stopped or started anew with another text."""
        self._said = await self._runs.everybodys()
        wanted = {(run.account_ref, run.strategy_id): run for run in self._said if run.state is not RunState.STOPPED}
        for key in [
            key for key, each in self.running.items() if key not in wanted or wanted[key].hash != each.run.hash
        ]:
            del self.running[key]
        for key, run in wanted.items():
            if key in self.running:
                self.running[key].run = run
            elif self.faults.get(key) != run.run_id:
                await self._begin(key, run)

    async def _begin(self, key: Key, run: StrategyRun) -> None:
        who = await self._who(run.account_ref)
        if who is None or who.venue != self._venue:
            return
        stored = await self._outside.papers.strategies(run.user_id, 50)
        version = next(
            (one for one in stored if (one.strategy_id, one.version) == (run.strategy_id, run.version)), None
        )
        if version is None or version.hash != run.hash:
            return
        try:
            spec = parse_spec(dict(version.spec))
            if lacking := unserved(spec):
                raise StrategyError(lacking)
            program = self._build(spec)
        except StrategyError as error:
            self.faults[key] = run.run_id
            text = words.UNBUILT.format(name=version.spec["metadata"]["name"], why=error.problems[0])
            entry = JournalEntry(self._outside.wall.now(), "strategy", str(run.strategy_id), text, {})
            await self._outside.papers.note(run.user_id, entry)
            return
        self.running[key] = await opened(who, run, program, self._outside, self._history)
        await self._keep([self.running[key]])
        log.info("strategy_begun", strategy=str(run.strategy_id), names=len(self.running[key].names))

    async def _who(self, account_ref: str) -> Identity | None:
        return await self._outside.papers.identity_of(account_ref)

    async def _hear(self, seconds: float) -> set[Key]:
        """Bars from the bus; strategies with a new bar of their own."""
        if self._subscription is None:
            self._subscription = self._bus.subscribe([BARS], GROUP, start="newest")
        new: set[Key] = set()
        last: dict[int, Message] = {}
        for delivery in await self._subscription.fetch(seconds):
            if isinstance(delivery, Message):
                last[delivery.partition] = delivery
                new |= self._take(pb.Bar.FromString(delivery.payload))
            elif isinstance(delivery, Overrun):
                log.warning("overrun", partition=delivery.partition)
                for each in self._of_minutes():
                    for watched in each.names.values():
                        watched.doubt()
        if self._mended and self._due("mended", _MENDED_S):
            new |= await self._tell_anew()
        if last:
            await self._keep(list(self._of_minutes()))
            for message in last.values():
                await self._subscription.ack(message)
        return new

    def _of_minutes(self) -> Sequence[Running]:
        return [each for each in self.running.values() if each.spec.timeframe.minutes is not None]

    def _take(self, bar: pb.Bar) -> set[Key]:
        new = set()
        for key, each in self.running.items():
            watched = each.names.get(bar.ticker)
            if watched is None or each.spec.timeframe.minutes is None or bar.timeframe != MINUTE:
                continue
            if bar.source == BROKER and watched.is_past(bar.end):
                self._mended.add((key, bar.ticker))
            elif watched.take(small_of(bar)):
                new.add(key)
        return new

    async def _tell_anew(self) -> set[Key]:
        """The broker has told minutes that a gap took: every value from there on was made without them."""
        new = set()
        for key, ticker in sorted(self._mended, key=str):
            each = self.running.get(key)
            if each is not None:
                watched = each.names[ticker]
                end = watched.place.end
                bars = await past_of(self._history, watched.program, ticker, self._outside.time.now())
                log.info("told_anew", ticker=ticker, whole=watched.mended(bars))
                if watched.place.end > end:
                    new.add(key)
            self._mended.discard((key, ticker))
        return new

    async def _new_days(self) -> set[Key]:
        now = self._outside.time.now()
        new = {key for key, each in self.running.items() if await caught_up(each, self._history, now)}
        self._trade_day = now.date()
        if new:
            await self._keep([self.running[key] for key in new])
        return new

    async def _look(self, new: set[Key]) -> None:
        again = self._due("looks", _LOOK_S)
        for key, each in self.running.items():
            if key in new or (again and each.pending):
                try:
                    await each.look()
                except PortUnavailable as gone:
                    each.state = "silent"
                    log.warning("no_look", where=gone.where, reason=gone.message)
                    continue
                await self._keep([each])

    async def _keep(self, running: Sequence[Running]) -> None:
        """Tells the signals and stores what changed, in this order: whoever dies in between finds the bars again and
        tells the same signals again, as the bus's readers are used to. The other way round one could be lost."""
        for each in running:
            told = {ticker: len(watched.signals) for ticker, watched in each.names.items()}
            signals = each.told()
            if signals:
                await self._bus.publish(SIGNALS, signals)
            for ticker, count in told.items():
                del each.names[ticker].signals[:count]
            await self._outside.memory.keep(each.stored(), self._outside.wall.now())
            each.kept()
