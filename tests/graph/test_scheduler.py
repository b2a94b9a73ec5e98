"""The scheduler over dictionaries: each slot once, late ones told and not run, deaths told, nobody held by another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fakes import OTHER, USER
from slot_fakes import ClockedMarket, MemoryAccounts, MemoryDiary, MemorySlots, Ran, quiet

from domain.calendar import Calendar
from domain.clock import KST, ManualClock
from domain.slots import MACHINE, Kind, Outcome
from graph.schedule.jobs import Task
from graph.schedule.scheduler import Busy, Outside, Scheduler
from tools.checks import Checked
from tools.ports import Identity

OPENING = datetime(2026, 11, 23, 9, 0, tzinfo=KST)


@dataclass
class Stage:
    """One day's tables and clock; `scheduler` makes one more process over them."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(OPENING))
    slots: MemorySlots = field(default_factory=MemorySlots)
    diary: MemoryDiary = field(default_factory=MemoryDiary)
    cycle: Ran = field(default_factory=Ran)
    rebalance: Ran = field(default_factory=Ran)
    report: Ran = field(default_factory=Ran)
    macro: Ran = field(default_factory=Ran)
    busy: Busy = quiet

    def __post_init__(self) -> None:
        self.market = ClockedMarket(self.clock)
        since = OPENING - timedelta(days=1)
        self.accounts = MemoryAccounts([Checked(who, since, False) for who in (USER, OTHER)])

    def scheduler(self, by: str = "one", **options: Any) -> Scheduler:
        tasks = {
            Kind.CYCLE: self.cycle.task(),
            Kind.REBALANCE: self.rebalance.task(),
            Kind.REPORT: self.report.task(),
            Kind.MACRO: self.macro.task(),
        }
        outside = Outside(self.slots, self.accounts, self.market, self.diary, self.clock, self.busy)  # type: ignore[arg-type]
        return Scheduler(outside, {**tasks, **options.pop("tasks", {})}, "sim", by, **options)

    async def until(self, at: str, *schedulers: Scheduler, step: float = 60.0) -> None:
        """Looks every `step` seconds until that time of the day."""
        hour, minute = at.split(":")
        end = OPENING.replace(hour=int(hour), minute=int(minute))
        while self.clock.now() <= end:
            await asyncio.gather(*(each.tick() for each in schedulers))
            await asyncio.gather(*(each.lanes.idle() for each in schedulers))
            self.clock.advance(step)


async def test_a_day_has_fourteen_checks_an_account_of_which_the_last_reports_and_then_the_day_is_summed_up() -> None:
    stage = Stage()
    await stage.until("15:45", stage.scheduler())
    for who in (USER, OTHER):
        checks = stage.slots.of(who, Kind.CYCLE)
        assert len(checks) == 14
        assert set(checks.values()) == {Outcome.DONE}
        assert list(stage.slots.of(who, Kind.REPORT)) == ["15:30"]
        assert len(stage.slots.of(who, Kind.REBALANCE)) == 38
    assert stage.cycle.reports == ["15:30", "15:30"]
    assert stage.report.seen == [(USER.account_ref, "15:30"), (OTHER.account_ref, "15:30")]
    assert [slot for _, slot in stage.macro.seen] == ["09:00"]
    assert stage.diary.entries == []  # what went well is the graphs' to say


async def test_several_schedulers_run_each_slot_once() -> None:
    stage = Stage()
    await stage.until("12:00", *(stage.scheduler(by) for by in ("one", "two", "three")))
    assert len(stage.cycle.seen) == len(set(stage.cycle.seen)) == 14
    assert len(stage.rebalance.seen) == len(set(stage.rebalance.seen))
    assert len(stage.macro.seen) == 1


async def test_what_was_slept_through_is_skipped_recorded_and_told_and_never_run_late() -> None:
    stage = Stage()
    await stage.until("10:00", stage.scheduler())
    stage.clock.advance(3_600)
    await stage.until("11:30", stage.scheduler("two"))
    checks = stage.slots.of(USER, Kind.CYCLE)
    assert [slot for slot, outcome in checks.items() if outcome is Outcome.SKIPPED] == ["10:30"]
    assert ("sim-alpha", "10:30") not in stage.cycle.seen
    said = "\n".join(stage.diary.said())
    assert "2026-11-23T10:30 점검: 제때 시작하지 못해 건너뛰었어요." in said
    assert "비중 점검: 제때 시작하지 못해" in said
    assert len(stage.diary.said()) == 2


