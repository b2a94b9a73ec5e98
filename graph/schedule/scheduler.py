"""One look at the clock and the rows: what is due is begun, what was lost is said, and nothing waits for long.

Contract: `tick` may be called as often as one likes and by any number of processes; a slot's row decides who runs it,
so it runs at most once. An account does one thing at a time, wherever that runs, a few accounts at once, and one that
hangs holds nobody else. A late trading slot is recorded and told, never run. A slot whose runner died is told as
interrupted and left: its thread goes on by the sweeper's rules alone. A silent market costs trading slots only.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from domain.calendar import Calendar, calendar_named
from domain.clock import KST, Clock
from domain.slots import MACHINE, RESEARCH_KINDS, Due, Kind, Slot, due, research_due, technical_due
from graph.schedule.jobs import Tasks
from graph.schedule.lanes import Diary, Lanes, Told
from graph.schedule.ports import CheckedAccounts, SlotPort
from tools.checks import Checked
from tools.ports import Identity, MarketPort, PortUnavailable

log = structlog.get_logger(__name__)

MOST = 4  # accounts at once
RECENT = timedelta(days=2)  # older rows say nothing about what is due
LOST = timedelta(seconds=60)  # beyond its time-out: then a slot's runner is dead

Busy = Callable[[Identity, Calendar, datetime], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Outside:
    """What the scheduler asks. `busy`: does an account's market trade more than usual at this moment of market time?"""

    slots: SlotPort
    accounts: CheckedAccounts
    market: MarketPort
    diary: Diary
    wall: Clock
    busy: Busy


@dataclass(frozen=True, slots=True)
class MarketNow:
    """The venue's moment, its calendar, and how fast its clock runs."""

    at: datetime
    calendar: Calendar
    speed: float


@dataclass(slots=True)
class Seen:
    """What the last whole look found, for whoever asks how the scheduler is. `good_at` is monotonic."""

    good_at: float = float("-inf")
    market: MarketNow | None = None
    newest: list[Slot] = field(default_factory=list)
    accounts: int = 0


class Scheduler:
    """`venue` is the one whose accounts are checked, `by` names this runner in the rows; for `calm` seconds no research
    begins."""

    def __init__(
        self,
        outside: Outside,
        tasks: Tasks,
        venue: str,
        by: str,
        *,
        most: int = MOST,
        told: Told | None = None,
        calm: float = 0.0,
    ) -> None:
        self._outside = outside
        self._tasks = tasks
        self._venue = venue
        self._most = most
        self._calm_until = outside.wall.monotonic() + calm
        self._paces: dict[str, tuple[str, bool]] = {}  # account → point of the clock, and whether it was busy there
        self.lanes = Lanes(outside.slots, outside.diary, outside.wall, by, told)
        self.seen = Seen()

    @property
    def kinds(self) -> frozenset[Kind]:
        """What this scheduler runs at all."""
        return frozenset(self._tasks)

    async def tick(self) -> int:
        """One look. Returns how many slots were begun; what goes wrong is logged, and the next look tries again."""
        try:
            return await self._look()
        except PortUnavailable as gone:
            log.warning("schedule.unavailable", where=gone.where)
        except Exception:
            # Everything regular hangs on this loop: a defect met in one look must not end the later ones.
            log.error("schedule.failed", trace=traceback.format_exc())  # as text: a traceback would show locals
        return 0

    async def _look(self) -> int:
        now = self._outside.wall.now()
        await self.lanes.say_owed()
        for lost in await self._outside.slots.without_end(now - LOST):
            task = self._tasks.get(lost.kind)
            if task is not None and now - lost.claimed_at > LOST + timedelta(seconds=task.seconds):
                await self.lanes.say_lost(lost)
        newest = await self._outside.slots.newest_of_all(now - RECENT)
        market = await self._market()
        begun = self._research(now, market, newest)
        if market is not None:
            begun += await self._accounts(now, market, newest)
        self.seen.market, self.seen.newest, self.seen.good_at = market, newest, self._outside.wall.monotonic()
        return begun

    async def _market(self) -> MarketNow | None:
        try:
            reply = await self._outside.market.market_clock()
        except PortUnavailable as gone:
            log.warning("schedule.no_market", where=gone.where)
            return None
        at = reply.now.ToDatetime(tzinfo=UTC).astimezone(KST)
        return MarketNow(at, calendar_named(reply.calendar or "krx"), float(reply.speed or 1))

    # Research ---------------------------------------------------------------------------------------------------
    def _research(self, now: datetime, market: MarketNow | None, newest: Sequence[Slot]) -> int:
        if self._outside.wall.monotonic() < self._calm_until:
            return 0
        known = {row.kind: row for row in newest if row.account_ref == MACHINE}
        begun = 0
        for kind in sorted(RESEARCH_KINDS & self._tasks.keys()):
            if kind is not Kind.TECHNICAL:
                owed = research_due(kind, now, known.get(kind))
            else:
                owed = None if market is None else technical_due(market.calendar, market.at, known.get(kind))
            if owed is not None and kind not in self.lanes:
                self.lanes.begin(kind, None, owed, self._tasks[kind])
                begun += 1
        return begun

    # Accounts ---------------------------------------------------------------------------------------------------
    async def _accounts(self, now: datetime, market: MarketNow, newest: Sequence[Slot]) -> int:
        checked = await self._outside.accounts.checked(self._venue, now)
        self.seen.accounts = len(checked)
        known: dict[str, dict[Kind, Slot]] = {}
        for row in newest:
            known.setdefault(row.account_ref, {})[row.kind] = row
        begun = 0
        for each in checked:
            if each.who.account_ref in self.lanes:
                continue
            try:
                begun += await self._account(each, now, market, known.get(each.who.account_ref, {}))
            except PortUnavailable:
                raise  # the tables are gone: for everybody
            except Exception:
                # Whatever is wrong with one account must not keep the others from theirs.
                trace = traceback.format_exc()
                log.error("schedule.account_failed", account=each.who.account_ref, trace=trace)
        return begun

    async def _account(self, each: Checked, now: datetime, market: MarketNow, known: Mapping[Kind, Slot]) -> int:
        owed = await self._owed(each, now, market, known)
        for late in (one for one in owed if one.late):
            await self.lanes.skip(each.who, late)
        first = next((one for one in owed if not one.late), None)  # the next look finds the next one
        elsewhere = any(row.is_running for row in known.values() if row.kind in self._tasks)
        if first is None or elsewhere or self.lanes.accounts >= self._most:
            return 0
        self.lanes.begin(each.who.account_ref, each.who, first, self._tasks[first.kind])
        return 1

    async def _owed(self, each: Checked, now: datetime, market: MarketNow, known: Mapping[Kind, Slot]) -> list[Due]:
        since = market.at - (now - each.since) * market.speed
        owed = due(market.calendar, market.at, known, since, busy=True)
        point = next((one.slot for one in owed if one.kind is Kind.REBALANCE and not one.late), None)
        if point is not None and not await self._is_busy(each.who, point, market):
            owed = due(market.calendar, market.at, known, since, busy=False)
        return [one for one in owed if one.kind in self._tasks]

    async def _is_busy(self, who: Identity, point: str, market: MarketNow) -> bool:
        """Asked once a point of the clock: the answer compares with the one before it."""
        asked, busy = self._paces.get(who.account_ref, ("", False))
        if asked != point:
            try:
                busy = await self._outside.busy(who, market.calendar, market.at)
            except PortUnavailable:
                busy = False
            self._paces[who.account_ref] = (point, busy)
        return busy
