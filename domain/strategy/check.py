"""Does a strategy hang together: names unique, references resolved, numbers inside their bounds.

Contract: every problem names its path and its remedy in Korean; all problems are listed at once.
Knows shapes from `domain.strategy.signals` and the indicator table; does not evaluate anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from domain.hangul import josa
from domain.strategy.signals import PRICE_FIELDS, Condition, Group, Operator, Signals
from domain.tables import table

if TYPE_CHECKING:
    from domain.strategy.spec import StrategySpec

MAX_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` as in strategy.entry.conditions[0]; `text` says in Korean what is wrong and what to do."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class StrategyError(ValueError):
    """A strategy that does not hang together."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def indicator_table() -> Mapping[str, Any]:
    """Indicator id → {params: defaults, outputs}."""
    indicators: Mapping[str, Any] = table("indicators")["indicators"]
    return indicators


def candlestick_ids() -> frozenset[str]:
    return frozenset(table("indicators")["candlesticks"])


def problems_in(spec: StrategySpec) -> tuple[Problem, ...]:
    """Everything that does not resolve."""
    return tuple([*_names(spec.strategy), *_indicators(spec.strategy), *_rules(spec.strategy), *_sizing(spec)])


def structural_problems(error: ValidationError) -> tuple[Problem, ...]:
    """Pydantic's findings in our words."""
    found: list[Problem] = []
    for item in error.errors():
        inner = item.get("ctx", {}).get("error")
        if isinstance(inner, StrategyError):
            found.extend(inner.problems)
            continue
        found.append(Problem(_path(item["loc"]), _in_korean(item["type"], item["msg"], item.get("ctx", {}))))
    return tuple(found)


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        if part in ("condition", "group") and path.endswith("]"):
            continue  # the tag of the union, not a field
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "전체"


def _in_korean(kind: str, message: str, ctx: Mapping[str, Any]) -> str:
    known = {
        "missing": "필요한 값이 없어요. 값을 넣어 주세요.",
        "extra_forbidden": "알 수 없는 항목이에요. 지우거나 이름을 확인해 주세요.",
        "string_pattern_mismatch": "이름 형식이 맞지 않아요. 글자로 시작하고 글자, 숫자, 밑줄만 써 주세요.",
        "too_short": "항목이 너무 적어요. 하나 이상 넣어 주세요.",
        "too_long": "항목이 너무 많아요. 줄여 주세요.",
        "int_parsing": "정수를 넣어 주세요.",
        "int_type": "정수를 넣어 주세요.",
        "bool_parsing": "true 또는 false를 넣어 주세요.",
    }
    if kind in known:
        return known[kind]
    if kind in ("literal_error", "enum"):
        return f"{ctx.get('expected', '정해진 값')} 가운데 하나를 넣어 주세요."
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        bounds = {
            "greater_than": "보다 커야 해요",
            "greater_than_equal": " 이상이어야 해요",
            "less_than": "보다 작아야 해요",
            "less_than_equal": " 이하여야 해요",
        }
        return f"값은 {next(iter(ctx.values()), '')}{bounds[kind]}."
    return f"값을 읽을 수 없어요. 형식을 확인해 주세요. ({message})"


def _quoted(name: str, pair: str) -> str:
    return josa(f"'{name}'", pair)


def _names(signals: Signals) -> Iterator[Problem]:
    seen: set[str] = set()
    aliases = [(f"strategy.indicators[{n}].alias", row.alias) for n, row in enumerate(signals.indicators)]
    aliases += [(f"strategy.candlesticks[{n}].alias", row.alias) for n, row in enumerate(signals.candlesticks)]
    for path, alias in aliases:
        if alias in PRICE_FIELDS:
            yield Problem(path, f"{_quoted(alias, '은/는')} 시세 필드 이름이에요. 다른 이름을 써 주세요.")
        if alias in seen:
            yield Problem(path, f"별칭 {_quoted(alias, '이/가')} 두 번 나와요. 서로 다르게 지어 주세요.")
        seen.add(alias)


