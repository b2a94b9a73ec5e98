"""Slots, accounts and a diary in dictionaries, and a market whose clock a test turns, for schedulers without a
database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fakes import OTHER, USER

from domain.calendar import Calendar
from domain.clock import ManualClock
from domain.proto import oms_pb2 as pb
from domain.slots import Due, Kind, Outcome, Slot
from graph.schedule.jobs import Ended, Task
from proving.day.slots import Slots
from tools.checks import Checked
from tools.ports import Identity, JournalEntry, PortUnavailable


class MemorySlots(Slots):
    """Rows in memory that others may get between, as between two statements. `down` raises PortUnavailable."""

    down = False

    def _check(self) -> None:
        if self.down:
            raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="desk")

    async def claim(self, account_ref: str, kind: Kind, slot: str, at: datetime, by: str) -> bool:
        await asyncio.sleep(0)
        self._check()
        return await super().claim(account_ref, kind, slot, at, by)

    async def ended(
        self, account_ref: str, kind: Kind, slot: str, at: datetime, outcome: Outcome, text: str = ""
    ) -> bool:
        await asyncio.sleep(0)
        self._check()
        return await super().ended(account_ref, kind, slot, at, outcome, text)

    async def newest_of_all(self, since: datetime) -> list[Slot]:
        self._check()
        return await super().newest_of_all(since)

    async def without_end(self, before: datetime) -> list[Slot]:
        self._check()
        return await super().without_end(before)

    def of(self, who: Identity, kind: Kind) -> dict[str, Outcome | None]:
        """Slot → how it ended."""
        mine = [row for row in self.rows.values() if (row.account_ref, row.kind) == (who.account_ref, kind)]
        return {row.slot[-5:]: row.outcome for row in sorted(mine, key=lambda row: row.slot)}


@dataclass
class MemoryAccounts:
    rows: list[Checked] = field(default_factory=list)

    async def checked(self, venue: str, now: datetime) -> Sequence[Checked]:
        return self.rows


@dataclass
class MemoryDiary:
    entries: list[tuple[UUID, JournalEntry]] = field(default_factory=list)

    async def note(self, user_id: UUID, entry: JournalEntry) -> None:
        self.entries.append((user_id, entry))

    async def identity_of(self, account_ref: str) -> Identity | None:
        return next((who for who in (USER, OTHER) if who.account_ref == account_ref), None)

    def said(self, who: Identity = USER) -> list[str]:
        return [entry.summary for user, entry in self.entries if user == who.user_id]


@dataclass
class ClockedMarket:
    """Only the market's clock: the wall's, on a calendar of a test's choice."""

    clock: ManualClock
    calendar: str = "krx"
    down: bool = False

    async def market_clock(self) -> pb.MarketClockReply:
        if self.down:
            raise PortUnavailable("시세를 받지 못하고 있어요.", where="market")
        reply = pb.MarketClockReply(calendar=self.calendar, speed="1")
        reply.now.FromDatetime(self.clock.now())
        return reply


@dataclass
class Ran:
    """A job that remembers what it ran; `hangs` and `breaks` are accounts it never returns or raises for."""

    seen: list[tuple[str, str]] = field(default_factory=list)
    hangs: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)
    outcome: Outcome = Outcome.DONE
    reports: list[str] = field(default_factory=list)

    async def __call__(self, due: Due, who: Identity | None) -> Ended:
        account = who.account_ref if who is not None else ""
        self.seen.append((account, due.slot[-5:]))
        if due.report_only:
            self.reports.append(due.slot[-5:])
        if account in self.hangs:
            await asyncio.Event().wait()
        if account in self.breaks:
            raise ValueError("expected no trouble, was made")
        await asyncio.sleep(0)
        return Ended(self.outcome, "했어요.")

    def task(self, seconds: float = 60.0) -> Task:
        return Task(self, seconds)


async def quiet(who: Identity, calendar: Calendar, at: datetime) -> bool:
    return False
