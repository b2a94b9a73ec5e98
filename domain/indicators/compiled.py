"""Compiled building blocks: one decorator for everything that runs inside an indicator.

Contract: `cell` compiles at the first call, without the interpreter lock, with IEEE arithmetic as written (no fast
maths) and no exception for a division by nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., object])


def cell(function: F) -> F:
    """Decorator: our one way to compile. The Python function stays reachable as `.py_func`."""
    return cast(F, numba.njit(nogil=True, error_model="numpy", forceinline=True)(function))
