"""Runs a kernel: over all bars of a name, bar by bar, and over many names at once.

Contract: `run` is the step over every bar from an empty state, `Running.step` the same step once; both use one compiled
loop. Bars are float64[n, 5] as OPEN … VOLUME, oldest first.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numba
import numpy as np

from domain.indicators.kernel import Array, Kernel, Step, values


@cache
def _loop(step: Step):  # type: ignore[no-untyped-def]
    @numba.njit(nogil=True, error_model="numpy")
    def loop(state, bars, params, out):  # type: ignore[no-untyped-def]
        for i in range(len(bars)):
            step(state, bars[i], params, out[i])

    return loop


def run(kernel: Kernel, params: Mapping[str, float], bars: Array) -> Array:
    """Outputs float64[n, outs] of the kernel over bars float64[n, 5]."""
    return Running(kernel, params).steps(bars)


class Running:
    """One indicator on one name, live: `step` takes the next bar. `state` is all it remembers."""

    def __init__(self, kernel: Kernel, params: Mapping[str, float]) -> None:
        self.kernel = kernel
        self.params = values(kernel, params)
        self.state = np.zeros(kernel.size(self.params))

    def step(self, bar: Array) -> Array:
        """Outputs float64[outs] after one more bar float64[5]."""
        return self.steps(bar.reshape(1, 5))[0]

    def steps(self, bars: Array) -> Array:
        """Outputs float64[n, outs] after n more bars."""
        out = np.full((len(bars), len(self.kernel.outputs)), np.nan)
        _loop(self.kernel.step)(self.state, np.ascontiguousarray(bars, dtype=np.float64), self.params, out)
        return out
