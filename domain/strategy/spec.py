"""The strategy: one versioned, hashed document that says what to hold, when to enter and leave, and within what risk.

Contract: frozen and closed (`extra="forbid"`); JSON in, the same JSON out; `content_hash` is taken over the canonical
text without timestamps and is what a mandate signs. `metadata`, `strategy` and `risk` carry the fields of `.kis.yaml`
1.0; the rest is ours. Weights are basis points of the account, percentages are decimals.
Does not evaluate, import or export: a spec that parses is well formed and resolves, no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from domain.decimals import Number
from domain.ids import payload_hash
from domain.strategy.check import StrategyError, problems_in, structural_problems
from domain.strategy.signals import Model, Signals

SCHEMA_VERSION: Literal["1.0"] = "1.0"


class Metadata(Model):
    name: str = Field(min_length=1, max_length=80)
    description: str = Field(default="", max_length=2000)
    author: str = Field(default="", max_length=80)
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    tags: tuple[str, ...] = Field(default=(), max_length=20)


class Percent(Model):
    """A price distance in percent, e.g. a stop 5 % under the average price."""

    enabled: bool = False
    percent: Number = Field(default=Decimal(5), gt=0, le=100)


class Risk(Model):
    """`risk:` of a `.kis.yaml`; `max_position_size` is a fraction of the account."""

    stop_loss: Percent = Percent()
    take_profit: Percent = Percent()
    trailing_stop: Percent = Percent()
    max_position_size: Number = Field(default=Decimal(1), gt=0, le=1)


class Universe(Model):
    """What may be traded. Sectors are words of the instrument table, for people; the tickers decide."""

    tickers: tuple[str, ...] = Field(min_length=1, max_length=200)
    sectors: tuple[str, ...] = ()
    excluded_sectors: tuple[str, ...] = ()


class Sizing(Model):
    """`targets`: fixed weights held at all times. `per_signal`: each name that signals gets `name_bps`; what is idle
    rests in `parking`."""

    method: Literal["targets", "per_signal"]
    targets: dict[str, int] = Field(default_factory=dict)
    name_bps: int = Field(default=0, ge=0, le=10_000)
    parking: str | None = None


class Constraints(Model):
    """Tighter than the grade's limits or equal to them, never looser; the gate takes the stricter."""

    max_positions: int = Field(default=20, ge=1, le=200)
    max_name_bps: int = Field(default=10_000, ge=0, le=10_000)
    max_sector_bps: int = Field(default=10_000, ge=0, le=10_000)
    max_equity_bps: int = Field(default=10_000, ge=0, le=10_000)


class Schedule(Model):
    """When it is evaluated: at the daily close, every 30 minutes of the session, or on the n-th session of a month."""

    every: Literal["close", "30m", "month"] = "close"
    session_of_month: int | None = Field(default=None, ge=1, le=15)


class OrderPolicy(Model):
    """How orders are written: limit at most `slippage_bps` against the last price, or market."""

    type: Literal["limit", "market"] = "limit"
    slippage_bps: int = Field(default=30, ge=0, le=300)
    valid: Literal["day"] = "day"


class StrategySpec(Model):
    """The whole document."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    metadata: Metadata
    strategy: Signals
    risk: Risk = Risk()
    universe: Universe
    timeframe: Literal["1d", "1w", "30m"] = "1d"
    sizing: Sizing
    constraints: Constraints = Constraints()
    schedule: Schedule = Schedule()
    orders: OrderPolicy = OrderPolicy()
    profile_version: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _resolves(self) -> StrategySpec:
        problems = problems_in(self)
        if problems:
            raise StrategyError(problems)
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: the exported document."""
        return self.model_dump(mode="json")

    def content_hash(self) -> str:
        """Hex SHA-256 of what the strategy does; timestamps do not count."""
        content = self.to_json()
        for volatile in ("created_at", "updated_at"):
            content["metadata"].pop(volatile)
        return payload_hash(content)

    def stamped(self, at: datetime) -> StrategySpec:
        """The same strategy with its timestamps set."""
        metadata = self.metadata.model_copy(
            update={"created_at": self.metadata.created_at or at, "updated_at": at},
        )
        return self.model_copy(update={"metadata": metadata})


def parse_spec(data: Mapping[str, Any]) -> StrategySpec:
    """A spec from plain data. StrategyError lists every problem with its path and remedy in Korean."""
    try:
        return StrategySpec.model_validate(data)
    except ValidationError as error:
        raise StrategyError(structural_problems(error)) from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the exported document."""
    schema = StrategySpec.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
