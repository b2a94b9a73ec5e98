"""Conditions as numbers, and the one compiled function that judges them, row after row.

Contract: `judge` walks rows of values (one a bar), all of history or the one live bar, with the same memory: what each
condition needs of the bars before it (its two sides at the last bar, and for how many bars in a row it had not broken
out). What the operators mean is the table in `domain.strategy.signals`; a comparison with NaN is false, and there is no
negation, so the unknown never becomes true. Every condition is judged at every bar: nothing is skipped, or its memory
would depend on the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from domain.indicators.compiled import cell, entrance
from domain.strategy.signals import Operator

if TYPE_CHECKING:
    from domain.indicators.kernel import Array

Code = NDArray[np.int64]

# What is asked, first column of a condition's row.
(
    GREATER_THAN,
    GREATER_EQUAL,
    LESS_THAN,
    LESS_EQUAL,
    EQUALS,
    NOT_EQUALS,
    BETWEEN,
    CROSS_ABOVE,
    CROSS_BELOW,
    CROSS_ABOVE_EQUAL,
    CROSS_BELOW_EQUAL,
    BREAKS_ABOVE,
    BREAKS_BELOW,
) = range(13)
OPERATORS = {
    Operator.GREATER_THAN: GREATER_THAN,
    Operator.GREATER_EQUAL: GREATER_EQUAL,
    Operator.LESS_THAN: LESS_THAN,
    Operator.LESS_EQUAL: LESS_EQUAL,
    Operator.EQUALS: EQUALS,
    Operator.NOT_EQUALS: NOT_EQUALS,
    Operator.BETWEEN: BETWEEN,
    Operator.CROSS_ABOVE: CROSS_ABOVE,
    Operator.CROSS_BELOW: CROSS_BELOW,
    Operator.CROSS_ABOVE_EQUAL: CROSS_ABOVE_EQUAL,
    Operator.CROSS_BELOW_EQUAL: CROSS_BELOW_EQUAL,
    Operator.BREAKS_ABOVE: BREAKS_ABOVE,
    Operator.BREAKS_BELOW: BREAKS_BELOW,
}
# What is done to the right side before.
AS_IT_IS, MUL, DIV, ADD, SUB = range(5)
SCALARS = {None: AS_IT_IS, "mul": MUL, "div": DIV, "add": ADD, "sub": SUB}
# Columns of a condition's row of whole numbers and of its row of numbers; a column of -1 means the number beside it.
ASKED, LEFT, RIGHT, SCALED, HIGH, BARS, WHOLES = range(7)
RIGHT_NUMBER, SCALAR, HIGH_NUMBER, NUMBERS = range(4)
# Columns of its memory.
LEFT_BEFORE, RIGHT_BEFORE, HELD, MEMORY = range(4)
# Words of the joining program: a place of a condition, or one of these with the count of parts in the next word.
AND, OR = -1, -2


@cell
def _side(row: Array, column: int, number: float) -> float:
    return number if column < 0 else row[column]


@cell
def _scaled(value: float, how: int, scalar: float) -> float:
    if how == MUL:
        return value * scalar
    if how == DIV:
        return value / scalar if scalar != 0.0 else np.nan
    if how == ADD:
        return value + scalar
    if how == SUB:
        return value - scalar
    return value


@cell
def _compared(asked: int, left: float, right: float, high: float) -> bool:
    if asked == GREATER_THAN:
        return left > right
    if asked == GREATER_EQUAL:
        return left >= right
    if asked == LESS_THAN:
        return left < right
    if asked == LESS_EQUAL:
        return left <= right
    if asked == EQUALS:
        return left == right
    if asked == NOT_EQUALS:
        return left < right or left > right
    return right <= left and left <= high


@cell
def _passed(asked: int, left: float, right: float, bars: float, memory: Array) -> bool:
    before, level = memory[LEFT_BEFORE], memory[RIGHT_BEFORE]
    if asked == CROSS_ABOVE:
        return before <= level and left > right
    if asked == CROSS_BELOW:
        return before >= level and left < right
    if asked == CROSS_ABOVE_EQUAL:
        return before < level and left >= right
    if asked == CROSS_BELOW_EQUAL:
        return before > level and left <= right
    held = memory[HELD]
    if asked == BREAKS_ABOVE:
        memory[HELD] = min(held + 1.0, bars) if left <= right else 0.0
        return left > right and held >= bars
    memory[HELD] = min(held + 1.0, bars) if left >= right else 0.0
    return left < right and held >= bars


@cell
def _joined(code: Code, first: int, last: int, truth: NDArray[np.bool_], stack: NDArray[np.bool_]) -> bool:
    """A joining program, parts before their word. An empty one is false."""
    depth = 0
    at = first
    while at < last:
        word = code[at]
        at += 1
        if word >= 0:
            stack[depth] = truth[word]
            depth += 1
            continue
        parts = code[at]
        at += 1
        answer = word == AND
        for part in range(depth - parts, depth):
            answer = answer and stack[part] if word == AND else answer or stack[part]
        depth -= parts
        stack[depth] = answer
        depth += 1
    return depth > 0 and stack[0]


@entrance()
def judge(
    rows: Array,
    conditions: Code,
    numbers: Array,
    code: Code,
    split: int,
    memory: Array,
    entry: NDArray[np.bool_],
    exit_: NDArray[np.bool_],
) -> None:
    """rows float64[n, columns]; conditions int64[m, WHOLES]; numbers float64[m, NUMBERS]; code: the joining programs of
    entry (up to `split`) and exit; memory float64[m, MEMORY], changed in place; the answers go into entry and exit,
    bool[n]. Where both are true exit counts."""
    count = len(conditions)
    truth = np.zeros(count, dtype=np.bool_)
    stack = np.zeros(count + len(code) + 1, dtype=np.bool_)
    for i in range(len(rows)):
        row = rows[i]
        for c in range(count):
            one = conditions[c]
            left = row[one[LEFT]]
            right = _scaled(_side(row, one[RIGHT], numbers[c, RIGHT_NUMBER]), one[SCALED], numbers[c, SCALAR])
            if one[ASKED] <= BETWEEN:
                high = _side(row, one[HIGH], numbers[c, HIGH_NUMBER])
                truth[c] = _compared(one[ASKED], left, right, high)
            else:
                truth[c] = _passed(one[ASKED], left, right, one[BARS], memory[c])
            memory[c, LEFT_BEFORE] = left
            memory[c, RIGHT_BEFORE] = right
        exit_[i] = _joined(code, split, len(code), truth, stack)
        entry[i] = _joined(code, 0, split, truth, stack) and not exit_[i]


def fresh_memory(count: int) -> Array:
    """Before the first bar: both sides unknown, nothing held."""
    memory = np.full((count, MEMORY), np.nan)
    memory[:, HELD] = 0.0
    return memory
