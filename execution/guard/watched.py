"""One position under watch: what is held, its rule, what it remembers, and how far its exit has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date
from uuid import UUID

from domain.clock import KST
from domain.exits import ExitRule, Held, Levels, RuleState, Tick, levels
from domain.proto import oms_pb2 as pb
from tools.store.guard_memory import StoredTrigger


@dataclass(slots=True)
class Watched:
    """Times are our monotonic clock's. `asking`: a call about this position is under way; one at a time."""

    position: pb.ProtectedPosition
    rule: ExitRule
    state: RuleState = field(default_factory=RuleState)
    tick: Tick | None = None
    trigger: StoredTrigger | None = None  # being carried out
    triggered_at: float = 0.0
    noted: bool = False  # the trigger was written down, or could not be: the OMS may be asked
    asking: bool = False
    not_before: float = 0.0
    refusals: int = 0
    code: str = ""  # of the last refusal
    kept_high: int = 0
    kept_at: float = float("-inf")
    rested_at: float = float("-inf")
    rested_level: int | None = None  # what the resting stop was last asked to be

    @property
    def id(self) -> UUID:
        return UUID(self.position.exit_mandate_id)

    @property
    def held(self) -> Held:
        return Held(self.position.quantity, self.position.cost, date.fromisoformat(self.position.entered_on))

    @property
    def levels(self) -> Levels:
        return levels(self.rule, self.held, self.state.high)

    @property
    def rests(self) -> bool:
        """A stop of ours lies at the broker."""
        return self.position.HasField("live") and self.position.live.stop_price > 0

    @property
    def exiting(self) -> bool:
        """An exit is out, and it is not the stop at the broker."""
        return self.position.HasField("live") and self.position.live.stop_price == 0


def tick_of(quote: pb.QuoteReply) -> Tick:
    return Tick(
        ticker=quote.ticker,
        price=quote.price,
        at=quote.as_of.ToDatetime(tzinfo=UTC).astimezone(KST),
        volume=quote.volume,
        high=quote.high,
        halted=quote.halted,
    )
