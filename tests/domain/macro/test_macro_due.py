"""When a series is asked again: by its publisher's rhythm, at most twice a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.clock import KST
from domain.macro.due import LastAsked, Why, due, report_due
from domain.macro.periods import named, period_of, released, shifted, stale_from
from domain.macro.series import Cycle, Source, catalogue, of_source

BASE_RATE = next(series for series in catalogue() if series.code == "base_rate")
WORLD = next(series for series in catalogue() if series.code == "world_gdp")
NOON = datetime(2026, 11, 20, 12, tzinfo=KST)


def asked(hours: float, newest: date | None, *, failed: bool = False) -> LastAsked:
    return LastAsked(NOON - timedelta(hours=hours), failed, NOON - timedelta(hours=hours), newest)


def test_the_catalogue_serves_what_the_report_needs_from_three_publishers() -> None:
    assert {series.code for series in of_source(Source.ECOS)} == {
        *("base_rate", "core_cpi_yoy", "usd_krw", "exports_yoy", "imports_yoy", "household_loans_yoy")
    }
    assert {series.key for series in of_source(Source.FRED)} == {"FEDFUNDS", "CPIAUCSL"}
    assert {series.cycle for series in of_source(Source.WORLD_BANK)} == {Cycle.YEAR}


def test_a_series_that_was_never_asked_is_due() -> None:
    assert due(NOON, BASE_RATE, None) is Why.FIRST


@pytest.mark.parametrize(
    ("hours", "newest", "why"),
    [
        (11.9, date(2026, 9, 1), None),  # October is out, but it was asked this morning
        (12, date(2026, 9, 1), Why.RELEASE),
        (12, date(2026, 10, 1), None),  # November closes with the month
        (6 * 24, date(2026, 10, 1), None),
        (7 * 24, date(2026, 10, 1), Why.REVISION),
        (12, None, Why.RELEASE),  # asked, and nothing there yet
    ],
)
def test_a_month_is_asked_at_its_release_and_weekly_for_revisions(
    hours: float, newest: date | None, why: Why | None
) -> None:
    assert due(NOON, BASE_RATE, asked(hours, newest)) is why


def test_a_year_waits_for_the_summer_and_is_looked_at_monthly() -> None:
    assert due(NOON, WORLD, asked(24, date(2025, 1, 1))) is None
    assert due(NOON, WORLD, asked(30 * 24, date(2025, 1, 1))) is Why.REVISION
    assert due(NOON, WORLD, asked(24, date(2024, 1, 1))) is Why.RELEASE  # 2025 has been out since July


def test_a_failure_is_tried_again_after_an_hour_and_not_before() -> None:
    assert due(NOON, BASE_RATE, asked(0.9, date(2026, 10, 1), failed=True)) is None
    assert due(NOON, BASE_RATE, asked(1, date(2026, 10, 1), failed=True)) is Why.RETRY


def test_days_are_counted_in_seoul() -> None:
    """November's rate is expected from 4 December, which begins in Seoul at 15:00 UTC of the third."""
    last = LastAsked(NOON, False, NOON, date(2026, 10, 1))
    evening = datetime(2026, 12, 3, 23, 59, tzinfo=KST)
    assert due(evening, BASE_RATE, last) is Why.REVISION
    assert due(evening + timedelta(minutes=1), BASE_RATE, last) is Why.RELEASE


def test_a_report_is_written_twice_a_day() -> None:
    assert report_due(NOON, None)
    assert not report_due(NOON, NOON - timedelta(hours=11, minutes=59))
    assert report_due(NOON, NOON - timedelta(hours=12))


@pytest.mark.parametrize(
    ("text", "cycle", "day"),
    [
        ("202604", Cycle.MONTH, date(2026, 4, 1)),
        ("2026-04-01", Cycle.MONTH, date(2026, 4, 1)),
        ("2025", Cycle.YEAR, date(2025, 1, 1)),
        ("2025-01-01", Cycle.YEAR, date(2025, 1, 1)),
    ],
)
def test_periods_are_read_as_their_publishers_write_them(text: str, cycle: Cycle, day: date) -> None:
    assert period_of(text, cycle) == day


@pytest.mark.parametrize("text", ["202613", "2026", "20260401", "2026-04-15", "", "2026Q1", "２０２６04"])
def test_other_dates_are_no_month(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        period_of(text, Cycle.MONTH)


def test_release_and_staleness_by_hand() -> None:
    """October's base rate: expected on 4 November; November's on 4 December, overdue from the sixteenth."""
    october = date(2026, 10, 1)
    assert released(october, Cycle.MONTH, BASE_RATE.rhythm) == date(2026, 11, 4)
    assert stale_from(october, Cycle.MONTH, BASE_RATE.rhythm) == date(2026, 12, 16)
    assert shifted(date(2026, 1, 1), Cycle.MONTH, -1) == date(2025, 12, 1)
    assert (named(october, Cycle.MONTH), named(date(2025, 1, 1), Cycle.YEAR)) == ("2026년 10월", "2025년")
