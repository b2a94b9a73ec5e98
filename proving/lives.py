"""Whose everything in a world is: the lives of processes, and what is asked to run in them.

Contract: a life is one process from start to death; its tasks carry it in their context. Handles belong to the loop
(`loop`), which alone runs them.
"""

from __future__ import annotations

import asyncio
from asyncio import Handle, TimerHandle
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, ContextVar
from typing import Any


class Life:
    """One life of one process, from start to death. Its tasks carry it in their context."""

    def __init__(self, name: str, number: int, nice: float = 1.0) -> None:
        self.name = name
        self.number = number
        self.alive = True
        self.stopped = False
        self.suspended_at: float | None = None
        self.slept = 0.0  # seconds of suspend, which a monotonic clock does not count
        self.parked: deque[Handle] = deque()
        self.ready: deque[Handle] = deque()
        self.nice = nice
        self.tasks: list[asyncio.Task[Any]] = []  # kept: nobody may collect, and so close, what a kill left standing

    def __repr__(self) -> str:
        return f"{self.name}#{self.number}"

    @property
    def halted(self) -> bool:
        return self.stopped or self.suspended_at is not None


LIFE: ContextVar[Life | None] = ContextVar("life", default=None)


class Gone(BaseException):
    """Unwinds the stack of a process that has ended itself; nothing may catch it."""


class Stalled(Exception):
    """The world cannot go on."""


class Soon(Handle):
    """A callback that is asked for. Built without asking whether anybody debugs: a world makes tens of thousands."""

    __slots__ = ()

    def __init__(self, callback: Callable[..., Any], args: Sequence[Any], loop: Any, context: Context) -> None:
        self._context = context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None


class Timer(TimerHandle):
    """The same for later. `due` is the world's time."""

    __slots__ = ("due", "owner", "slept")

    def __init__(
        self, due: float, owner: Life, callback: Callable[..., Any], args: Sequence[Any], loop: Any, context: Context
    ) -> None:
        self.due = due
        self.owner = owner
        self.slept = owner.slept
        self._when = due - owner.slept
        self._scheduled = False
        self._context = context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = None
        self._source_traceback = None

    def cancel(self) -> None:
        self._cancelled = True
        self._callback = None  # type: ignore[assignment]
        self._args = None  # type: ignore[assignment]