def _indicators(signals: Signals) -> Iterator[Problem]:
    known = indicator_table()
    for name, param in signals.params.items():
        path = f"strategy.params.{name}"
        if param.type == "int" and any(
            bound is not None and bound != bound.to_integral_value() for bound in (param.default, param.min, param.max)
        ):
            yield Problem(path, "정수 파라미터예요. 소수점 없는 값을 넣어 주세요.")
        if (param.min is not None and param.default < param.min) or (
            param.max is not None and param.default > param.max
        ):
            yield Problem(f"{path}.default", "기본값이 min과 max 사이에 있어야 해요.")
    for n, row in enumerate(signals.indicators):
        path = f"strategy.indicators[{n}]"
        if row.id not in known:
            yield Problem(f"{path}.id", f"'{row.id}'라는 지표는 없어요. 지원하는 지표 이름을 써 주세요.")
            continue
        for key, value in row.params.items():
            if key not in known[row.id]["params"]:
                allowed = ", ".join(known[row.id]["params"]) or "없음"
                yield Problem(f"{path}.params.{key}", f"{row.id}에는 없는 설정이에요. 쓸 수 있는 설정: {allowed}.")
            yield from _number(signals, f"{path}.params.{key}", value)
        if row.output not in known[row.id]["outputs"]:
            outputs = ", ".join(known[row.id]["outputs"])
            yield Problem(f"{path}.output", f"{row.id}에는 없는 출력이에요. 쓸 수 있는 출력: {outputs}.")
    for n, pattern in enumerate(signals.candlesticks):
        if pattern.id not in candlestick_ids():
            yield Problem(f"strategy.candlesticks[{n}].id", f"'{pattern.id}'라는 캔들 패턴은 없어요.")


def _number(signals: Signals, path: str, value: Decimal | str) -> Iterator[Problem]:
    """A number or a `$param` that exists."""
    if isinstance(value, Decimal):
        return
    if not value.startswith("$"):
        yield Problem(path, f"'{value}' 대신 숫자나 $파라미터를 넣어 주세요.")
    elif value[1:] not in signals.params:
        yield Problem(path, f"파라미터 {_quoted(value, '이/가')} 없어요. params에 추가하거나 이름을 고쳐 주세요.")


def _rules(signals: Signals) -> Iterator[Problem]:
    yield from _group(signals, "strategy.entry", signals.entry, 1)
    yield from _group(signals, "strategy.exit", signals.exit, 1)


def _group(signals: Signals, path: str, group: Group, depth: int) -> Iterator[Problem]:
    if depth > MAX_DEPTH:
        yield Problem(path, f"조건은 {MAX_DEPTH}겹까지만 묶을 수 있어요.")
        return
    if depth > 1 and not group.conditions:
        yield Problem(path, "빈 묶음이에요. 조건을 넣거나 지워 주세요.")
    for n, part in enumerate(group.conditions):
        place = f"{path}.conditions[{n}]"
        if isinstance(part, Group):
            yield from _group(signals, place, part, depth + 1)
        else:
            yield from _condition(signals, place, part)


def _condition(signals: Signals, path: str, condition: Condition) -> Iterator[Problem]:
    if condition.candlestick is not None:
        if condition.indicator is not None or condition.operator is not None:
            yield Problem(path, "한 조건에 캔들과 지표를 같이 쓸 수 없어요. 두 조건으로 나눠 주세요.")
        if condition.candlestick not in {row.alias for row in signals.candlesticks}:
            yield Problem(
                f"{path}.candlestick", f"캔들 {_quoted(condition.candlestick, '이/가')} candlesticks에 없어요."
            )
        if condition.signal is None:
            yield Problem(f"{path}.signal", "bullish, bearish, detected 가운데 하나를 넣어 주세요.")
        return
    left = condition.indicator if condition.model is None else condition.model
    if left is None or condition.operator is None:
        yield Problem(path, "indicator와 operator를 둘 다 넣어 주세요.")
        return
    if condition.indicator is not None and condition.model is not None:
        yield Problem(path, "한 조건에 지표와 모델을 같이 쓸 수 없어요. 두 조건으로 나눠 주세요.")
    if (condition.compare_to is None) == (condition.value is None):
        yield Problem(path, "compare_to와 value 가운데 하나만 넣어 주세요.")
    if (condition.compare_scalar is None) != (condition.compare_operation is None):
        yield Problem(path, "compare_scalar와 compare_operation은 함께 넣어 주세요.")
    if condition.compare_operation == "div" and condition.compare_scalar == 0:
        yield Problem(f"{path}.compare_scalar", "0으로 나눌 수 없어요.")
    yield from _operator_fields(path, condition)
    if condition.model is None:
        yield from _series(signals, f"{path}.indicator", left, condition.output)
    for key, value in (("value", condition.value), ("value_high", condition.value_high)):
        if value is not None:
            yield from _number(signals, f"{path}.{key}", value)
    for key, target, output in (
        ("compare_to", condition.compare_to, condition.compare_output),
        ("compare_to_high", condition.compare_to_high, condition.compare_high_output),
    ):
        if isinstance(target, str) and target.startswith("$"):
            yield from _number(signals, f"{path}.{key}", target)
        elif isinstance(target, str):
            yield from _series(signals, f"{path}.{key}", target, output)


