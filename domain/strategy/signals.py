"""The signal half of a strategy: parameters, indicators, candlesticks and the conditions that join them.

Contract: frozen, `extra="forbid"`; field names and vocabularies are those of `.kis.yaml` 1.0, with more operators,
nested groups, time frames and models as our extension. Shapes only: whether names resolve is `domain.strategy.check`'s
business; nothing is evaluated here. What the words mean is written here once, and the evaluator follows it.

A condition compares a left side L with a right side R, both float64 numbers, one a bar of the strategy's time frame;
L', R' are the same a bar before.

- L: `indicator` (alias, with `output`, else the indicator's own output) or a price field (close, open, high, low,
  volume) or `model` (the named model's last inference known at the bar's end).
- R: `value` (number or $param: its default unless another value is given for a run) or `compare_to` (alias, with
  `compare_output`; price field; number; $param). With `compare_scalar` s and `compare_operation` R becomes R*s (mul),
  R/s (div), R+s (add) or R-s (sub), on the bar before as well.
- High: `value_high` or `compare_to_high` (with `compare_high_output`), only for `between`, which takes no scalar.

| operator            | true at a bar when                                                                 |
|---------------------|------------------------------------------------------------------------------------|
| greater_than        | L > R                                                                              |
| greater_equal       | L >= R                                                                             |
| less_than           | L < R                                                                              |
| less_equal          | L <= R                                                                             |
| equals              | L == R exactly, without tolerance                                                  |
| not_equals          | L != R, both known                                                                 |
| between             | R <= L <= High; never when R > High                                                |
| cross_above         | L' <= R' and L > R                                                                 |
| cross_below         | L' >= R' and L < R                                                                 |
| cross_above_equal   | L' < R' and L >= R (reaches it from below)                                         |
| cross_below_equal   | L' > R' and L <= R (reaches it from above)                                         |
| breaks_above        | L > R, and at each of the `bars` bars before L <= R, each with its own bar's R      |
| breaks_below        | L < R, and at each of the `bars` bars before L >= R, each with its own bar's R      |

- `bars`: 1 to 250, 1 where absent (then the same as the cross).
- Unknown (NaN) on any side, at any bar that the row names, makes the condition false, `not_equals` included; there is
  no way to negate a condition, so false never becomes true. The first bar has no bar before: no cross, no break.
- Candlestick p (TA-Lib's -200 … 200): bullish p > 0, bearish p < 0, detected p != 0.
- Group: AND is true when all of its parts are, OR when any is. An empty entry says nothing (fixed weights on schedule);
  an empty exit is never true (stops and the schedule still act). True at the same bar, exit counts and not entry.
- An indicator with a `timeframe` of its own has, at each bar of the strategy, the value of the last higher bar that was
  complete at that bar's end; "the bar before" is always the strategy's bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from domain.decimals import Number, Operand

MAX_CONDITIONS = 30
MAX_BREAK_BARS = 250
NAME = r"^[A-Za-z_가-힣][A-Za-z0-9_가-힣]{0,39}$"
PRICE_FIELDS = ("close", "open", "high", "low", "volume")


class Model(BaseModel):
    """Strict and frozen, as every part of a strategy. A field named in `LATER` came after documents had been hashed: at
    its default it is not written, so that an older document keeps its text and its hash."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    LATER: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        for name in self.LATER:
            if getattr(self, name) == type(self).model_fields[name].get_default(call_default_factory=True):
                written.pop(name, None)
        return written


class Category(StrEnum):
    """The kind of strategy; for people, it decides nothing."""

    TREND = "trend"
    MOMENTUM = "momentum"
    MEAN_REVERSION = "mean_reversion"
    VOLATILITY = "volatility"
    OSCILLATOR = "oscillator"
    COMPOSITE = "composite"
    CUSTOM = "custom"


class Operator(StrEnum):
    """The first seven are those of `.kis.yaml` 1.0. What each means is in the table above."""

    CROSS_ABOVE = "cross_above"
    CROSS_BELOW = "cross_below"
    GREATER_THAN = "greater_than"
    LESS_THAN = "less_than"
    GREATER_EQUAL = "greater_equal"
    LESS_EQUAL = "less_equal"
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    BETWEEN = "between"
    CROSS_ABOVE_EQUAL = "cross_above_equal"
    CROSS_BELOW_EQUAL = "cross_below_equal"
    BREAKS_ABOVE = "breaks_above"
    BREAKS_BELOW = "breaks_below"


