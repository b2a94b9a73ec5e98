"""Prices that exist: ticks, the daily band, rounding against us.

Contract: the same numbers as `domain.ticks`, from the same tables. An order's limit is rounded as the exchange takes it
(a buyer's down, a seller's up); a price that we pay is rounded the other way, so that chance never gives a better tick.
"""

from __future__ import annotations

from simulation.backtest.engine.jit import inlined
from simulation.backtest.engine.shapes import BUY, Ints

LOWEST = 1


@inlined
def tick(steps: Ints, price: int) -> int:
    """`steps` of one era and kind: [n, 2] as below, tick."""
    for row in range(steps.shape[0]):
        if price < steps[row, 0]:
            return int(steps[row, 1])
    return int(steps[-1, 1])


@inlined
def floor_tick(steps: Ints, price: int) -> int:
    unit = tick(steps, price)
    return max(unit, price // unit * unit)


@inlined
def ceil_tick(steps: Ints, price: int) -> int:
    unit = tick(steps, price)
    return -(-price // unit) * unit


@inlined
def orderable(steps: Ints, price: int, side: int) -> int:
    """A limit price as the exchange takes it: a buyer pays no more, a seller asks no less."""
    return floor_tick(steps, price) if side == BUY else ceil_tick(steps, price)


@inlined
def paid(steps: Ints, price: int, side: int) -> int:
    """A price met by chance, on its tick, against us."""
    return ceil_tick(steps, price) if side == BUY else floor_tick(steps, price)


@inlined
def _width(steps: Ints, base: int, percent: int) -> int:
    unit = tick(steps, base)
    return base * percent // 100 // unit * unit


@inlined
def upper_limit(steps: Ints, base: int, percent: int) -> int:
    upper = base + _width(steps, base, percent)
    unit = tick(steps, upper)
    return upper // unit * unit


@inlined
def lower_limit(steps: Ints, base: int, percent: int) -> int:
    lower = base - _width(steps, base, percent)
    if lower <= 0:
        return tick(steps, LOWEST)
    return floor_tick(steps, lower)
