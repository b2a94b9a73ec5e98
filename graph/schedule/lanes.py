"""Slots while they run: one thing at a time in a lane, claimed by a row, cut off at its time-out, ended by a row.

Contract: a lane is an account or a kind of research. Whoever does not win the slot's row does nothing. Every slot that
was claimed here gets an end: its job's word, a failure, or that it was cut off; an end that the database could not be
told is said at the next look. What did not go as it should is a line in the diary of its account.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

import structlog

from domain.clock import Clock
from domain.slots import MACHINE, RESEARCH_KINDS, Due, Kind, Outcome, Slot
from graph.schedule import words
from graph.schedule.jobs import Ended, Task
from graph.schedule.ports import SlotPort
from tools.ports import Identity, JournalEntry, PortUnavailable

log = structlog.get_logger(__name__)

CLOSING_SECONDS = 3.0  # to say that a slot was cut off

Told = Callable[[str, Due, Ended], None]  # account, slot, how it ended


class Diary(Protocol):
    """What the scheduler writes of its own; the desk's tables have it."""

    async def note(self, user_id: UUID, entry: JournalEntry) -> None: ...
    async def identity_of(self, account_ref: str) -> Identity | None: ...


class Lanes:
    """`by` names this runner in the rows; `told` hears of every end."""

    def __init__(self, slots: SlotPort, diary: Diary, wall: Clock, by: str, told: Told | None = None) -> None:
        self._slots = slots
        self._diary = diary
        self._wall = wall
        self._by = by
        self._told = told
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._mine: set[tuple[str, Kind, str]] = set()
        self._owed: list[Callable[[], Awaitable[None]]] = []

    def __contains__(self, lane: str) -> bool:
        return lane in self._lanes

    @property
    def running(self) -> list[tuple[str, Kind, str]]:
        """Account, kind and slot of what runs here."""
        return sorted(self._mine)

    @property
    def accounts(self) -> int:
        """How many accounts have something running here."""
        return sum(lane not in RESEARCH_KINDS for lane in self._lanes)

    def begin(self, lane: str, who: Identity | None, owed: Due, task: Task) -> None:
        made = asyncio.create_task(self._run(who, owed, task), name=f"{lane}:{owed.slot}")
        self._lanes[lane] = made
        made.add_done_callback(lambda done: self._lanes.pop(lane, None))

    async def skip(self, who: Identity, late: Due) -> None:
        """Records what comes too late; whoever claims it first says it. Raises PortUnavailable."""
        now, account = self._wall.now(), who.account_ref
        if await self._slots.claim(account, late.kind, late.slot, now, self._by):
            ended = Ended(Outcome.SKIPPED, words.late(late))
            await self._slots.ended(account, late.kind, late.slot, now, ended.outcome, ended.text)
            await self._note(who, late.kind, late.slot, ended, missed=late.missed)
            self._tell(account, late, ended)

    async def say_lost(self, lost: Slot) -> None:
        """Of a slot whose runner is not heard of any more; whoever says it first notes it. Raises PortUnavailable."""
        if (lost.account_ref, lost.kind, lost.slot) in self._mine:
            return
        ended = Ended(Outcome.INTERRUPTED, words.DIED)
        said = (lost.account_ref, lost.kind, lost.slot, self._wall.now(), ended.outcome, ended.text)
        if not await self._slots.ended(*said):
            return
        log.warning("slot.lost", kind=lost.kind.value, slot=lost.slot, by=lost.claimed_by)
        who = await self._diary.identity_of(lost.account_ref) if lost.account_ref else None
        if who is not None:
            await self._note(who, lost.kind, lost.slot, ended)
        self._tell(lost.account_ref, Due(lost.kind, lost.slot), ended)

    async def say_owed(self) -> None:
        """Ends that could not be said when they came. Raises PortUnavailable."""
        while self._owed:
            await self._owed[0]()
            self._owed.pop(0)

    # One slot ---------------------------------------------------------------------------------------------------
    async def _run(self, who: Identity | None, owed: Due, task: Task) -> None:
        account = MACHINE if who is None else who.account_ref
        key = (account, owed.kind, owed.slot)
        self._mine.add(key)
        try:
            if not await self._slots.claim(account, owed.kind, owed.slot, self._wall.now(), self._by):
                return
            log.info("slot.begun", kind=owed.kind.value, slot=owed.slot)
            await self._close(who, owed, await self._ended(who, owed, task))
        except PortUnavailable as gone:
            log.warning("slot.not_claimed", kind=owed.kind.value, slot=owed.slot, where=gone.where)
        finally:
            self._mine.discard(key)

    async def _ended(self, who: Identity | None, owed: Due, task: Task) -> Ended:
        try:
            async with asyncio.timeout(task.seconds):
                return await task.run(owed, who)
        except TimeoutError:
            return Ended(Outcome.FAILED, words.TOO_LONG)
        except PortUnavailable as gone:
            return Ended(Outcome.FAILED, gone.message)
        except asyncio.CancelledError:
            saying = asyncio.create_task(self._close(who, owed, Ended(Outcome.INTERRUPTED, words.STOPPED)))
            await asyncio.wait({saying}, timeout=CLOSING_SECONDS)
            raise
        except Exception:
            # A job may be anything; the slot has to end whatever it met, and the person to read that it did.
            trace = traceback.format_exc()  # as text: a rendered traceback would show locals
            log.error("slot.failed", kind=owed.kind.value, slot=owed.slot, trace=trace)
            return Ended(Outcome.FAILED, words.TROUBLE)

    async def _close(self, who: Identity | None, owed: Due, ended: Ended) -> None:
        account, at = MACHINE if who is None else who.account_ref, self._wall.now()
        log.info("slot.ended", kind=owed.kind.value, slot=owed.slot, outcome=ended.outcome.value)

        async def say() -> None:
            first = await self._slots.ended(account, owed.kind, owed.slot, at, ended.outcome, ended.text)
            if first and who is not None and ended.outcome is not Outcome.DONE:
                await self._note(who, owed.kind, owed.slot, ended)

        try:
            await say()
        except PortUnavailable:
            self._owed.append(say)
        self._tell(account, owed, ended)

    async def _note(self, who: Identity, kind: Kind, slot: str, ended: Ended, *, missed: int = 0) -> None:
        detail = {"missed": missed} if missed else {}
        entry = words.entry(kind, slot, ended.text, ended.outcome, self._wall.now(), **detail)
        try:
            await self._diary.note(who.user_id, entry)
        except PortUnavailable:
            log.warning("slot.not_noted", kind=kind.value, slot=slot)

    def _tell(self, account: str, owed: Due, ended: Ended) -> None:
        if self._told is not None:
            self._told(account, owed, ended)

    # The end ----------------------------------------------------------------------------------------------------
    async def idle(self) -> None:
        """Returns when nothing runs here."""
        while self._lanes:
            await asyncio.wait(set(self._lanes.values()))

    async def drain(self, seconds: float) -> None:
        """What runs may end, for so long; then it is cut off, which its slot says."""
        if self._lanes:
            await asyncio.wait(set(self._lanes.values()), timeout=seconds)
        left = list(self._lanes.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