class Timeframe(StrEnum):
    """Length of a bar: minutes, session, week, month."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M10 = "10m"
    M15 = "15m"
    M30 = "30m"
    M60 = "60m"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1M"

    @property
    def minutes(self) -> int | None:
        """Minutes of a bar inside a session; None from a session upwards."""
        return int(self.value[:-1]) if self.value.endswith("m") else None

    def fills(self, longer: Timeframe) -> bool:
        """Whether whole bars of this length make up a bar of the longer one. Weeks do not make up months."""
        if self.minutes is None:
            return longer is self or (self is Timeframe.DAY and longer in (Timeframe.WEEK, Timeframe.MONTH))
        return longer.minutes is None or longer.minutes % self.minutes == 0


class Param(Model):
    """A tunable number, referenced elsewhere as `$name`."""

    default: Number = Field(description="쓰이는 값")
    min: Number | None = Field(default=None, description="가장 작은 값")
    max: Number | None = Field(default=None, description="가장 큰 값")
    type: Literal["int", "float"] = Field(default="float", description="int면 소수점 없는 값만")
    description: str = Field(default="", max_length=200, description="무엇을 정하는 값인지")


class Indicator(Model):
    """`id` from the indicator table; `alias` is how conditions name it. `timeframe`: none is the strategy's own, never
    below it."""

    LATER = ("timeframe",)

    id: str = Field(description="지표 표의 이름. 예: sma, rsi, macd")
    alias: str = Field(pattern=NAME, description="조건에서 부르는 이름. 없으면 {id}_{n}")
    name: str = Field(default="", max_length=80, description="화면에 보이는 이름")
    params: dict[str, Operand] = Field(default_factory=dict, max_length=20, description="설정: 숫자 또는 $파라미터")
    output: str = Field(default="value", description="조건이 따로 정하지 않을 때 쓰는 출력. 예: value, signal, upper")
    timeframe: Timeframe | None = Field(default=None, description="지표의 봉 주기. 없으면 전략의 주기, 더 짧을 수 없음")


class Candlestick(Model):
    """A candlestick pattern of the table."""

    id: str = Field(description="캔들 패턴 표의 이름. 예: hammer")
    alias: str = Field(pattern=NAME, description="조건에서 부르는 이름. 없으면 {id}_{n}")


class Condition(Model):
    """Compare an indicator, a price or a model's inference with another or a number, or look for a candlestick pattern.

    One of `indicator`, `model` and `candlestick`; what the fields mean is in the table above."""

    LATER = ("model", "value_high", "compare_to_high", "compare_high_output", "bars")

    indicator: str | None = Field(default=None, description="왼쪽: 지표 별칭 또는 close, open, high, low, volume")
    operator: Operator | None = Field(default=None, description="비교 방법")
    compare_to: Operand | None = Field(default=None, description="오른쪽: 지표 별칭, 시세 필드, 숫자 또는 $파라미터")
    value: Operand | None = Field(default=None, description="오른쪽: 숫자 또는 $파라미터. compare_to와 둘 중 하나")
    output: str | None = Field(default=None, description="왼쪽 지표의 출력")
    compare_output: str | None = Field(default=None, description="오른쪽 지표의 출력")
    compare_scalar: Number | None = Field(default=None, description="오른쪽 값에 곱하거나 더하는 수")
    compare_operation: Literal["mul", "div", "add", "sub"] | None = Field(
        default=None, description="compare_scalar로 하는 셈"
    )
    candlestick: str | None = Field(default=None, description="캔들 조건: candlesticks의 별칭")
    signal: Literal["bullish", "bearish", "detected"] | None = Field(
        default=None, description="캔들 조건: 상승형, 하락형, 발생"
    )
    model: str | None = Field(default=None, pattern=NAME, description="왼쪽: 추론 모델의 이름")
    value_high: Operand | None = Field(default=None, description="between의 위쪽: 숫자 또는 $파라미터")
    compare_to_high: Operand | None = Field(default=None, description="between의 위쪽: 지표 별칭 또는 시세 필드")
    compare_high_output: str | None = Field(default=None, description="between 위쪽 지표의 출력")
    bars: int | None = Field(
        default=None, ge=1, le=MAX_BREAK_BARS, description="breaks_*: 넘지 않았어야 하는 앞선 봉의 수. 없으면 1"
    )


def _kind(value: Any) -> str:
    if isinstance(value, Group) or (isinstance(value, Mapping) and "conditions" in value):
        return "group"
    return "condition"


class Group(Model):
    """Conditions and groups joined by one word."""

    logic: Literal["AND", "OR"] = Field(description="AND: 모두 맞을 때, OR: 하나라도 맞을 때")
    conditions: tuple[
        Annotated[Annotated[Condition, Tag("condition")] | Annotated[Group, Tag("group")], Discriminator(_kind)], ...
    ] = Field(default=(), max_length=MAX_CONDITIONS, description="조건 또는 조건의 묶음")


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

    id: str = Field(pattern=r"^[a-z가-힣][a-z0-9_가-힣]{0,59}$", description="전략의 이름표. 소문자, 숫자, 밑줄, 한글")
    category: Category = Field(default=Category.CUSTOM, description="전략의 갈래")
    params: dict[Annotated[str, Field(pattern=NAME)], Param] = Field(
        default_factory=dict, max_length=40, description="$이름으로 쓰는 값들"
    )
    indicators: tuple[Indicator, ...] = Field(default=(), max_length=40, description="쓰는 지표")
    candlesticks: tuple[Candlestick, ...] = Field(default=(), max_length=40, description="쓰는 캔들 패턴")
    entry: Group = Field(default=Group(logic="AND"), description="매수 조건. 비어 있으면 정해진 비중을 일정대로 맞춤")
    exit: Group = Field(default=Group(logic="OR"), description="매도 조건. 비어 있으면 손절·익절과 일정만")

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
