"""What the dead of a world leave behind is swept up before the next test hears of it.

A process of a world that is killed never runs its clean-up code to the end. Python says so when it collects what is
left ("coroutine ignored GeneratorExit"), at any time it likes: of a real process that is killed nobody hears either.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _the_dead_are_quiet() -> Iterator[None]:
    heard = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, RuntimeError | ConnectionError):
            heard(unraisable)

    sys.unraisablehook = hook
    try:
        yield
        gc.collect()
    finally:
        sys.unraisablehook = heard
