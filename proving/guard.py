"""The guard as a process of a world: the real `Guard` with the world's time, an OMS's door across the wire, and memory.

Contract: what outlives a life is what the person set as rules and what the guard wrote down. Its door is that of
whichever OMS answers; a call or a stream to one that dies is lost, and the guard hears PortUnavailable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import grpc

from domain.clock import Clock
from domain.exits import ExitRule, RuleRow, RuleSource, RuleState
from domain.proto import oms_pb2 as pb
from execution.guard.ports import GuardTiming
from execution.guard.process import Guard
from proving.loop import WorldLoop
from proving.network import Network
from proving.oms import CallRefused, DoorClosed, OmsHost
from proving.processes import Process
from tools.ports import PortRefused, PortUnavailable
from tools.store.guard_memory import StoredTrigger

GONE = "주문 관리가 답하지 않아요."
Ask = Callable[..., Awaitable[Any]]


class Rules:
    """What one person set for all of an account's holdings."""

    def __init__(self, account_ref: str, rule: ExitRule) -> None:
        self._rows = {account_ref: [RuleRow(1, RuleSource.USER, "", "", rule)]}

    async def everybodys(self) -> Mapping[str, list[RuleRow]]:
        return self._rows


class Memory:
    """Survives its writers. `told` hears of every trigger in the moment it is written down."""

    def __init__(self, told: Callable[[StoredTrigger], None]) -> None:
        self._told = told
        self._marks: dict[UUID, RuleState] = {}
        self._triggers: dict[tuple[UUID, int], tuple[datetime, StoredTrigger]] = {}

    async def marks(self, exit_mandate_ids: Sequence[UUID]) -> dict[UUID, RuleState]:
        return {each: self._marks[each] for each in exit_mandate_ids if each in self._marks}

    async def keep(self, exit_mandate_id: UUID, state: RuleState, at: datetime) -> None:
        self._marks[exit_mandate_id] = state

    async def remember(self, trigger: StoredTrigger, at: datetime) -> None:
        self._triggers.setdefault((trigger.exit_mandate_id, trigger.generation), (at, trigger))
        self._told(trigger)

    async def since(self, moment: datetime) -> list[StoredTrigger]:
        return [trigger for at, trigger in self._triggers.values() if at >= moment]


class Door:
    """`execution.guard.ports.Door`."""

    def __init__(self, ask: Ask, answering: Callable[[], OmsHost | None]) -> None:
        self._ask = ask
        self._answering = answering

    async def exits(self) -> list[pb.ProtectedPosition]:
        return list((await self._call("Exits", pb.ExitsRequest())).positions)

    async def exit(self, request: pb.ExitRequest) -> pb.ExitReply:
        reply: pb.ExitReply = await self._call("Exit", request)
        return reply

    async def rest_stop(self, request: pb.RestStopRequest) -> pb.ExitReply:
        reply: pb.ExitReply = await self._call("RestStop", request)
        return reply

    async def quote(self, ticker: str) -> pb.QuoteReply:
        reply: pb.QuoteReply = await self._call("Quote", pb.TickerRequest(ticker=ticker))
        return reply

    async def market_clock(self) -> pb.MarketClockReply:
        reply: pb.MarketClockReply = await self._call("MarketClock", pb.MarketClockRequest())
        return reply

    async def ticks(self, tickers: Sequence[str]) -> AsyncIterator[pb.QuoteReply]:
        host = self._answering()
        if host is None:
            raise PortUnavailable(GONE, where="oms")
        try:
            async for quote in host.follow("Ticks", pb.TickersRequest(tickers=list(tickers)), "guard"):
                yield quote
        except (DoorClosed, CallRefused):
            raise PortUnavailable(GONE, where="oms") from None

    async def _call(self, call: str, request: Any) -> Any:
        return await answered(self._ask(call, request, "guard", ""))


async def answered(asked: Awaitable[Any]) -> Any:
    """What the OMS's door says, with the errors that a port of it has."""
    try:
        return await asked
    except (DoorClosed, TimeoutError):
        raise PortUnavailable(GONE, where="oms") from None
    except CallRefused as refused:
        if refused.code is grpc.StatusCode.UNAVAILABLE:
            raise PortUnavailable(refused.details, where="oms") from None
        code, _, message = refused.details.partition(": ")
        raise PortRefused(code, message, where="oms") from None


class GuardHost(Process):
    """One guard on the machine of the OMS."""

    def __init__(
        self,
        loop: WorldLoop,
        network: Network,
        door: Door,
        rules: Rules,
        memory: Memory,
        wall: Clock,
        timing: GuardTiming,
    ) -> None:
        super().__init__("guard", loop, network)
        self._given = (door, rules, memory, wall, timing)
        self._stop: asyncio.Event | None = None

    async def main(self) -> None:
        stop = self._stop = asyncio.Event()
        guard = Guard(*self._given)
        work = asyncio.create_task(guard.run(), name="guard")
        waits = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({work, waits}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
        work.cancel()
        waits.cancel()
        await asyncio.gather(work, waits, return_exceptions=True)

    def told_to_end(self) -> None:
        if self._stop is not None:
            self._stop.set()

    def ended(self) -> None:
        self._stop = None
