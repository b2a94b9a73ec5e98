"""A strategy of the user's own conditions, as a model may write it: indicators and rules, nothing about money. Pure.

Contract: what a model fills are the signals alone; names, sizes, limits and stops stay those of the preset that code
made for the profile, and `fitted` has the last word. What does not hang together raises StrategyError with path and
remedy, which the model gets back to mend.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.profile import Profile
from domain.strategy.fitting import fitted
from domain.strategy.signals import PRICE_FIELDS
from domain.strategy.spec import StrategySpec, parse_spec
from domain.strategy.vocabulary import indicator_table
from nodes.mind import unfit

MOST_INDICATORS, MOST_CONDITIONS = 6, 6
_LONGEST_NAME = 30
_ABOUT = "말씀하신 조건으로 만든 전략이에요."
_OFFERED = (
    "sma", "ema", "rsi", "macd", "bollinger", "stochastic", "roc", "momentum", "disparity", "adx", "cci", "atr",
    "maximum", "minimum", "consecutive", "volatility_ind", "ibs", "obv", "mfi", "williams_r",
)  # fmt: skip


class NumberReply(BaseModel):
    """A setting of an indicator."""

    name: str = Field(description="설정의 영문 이름. 예: period")
    value: float = Field(description="값")


class IndicatorReply(BaseModel):
    """One indicator."""

    id: str = Field(description="지표 목록의 영문 이름")
    alias: str = Field(description="조건에서 부를 짧은 영문 이름")
    params: list[NumberReply] = Field(max_length=6, description="설정. 비우면 기본값")


class ConditionReply(BaseModel):
    """One comparison."""

    indicator: str = Field(description="왼쪽: 지표의 alias나 close, open, high, low, volume")
    output: str | None = Field(default=None, description="출력이 여럿인 지표의 출력 이름. 없으면 null")
    operator: Literal["greater_than", "less_than", "greater_equal", "less_equal", "cross_above", "cross_below"] = Field(
        description="비교 방법"
    )
    value: float | None = Field(default=None, description="오른쪽 숫자. compare_to와 둘 중 하나, 다른 하나는 null")
    compare_to: str | None = Field(default=None, description="오른쪽: 지표의 alias나 시세 이름")


class OwnReply(BaseModel):
    """Signals in the user's own words."""

    name: str = Field(description="전략의 짧은 한국어 이름")
    indicators: list[IndicatorReply] = Field(max_length=MOST_INDICATORS, description="조건에 쓰는 지표")
    entry: list[ConditionReply] = Field(
        min_length=1, max_length=MOST_CONDITIONS, description="매수 조건. 모두 맞을 때 산다."
    )
    exit: list[ConditionReply] = Field(
        min_length=1, max_length=MOST_CONDITIONS, description="매도 조건. 하나라도 맞으면 판다."
    )


def offered() -> str:
    """The indicators with their settings and outputs, one a line."""
    known = indicator_table()
    rows = [(name, known[name]) for name in _OFFERED if name in known]
    lines = []
    for name, row in rows:
        settings = ", ".join(f"{key}={value}" for key, value in row["params"].items())
        lines.append(f"{name}({settings}) {row['name']}: {', '.join(row['outputs'])}")
    return "\n".join([*lines, f"시세: {', '.join(PRICE_FIELDS)}"])


def own_strategy(frame: StrategySpec, own: OwnReply, profile: Profile) -> StrategySpec:
    """The conditions on the frame's names and within its money. Raises ValueError, of which StrategyError is one."""
    if frame.sizing.method == "targets":
        raise ValueError("expected own to be null: this profile holds fixed weights, was conditions")
    wrong = unfit(own.name)
    if wrong is not None or len(own.name) > _LONGEST_NAME:
        raise ValueError(f"own.name: {wrong or f'expected at most {_LONGEST_NAME} characters, was {len(own.name)}'}")
    content: dict[str, Any] = frame.to_json()
    content["metadata"] |= {"name": own.name, "description": _ABOUT, "tags": ["own"]}
    content["strategy"] = {
        "id": "own",
        "category": "custom",
        "indicators": [
            {"id": row.id, "alias": row.alias, "params": {each.name: _number(each.value) for each in row.params}}
            for row in own.indicators
        ],
        "entry": {"logic": "AND", "conditions": [_condition(row) for row in own.entry]},
        "exit": {"logic": "OR", "conditions": [_condition(row) for row in own.exit]},
    }
    return fitted(parse_spec(content), profile).spec


def _condition(row: ConditionReply) -> dict[str, Any]:
    told = row.model_dump(exclude_none=True)
    return told | ({} if row.value is None else {"value": _number(row.value)})


def _number(value: float) -> str:
    return format(Decimal(str(value)).normalize(), "f")
