"""How indicators are compiled: one decorator for what runs inside, one for what is called, and a cache that knows both.

Contract: IEEE arithmetic as written (no fast maths), no exception for a division by nothing, no interpreter lock. What
is compiled is kept on disk beside its module (or in NUMBA_CACHE_DIR) under a stamp over the code of the function and of
everything compiled that it calls: a building block that changes is never met in an old form, whatever file it is in.
Numba's own stamp sees one file only. Compilation happens at the first use, never at import.
"""

# mypy: allow-untyped-calls
# (numba's own machinery is untyped)

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core import caching, ccallback, sigutils
from numpy.typing import NDArray

Array = NDArray[np.float64]
F = TypeVar("F", bound=Callable[..., object])
_njit: Any = numba.njit  # its annotations know fewer options than it takes


def cell(function: F) -> F:
    """Decorator of what only compiled code calls: cells and steps. Python reaches the plain function as `.py_func`."""
    options = {"nogil": True, "error_model": "numpy", "forceinline": True}
    return cast(F, _njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(function))


def entrance(*, parallel: bool = False) -> Callable[[F], F]:
    """Decorator of what Python calls. `parallel`: `numba.prange` inside runs on all cores."""

    def compiled(function: F) -> F:
        dispatcher = _njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, parallel=parallel)(function)
        kind = ".cores" if parallel else ""
        dispatcher._cache = _Cache(function, f"{function.__module__}.{function.__qualname__}{kind}")
        return cast(F, dispatcher)

    return compiled


def address(function: Callable[..., None], signature: Any, name: str) -> int:
    """Compiles (or loads) a function of C types under this name and answers where it is. The caller keeps nothing: code
    stays for the life of the process."""
    compiled: Any = ccallback.CFunc(
        function, sigutils.normalize_signature(signature), locals={}, options={"error_model": "numpy"}
    )
    compiled._cache = _Cache(function, name)
    compiled.compile()
    _KEPT.append(compiled)
    return int(compiled.address)


_KEPT: list[object] = []


class _Cache(caching.FunctionCache):
    """Numba's cache of one function, named by us and stamped over all the code that goes into it."""

    def __init__(self, function: Callable[..., object], name: str) -> None:
        super().__init__(function)
        self._stamp = stamp(function)
        self._cache_file = caching.IndexDataCacheFile(
            cache_path=self._cache_path,
            filename_base=f"{name.replace('<locals>', '')}.py{sys.version_info[0]}{sys.version_info[1]}",
            source_stamp=self._stamp,
        )

    def _index_key(self, sig: object, codegen: Any) -> tuple[object, ...]:
        return sig, codegen.magic_tuple(), self._stamp


def stamp(function: Callable[..., object]) -> str:
    """Hex SHA-256 over the code, the constants and the compiled callees of a function, callees' callees included."""
    seen: dict[str, None] = {}
    _describe(function, seen)
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def _describe(function: Any, seen: dict[str, None]) -> None:
    plain: FunctionType = getattr(function, "py_func", function)
    label = f"{plain.__module__}.{plain.__qualname__}"
    if f"def {label}" in seen:
        return
    seen[f"def {label}"] = None
    inner = dict(zip(plain.__code__.co_freevars, (one.cell_contents for one in plain.__closure__ or ()), strict=True))
    seen[f"{label} = {_code(plain.__code__)} {plain.__defaults__!r}"] = None
    for name in sorted({*_names(plain.__code__), *inner}):
        value = inner.get(name, plain.__globals__.get(name))
        if hasattr(value, "py_func"):
            seen[f"{label}: {name}"] = None
            _describe(value, seen)
        elif isinstance(value, bool | int | float | str | tuple):
            seen[f"{label}: {name} = {value!r}"] = None


def _code(code: CodeType) -> str:
    constants = (_code(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts)
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {sorted(constants)}"


def _names(code: CodeType) -> set[str]:
    nested = (one for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*map(_names, nested))
