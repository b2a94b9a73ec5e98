"""What a strategy asks for besides the bars of its names, and which of it nobody can answer live. Pure.

Contract: a condition whose value nobody brings would never be true, and a strategy would be silently another one. So
what is not served is refused by name, in Korean with the remedy, before the strategy runs: inferences of models, which
no port answers yet, and indicators that compare with an index, whose closes a backtest is given and live nobody brings.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.strategy.problems import Problem
from domain.strategy.signals import Condition, Group
from domain.strategy.spec import StrategySpec
from domain.strategy.vocabulary import indicator_name

AGAINST_INDEX = frozenset({"alpha", "beta"})  # the kernels that read an index's close


def unserved(spec: StrategySpec) -> tuple[Problem, ...]:
    """Everything for which a live strategy would wait in vain; empty when it may run."""
    return (*asks_models(spec), *asks_index(spec))


def asks_models(spec: StrategySpec) -> tuple[Problem, ...]:
    """Conditions on a model's inference."""
    found = [*_models("strategy.entry", spec.strategy.entry), *_models("strategy.exit", spec.strategy.exit)]
    return tuple(
        Problem(path, f"model({name}) 조건은 값을 계산해 줄 모델이 연결돼 있지 않아요. 이 조건을 빼 주세요.")
        for path, name in found
    )


def asks_index(spec: StrategySpec) -> tuple[Problem, ...]:
    """Indicators that compare with an index."""
    return tuple(
        Problem(
            f"strategy.indicators[{n}]",
            f"{indicator_name(row.id)}({row.alias}) 지표는 지수와 비교하는데, 실시간 지수 시세가 없어요. "
            "이 지표를 쓰는 조건을 빼 주세요.",
        )
        for n, row in enumerate(spec.strategy.indicators)
        if row.id in AGAINST_INDEX
    )


def _models(path: str, group: Group) -> Iterator[tuple[str, str]]:
    for n, part in enumerate(group.conditions):
        here = f"{path}.conditions[{n}]"
        if isinstance(part, Group):
            yield from _models(here, part)
        elif isinstance(part, Condition) and part.model is not None:
            yield here, part.model
