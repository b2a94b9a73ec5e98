"""Runs kernels: over all bars of a name, bar by bar, and over thousands of names at once.

Contract: every kernel has one compiled loop, its step over the names and bars it is given; history gives it all bars
from an empty state, a live name one bar and the state it had. A `Sheet` lays several indicators out side by side, one
state and one row of outputs a name; many names run on all cores. Bars are float64[n, 5] as OPEN … VOLUME, oldest first.
The loop is compiled at its first use in any process and kept on disk (`domain.indicators.compiled`). Bars may have a
sixth column, the benchmark's close; an indicator that reads it is refused by name where it is missing.
"""

# mypy: allow-untyped-calls, no-warn-return-any
# (numba's types and decorators are untyped)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from domain.indicators.compiled import address, entrance
from domain.indicators.kernel import Array, Kernel, Step, values

Table = NDArray[np.int64]
_POINTER = types.CPointer(types.float64)
_LOOP = types.void(*[_POINTER] * 4, *[types.int64] * 6)


def _loop_over(step: Step) -> Any:
    carray = numba.carray  # type: ignore[attr-defined]

    def loop(states_at, bars_at, params_at, out_at, names, n, size, count, columns, width):  # type: ignore[no-untyped-def]
        """The names are inside: entering compiled code costs as much as the step of an average, so that one bar of
        thousands of names has to enter once an indicator and not once a name."""
        params = carray(params_at, count)
        states = carray(states_at, (names, size))
        bars = carray(bars_at, (names, n, columns))
        out = carray(out_at, (names, n, width))
        for name in range(names):
            state = states[name]
            for i in range(n):
                step(state, bars[name, i], params, out[name, i])

    return loop


_ADDRESSES: dict[Step, int] = {}
_COMPILING = Lock()


def _address_of(kernel: Kernel) -> int:
    with _COMPILING:
        if kernel.step not in _ADDRESSES:
            _ADDRESSES[kernel.step] = address(_loop_over(kernel.step), _LOOP, f"indicator.{kernel.id}")
        return _ADDRESSES[kernel.step]


