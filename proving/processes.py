"""Processes of a world: started, killed, stopped, put to sleep and asked to end, as an operating system does it.

Contract: each start is a new life with a number of its own. What a dead life has left running never runs again, so its
clean-up touches neither network nor ledger nor files. `watch` is told when a life ends and how; a supervisor is one.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, NoReturn

from proving.loop import LIFE, Gone, Life, WorldLoop
from proving.network import Network

KILLED, DONE = "killed", "done"


class Process(ABC):
    """One program on one machine."""

    def __init__(self, name: str, loop: WorldLoop, network: Network) -> None:
        self.name = name
        self.loop = loop
        self.network = network
        self.life: Life | None = None
        self.lives = 0
        self.watch: Callable[[Process, str], None] = lambda process, how: None
        self._context: Context | None = None

    def __repr__(self) -> str:
        return f"{self.name}#{self.lives}"

    @property
    def running(self) -> bool:
        return self.life is not None and self.life.alive

    @property
    def halted(self) -> bool:
        return self.life is not None and self.life.halted

    @abstractmethod
    async def main(self) -> None:
        """What the program does. It ends when this returns."""

    @abstractmethod
    def told_to_end(self) -> None:
        """SIGTERM arrives."""

    @abstractmethod
    def ended(self) -> None:
        """The kernel cleans up after a life: what is not the network's."""

    def start(self) -> None:
        assert not self.running, f"expected {self.name} to be down, was running"
        self.lives += 1
        self.life = Life(self.name, self.lives)
        self.loop.lives.append(self.life)
        self._context = copy_context()
        self._context.run(LIFE.set, self.life)
        life = self.life
        task = self._context.run(self.loop.create_task, self.main())
        task.add_done_callback(lambda done: self._finished(life, done), context=copy_context())

    def call(self, work: Callable[[], Any]) -> asyncio.Task[Any]:
        """Work begun inside the process by somebody outside, as a request is."""
        assert self._context is not None
        return self._context.copy().run(self.loop.create_task, work())

    def _finished(self, life: Life, task: asyncio.Task[None]) -> None:
        if task.cancelled() or not life.alive:
            return
        error = task.exception()
        self._end(f"failed: {type(error).__name__}" if error is not None else DONE)

    def _end(self, how: str) -> None:
        life = self.life
        if life is None or not life.alive:
            return
        self.loop.end(life)
        self.network.buried(life)
        self.ended()
        self.watch(self, how)

    def kill(self) -> None:
        """kill -9."""
        self._end(KILLED)

    def exit(self, how: str) -> NoReturn:
        """The process ends itself, at once."""
        self._end(how)
        raise Gone(how)

    def stop(self) -> None:
        """SIGSTOP."""
        if self.life is not None and self.life.alive:
            self.loop.halt(self.life)

    def go_on(self) -> None:
        """SIGCONT."""
        if self.life is not None and self.life.alive:
            self.loop.resume(self.life)

    def suspend(self) -> None:
        if self.life is not None and self.life.alive:
            self.loop.suspend(self.life)

    def wake(self) -> None:
        if self.life is not None and self.life.alive:
            self.loop.wake(self.life)

    def terminate(self) -> None:
        """SIGTERM: handled when the process runs."""
        if self.running:
            assert self._context is not None
            self.loop.call_soon(self.told_to_end, context=self._context)
