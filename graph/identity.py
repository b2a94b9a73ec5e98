"""Whose turn it is, for everything that runs inside the turn.

Contract: set by the runner around a run and read by `ports.identity(runtime)`; nothing a client sends can reach it.
Asking outside a turn is a programming error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tools.ports import Identity

_acting: ContextVar[Identity] = ContextVar("quartz_identity")


@contextmanager
def acting(who: Identity) -> Iterator[None]:
    """Everything inside acts for `who`."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def runner_identity(runtime: Any) -> Identity:
    """`Ports.identity` of our own process."""
    try:
        return _acting.get()
    except LookupError:
        raise RuntimeError("expected a turn of the runner, was a call from outside") from None
