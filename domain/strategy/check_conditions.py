"""Do the conditions of entry and exit hang together: every side named and known, every operator given what it needs.

Contract: problems with path and Korean remedy, all at once; the meaning of the words is the table in
`domain.strategy.signals`. Evaluates nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.strategy.problems import Problem, quoted
from domain.strategy.signals import PRICE_FIELDS, Condition, Group, Operator, Signals
from domain.strategy.vocabulary import indicator_table

MAX_DEPTH = 5
MAX_TOTAL = 200  # conditions of entry and exit together


def number_problems(signals: Signals, path: str, value: Decimal | str) -> Iterator[Problem]:
    """A number or a `$param` that exists."""
    if isinstance(value, Decimal):
        return
    if not value.startswith("$"):
        yield Problem(path, f"'{value}' 대신 숫자나 $파라미터를 넣어 주세요.")
    elif value[1:] not in signals.params:
        text = f"파라미터 {quoted(value, '이/가')} 없어요. params에 추가하거나 이름을 고쳐 주세요."
        yield Problem(path, text)


def rule_problems(signals: Signals) -> Iterator[Problem]:
    """Both groups."""
    if _count(signals.entry) + _count(signals.exit) > MAX_TOTAL:
        yield Problem("strategy", f"조건은 모두 {MAX_TOTAL}개까지만 쓸 수 있어요. 줄여 주세요.")
        return
    yield from _group(signals, "strategy.entry", signals.entry, 1)
    yield from _group(signals, "strategy.exit", signals.exit, 1)


def _count(group: Group) -> int:
    return sum(_count(part) if isinstance(part, Group) else 1 for part in group.conditions)


def _group(signals: Signals, path: str, group: Group, depth: int) -> Iterator[Problem]:
    if depth > MAX_DEPTH:
        yield Problem(path, f"조건은 {MAX_DEPTH}겹까지만 묶을 수 있어요. 묶음을 풀어 주세요.")
        return
    if depth > 1 and not group.conditions:
        yield Problem(path, "빈 묶음이에요. 조건을 넣거나 지워 주세요.")
    for n, part in enumerate(group.conditions):
        place = f"{path}.conditions[{n}]"
        if isinstance(part, Group):
            yield from _group(signals, place, part, depth + 1)
        elif part.candlestick is not None:
            yield from _pattern(signals, place, part)
        else:
            yield from _comparison(signals, place, part)


def _pattern(signals: Signals, path: str, condition: Condition) -> Iterator[Problem]:
    used = condition.model_fields_set - {"candlestick", "signal"}
    if any(getattr(condition, name) is not None for name in used):
        yield Problem(path, "한 조건에 캔들과 지표를 같이 쓸 수 없어요. 두 조건으로 나눠 주세요.")
    name = condition.candlestick or ""
    if name not in {row.alias for row in signals.candlesticks}:
        text = f"캔들 {quoted(name, '이/가')} candlesticks에 없어요. candlesticks에 추가해 주세요."
        yield Problem(f"{path}.candlestick", text)
    if condition.signal is None:
        yield Problem(f"{path}.signal", "bullish, bearish, detected 가운데 하나를 넣어 주세요.")


def _comparison(signals: Signals, path: str, condition: Condition) -> Iterator[Problem]:
    left = condition.indicator if condition.model is None else condition.model
    if left is None or condition.operator is None:
        yield Problem(path, "indicator와 operator를 둘 다 넣어 주세요.")
        return
    if condition.signal is not None:
        yield Problem(f"{path}.signal", "signal은 캔들 조건에만 써요. 지워 주세요.")
    if (condition.compare_to is None) == (condition.value is None):
        yield Problem(path, "compare_to와 value 가운데 하나만 넣어 주세요.")
    if (condition.compare_scalar is None) != (condition.compare_operation is None):
        yield Problem(path, "compare_scalar와 compare_operation은 함께 넣어 주세요.")
    if condition.compare_operation == "div" and condition.compare_scalar == 0:
        yield Problem(f"{path}.compare_scalar", "0으로 나눌 수 없어요. 다른 값을 넣어 주세요.")
    yield from _of_operator(path, condition)
    yield from _model(path, condition)
    if condition.model is None:
        yield from _series(signals, f"{path}.indicator", left, condition.output)
    yield from _sides(signals, path, condition)


def _sides(signals: Signals, path: str, condition: Condition) -> Iterator[Problem]:
    for key, value in (("value", condition.value), ("value_high", condition.value_high)):
        if value is not None:
            yield from number_problems(signals, f"{path}.{key}", value)
    for key, target, output in (
        ("compare_to", condition.compare_to, condition.compare_output),
        ("compare_to_high", condition.compare_to_high, condition.compare_high_output),
    ):
        if isinstance(target, str) and target.startswith("$"):
            yield from number_problems(signals, f"{path}.{key}", target)
        elif isinstance(target, str):
            yield from _series(signals, f"{path}.{key}", target, output)


def _of_operator(path: str, condition: Condition) -> Iterator[Problem]:
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


def _model(path: str, condition: Condition) -> Iterator[Problem]:
    if condition.model is None:
        return
    if condition.indicator is not None:
        yield Problem(path, "한 조건에 지표와 모델을 같이 쓸 수 없어요. 두 조건으로 나눠 주세요.")
    if condition.output is not None:
        yield Problem(f"{path}.output", "모델에는 출력이 하나뿐이에요. 지워 주세요.")
    for key in ("compare_to", "compare_to_high"):
        target = getattr(condition, key)
        if isinstance(target, str) and not target.startswith("$"):
            yield Problem(f"{path}.{key}", "모델의 값은 숫자나 $파라미터와 비교해요. value에 넣어 주세요.")


def _series(signals: Signals, path: str, name: str, output: str | None) -> Iterator[Problem]:
    if name in PRICE_FIELDS:
        return
    row = next((row for row in signals.indicators if row.alias == name), None)
    if row is None:
        fields = ", ".join(PRICE_FIELDS)
        text = f"{quoted(name, '을/를')} 찾을 수 없어요. 지표 별칭이나 {fields}를 써 주세요."
        yield Problem(path, text)
    elif output is not None and output not in indicator_table().get(row.id, {"outputs": [output]})["outputs"]:
        outputs = ", ".join(indicator_table()[row.id]["outputs"])
        yield Problem(path, f"{row.id}에는 '{output}' 출력이 없어요. 쓸 수 있는 출력: {outputs}.")
