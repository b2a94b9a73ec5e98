"""The signal half of a strategy: parameters, indicators, candlesticks and the conditions that join them.

Contract: frozen, `extra="forbid"`; field names and vocabularies are those of `.kis.yaml` 1.0, with nested groups as
our extension. Shapes only: whether names resolve is `domain.strategy.check`'s business; nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from domain.decimals import Number, Operand

MAX_CONDITIONS = 30
NAME = r"^[A-Za-z_가-힣][A-Za-z0-9_가-힣]{0,39}$"
PRICE_FIELDS = ("close", "open", "high", "low", "volume")


class Model(BaseModel):
    """Strict and frozen, as every part of a strategy."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Category(StrEnum):
    TREND = "trend"
    MOMENTUM = "momentum"
    MEAN_REVERSION = "mean_reversion"
    VOLATILITY = "volatility"
    OSCILLATOR = "oscillator"
    COMPOSITE = "composite"
    CUSTOM = "custom"


class Operator(StrEnum):
    CROSS_ABOVE = "cross_above"
    CROSS_BELOW = "cross_below"
    GREATER_THAN = "greater_than"
    LESS_THAN = "less_than"
    GREATER_EQUAL = "greater_equal"
    LESS_EQUAL = "less_equal"
    EQUALS = "equals"


class Param(Model):
    """A tunable number, referenced elsewhere as `$name`."""

    default: Number
    min: Number | None = None
    max: Number | None = None
    type: Literal["int", "float"] = "float"
    description: str = Field(default="", max_length=200)


class Indicator(Model):
    """`id` from the indicator table; `alias` is how conditions name it."""

    id: str
    alias: str = Field(pattern=NAME)
    name: str = Field(default="", max_length=80)
    params: dict[str, Operand] = Field(default_factory=dict)
    output: str = "value"


class Candlestick(Model):
    id: str
    alias: str = Field(pattern=NAME)


class Condition(Model):
    """Compare an indicator or price with another or a number, or look for a candlestick pattern."""

    indicator: str | None = None
    operator: Operator | None = None
    compare_to: Operand | None = None
    value: Operand | None = None
    output: str | None = None
    compare_output: str | None = None
    compare_scalar: Number | None = None
    compare_operation: Literal["mul", "div", "add", "sub"] | None = None
    candlestick: str | None = None
    signal: Literal["bullish", "bearish", "detected"] | None = None


def _kind(value: Any) -> str:
    if isinstance(value, Group) or (isinstance(value, Mapping) and "conditions" in value):
        return "group"
    return "condition"


class Group(Model):
    """Conditions and groups joined by one word."""

    logic: Literal["AND", "OR"]
    conditions: tuple[
        Annotated[Annotated[Condition, Tag("condition")] | Annotated[Group, Tag("group")], Discriminator(_kind)], ...
    ] = Field(default=(), max_length=MAX_CONDITIONS)


def _numbered(rows: Any) -> Any:
    """Missing aliases become `{id}_{n}`, counted per id, as KIS does."""
    if not isinstance(rows, list | tuple):
        return rows
    counts: dict[str, int] = {}
    named: list[Any] = []
    for row in rows:
        if not isinstance(row, Mapping) or not isinstance(row.get("id"), str):
            named.append(row)
            continue
        counts[row["id"]] = counts.get(row["id"], 0) + 1
        named.append(row if row.get("alias") else {**row, "alias": f"{row['id']}_{counts[row['id']]}"})
    return named


class Signals(Model):
    """`strategy:` of a `.kis.yaml`. An empty entry means "on schedule, without a signal"."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    category: Category = Category.CUSTOM
    params: dict[Annotated[str, Field(pattern=NAME)], Param] = Field(default_factory=dict, max_length=40)
    indicators: tuple[Indicator, ...] = Field(default=(), max_length=40)
    candlesticks: tuple[Candlestick, ...] = Field(default=(), max_length=40)
    entry: Group = Group(logic="AND")
    exit: Group = Group(logic="OR")

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        filled = dict(data)
        for key in ("indicators", "candlesticks"):
            if key in filled:
                filled[key] = _numbered(filled[key])
        for key, logic in (("entry", "AND"), ("exit", "OR")):
            if isinstance(filled.get(key), Mapping) and "logic" not in filled[key]:
                filled[key] = {"logic": logic, **filled[key]}
        return filled