async def test_a_slot_whose_runner_died_is_told_as_interrupted_once_and_not_run_again() -> None:
    stage = Stage()
    stage.cycle.hangs = {USER.account_ref}
    dying = stage.scheduler("dying")
    await dying.tick()
    await asyncio.sleep(0.01)
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": None}
    stage.cycle.hangs = set()
    stage.clock.advance(119)
    others = [stage.scheduler(by) for by in ("two", "three")]
    await asyncio.gather(*(each.tick() for each in others))
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": None}  # it may still be at it
    await stage.until("09:04", *others)
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": Outcome.INTERRUPTED}
    assert [line for line in stage.diary.said() if "중단됨" in line] == stage.diary.said()
    assert len(stage.diary.said()) == 1
    assert stage.cycle.seen.count((USER.account_ref, "09:00")) == 1
    await dying.lanes.drain(0)


async def test_an_account_does_one_thing_at_a_time_over_all_schedulers() -> None:
    stage = Stage()
    stage.cycle.hangs = {USER.account_ref}
    one, two = (
        stage.scheduler("one", tasks={Kind.CYCLE: stage.cycle.task(600.0)}),
        stage.scheduler("two", tasks={Kind.CYCLE: stage.cycle.task(600.0)}),
    )
    await one.tick()
    await stage.until("09:06", two)
    assert stage.slots.of(USER, Kind.REBALANCE) == {}
    assert stage.slots.of(OTHER, Kind.REBALANCE) == {"09:05": Outcome.DONE}
    await one.lanes.drain(0)
    await two.tick()
    await two.lanes.idle()
    assert stage.slots.of(USER, Kind.REBALANCE) == {"09:05": Outcome.DONE}


async def test_an_account_that_hangs_is_cut_off_and_holds_nobody_else() -> None:
    stage = Stage()
    stage.cycle.hangs = {USER.account_ref}
    scheduler = stage.scheduler(tasks={Kind.CYCLE: stage.cycle.task(0.05)})
    await scheduler.tick()
    await scheduler.lanes.idle()
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": Outcome.FAILED}
    assert stage.slots.of(OTHER, Kind.CYCLE) == {"09:00": Outcome.DONE}
    assert stage.diary.said() == ["2026-11-23T09:00 점검: 제시간에 끝나지 않아 멈췄어요."]


async def test_a_job_that_breaks_ends_its_slot_and_its_reason_stays_in_the_log() -> None:
    stage = Stage()
    stage.cycle.breaks = {USER.account_ref}
    await stage.until("09:30", stage.scheduler())
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": Outcome.FAILED, "09:30": Outcome.FAILED}
    assert stage.slots.of(OTHER, Kind.CYCLE) == {"09:00": Outcome.DONE, "09:30": Outcome.DONE}
    assert not any("expected" in line for line in stage.diary.said())


async def test_research_that_fails_stops_no_check_and_is_tried_again_after_an_hour() -> None:
    stage = Stage()
    stage.macro.outcome = Outcome.FAILED
    await stage.until("11:00", stage.scheduler())
    assert [slot for _, slot in stage.macro.seen] == ["09:00", "10:00", "11:00"]
    assert len(stage.slots.of(USER, Kind.CYCLE)) == 5


async def test_a_silent_market_costs_trading_slots_and_no_research() -> None:
    stage = Stage()
    stage.market.down = True
    await stage.until("09:20", stage.scheduler())
    assert (stage.cycle.seen, len(stage.macro.seen)) == ([], 1)
    stage.market.down = False
    await stage.until("09:30", stage.scheduler())
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": Outcome.SKIPPED, "09:30": Outcome.DONE}


