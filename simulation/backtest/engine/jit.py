"""How the engine is compiled: small functions without a cache, the loop over them with one on disk.

A call between compiled functions hands over every array of world and book, some ninety words: as much as a quiet bar
takes in all. So what runs at every bar and the leaves of an order are `inlined`; what only busy bars need stays a call.

Contract: the cache is named by a hash over all of the engine's sources, because numba itself looks only at the file
of the function it keeps and would go on running yesterday's fills under today's loop. It lies beside the sources, or
where NUMBA_CACHE_DIR says. Where nothing can be written the loop is compiled anew in every process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])
_HERE = Path(__file__).parent


def compiled(function: F) -> F:
    """A small function of the engine. The Python function stays reachable as `.py_func`."""
    return cast(F, numba.njit(nogil=True, error_model="numpy")(function))


def inlined(function: F) -> F:
    """As `compiled`, and laid into its caller."""
    return cast(F, numba.njit(nogil=True, error_model="numpy", forceinline=True)(function))


def kept(function: F) -> F:
    """An entry into the engine: what is compiled is kept on disk."""
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str((Path(before) if before else _HERE / "__pycache__") / f"backtest-{sources()}")
    try:
        return cast(F, numba.njit(nogil=True, error_model="numpy", cache=True)(function))
    except (RuntimeError, OSError):  # no place to write to
        return compiled(function)
    finally:
        config.CACHE_DIR = before


@cache
def sources() -> str:
    """Twelve hex digits over the engine's sources."""
    found = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:12]
