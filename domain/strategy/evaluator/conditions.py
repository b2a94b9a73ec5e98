"""Entry and exit as tables: one row of numbers a condition, and a joining program for the groups around them.

Contract: the meaning of every word is `domain.strategy.signals`'s table, the meaning of every number `judge`'s. Takes a
spec that has been checked; names resolve, or the row of columns would not have been made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from domain.indicators.kernel import Array
from domain.strategy.evaluator import judge
from domain.strategy.evaluator.columns import Columns, number
from domain.strategy.evaluator.judge import Code
from domain.strategy.signals import Condition, Group, Signals

CANDLES = {"bullish": judge.GREATER_THAN, "bearish": judge.LESS_THAN, "detected": judge.NOT_EQUALS}
_NONE = -1


@dataclass(frozen=True, slots=True)
class Table:
    """What `judge` takes. `reach`: bars before the last that a condition looks at."""

    conditions: Code
    numbers: Array
    code: Code
    split: int
    reach: int


def table_of(signals: Signals, columns: Columns, params: Mapping[str, float]) -> Table:
    """Both groups; an empty one is never true."""
    found: list[Condition] = []
    code: list[int] = []
    splits = []
    for group in (signals.entry, signals.exit):
        _join(group, found, code)
        splits.append(len(code))
    rows = [_row(condition, columns, params) for condition in found]
    return Table(
        conditions=np.array([whole for whole, _ in rows], dtype=np.int64).reshape(len(rows), judge.WHOLES),
        numbers=np.array([exact for _, exact in rows], dtype=np.float64).reshape(len(rows), judge.NUMBERS),
        code=np.array(code, dtype=np.int64),
        split=splits[0],
        reach=max((_reach(condition) for condition in found), default=0),
    )


def _join(group: Group, found: list[Condition], code: list[int]) -> None:
    if not group.conditions:
        return
    for part in group.conditions:
        if isinstance(part, Group):
            if not part.conditions:
                code.extend((judge.OR, 0))  # an empty group inside another says nothing: false
            else:
                _join(part, found, code)
        else:
            code.append(len(found))
            found.append(part)
    code.extend((judge.AND if group.logic == "AND" else judge.OR, len(group.conditions)))


def _row(one: Condition, columns: Columns, params: Mapping[str, float]) -> tuple[list[int], list[float]]:
    whole = [_NONE] * judge.WHOLES
    exact = [0.0] * judge.NUMBERS
    whole[judge.SCALED], whole[judge.BARS] = judge.AS_IT_IS, 1
    if one.candlestick is not None:
        whole[judge.ASKED] = CANDLES[one.signal or "detected"]
        whole[judge.LEFT] = columns.of(one.candlestick)
        return whole, exact
    assert one.operator is not None
    whole[judge.ASKED] = judge.OPERATORS[one.operator]
    left = f"model({one.model})" if one.model is not None else one.indicator
    assert left is not None
    whole[judge.LEFT] = columns.of(left, one.output)
    right = one.value if one.value is not None else one.compare_to
    whole[judge.RIGHT], exact[judge.RIGHT_NUMBER] = _operand(right, one.compare_output, columns, params)
    if one.compare_scalar is not None:
        whole[judge.SCALED] = judge.SCALARS[one.compare_operation or "mul"]
        exact[judge.SCALAR] = float(one.compare_scalar)
    high = one.value_high if one.value_high is not None else one.compare_to_high
    if high is not None:
        whole[judge.HIGH], exact[judge.HIGH_NUMBER] = _operand(high, one.compare_high_output, columns, params)
    whole[judge.BARS] = one.bars or 1
    return whole, exact


def _operand(
    given: Decimal | str | None, output: str | None, columns: Columns, params: Mapping[str, float]
) -> tuple[int, float]:
    assert given is not None
    if isinstance(given, str) and not given.startswith("$"):
        return columns.of(given, output), 0.0
    return _NONE, number(given, params)


def _reach(one: Condition) -> int:
    if one.operator is None or judge.OPERATORS[one.operator] <= judge.BETWEEN:
        return 0
    return one.bars or 1