@intrinsic
def _call(typing, address, states, bars, params, out, names, n, size, count, columns, width):  # type: ignore[no-untyped-def]
    """Calls a loop by its address; all arguments are int64, pointers included."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        word = ir.IntType(64)
        loop = builder.inttoptr(arguments[0], ir.FunctionType(ir.VoidType(), [word] * 10).as_pointer())
        builder.call(loop, arguments[1:])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 11), generate


_TOGETHER = 128
"""Bars that one indicator takes before the next has its turn: whole names of a history, which then stay in the nearest
cache for all indicators, and as many names where each has one new bar."""


def _sheet(table, params, states, bars, out):  # type: ignore[no-untyped-def]
    """table int64[k, 5]: address, state at, params at, count of params, column; states [names, s], bars
    [names, n, 5 or 6], out [names, n, width], all contiguous."""
    names, n, width = out.shape
    size, columns = states.shape[1], bars.shape[2]
    together = max(1, _TOGETHER // max(1, n))
    for group in numba.prange(-(-names // together)):
        first = group * together
        count = min(together, names - first)
        states_at = states.ctypes.data + 8 * first * size
        bars_at = bars.ctypes.data + 8 * first * n * columns
        out_at = out.ctypes.data + 8 * first * n * width
        for k in range(len(table)):
            _call(  # type: ignore[call-arg]
                table[k, 0],
                states_at + 8 * table[k, 1],
                bars_at,
                params.ctypes.data + 8 * table[k, 2],
                out_at + 8 * table[k, 4],
                count,
                n,
                size,
                table[k, 3],
                columns,
                width,
            )


_one_core = entrance()(_sheet)
_all_cores = entrance(parallel=True)(_sheet)
_ALL_CORES = Lock()
"""Not every threading layer of numba may be entered twice."""
_FEW = 20_000
"""Bars under which waking the other cores costs more than it gives."""


class Sheet:
    """Several indicators side by side. `columns[i]` is (place of the first output, count of outputs) of the i-th;
    `warmup` bars until every output may be a number; `size` floats of state a name; `against` the ids that read the
    benchmark's column.

    ValueError names an indicator's parameter that does not exist or is no whole number where one is meant."""

    def __init__(self, indicators: Sequence[tuple[Kernel, Mapping[str, float]]]) -> None:
        rows: list[tuple[int, ...]] = []
        given: list[float] = []
        self.columns: list[tuple[int, int]] = []
        self.steps: list[Step] = []
        self.against = [kernel.id for kernel, _ in indicators if kernel.benchmark]
        self.size = self.width = self.warmup = 0
        for kernel, params in indicators:
            exact = values(kernel, params)
            size, outs = int(kernel.size(exact)), len(kernel.outputs)
            rows.append((_address_of(kernel), self.size, len(given), len(exact), self.width))
            given.extend(exact)
            self.columns.append((self.width, outs))
            self.steps.append(kernel.step)
            self.size += size
            self.width += outs
            self.warmup = max(self.warmup, int(kernel.warmup(exact)))
        self._table: Table = np.array(rows, dtype=np.int64).reshape(len(rows), 5)
        self._params: Array = np.array(given, dtype=np.float64)

    def history(self, bars: Array, out: Array | None = None) -> Array:
        """Outputs float64[n, width] over one name's bars float64[n, 5], or float64[names, n, width] over those of many,
        float64[names, n, 5]. `out` takes the outputs where given."""
        many = bars if bars.ndim == 3 else bars[np.newaxis]
        answer = self.go_on(np.zeros((len(many), self.size)), many, out)
        return answer if bars.ndim == 3 else answer[0]

    def go_on(self, states: Array, bars: Array, out: Array | None = None) -> Array:
        """Outputs float64[names, n, width] after n more bars float64[names, n, 5]; `states` float64[names, size] are
        changed in place."""
        bars = np.ascontiguousarray(bars, dtype=np.float64)
        shape = (len(bars), bars.shape[1], self.width)
        if out is None:
            out = np.empty(shape)
        for name, array, wanted in (("states", states, (len(bars), self.size)), ("out", out, shape)):
            if array.shape != wanted or array.dtype != np.float64 or not array.flags.c_contiguous:
                raise ValueError(f"expected {name} contiguous float64{wanted}, was {array.dtype}{array.shape}")
        if bars.shape[2:] not in ((5,), (6,)):
            raise ValueError(f"expected bars of open, high, low, close and volume, was {bars.shape}")
        if self.against and bars.shape[2] == 5:
            raise ValueError(
                f"expected the benchmark's close as a sixth column for {', '.join(self.against)}, was none"
            )
        if len(bars) == 1 or bars.shape[0] * bars.shape[1] * len(self._table) < _FEW:
            _one_core(self._table, self._params, states, bars, out)
        else:
            with _ALL_CORES:
                _all_cores(self._table, self._params, states, bars, out)
        return out


class Running:
    """One indicator on one name, live: `step` takes the next bar. `state` is all it remembers."""

    def __init__(self, kernel: Kernel, params: Mapping[str, float]) -> None:
        self.sheet = Sheet([(kernel, params)])
        self.state: Array = np.zeros(self.sheet.size)

    def step(self, bar: Array) -> Array:
        """Outputs float64[outs] after one more bar."""
        return self.steps(bar[np.newaxis])[0]

    def steps(self, bars: Array) -> Array:
        """Outputs float64[n, outs] after n more bars."""
        return self.sheet.go_on(self.state[np.newaxis], bars[np.newaxis])[0]


def run(kernel: Kernel, params: Mapping[str, float], bars: Array) -> Array:
    """Outputs float64[n, outs] of the kernel over bars float64[n, 5]."""
    return Sheet([(kernel, params)]).history(bars)
