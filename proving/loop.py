"""One event loop for a whole world: virtual time, seeded order, and an owner for everything that runs.

Contract: time stands still while anything is ready and jumps to the next timer when nothing is. Callbacks of one
process run in the order in which they were asked for, as asyncio promises; which process is next is the seed's to say,
and so is the order of timers that are due at the same moment. What belongs to a dead process never runs again; what
belongs to a stopped one waits; of one that is suspended the timers stand still as well. Connections and listeners are
the network's (`network`), threads are callbacks, names are not looked up, and nothing here asks the machine for time.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import random
import sys
from asyncio import BaseEventLoop, Handle, TimerHandle
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from proving.lives import LIFE, Gone, Life, Soon, Stalled, Timer

if TYPE_CHECKING:
    from proving.network import Network

_STEP_S = 20e-6  # what a callback takes
_THREAD_S = 0.002
__all__ = ["LIFE", "Gone", "Life", "Stalled", "WorldLoop"]


class WorldLoop(BaseEventLoop):
    """`seed` decides every order that asyncio leaves open."""

    network: Network

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng = random.Random(f"loop:{seed}")
        self.world_time = 0.0
        self.steps = 0
        self.outside = Life("world", 0)  # whoever is no process: the people, the faults, the wires
        self._lives: list[Life] = []  # those with something ready
        self.lives: list[Life] = [self.outside]  # all there ever were
        self._timers: list[tuple[float, float, int, Timer]] = []  # due, the seed's order of ties, no further ties
        self._asked = 0
        self.broken: list[str] = []  # what nobody caught
        self.until: float = float("inf")  # a world that goes on after this has hung
        self.set_exception_handler(self._note_broken)

    # Time -----------------------------------------------------------------------------------------------------------

    def time(self) -> float:
        """The monotonic clock of whoever asks: it does not count the time slept through."""
        life = LIFE.get()
        return self.world_time if life is None else self.world_time - life.slept

    # Asking for callbacks -------------------------------------------------------------------------------------------

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> Handle:  # type: ignore[override]
        if context is None:
            context = copy_context()
        handle = Soon(callback, args, self, context)
        life = context.get(LIFE) or self.outside
        if life.alive:
            if life.halted:
                life.parked.append(handle)
            else:
                if not life.ready:
                    self._lives.append(life)
                life.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there is one thread

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        if context is None:
            context = copy_context()
        life = context.get(LIFE) or self.outside
        return self._at(self.world_time + max(0.0, delay), life, callback, args, context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> TimerHandle:
        if context is None:
            context = copy_context()
        life = context.get(LIFE) or self.outside
        return self._at(when + life.slept, life, callback, args, context)

    def _at(
        self, when: float, life: Life, callback: Callable[..., Any], args: tuple[Any, ...], context: Context
    ) -> TimerHandle:
        timer = Timer(when, life, callback, args, self, context)
        self._push(timer)
        return timer

    def _push(self, timer: Timer) -> None:
        self._asked += 1
        heapq.heappush(self._timers, (timer.due, self.rng.random(), self._asked, timer))

    # Running --------------------------------------------------------------------------------------------------------

    def _run_once(self) -> None:
        lives = self._lives
        if not lives:
            self._to_next_timer()
        if self._timers and self._timers[0][0] <= self.world_time:
            self._due()
        while lives and not self._stopping:  # type: ignore[attr-defined]
            life = lives[0] if len(lives) == 1 else lives[int(self.rng.random() * len(lives))]
            handle = life.ready.popleft()
            if not life.ready:
                lives.remove(life)
            if handle._cancelled:
                continue
            self.steps += 1
            self.world_time += _STEP_S
            try:
                handle._context.run(handle._callback, *handle._args)  # type: ignore[attr-defined]
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self.call_exception_handler(
                    {"message": "Exception in a callback", "exception": error, "handle": handle}
                )
            if self._timers and self._timers[0][0] <= self.world_time:
                self._due()

    def _to_next_timer(self) -> None:
        timers = self._timers
        while timers and (timers[0][3]._cancelled or not timers[0][3].owner.alive):
            heapq.heappop(timers)
        if not timers:
            raise Stalled("expected something to happen, was a world in which nothing can happen any more")
        self.world_time = max(self.world_time, timers[0][0])
        if self.world_time > self.until:
            raise Stalled(f"expected the world to end by {self.until:.0f} s, was still going")

    def _due(self) -> None:
        timers = self._timers
        while timers and timers[0][0] <= self.world_time:
            timer = heapq.heappop(timers)[3]
            life = timer.owner
            if timer._cancelled or not life.alive:
                continue
            if life.suspended_at is None and timer.slept != life.slept:
                timer.due += life.slept - timer.slept
                timer.slept = life.slept
                self._push(timer)
            elif life.halted:
                life.parked.append(timer)
            else:
                if not life.ready:
                    self._lives.append(life)
                life.ready.append(timer)

    # The lives of processes -----------------------------------------------------------------------------------------

    def end(self, life: Life) -> None:
        """kill -9: nothing of it runs any more, clean-up included."""
        self._keep(life)
        life.alive = False
        life.parked.clear()
        if life.ready:
            life.ready.clear()
            self._lives.remove(life)

    def _keep(self, life: Life) -> None:
        """Tasks that a library began at once by itself (aiohttp, from Python 3.12 on) asked nobody here to be made:
        they are kept like the others, or somebody would collect, and so close, what the kill left standing."""
        known = set(life.tasks)
        for task in asyncio.all_tasks(self):
            context_of = getattr(task, "get_context", None)  # 3.12 on
            if task not in known and context_of is not None and (context_of().get(LIFE) or self.outside) is life:
                life.tasks.append(task)

    def halt(self, life: Life) -> None:
        """SIGSTOP."""
        self._park(life)
        life.stopped = True

    def resume(self, life: Life) -> None:
        """SIGCONT."""
        life.stopped = False
        self._unpark(life)

    def suspend(self, life: Life) -> None:
        """The machine under it sleeps: its timers stand still, the world's time goes on."""
        self._park(life)
        life.suspended_at = self.world_time

    def wake(self, life: Life) -> None:
        if life.suspended_at is None:
            return
        life.slept += self.world_time - life.suspended_at
        life.suspended_at = None
        self._unpark(life)

    def _park(self, life: Life) -> None:
        if life.ready:
            life.parked.extend(life.ready)
            life.ready.clear()
            self._lives.remove(life)

    def _unpark(self, life: Life) -> None:
        if life.halted or not life.alive:
            return
        listed = bool(life.ready)
        waiting, life.parked = life.parked, deque()
        for handle in waiting:
            if isinstance(handle, Timer) and handle.slept != life.slept:
                handle.due += life.slept - handle.slept
                handle.slept = life.slept
                self._push(handle)
            else:
                life.ready.append(handle)
        if life.ready and not listed:
            self._lives.append(life)

    # What asyncio is asked for otherwise ----------------------------------------------------------------------------

    def create_task(self, coro: Any, **options: Any) -> Any:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, **options)
        context = options.get("context")
        life = LIFE.get() if context is None else context.get(LIFE)
        keep = (life or self.outside).tasks
        keep.append(task)
        if len(keep) > 512:
            (life or self.outside).tasks = [one for one in keep if not one.done()]
        return task

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """A thread of a pool: done a moment later, in one piece, unless its process has died by then."""
        answer: asyncio.Future[Any] = self.create_future()

        def work() -> None:
            if answer.done():
                return
            try:
                answer.set_result(func(*args))
            except Exception as error:
                answer.set_exception(error)

        self.call_later(self.rng.random() * _THREAD_S, work)
        return answer

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> list[Any]:
        raise OSError(f"expected an address, was the name {host!r}: nobody looks names up here")

    async def create_connection(self, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:  # type: ignore[override]
        return await self.network.connect(factory, str(host), int(port))

    async def create_server(self, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:  # type: ignore[override]
        return self.network.listen(factory, str(host), int(port or 0))

    def add_signal_handler(self, sig: int, callback: Any, *args: Any) -> None:  # type: ignore[override]
        raise NotImplementedError("expected processes to be told by the world, was a signal handler")

    def _asyncgen_firstiter_hook(self, agen: Any) -> None:
        """Nobody shuts a world's generators down one by one: they end with their lives."""

    def _process_events(self, event_list: Any) -> None:
        return None

    def _write_to_self(self) -> None:
        return None

    def _note_broken(self, loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Gone) or "never retrieved" in str(context.get("message")):
            return  # a process that ended itself, and what it left unread
        self.broken.append(f"{context.get('message', '')}: {error!r}"[:400])

    def bury(self) -> None:
        """At the end of a world: takes apart what the dead and the living left standing, without a word from them."""
        for life in self.lives:
            if life.alive and life is not self.outside:
                self.end(life)
        self.end(self.outside)
        self._timers.clear()
        hook, sys.unraisablehook = sys.unraisablehook, _nothing
        try:
            for life in self.lives:
                for task in life.tasks:
                    if not task.done():
                        task._log_destroy_pending = False  # type: ignore[attr-defined]
                        coroutine = task.get_coro()
                        with contextlib.suppress(BaseException):  # clean-up code of the dead may say what it likes
                            if coroutine is not None:  # a task that began at once and is over has none (3.12 on)
                                coroutine.close()
                life.tasks.clear()
                life.parked.clear()
        finally:
            sys.unraisablehook = hook


def _nothing(unraisable: Any) -> None:
    return None
