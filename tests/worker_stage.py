"""A worker on fakes: a bus in a list, a memory in dictionaries, a strategy on close alone, a person who signs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fakes import START, USER, FakeDesk, FakeMarket, FakeOms

from domain.bars import Bars, bars_of
from domain.clock import ManualClock
from domain.exits import ExitRule, RuleRow, RuleSource
from domain.instruments import Instruments
from domain.limits import Limits, limits_for
from domain.proto import market_pb2 as pb
from domain.strategy.running import RunState, StrategyRun, strategy_mandate
from domain.strategy.spec import StrategySpec, parse_spec
from domain.suitability import Grade
from execution.worker.asking import Asking
from execution.worker.running import Outside, Running
from execution.worker.worker import Worker
from market.bus.ports import BusUnavailable, Delivery, Message, Topic
from market.clock import MarketTime
from tools.ports import StoredMandate
from tools.store.worker_memory import Asked, StoredPlace

STRATEGY = UUID("00000000-0000-4000-8000-0000000000aa")
SAMSUNG, HYNIX = "005930", "000660"
CAPITAL = 50_000_000
GRADE = Grade.AGGRESSIVE


def spec_of(
    tickers: Sequence[str] = (SAMSUNG, HYNIX), timeframe: str = "5m", above: int = 100, below: int = 90, **more: Any
) -> StrategySpec:
    """Enters above one close, leaves below another: a strategy without indicators needs no time to warm up."""

    def close(operator: str, value: int) -> dict[str, Any]:
        return {"conditions": [{"indicator": "close", "operator": operator, "value": value}]}

    return parse_spec(
        {
            "metadata": {"name": "시험"},
            "strategy": {"id": "test", "entry": close("greater_than", above), "exit": close("less_than", below)},
            "universe": {"tickers": list(tickers)},
            "timeframe": timeframe,
            "schedule": {"every": "bar"},
            "sizing": {"method": "per_signal", "name_bps": 1_000},
            "profile_version": 1,
        }
        | more
    )


def limits() -> Limits:
    return limits_for(GRADE, CAPITAL)


class FakeRuns:
    def __init__(self) -> None:
        self.rows: list[StrategyRun] = []

    async def everybodys(self) -> list[StrategyRun]:
        newest = {(row.account_ref, row.strategy_id): row for row in self.rows}
        return list(newest.values())

    def say(self, state: RunState, spec: StrategySpec, version: int = 1) -> StrategyRun:
        row = StrategyRun(
            len(self.rows) + 1, USER.account_ref, USER.user_id, STRATEGY, version, spec.content_hash(), state, START
        )
        self.rows.append(row)
        return row


@dataclass
class FakeMemory:
    asks: dict[UUID, Asked] = field(default_factory=dict)
    kept: dict[tuple[str, str], StoredPlace] = field(default_factory=dict)

    async def ask(self, asked: Asked) -> None:
        self.asks.setdefault(asked.plan_id, asked)

    async def answered(self, plan_id: UUID, answer: str, at: datetime) -> None:
        if not self.asks[plan_id].answer:
            self.asks[plan_id] = replace(self.asks[plan_id], answer=answer)

    async def asked(self, plan_id: UUID) -> Asked | None:
        return self.asks.get(plan_id)

    async def unanswered(self) -> list[Asked]:
        return [asked for asked in self.asks.values() if not asked.answer]

    async def since(self, account_ref: str, strategy_id: UUID, since: datetime) -> list[Asked]:
        return [asked for asked in self.asks.values() if asked.asked_at >= since]

    async def places(self, account_ref: str, strategy_id: UUID, hash_: str) -> list[StoredPlace]:
        return [place for (_, known), place in self.kept.items() if known == hash_]

    async def keep(self, places: Sequence[StoredPlace], at: datetime) -> None:
        self.kept |= {(place.ticker, place.hash): place for place in places}


@dataclass
class FakeRules:
    desk: FakeDesk

    async def put(
        self,
        account_ref: str,
        user_id: UUID,
        rule: ExitRule | None,
        *,
        source: RuleSource,
        ticker: str = "",
        sleeve: str = "",
        strategy_id: UUID | None = None,
        channel: str,
    ) -> None:
        number = len(self.desk.rules) + 1
        self.desk.rules.append((account_ref, RuleRow(number, source, ticker, sleeve, rule)))


class FakeBus:
    """One partition. A subscription goes on after the last acknowledged message."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.place = 0
        self.told: list[pb.Signal] = []
        self.silent = 0  # so many times signals cannot be told

    async def publish(self, topic: Topic, messages: Sequence[tuple[str, bytes]]) -> list[str]:
        if topic.name == "signals":
            if self.silent:
                self.silent -= 1
                raise BusUnavailable("expected a bus, was none")
            self.told += [pb.Signal.FromString(payload) for _, payload in messages]
            return [""] * len(messages)
        for key, payload in messages:
            self.messages.append(Message(topic.name, 0, key, str(len(self.messages) + 1), payload))
        return [""] * len(messages)

    def subscribe(self, topics: Sequence[Topic], group: str, *, start: str = "oldest") -> FakeBus:
        self.read = self.place
        return self

    async def fetch(self, seconds: float, most: int = 50) -> list[Delivery]:
        found, self.read = self.messages[self.read :], len(self.messages)
        return list(found)

    async def ack(self, message: Message, note: bytes = b"") -> bool:
        self.place = int(message.offset)
        return True

    async def aclose(self) -> None: ...

    async def replay(self, topic: Topic, key: str, after_offset: str = "") -> AsyncIterator[Message]:
        for message in [one for one in self.messages if one.key == key]:
            yield message

    async def end(self, topic: Topic, key: str) -> str:
        return ""


