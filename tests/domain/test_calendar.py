"""Sessions, hours and phases, against real sessions where they are at hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from domain.calendar import AlwaysOpenCalendar, KrxCalendar, Phase, calendar_named
from domain.clock import KST

KRX = KrxCalendar()


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), KST)


def test_every_real_session_since_2020_and_no_other(shared_dir: Path) -> None:
    lines = (shared_dir / "data/calendar/krx_sessions_verified_2020_202608.txt").read_text().split()
    real = [date.fromisoformat(line) for line in lines]
    days = (real[-1] - real[0]).days + 1
    ours = [day for n in range(days) if KRX.is_session(day := real[0] + timedelta(days=n))]
    assert ours == real


@pytest.mark.parametrize(
    "day", [date(2026, 6, 3), date(2026, 7, 17), date(2026, 12, 31), date(2026, 11, 21), date(2027, 1, 1)]
)
def test_closed_days(day: date) -> None:
    assert not KRX.is_session(day)
    assert KRX.hours(day) is None
    assert KRX.phase(at(day, "10:00")) is Phase.CLOSED


def test_exam_day_runs_an_hour_late_on_both_ends() -> None:
    hours = KRX.hours(date(2026, 11, 19))
    assert hours is not None
    assert (hours.open, hours.close) == (time(10), time(16, 30))
    assert (hours.opening_auction, hours.closing_auction) == (time(9, 30), time(16, 20))


@pytest.mark.parametrize("day", [date(2020, 1, 2), date(2026, 1, 2), date(2027, 1, 4)])
def test_first_session_of_a_year_opens_at_ten(day: date) -> None:
    hours = KRX.hours(day)
    assert hours is not None
    assert (hours.open, hours.close) == (time(10), time(15, 30))


def test_ordinary_hours() -> None:
    hours = KRX.hours(date(2026, 1, 5))
    assert hours is not None
    assert (hours.open, hours.close) == (time(9), time(15, 30))


@pytest.mark.parametrize(
    ("clock", "phase"),
    [
        ("00:00", Phase.PRE_OPEN), ("08:29:59", Phase.PRE_OPEN), ("08:30", Phase.OPENING_AUCTION),
        ("08:59:59", Phase.OPENING_AUCTION), ("09:00", Phase.CONTINUOUS), ("15:19:59", Phase.CONTINUOUS),
        ("15:20", Phase.CLOSING_AUCTION), ("15:29:59", Phase.CLOSING_AUCTION), ("15:30", Phase.CLOSED),
        ("15:40", Phase.CLOSE_PRICE), ("15:59:59", Phase.CLOSE_PRICE), ("16:00", Phase.AFTER_MARKET),
        ("19:59:59", Phase.AFTER_MARKET), ("20:00", Phase.CLOSED),
    ],
)  # fmt: skip
def test_phases_of_an_ordinary_day(clock: str, phase: Phase) -> None:
    assert KRX.phase(at(date(2026, 11, 20), clock)) is phase


def test_after_market_exists_since_its_first_day_only() -> None:
    assert KRX.phase(at(date(2026, 9, 11), "17:00")) is Phase.CLOSED
    assert KRX.phase(at(date(2026, 9, 14), "17:00")) is Phase.AFTER_MARKET


def test_phases_move_with_the_exam_day() -> None:
    day = date(2026, 11, 19)
    assert KRX.phase(at(day, "09:15")) is Phase.PRE_OPEN
    assert KRX.phase(at(day, "09:45")) is Phase.OPENING_AUCTION
    assert KRX.phase(at(day, "16:00")) is Phase.CONTINUOUS
    assert KRX.phase(at(day, "16:25")) is Phase.CLOSING_AUCTION


def test_phase_is_asked_in_any_zone_but_never_without_one() -> None:
    assert KRX.phase(datetime(2026, 11, 20, 1, 0, tzinfo=UTC)) is Phase.CONTINUOUS
    with pytest.raises(ValueError, match="expected an aware datetime"):
        KRX.phase(datetime(2026, 11, 20, 10, 0))  # noqa: DTZ001


def test_walking_over_sessions() -> None:
    friday = date(2026, 11, 20)
    assert KRX.next_session(friday) == date(2026, 11, 23)
    assert KRX.previous_session(date(2026, 11, 23)) == friday
    assert KRX.add_sessions(friday, 2) == date(2026, 11, 24)
    assert KRX.add_sessions(friday, -1) == date(2026, 11, 19)
    assert KRX.add_sessions(friday, 0) == friday
    assert KRX.next_session(date(2026, 12, 30)) == date(2027, 1, 4)


def test_always_open_is_always_continuous() -> None:
    always = AlwaysOpenCalendar()
    sunday = date(2026, 11, 22)
    assert always.is_session(sunday)
    assert always.phase(at(sunday, "03:00")) is Phase.CONTINUOUS
    assert always.add_sessions(sunday, 2) == date(2026, 11, 24)
    hours = always.hours(sunday)
    assert hours is not None
    assert hours.open == time.min


def test_calendars_by_name() -> None:
    assert calendar_named("krx").name == "krx"
    assert calendar_named("always").name == "always"
    with pytest.raises(ValueError, match="expected calendar krx or always"):
        calendar_named("nyse")
