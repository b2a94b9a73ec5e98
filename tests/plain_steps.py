"""Kernels run as plain Python: the same source as the compiled steps, without the seconds that compiling takes, and
with NumPy's warnings for a division by nothing, which compiled code would pass over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

from domain.indicators.catalogue import kernel_of
from domain.indicators.compiled import Array
from domain.indicators.kernel import Kernel, Step, values


@cache
def plain(compiled: Any) -> Callable[..., Any]:
    """The Python function under a cell, calling the Python functions under the cells it uses."""
    function = compiled.py_func
    used = {name: function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__}
    used = {name: plain(thing) if hasattr(thing, "py_func") else thing for name, thing in used.items()}
    made = FunctionType(function.__code__, used, function.__name__)
    made.__module__ = function.__module__
    return made


class PlainRunning:
    """One indicator on one name, bar by bar, as plain Python. Its state is one array of the declared size."""

    def __init__(self, id_: str, **params: float) -> None:
        self.kernel: Kernel = kernel_of(id_)
        self.params = values(self.kernel, params)
        self.state = np.zeros(self.kernel.size(self.params))
        self._step: Step = plain(self.kernel.step)

    @property
    def warmup(self) -> int:
        return self.kernel.warmup(self.params)

    def steps(self, bars: Array) -> Array:
        """Outputs float64[n, outs] after n more bars."""
        out = np.full((len(bars), len(self.kernel.outputs)), np.nan)
        for bar, line in zip(bars, out, strict=True):
            self._step(self.state, bar, self.params, line)
        return out


def over(id_: str, bars: Array, **params: float) -> Array:
    """Outputs float64[n, outs] of an indicator over bars, from an empty state."""
    return PlainRunning(id_, **params).steps(bars)
