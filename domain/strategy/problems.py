"""What is wrong with a strategy, where, and what to do about it: the one error of this package.

Contract: every problem names its path (strategy.entry.conditions[0].value) and its remedy in Korean; all problems are
listed at once. Pydantic's findings are put into our words here; nothing else of pydantic reaches a user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from domain.hangul import josa

WHOLE = "전체"  # the path of the document itself


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` as in strategy.entry.conditions[0]; `text` says in Korean what is wrong and what to do."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class StrategyError(ValueError):
    """A strategy that does not hang together."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def quoted(name: str, pair: str) -> str:
    """'name' in quotes with the Korean particle that fits it."""
    return josa(f"'{name}'", pair)


def one_problem(path: str, text: str) -> StrategyError:
    return StrategyError((Problem(path, text),))


def structural_problems(error: ValidationError) -> tuple[Problem, ...]:
    """Pydantic's findings in our words."""
    found: list[Problem] = []
    for item in error.errors(include_url=False, include_input=False):
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
        if part == "[key]":
            continue  # pydantic's word for the key of a mapping; the key itself stands before it
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or WHOLE


_KNOWN = {
    "missing": "필요한 값이 없어요. 값을 넣어 주세요.",
    "extra_forbidden": "알 수 없는 항목이에요. 지우거나 이름을 확인해 주세요.",
    "string_pattern_mismatch": "이름 형식이 맞지 않아요. 글자로 시작하고 글자, 숫자, 밑줄만 써 주세요.",
    "string_type": "글자를 넣어 주세요. 숫자라면 따옴표로 감싸 주세요.",
    "too_short": "항목이 너무 적어요. 하나 이상 넣어 주세요.",
    "too_long": "항목이 너무 많아요. 줄여 주세요.",
    "int_parsing": "정수를 넣어 주세요.",
    "int_type": "정수를 넣어 주세요.",
    "int_from_float": "소수점 없는 정수를 넣어 주세요.",
    "bool_parsing": "true 또는 false를 넣어 주세요.",
    "bool_type": "true 또는 false를 넣어 주세요.",
    "timezone_aware": "시각에 시간대를 붙여 주세요. 예: 2026-11-22T09:00:00+09:00",
    "recursion_loop": "묶음이 너무 깊어요. 다섯 겹까지만 묶어 주세요.",
}
_BOUNDS = {
    "greater_than": "보다 커야 해요",
    "greater_than_equal": " 이상이어야 해요",
    "less_than": "보다 작아야 해요",
    "less_than_equal": " 이하여야 해요",
}
_SHAPES = ("model_type", "model_attributes_type", "dict_type", "mapping_type")
_LISTS = ("tuple_type", "list_type")


def _in_korean(kind: str, message: str, ctx: Mapping[str, Any]) -> str:
    if kind in _KNOWN:
        return _KNOWN[kind]
    if kind in ("literal_error", "enum"):
        expected = str(ctx.get("expected", "정해진 값")).replace(" or ", ", ").replace("'", "")
        return f"{expected} 가운데 하나를 넣어 주세요."
    if kind in _BOUNDS:
        return f"값은 {next(iter(ctx.values()), '')}{_BOUNDS[kind]}. 값을 고쳐 주세요."
    if kind == "string_too_long":
        return f"너무 길어요. {ctx.get('max_length')}자까지만 써 주세요."
    if kind == "string_too_short":
        return "비어 있어요. 값을 넣어 주세요."
    if kind in _SHAPES:
        return "항목: 값의 묶음이 와야 해요. 형식을 확인해 주세요."
    if kind in _LISTS:
        return "목록이 와야 해요. 여러 항목을 목록으로 적어 주세요."
    if kind.startswith(("date", "timezone")):
        return "시각을 읽을 수 없어요. 예: 2026-11-22T09:00:00+09:00"
    if kind == "value_error" and "number" in message:
        return "숫자를 넣어 주세요."
    return f"값을 읽을 수 없어요. 형식을 확인해 주세요. ({message})"
