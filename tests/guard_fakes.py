"""The guard's outside for tests without a process: a door that admits once a generation, and a memory in a dict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from domain.clock import KST, ManualClock
from domain.exits import ExitRule, RuleRow, RuleSource, RuleState
from domain.proto import oms_pb2 as pb
from execution.guard.clock import GuardClock
from execution.guard.ports import GuardTiming
from execution.guard.watchman import Watchman
from tools.ports import PortUnavailable
from tools.store.guard_memory import StoredTrigger

ACCOUNT, SAMSUNG = "sim-1", "005930"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)  # a Monday


def protected(ticker: str = SAMSUNG, quantity: int = 10, cost: int = 700_000, **more: object) -> pb.ProtectedPosition:
    made = {"entered_on": date(2026, 11, 23).isoformat(), "generation": 1, "sleeve": "manual", **more}
    return pb.ProtectedPosition(
        exit_mandate_id=str(uuid4()), account_ref=ACCOUNT, ticker=ticker, quantity=quantity, cost=cost, **made
    )


@dataclass
class FakeDoor:
    """`answers` are given first; then every new generation is admitted, and an exit stays out until `end`ed."""

    positions: list[pb.ProtectedPosition] = field(default_factory=list)
    answers: list[pb.ExitReply | Exception] = field(default_factory=list)
    asked: list[pb.ExitRequest] = field(default_factory=list)
    rested: list[pb.RestStopRequest] = field(default_factory=list)
    orders: dict[tuple[str, int], pb.Order] = field(default_factory=dict)
    prices: dict[str, pb.QuoteReply] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    prints: asyncio.Queue[pb.QuoteReply | Exception] = field(default_factory=asyncio.Queue)
    followed: list[tuple[str, ...]] = field(default_factory=list)
    clock_says: Callable[[], pb.MarketClockReply] | None = None
    down: bool = False
    hangs: bool = False  # an exit is asked for and never answered

    async def exits(self) -> list[pb.ProtectedPosition]:
        self._reach()
        found = []
        for position in self.positions:
            copy = pb.ProtectedPosition()
            copy.CopyFrom(position)
            found.append(copy)
        return found

    async def exit(self, request: pb.ExitRequest) -> pb.ExitReply:
        self.asked.append(request)
        self._reach()
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        key = (request.exit_mandate_id, request.generation)
        if key in self.orders:
            return pb.ExitReply(outcome=pb.ExitReply.ALREADY_ADMITTED, order=self.orders[key])
        order = pb.Order(intent_id=str(uuid4()), state="NEW", authority="exit")
        self.orders[key] = order
        for position in self.positions:
            if position.exit_mandate_id == request.exit_mandate_id:
                position.generation += 1
                position.live.CopyFrom(order)
        return pb.ExitReply(outcome=pb.ExitReply.ADMITTED, order=order)

    async def rest_stop(self, request: pb.RestStopRequest) -> pb.ExitReply:
        self.rested.append(request)
        self._reach()
        reply = pb.ExitReply(outcome=pb.ExitReply.ADMITTED)
        for position in self.positions:
            if position.exit_mandate_id == request.exit_mandate_id:
                position.ClearField("live")
                if request.stop_price:
                    position.live.CopyFrom(pb.Order(state="ACKED", authority="exit", stop_price=request.stop_price))
                    reply.order.CopyFrom(position.live)
        return reply

    async def quote(self, ticker: str) -> pb.QuoteReply:
        self.questions.append(ticker)
        self._reach()
        return self.prices[ticker]

    async def market_clock(self) -> pb.MarketClockReply:
        self._reach()
        assert self.clock_says is not None
        return self.clock_says()

    async def ticks(self, tickers: Sequence[str]) -> AsyncIterator[pb.QuoteReply]:
        self.followed.append(tuple(tickers))
        while True:
            found = await self.prints.get()
            if isinstance(found, Exception):
                raise found
            yield found

    def end(self, position: pb.ProtectedPosition) -> None:
        """Its exit is over."""
        position.ClearField("live")

    def _reach(self) -> None:
        if self.down:
            raise PortUnavailable("닿지 않아요.", where="oms")


@dataclass
class FakeMemory:
    """`log` is what was written, in order; `rows` are the rules by account."""

    rows: dict[str, list[RuleRow]] = field(default_factory=dict)
    highs: dict[UUID, RuleState] = field(default_factory=dict)
    triggers: list[tuple[datetime, StoredTrigger]] = field(default_factory=list)
    down: bool = False

    async def everybodys(self) -> dict[str, list[RuleRow]]:
        return self.rows

    def rule(self, rule: ExitRule, ticker: str = SAMSUNG) -> None:
        number = sum(map(len, self.rows.values())) + 1
        named = replace(rule, source=RuleSource.USER, rule_id=number)
        self.rows.setdefault(ACCOUNT, []).append(RuleRow(number, RuleSource.USER, ticker, "", named))

    async def marks(self, exit_mandate_ids: Sequence[UUID]) -> dict[UUID, RuleState]:
        return {number: self.highs[number] for number in exit_mandate_ids if number in self.highs}

    async def keep(self, exit_mandate_id: UUID, state: RuleState, at: datetime) -> None:
        self._reach()
        before = self.highs.get(exit_mandate_id, RuleState())
        self.highs[exit_mandate_id] = replace(state, high=max(before.high, state.high))

    async def remember(self, trigger: StoredTrigger, at: datetime) -> None:
        self._reach()
        self.triggers.append((at, trigger))

    async def since(self, moment: datetime) -> list[StoredTrigger]:
        return [trigger for at, trigger in self.triggers if at > moment]

    def _reach(self) -> None:
        if self.down:
            raise PortUnavailable("닿지 않아요.", where="guard")


@dataclass
class Watch:
    """A watchman with a clock that moves when told. Market time is wall time."""

    door: FakeDoor
    memory: FakeMemory
    wall: ManualClock
    clock: GuardClock
    man: Watchman
    calendar: str = "krx"
    volume: int = 0

    async def look(self) -> None:
        self.clock.told(clock_reply(self.wall, self.calendar))
        await self.man.read_rules()
        await self.man.look()
        await self.man.settle()

    async def price(self, price: int, ticker: str = SAMSUNG, **more: object) -> None:
        """A fresh print, and all that follows from it."""
        self.volume += 1
        self.man.take(quote_reply(ticker, price, self.wall.now(), self.volume, **more))
        await self.man.settle()


def clock_reply(wall: ManualClock, calendar: str = "krx") -> pb.MarketClockReply:
    reply = pb.MarketClockReply(speed="1", calendar=calendar)
    reply.now.FromDatetime(wall.now().astimezone(UTC))
    return reply


def quote_reply(ticker: str, price: int, at: datetime, volume: int, **more: object) -> pb.QuoteReply:
    reply = pb.QuoteReply(ticker=ticker, price=price, volume=volume, found=True, source="stream", **more)
    reply.as_of.FromDatetime(at.astimezone(UTC))
    return reply


def watch(
    *positions: pb.ProtectedPosition,
    at: datetime = NOON,
    door: FakeDoor | None = None,
    memory: FakeMemory | None = None,
    timing: GuardTiming | None = None,
) -> Watch:
    door, memory, wall = door or FakeDoor(), memory or FakeMemory(), ManualClock(at)
    door.positions.extend(positions)
    clock = GuardClock(wall)
    return Watch(door, memory, wall, clock, Watchman(door, memory, memory, clock, wall, timing or GuardTiming()))


def later(wall: ManualClock, **span: float) -> None:
    wall.advance(timedelta(**span).total_seconds())
