"""Locks of rows and of unique values, held to the end of a transaction.

Contract: SHARE (somebody refers to the row), UPDATE (the row is changed), EXCLUSIVE (the row is locked, or its key is
changed) conflict as FOR KEY SHARE, FOR NO KEY UPDATE and FOR UPDATE do. Waiters are served in their order; SHARE does
not queue behind those who wait for more. A waiter that is cancelled, or whose time is over, leaves no trace; a lock
that was granted to it meanwhile is its transaction's to give back. StorageFault after `LOCK_S`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from enum import IntEnum
from typing import Protocol

from execution.oms.errors import StorageFault

LOCK_S = 5.0  # as `tools.store.pool` sets it


class Locked(StorageFault):
    """Somebody held it until our time was over."""


class Mode(IntEnum):
    SHARE = 1
    UPDATE = 2
    EXCLUSIVE = 3


class Owner(Protocol):
    """A transaction, as its locks see it."""

    locks: dict[Hashable, Mode]
    waiting: asyncio.Future[None] | None  # for a lock: raises when the transaction ends

    def stalled_in(self) -> float | None:
        """Seconds until the server ends it for standing still; None when nothing limits it."""

    def end(self, error: Exception) -> None:
        """Rolls it back and gives its locks back."""


class _Lock:
    __slots__ = ("holders", "queue")

    def __init__(self) -> None:
        self.holders: dict[Owner, Mode] = {}
        self.queue: deque[tuple[Owner, Mode, asyncio.Future[None]]] = deque()

    def free_for(self, owner: Owner, mode: Mode) -> bool:
        return all(holder is owner or not _conflict(held, mode) for holder, held in self.holders.items())


def _conflict(one: Mode, other: Mode) -> bool:
    return one + other > Mode.SHARE + Mode.UPDATE


class Locks:
    def __init__(self) -> None:
        self._locks: dict[Hashable, _Lock] = {}

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return sum(len(lock.queue) for lock in self._locks.values())

    @property
    def held(self) -> bool:
        """Whether anybody holds or waits for any."""
        return bool(self._locks)

    def take_now(self, owner: Owner, what: Hashable, mode: Mode) -> bool:
        """True when nobody has to be waited for."""
        held = owner.locks.get(what)
        if held is not None and held >= mode:
            return True
        lock = self._locks.get(what)
        if lock is None:
            lock = self._locks[what] = _Lock()
        if not lock.free_for(owner, mode) or (lock.queue and mode is not Mode.SHARE and held is None):
            return False
        self._grant(lock, owner, what, mode)
        return True

    async def wait(self, owner: Owner, what: Hashable, mode: Mode) -> None:
        """Until it is granted. Raises StorageFault when its time, or the owner, has ended."""
        loop = asyncio.get_running_loop()
        lock = self._locks[what]
        turn: asyncio.Future[None] = loop.create_future()
        place = (owner, mode, turn)
        lock.queue.append(place)
        late = loop.call_later(LOCK_S, _give_up, turn)
        watch = _Watch(lock, owner, mode, loop)
        owner.waiting = turn
        try:
            watch.look()
            await turn
        finally:
            owner.waiting = None
            late.cancel()
            watch.stop()
            if place in lock.queue:
                lock.queue.remove(place)
                self._serve(lock, what)

    def release_all(self, owner: Owner) -> None:
        for what in list(owner.locks):
            lock = self._locks.get(what)
            if lock is None or lock.holders.pop(owner, None) is None:
                continue
            self._serve(lock, what)
        owner.locks.clear()

    def _serve(self, lock: _Lock, what: Hashable) -> None:
        while lock.queue:
            owner, mode, turn = lock.queue[0]
            if turn.done():
                lock.queue.popleft()
                continue
            if not lock.free_for(owner, mode):
                return
            lock.queue.popleft()
            self._grant(lock, owner, what, mode)
            turn.set_result(None)
        if not lock.holders and self._locks.get(what) is lock:
            del self._locks[what]

    def _grant(self, lock: _Lock, owner: Owner, what: Hashable, mode: Mode) -> None:
        strongest = max(mode, lock.holders.get(owner, mode))
        lock.holders[owner] = strongest
        owner.locks[what] = strongest


class _Watch:
    """Ends holders that stand still for longer than their session may, as long as somebody waits for them."""

    def __init__(self, lock: _Lock, owner: Owner, mode: Mode, loop: asyncio.AbstractEventLoop) -> None:
        self._lock, self._owner, self._mode, self._loop = lock, owner, mode, loop
        self._timer: asyncio.TimerHandle | None = None

    def look(self) -> None:
        soonest: float | None = None
        for holder, held in list(self._lock.holders.items()):
            if holder is self._owner or not _conflict(held, self._mode):
                continue
            left = holder.stalled_in()
            if left is None:
                continue
            if left <= 0:
                holder.end(StorageFault("expected the transaction to go on, was ended for standing still"))
            else:
                soonest = left if soonest is None else min(soonest, left)
        if soonest is not None:
            self._timer = self._loop.call_later(soonest, self.look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def fail(turn: asyncio.Future[None], error: StorageFault) -> None:
    """What waits for it raises, if anybody still runs that waits."""
    if not turn.done():
        turn.set_exception(error)
        turn.exception()  # seen: the process that waited may be dead


def _give_up(turn: asyncio.Future[None]) -> None:
    fail(turn, Locked(f"expected a lock within {LOCK_S:.0f} s, was still held"))
