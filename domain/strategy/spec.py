"""The strategy: one versioned, hashed document that says what to hold, when to enter and leave, and within what risk.

Contract: frozen and closed (`extra="forbid"`); JSON in, the same JSON out; `content_hash` is taken over the canonical
text without timestamps and is what a mandate signs. Fields that came later are left out of the text at their defaults,
so that documents stored before keep their hashes. `metadata`, `strategy` and `risk` carry the fields of `.kis.yaml`
1.0; the rest is ours (`domain.strategy.terms`). Weights are basis points of the account, percentages are decimals.
Does not evaluate, import or export: a spec that parses is well formed and resolves, no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from domain.ids import payload_hash
from domain.strategy.check import problems_in
from domain.strategy.limits import check_size
from domain.strategy.problems import StrategyError, structural_problems
from domain.strategy.signals import Model, Signals, Timeframe
from domain.strategy.terms import Constraints, OrderPolicy, Risk, Schedule, Sizing, Universe

SCHEMA_VERSION: Literal["1.0"] = "1.0"


class Metadata(Model):
    """What the strategy is called. Timestamps do not count for the hash."""

    name: str = Field(min_length=1, max_length=80, description="전략의 이름")
    description: str = Field(default="", max_length=2000, description="전략의 설명")
    author: str = Field(default="", max_length=80, description="만든 사람")
    created_at: AwareDatetime | None = Field(default=None, description="처음 만든 시각")
    updated_at: AwareDatetime | None = Field(default=None, description="마지막으로 바꾼 시각")
    tags: tuple[str, ...] = Field(default=(), max_length=20, description="찾아보기 말")


class StrategySpec(Model):
    """The whole document."""

    schema_version: Literal["1.0"] = Field(default=SCHEMA_VERSION, description="이 문서 형식의 버전")
    metadata: Metadata = Field(description="이름과 설명")
    strategy: Signals = Field(description="지표와 매수·매도 조건")
    risk: Risk = Field(default=Risk(), description="손절, 익절, 보유 기간")
    universe: Universe = Field(default=Universe(), description="거래할 종목. 비어 있으면 아직 정하지 않은 전략")
    timeframe: Timeframe = Field(default=Timeframe.DAY, description="전략의 봉 주기")
    sizing: Sizing = Field(description="종목마다 얼마나 살지")
    constraints: Constraints = Field(default=Constraints(), description="포트폴리오 한도")
    schedule: Schedule = Field(default=Schedule(), description="언제 점검할지")
    orders: OrderPolicy = Field(default=OrderPolicy(), description="주문을 내는 방법")
    profile_version: int | None = Field(default=None, ge=1, description="어느 투자성향 버전으로 만들었는지")

    @model_validator(mode="after")
    def _resolves(self) -> StrategySpec:
        problems = problems_in(self)
        if problems:
            raise StrategyError(problems)
        return self

    @property
    def is_bound(self) -> bool:
        """Whether it names what it trades. Activation and chat need that; a backtest over a folder does not."""
        return bool(self.universe.tickers)

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
    check_size(data)
    try:
        return StrategySpec.model_validate(data)
    except ValidationError as error:
        raise StrategyError(structural_problems(error)) from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the exported document."""
    schema = StrategySpec.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