async def test_a_silent_database_begins_nothing_and_an_end_it_missed_is_said_later() -> None:
    stage = Stage()
    scheduler = stage.scheduler()
    stage.slots.down = True
    assert await scheduler.tick() == 0
    assert stage.cycle.seen == []
    stage.slots.down = False
    stage.cycle.hangs = {USER.account_ref}
    scheduler = stage.scheduler(tasks={Kind.CYCLE: stage.cycle.task(0.05)})
    await scheduler.tick()
    await asyncio.sleep(0.02)
    stage.slots.down = True
    await scheduler.lanes.idle()
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": None}
    stage.slots.down = False
    await scheduler.tick()
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": Outcome.FAILED}


async def test_a_stop_waits_for_what_runs_and_says_what_it_cut_off() -> None:
    stage = Stage()
    stage.cycle.hangs = {USER.account_ref}
    scheduler = stage.scheduler()
    await scheduler.tick()
    await scheduler.lanes.drain(0.05)
    assert stage.slots.of(USER, Kind.CYCLE) == {"09:00": Outcome.INTERRUPTED}
    assert stage.slots.of(OTHER, Kind.CYCLE) == {"09:00": Outcome.DONE}
    assert "끄는 동안" in stage.diary.said()[0]


async def test_no_more_accounts_at_once_than_allowed_and_none_is_left_out() -> None:
    stage = Stage()
    most = 0

    async def counting(due: Any, who: Any) -> Any:
        nonlocal most
        most = max(most, scheduler.lanes.accounts)
        await asyncio.sleep(0.001)
        return await stage.cycle(due, who)

    people = [Identity(USER.user_id, str(n), f"account-{n:02}", "sim") for n in range(11)]
    stage.accounts.rows = [Checked(who, OPENING - timedelta(days=1), False) for who in people]
    scheduler = stage.scheduler(tasks={Kind.CYCLE: Task(counting, 60.0)}, most=3)
    while len(stage.cycle.seen) < len(people):
        await scheduler.tick()
        await scheduler.lanes.idle()
    assert most == 3
    assert {account for account, _ in stage.cycle.seen} == {who.account_ref for who in people}


async def test_a_busy_market_is_looked_at_twice_as_often_and_asked_after_once_a_point() -> None:
    asked = []

    async def busy(who: Identity, calendar: Calendar, at: datetime) -> bool:
        asked.append((who.name, at.strftime("%H:%M")))
        return who == USER

    stage = Stage(busy=busy)
    await stage.until("09:29", stage.scheduler(), step=20.0)
    assert list(stage.slots.of(USER, Kind.REBALANCE)) == ["09:05", "09:10", "09:15", "09:20", "09:25"]
    assert list(stage.slots.of(OTHER, Kind.REBALANCE)) == ["09:05", "09:15", "09:25"]
    assert len(asked) == len(set(asked)) == 10


async def test_an_account_that_cannot_be_judged_holds_nobody_else() -> None:
    async def busy(who: Identity, calendar: Calendar, at: datetime) -> bool:
        if who == USER:
            raise ValueError("expected no trouble, was made")
        return True

    stage = Stage(busy=busy)
    await stage.until("09:15", stage.scheduler())
    assert list(stage.slots.of(OTHER, Kind.REBALANCE)) == ["09:05", "09:10", "09:15"]


async def test_research_waits_a_moment_after_a_start_and_checks_do_not() -> None:
    stage = Stage()
    scheduler = stage.scheduler(calm=10.0)
    await scheduler.tick()
    await scheduler.lanes.idle()
    assert (len(stage.cycle.seen), stage.macro.seen) == (2, [])
    stage.clock.advance(10)
    await scheduler.tick()
    await scheduler.lanes.idle()
    assert len(stage.macro.seen) == 1


async def test_a_told_end_names_its_account() -> None:
    stage = Stage()
    heard: list[tuple[str, str]] = []
    scheduler = stage.scheduler(told=lambda account, due, ended: heard.append((account, due.kind.value)))
    await scheduler.tick()
    await scheduler.lanes.idle()
    assert sorted(heard) == [(MACHINE, "macro"), (USER.account_ref, "cycle"), (OTHER.account_ref, "cycle")]
