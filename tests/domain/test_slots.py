"""What is due when: sessions and special days, lateness, research, and that no slot is due twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import AlwaysOpenCalendar, KrxCalendar
from domain.clock import KST
from domain.slots import (
    CYCLE_GRACE,
    MACHINE,
    REBALANCE_GRACE,
    Due,
    Kind,
    Outcome,
    Slot,
    cycle_slots,
    due,
    moment_of,
    name_of,
    next_cycle,
    next_research,
    rebalance_points,
    reports_only,
    research_due,
    technical_due,
)

KRX = KrxCalendar()
MONDAY = datetime(2026, 11, 23, tzinfo=KST)
EXAM = datetime(2026, 11, 19, tzinfo=KST)  # 수능: 10:00 to 16:30
NEW_YEAR = datetime(2027, 1, 4, tzinfo=KST)  # first session of a year: from 10:00
LONG_AGO = MONDAY - timedelta(days=30)


def at(day: datetime, text: str) -> datetime:
    hour, minute = text.split(":")
    return day + timedelta(hours=int(hour), minutes=int(minute))


def row(kind: Kind, slot: datetime, outcome: Outcome | None = Outcome.DONE, claimed: datetime | None = None) -> Slot:
    when = claimed or slot
    return Slot(MACHINE, kind, name_of(slot), when, "r", None if outcome is None else when, outcome)


@pytest.mark.parametrize(
    ("day", "first", "last", "count"),
    [(MONDAY, "09:00", "15:30", 14), (EXAM, "10:00", "16:30", 14), (NEW_YEAR, "10:00", "15:30", 12)],
)
def test_checks_stand_on_the_hours_of_the_session(day: datetime, first: str, last: str, count: int) -> None:
    slots = cycle_slots(KRX, day)
    assert [slots[0], slots[-1], len(slots)] == [at(day, first), at(day, last), count]
    assert {after - before for before, after in pairwise(slots)} == {timedelta(minutes=30)}
    assert [reports_only(KRX, slot) for slot in slots] == [False] * (count - 1) + [True]


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 12, 25), date(2026, 12, 31)])
def test_a_closed_day_has_nothing_due(day: date) -> None:
    noon = datetime.combine(day, datetime.min.time(), KST) + timedelta(hours=12)
    assert due(KRX, noon, {}, LONG_AGO) == []
    assert technical_due(KRX, noon, None) is None


def test_a_market_that_never_closes_is_checked_around_the_clock_and_reports_at_its_end() -> None:
    slots = cycle_slots(AlwaysOpenCalendar(), MONDAY)
    assert len(slots) == 49
    assert (slots[0], slots[-1]) == (MONDAY, at(MONDAY, "23:59"))


def test_the_closing_check_reports_and_the_days_report_waits_for_it() -> None:
    close = at(MONDAY, "15:30")
    known = {Kind.CYCLE: row(Kind.CYCLE, at(MONDAY, "15:00")), Kind.REBALANCE: row(Kind.REBALANCE, close)}
    assert due(KRX, close, known, LONG_AGO) == [Due(Kind.CYCLE, name_of(close), report_only=True)]
    known[Kind.CYCLE] = row(Kind.CYCLE, close, None)
    assert due(KRX, close + timedelta(minutes=1), known, LONG_AGO) == []
    report = [Due(Kind.REPORT, name_of(close), report_only=True)]
    assert due(KRX, close + timedelta(minutes=10), known, LONG_AGO) == report  # a check that hangs holds it no longer
    known[Kind.CYCLE] = row(Kind.CYCLE, close)
    assert due(KRX, close + timedelta(minutes=1), known, LONG_AGO) == report
    assert due(KRX, at(MONDAY, "23:00"), known | {Kind.REPORT: row(Kind.REPORT, close)}, LONG_AGO) == []


def test_what_was_missed_is_late_and_the_close_is_not() -> None:
    found = due(KRX, at(MONDAY, "10:50"), {}, LONG_AGO)
    cycles = [(each.slot[-5:], each.late) for each in found if each.kind is Kind.CYCLE]
    assert cycles == [("09:00", True), ("09:30", True), ("10:00", True), ("10:30", True)]
    (late,) = [each for each in found if each.kind is Kind.REBALANCE]
    assert (late.slot[-5:], late.late, late.missed) == ("10:45", True, 11)
    evening = due(KRX, at(MONDAY, "19:00"), {}, LONG_AGO)
    assert [each.kind for each in evening if not each.late] == [Kind.CYCLE, Kind.REPORT]
    assert all(each.report_only for each in evening if not each.late)


def test_nothing_is_owed_from_before_checks_were_switched_on() -> None:
    found = due(KRX, at(MONDAY, "10:04"), {}, at(MONDAY, "10:01"))
    assert found == []
    assert [each.slot[-5:] for each in due(KRX, at(MONDAY, "10:31"), {}, at(MONDAY, "10:29"))] == ["10:30"]


def test_between_the_checks_the_weights_are_looked_at_every_ten_minutes_or_five() -> None:
    quiet = [point.strftime("%H:%M") for point in rebalance_points(KRX, MONDAY, busy=False)]
    busy = [point.strftime("%H:%M") for point in rebalance_points(KRX, MONDAY, busy=True)]
    assert quiet[:4] == ["09:05", "09:15", "09:25", "09:35"]
    assert busy[:6] == ["09:05", "09:10", "09:15", "09:20", "09:25", "09:35"]
    assert quiet[-1] == busy[-1] == "15:15"  # the closing auction begins at 15:20
    assert set(quiet) < set(busy)
    assert not {name[-2:] for name in busy} & {"00", "30"}


def test_a_look_that_only_a_busy_market_would_have_had_is_not_missed() -> None:
    known = {Kind.CYCLE: row(Kind.CYCLE, at(MONDAY, "10:00")), Kind.REBALANCE: row(Kind.REBALANCE, at(MONDAY, "10:15"))}
    assert due(KRX, at(MONDAY, "10:24"), known, LONG_AGO, busy=True) == []
    assert [each.slot[-5:] for each in due(KRX, at(MONDAY, "10:21"), known, LONG_AGO, busy=True)] == ["10:20"]
    assert due(KRX, at(MONDAY, "10:21"), known, LONG_AGO, busy=False) == []


@given(
    looks=st.lists(st.integers(min_value=1, max_value=2_400), min_size=1, max_size=120),
    day=st.sampled_from([MONDAY, EXAM, NEW_YEAR]),
    busy=st.booleans(),
)
def test_however_often_one_looks_no_slot_is_due_twice_and_none_runs_late(
    looks: list[int], day: datetime, busy: bool
) -> None:
    now, newest, seen = at(day, "08:00"), dict[Kind, Slot](), set[tuple[Kind, str]]()
    slots = cycle_slots(KRX, day)
    for seconds in looks:
        now += timedelta(seconds=seconds)
        if now.date() != day.date():
            break
        for each in due(KRX, now, newest, LONG_AGO, busy=busy):
            slot = moment_of(each.slot)
            assert (each.kind, each.slot) not in seen
            assert slots[0] <= slot <= now
            seen.add((each.kind, each.slot))
            newest[each.kind] = row(each.kind, slot, claimed=now)
            if each.kind is Kind.CYCLE and not each.late:
                assert each.report_only == (slot == slots[-1])
                assert each.report_only or now - slot <= CYCLE_GRACE
            if each.kind is Kind.REBALANCE:
                assert slots[0] < slot < slots[-1]
                assert each.late == (now - slot > REBALANCE_GRACE)
    cycles = {slot for kind, slot in seen if kind is Kind.CYCLE}
    assert cycles == {name_of(slot) for slot in slots if slot <= now}  # each was run or recorded


def test_the_economy_is_looked_at_every_twelve_hours_and_an_hour_after_a_failure() -> None:
    nine = at(MONDAY, "09:20")
    assert research_due(Kind.MACRO, nine, None) == Due(Kind.MACRO, "2026-11-23T09:00")
    done = row(Kind.MACRO, at(MONDAY, "09:00"), claimed=nine)
    assert research_due(Kind.MACRO, nine + timedelta(hours=11, minutes=59), done) is None
    assert research_due(Kind.MACRO, nine + timedelta(hours=12), done) is not None
    assert next_research(Kind.MACRO, nine, done) == nine + timedelta(hours=12)
    failed = row(Kind.MACRO, at(MONDAY, "09:00"), Outcome.FAILED, claimed=nine)
    assert research_due(Kind.MACRO, nine + timedelta(minutes=50), failed) is None
    assert research_due(Kind.MACRO, nine + timedelta(hours=1), failed) == Due(Kind.MACRO, "2026-11-23T10:00")
    running = row(Kind.MACRO, at(MONDAY, "09:00"), None, claimed=nine)
    assert research_due(Kind.MACRO, nine + timedelta(hours=1), running) is None


def test_the_news_is_read_at_midnight_and_noon_and_at_a_start_when_that_was_missed() -> None:
    morning = row(Kind.NEWS, at(MONDAY, "11:00"))
    assert research_due(Kind.NEWS, at(MONDAY, "11:59"), morning) is None
    assert research_due(Kind.NEWS, at(MONDAY, "12:00"), morning) == Due(Kind.NEWS, "2026-11-23T12:00")
    assert next_research(Kind.NEWS, at(MONDAY, "11:30"), morning) == at(MONDAY, "12:00")
    noon = row(Kind.NEWS, at(MONDAY, "12:00"))
    assert research_due(Kind.NEWS, at(MONDAY, "23:59"), noon) is None
    assert research_due(Kind.NEWS, at(MONDAY, "24:00"), noon) == Due(Kind.NEWS, "2026-11-24T00:00")
    assert next_research(Kind.NEWS, at(MONDAY, "15:00"), None) == at(MONDAY, "15:00")


def test_indicators_of_the_universe_are_read_once_a_session_before_it_opens() -> None:
    assert technical_due(KRX, at(MONDAY, "08:29"), None) is None
    found = technical_due(KRX, at(MONDAY, "08:30"), None)
    assert found == Due(Kind.TECHNICAL, "2026-11-23T08:30")
    assert technical_due(KRX, at(MONDAY, "09:00"), row(Kind.TECHNICAL, at(MONDAY, "08:30"))) is None
    assert technical_due(KRX, at(MONDAY, "14:00"), row(Kind.TECHNICAL, at(MONDAY, "08:30") - timedelta(days=3)))
    assert technical_due(KRX, at(MONDAY, "15:30"), None) is None


def test_the_next_check_is_todays_or_the_next_sessions_first() -> None:
    assert next_cycle(KRX, at(MONDAY, "09:00")) == at(MONDAY, "09:30")
    assert next_cycle(KRX, at(MONDAY, "15:30")) == at(MONDAY, "09:00") + timedelta(days=1)
    friday = MONDAY - timedelta(days=3)
    assert next_cycle(KRX, at(friday, "16:00")) == at(MONDAY, "09:00")
