"""Keeps the parts of Quartz running: ordered start, watch, restart with back-off and a cap, stop in reverse order.

Contract: `start()` starts every part in order and takes all down again if one fails; `watch()` returns when told to
stop; a part that dies is started again after 0.5 s, 1 s, 2 s … and after MAX_RESTARTS within WINDOW_SECONDS the stack
gives up with ServiceError. One event a happening goes to `say`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tools.embedded.errors import ServiceError
from tools.embedded.locks import wait
from ui.supervisor_parts import Part, ProcessPart

MAX_RESTARTS = 5
WINDOW_SECONDS = 300.0
FIRST_BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 30.0
TICK_SECONDS = 0.25


class Say(Protocol):
    """Takes one event: its name and facts. Never a secret."""

    def __call__(self, event: str, **facts: object) -> None: ...


class Stack:
    """The running parts."""

    def __init__(self, parts: Sequence[Part], say: Say, *, first_backoff: float = FIRST_BACKOFF_SECONDS) -> None:
        self._parts = tuple(parts)
        self._say = say
        self._first_backoff = first_backoff
        self._started: list[Part] = []
        self._deaths: dict[str, list[float]] = {}
        self._due: dict[str, float] = {}  # when a dead part is started again
        self._coming: set[str] = set()  # launched again, not yet serving

    def start(self, stopping: Callable[[], bool] = lambda: False) -> None:
        """Start all; on a fault everything started is stopped and the fault raised. A stop request ends it early."""
        for number, part in enumerate(self._parts, 1):
            if stopping():
                return
            began = time.monotonic()
            self._say("starting", part=part.name, step=f"{number}/{len(self._parts)}")
            self._started.append(part)  # before it starts: a half-started part must be stopped too
            try:
                where = part.start()
            except BaseException:
                self._say("failed", part=part.name)
                self.stop()
                raise
            self._say("ready", part=part.name, where=where, seconds=round(time.monotonic() - began, 1))

    def watch(self, stopping: Callable[[], bool]) -> None:
        """Look after the parts until `stopping()`; raises ServiceError when one keeps dying.

        None waits for another's turn: what cannot come back for want of a part before it lets that one come first, and
        a process that takes its time is looked at again and again meanwhile.
        """
        while not stopping():
            for part in self._started:
                if part.name in self._coming:
                    if not self._came(part):
                        break
                elif part.alive():
                    self._due.pop(part.name, None)
                elif part.name not in self._due:
                    self._died(part)
                elif time.monotonic() >= self._due[part.name] and not self._restarted(part):
                    break
            soonest = min(self._due.values(), default=float("inf")) - time.monotonic()
            wait(min(TICK_SECONDS, max(0.0, soonest)))

    def stop(self) -> None:
        """Stop in reverse order; a part that cannot be stopped does not keep the others running."""
        faults: list[Exception] = []
        while self._started:
            part = self._started.pop()
            try:
                part.stop()
            except (OSError, ServiceError, TimeoutError) as fault:
                faults.append(fault)
                self._say("not stopped", part=part.name, reason=str(fault))
            else:
                if part.runs:
                    self._say("stopped", part=part.name)
        if faults:
            raise faults[0]

    def stop_all(self) -> None:
        """Stop every part, started by us or left behind by a supervisor that was killed."""
        self._started = list(self._parts)
        self.stop()

    def _died(self, part: Part) -> None:
        """Notes a death and when the part is started again. ServiceError when it was one too many."""
        now = time.monotonic()
        deaths = [at for at in self._deaths.get(part.name, []) if now - at < WINDOW_SECONDS]
        deaths.append(now)
        self._deaths[part.name] = deaths
        if len(deaths) > MAX_RESTARTS:
            raise ServiceError(
                f"expected {part.name} to stay up, was down {len(deaths)} times in {WINDOW_SECONDS:.0f} s"
            )
        pause = min(self._first_backoff * 2 ** (len(deaths) - 1), MAX_BACKOFF_SECONDS)
        self._say("died", part=part.name, restart_in=pause, attempt=f"{len(deaths)}/{MAX_RESTARTS}")
        self._due[part.name] = now + pause

    def _restarted(self, part: Part) -> bool:
        """One attempt; one that fails is another death, noted when the parts before it have been looked at."""
        del self._due[part.name]
        try:
            if isinstance(part, ProcessPart):
                part.launch()
                self._coming.add(part.name)
                return True
            where = part.start()
        except ServiceError as fault:
            self._say("failed", part=part.name, reason=str(fault).splitlines()[0])
            return False
        self._say("restarted", part=part.name, where=where)
        return True

    def _came(self, part: Part) -> bool:
        """False when a process that was on its way will not come; True while it may, and when it is there."""
        assert isinstance(part, ProcessPart)
        try:
            if not part.ready():
                return True
        except ServiceError as fault:
            self._coming.discard(part.name)
            self._say("failed", part=part.name, reason=str(fault).splitlines()[0])
            return False
        self._coming.discard(part.name)
        self._say("restarted", part=part.name, where=part.where())
        return True