def _operator_fields(path: str, condition: Condition) -> Iterator[Problem]:
    """What only some operators have."""
    highs = (condition.value_high is not None) + (condition.compare_to_high is not None)
    if condition.operator is Operator.BETWEEN:
        if highs != 1:
            yield Problem(path, "between에는 value_high와 compare_to_high 가운데 하나를 넣어 주세요.")
        if condition.compare_scalar is not None:
            yield Problem(f"{path}.compare_scalar", "between에는 쓸 수 없어요. 두 조건으로 나눠 주세요.")
    elif highs or condition.compare_high_output is not None:
        yield Problem(path, "위쪽 값은 between에만 써요. 지우거나 operator를 between으로 바꿔 주세요.")
    if condition.bars is not None and condition.operator not in (Operator.BREAKS_ABOVE, Operator.BREAKS_BELOW):
        yield Problem(f"{path}.bars", "bars는 breaks_above와 breaks_below에만 써요. 지워 주세요.")
    if condition.model is not None and (condition.output is not None or isinstance(condition.compare_to, str)):
        yield Problem(path, "모델 조건은 숫자나 $파라미터와만 비교해요. value에 넣어 주세요.")


def _series(signals: Signals, path: str, name: str, output: str | None) -> Iterator[Problem]:
    if name in PRICE_FIELDS:
        return
    row = next((row for row in signals.indicators if row.alias == name), None)
    if row is None:
        yield Problem(
            path, f"{_quoted(name, '을/를')} 찾을 수 없어요. 지표 별칭이나 {', '.join(PRICE_FIELDS)}를 써 주세요."
        )
    elif output is not None and output not in indicator_table().get(row.id, {"outputs": [output]})["outputs"]:
        yield Problem(path, f"{row.id}에는 '{output}' 출력이 없어요.")


def _sizing(spec: StrategySpec) -> Iterator[Problem]:
    tickers, sizing = set(spec.universe.tickers), spec.sizing
    if len(tickers) != len(spec.universe.tickers):
        yield Problem("universe.tickers", "같은 종목이 두 번 있어요. 하나만 남겨 주세요.")
    for ticker, weight in sizing.targets.items():
        if ticker not in tickers:
            yield Problem(f"sizing.targets.{ticker}", "universe에 없는 종목이에요. universe에 추가해 주세요.")
        if weight <= 0:
            yield Problem(f"sizing.targets.{ticker}", "비중은 0보다 커야 해요. 뺄 종목은 지워 주세요.")
    if sum(sizing.targets.values()) > 10_000:
        yield Problem("sizing.targets", "비중의 합이 100%를 넘어요. 줄여 주세요.")
    if sizing.parking is not None and sizing.parking not in tickers:
        yield Problem("sizing.parking", "universe에 없는 종목이에요. universe에 추가해 주세요.")
    if sizing.method == "targets" and not sizing.targets:
        yield Problem("sizing.targets", "종목별 비중을 넣어 주세요.")
    if sizing.method == "per_signal":
        if sizing.name_bps <= 0:
            yield Problem("sizing.name_bps", "신호가 난 종목의 비중을 넣어 주세요.")
        if not spec.strategy.entry.conditions:
            yield Problem("strategy.entry.conditions", "진입 조건을 하나 이상 넣어 주세요.")
    if spec.sizing.method == "targets" and spec.strategy.entry.conditions:
        yield Problem("sizing.method", "진입 조건이 있으면 per_signal로 정해 주세요.")
    if (spec.schedule.every == "month") != (spec.schedule.session_of_month is not None):
        yield Problem("schedule.session_of_month", "매월 실행일 때만, 그리고 꼭 몇 번째 거래일인지 넣어 주세요.")
