"""What an indicator is: one step from a bar to its values, and how much it has to remember.

Contract: an indicator is written once, as a step. The step reads one bar, changes its own state and writes its outputs;
history is that step over all bars and a live bar is that step once, so the two cannot differ. All memory is one float64
array of a size fixed by the parameters: a step costs the same after a thousand bars and a hundred thousand, and a state
that is kept is a state that goes on. Until `warmup` bars have come every output is NaN; what cannot be computed (a
division by nothing) is NaN as well and never an infinity. A step sees no bar but its own and those before it.
Does not know names of outputs in other programs, time frames or conditions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Step = Callable[[Array, Array, Array, Array], None]
"""step(state, bar, params, out): state float64[size], changed in place, zeros at the start; bar float64[5] as OPEN …
VOLUME, prices in won, or float64[6] with the benchmark's close behind them; params float64 in the order of the kernel's
`params`; out float64, one place an output."""

OPEN, HIGH, LOW, CLOSE, VOLUME, BENCHMARK = range(6)


@dataclass(frozen=True, slots=True)
class Kernel:
    """One indicator. `params`: names in order with their defaults; a default written as an int is a count of bars and
    takes whole numbers only, one written as a float takes any. `size` and `warmup` take the parameters' values in that
    order; `warmup` is how many bars have to come until the first output is a number (sma(20): 20). `benchmark`: it
    reads the sixth column, the benchmark's close at the end of the same bar, and has nothing to say without it."""

    id: str
    params: Mapping[str, float]
    outputs: tuple[str, ...]
    size: Callable[[Array], int]
    warmup: Callable[[Array], int]
    step: Step
    benchmark: bool = False


_KERNELS: dict[str, Kernel] = {}


def kernel(
    id_: str,
    *,
    size: Callable[[Array], int],
    warmup: Callable[[Array], int],
    outputs: tuple[str, ...] = ("value",),
    benchmark: bool = False,
    **params: float,
) -> Callable[[Step], Step]:
    """Decorator: enters a step into the table of indicators. The step underneath is compiled already (`@cell`)."""

    def enter(step: Step) -> Step:
        if id_ in _KERNELS:
            raise ValueError(f"expected one kernel an indicator, was a second one for {id_}")
        _KERNELS[id_] = Kernel(id_, params, outputs, size, warmup, step, benchmark)
        return step

    return enter


def entered() -> Mapping[str, Kernel]:
    """The kernels of the modules imported so far; `domain.indicators.catalogue` imports them all."""
    return _KERNELS


MAX_PERIOD = 100_000
"""A year of minutes; a longer count of bars is a mistake and would only cost memory."""


def values(one: Kernel, params: Mapping[str, float]) -> Array:
    """Parameters in the kernel's order, defaults filled in. ValueError names one that the indicator does not have, one
    that is no number, and a count of bars that is not a whole number from 1 to MAX_PERIOD."""
    unknown = set(params) - set(one.params)
    if unknown:
        raise ValueError(f"expected {', '.join(one.params) or 'no parameters'} for {one.id}, was {', '.join(unknown)}")
    given = {name: float(params.get(name, default)) for name, default in one.params.items()}
    for name, value in given.items():
        if not math.isfinite(value):
            raise ValueError(f"expected a number for {name} of {one.id}, was {value}")
        if isinstance(one.params[name], int) and not (value.is_integer() and 1 <= value <= MAX_PERIOD):
            raise ValueError(f"expected a whole number from 1 to {MAX_PERIOD} for {name} of {one.id}, was {value:g}")
    return np.array(list(given.values()), dtype=np.float64)
