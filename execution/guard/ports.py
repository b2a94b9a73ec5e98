"""What the guard needs of the outside: the OMS's door as its own principal, and a memory that survives a crash.

Contract: `Door.exit` and `Door.rest_stop` are the only writes that can become orders; the OMS makes each once a
generation, so asking again is safe. Silence of either side is PortUnavailable.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.exits import RuleRow, RuleState
from domain.proto import oms_pb2 as pb
from tools.store.guard_memory import StoredTrigger


class Door(Protocol):
    async def exits(self) -> list[pb.ProtectedPosition]: ...
    async def exit(self, request: pb.ExitRequest) -> pb.ExitReply: ...
    async def rest_stop(self, request: pb.RestStopRequest) -> pb.ExitReply: ...
    def ticks(self, tickers: Sequence[str]) -> AsyncIterator[pb.QuoteReply]: ...
    async def quote(self, ticker: str) -> pb.QuoteReply: ...
    async def market_clock(self) -> pb.MarketClockReply: ...


class Rules(Protocol):
    async def everybodys(self) -> Mapping[str, list[RuleRow]]: ...


class Memory(Protocol):
    async def marks(self, exit_mandate_ids: Sequence[UUID]) -> dict[UUID, RuleState]: ...
    async def keep(self, exit_mandate_id: UUID, state: RuleState, at: datetime) -> None: ...
    async def remember(self, trigger: StoredTrigger, at: datetime) -> None: ...
    async def since(self, moment: datetime) -> list[StoredTrigger]: ...


@dataclass(frozen=True, slots=True)
class GuardTiming:
    """Seconds; judgement of 2026-11. Ages are market time, everything else wall time."""

    max_age_s: float = 10.0  # a tick older than this fires nothing
    look_s: float = 1.0  # positions
    rules_s: float = 2.0
    keep_s: float = 1.0  # highs, at most so often a position
    waiting_s: float = 0.3  # the OMS takes something back first
    refused_s: float = 2.0  # first pause after a refusal; doubled up to the most
    refused_most_s: float = 30.0
    trigger_s: float = 60.0  # how long a trigger is carried out without a new look
    backup_s: float = 3.0  # how long a stop resting at the broker may take before the guard steps in
    move_s: float = 20.0  # between two moves of a resting stop
    quiet_s: float = 30.0  # a ticker unheard of for so long is asked for, whatever the stream says
    poll_s: float = 2.0  # between two questions for one silent ticker
    calm_poll_s: float = 10.0  # the same while it is interrupted or halted
    lost_s: float = 1.0  # before a broken stream is opened again


TIMING = {
    "sim": GuardTiming(),
    "paper": GuardTiming(max_age_s=20.0, poll_s=10.0, calm_poll_s=30.0),
    "live": GuardTiming(),
}