@dataclass
class FakeHistory:
    """`bus`: whose minutes are told, where there is one."""

    days: Mapping[str, Bars] = field(default_factory=dict)
    bus: FakeBus | None = None

    async def daily(self, ticker: str, start: date, end: date) -> Bars:
        bars = self.days.get(ticker)
        if bars is None:
            return bars_of([], [], [], [], [], [])
        since = int(datetime.combine(start, datetime.min.time(), START.tzinfo).timestamp())
        return bars.between(since, 2**40)

    async def minutes(self, ticker: str, start: date, end: date) -> list[pb.Bar]:
        messages = self.bus.messages if self.bus is not None else []
        told = [pb.Bar.FromString(message.payload) for message in messages if message.key == ticker]
        return sorted({bar.end: bar for bar in told}.values(), key=lambda bar: bar.end)


class Stage:
    """Everything around one worker. `worker()` is another life of it with the same memory."""

    def __init__(self, spec: StrategySpec | None = None) -> None:
        self.clock = ManualClock(START)
        self.spec = spec or spec_of()
        self.desk = FakeDesk(self.clock)
        self.market = FakeMarket(self.clock, {SAMSUNG: 72_000, HYNIX: 180_000})
        self.market.calendar = "krx"
        self.oms = FakeOms(self.clock, self.desk, self.market, cash=CAPITAL)
        self.runs, self.memory, self.bus, self.history = FakeRuns(), FakeMemory(), FakeBus(), FakeHistory()
        self.rules = FakeRules(self.desk)
        self.table = Instruments.load()

    async def prepare(self, *, sign: bool = True) -> Stage:
        content = {"capital_krw": CAPITAL}
        later = self.clock.now() + timedelta(days=300)
        await self.desk.save_profile(USER.user_id, GRADE.value, 90, content, self.clock.now(), later)
        await self.store(self.spec)
        self.runs.say(RunState.ACTIVE, self.spec)
        if sign:
            self.sign(self.spec)
        return self

    async def store(self, spec: StrategySpec) -> None:
        await self.desk.save_strategy(USER.user_id, STRATEGY, spec.content_hash(), spec.to_json(), self.clock.now())

    def sign(self, spec: StrategySpec) -> None:
        drawn = strategy_mandate(
            USER.account_ref, spec, limits(), CAPITAL, self.table, "krx", self.clock.now(), ("test",)
        )
        stored = StoredMandate.offer(drawn)
        self.desk.stored_mandates[drawn.mandate_id] = stored
        self.desk.sign(stored)

    def worker(self) -> Worker:
        time = MarketTime(self.clock)
        asking = Asking(self.oms, self.desk, self.memory, self.table, self.clock)
        outside = Outside(
            self.oms, self.market, self.desk, self.memory, self.rules, asking, self.table, time, self.clock
        )
        return Worker(outside, self.runs, self.bus, self.history, "sim")

    async def minute(
        self, ticker: str, close: int, at: int, *, complete: bool = True, revision: int = 0, source: str = "ticks"
    ) -> None:
        """A minute that ends `at` minutes after the start."""
        end = int(START.timestamp()) + at * 60
        bar = pb.Bar(
            ticker=ticker, timeframe="1m", end=end, open=close, high=close, low=close, close=close, volume=10,
            complete=complete, revision=revision, source=source,
        )  # fmt: skip
        await self.bus.publish(Topic("bars"), [(ticker, bar.SerializeToString())])

    async def five(self, ticker: str, close: int, at: int, **more: Any) -> None:
        """Five minutes that end `at` minutes after the start."""
        for minute in range(at - 4, at + 1):
            await self.minute(ticker, close, minute, **more)

    async def turn(self, worker: Worker, minutes: float = 0) -> Running | None:
        self.clock.advance(minutes * 60)
        await worker.turn(0)
        return next(iter(worker.running.values()), None)
