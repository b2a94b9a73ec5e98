"""The sheet: levels, changes and surprises against a trend, as known at a time; old and failed values say their age."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domain.clock import KST
from domain.macro.due import LastAsked
from domain.macro.periods import period_of, shifted
from domain.macro.series import Cycle, Series, catalogue
from domain.macro.sheet import Sheet, State, ago, sheet
from domain.macro.trend import trend
from domain.macro.vintage import Observation, known

BY_CODE = {series.code: series for series in catalogue()}
NOW = datetime(2026, 11, 20, 12, tzinfo=KST)
LEARNED = NOW - timedelta(days=2)


def months(last: date, values: Sequence[str], as_of: datetime = LEARNED) -> list[Observation]:
    start = shifted(last, Cycle.MONTH, 1 - len(values))
    return [Observation(shifted(start, Cycle.MONTH, at), Decimal(value), 1, as_of) for at, value in enumerate(values)]


def one(series: Series, rows: Sequence[Observation], asked: LastAsked | None = None, now: datetime = NOW) -> Sheet:
    return sheet([series], {series.code: rows}, {} if asked is None else {series.code: asked}, now)


def test_a_cut_after_a_year_of_calm_is_a_change_and_a_surprise() -> None:
    (reading,) = one(BY_CODE["base_rate"], months(date(2026, 10, 1), ["2.75"] * 12 + ["2.5"])).readings
    assert (reading.value, reading.before, reading.change) == (Decimal("2.5"), Decimal("2.75"), Decimal("-0.25"))
    assert (reading.expected, reading.surprise, reading.is_surprising) == (Decimal("2.75"), Decimal("-0.25"), True)
    assert (reading.state, reading.row()["source"]) == (State.FRESH, "한국은행 ECOS 722Y001/0101000, 2026년 10월")


def test_a_figure_on_its_trend_surprises_nobody_however_far_it_moved() -> None:
    rising = [str(1300 + 10 * at) for at in range(13)]
    (reading,) = one(BY_CODE["usd_krw"], months(date(2026, 10, 1), rising)).readings
    assert (reading.change, reading.surprise, reading.is_surprising) == (Decimal(10), Decimal(0), False)


def test_a_trend_looks_at_no_later_point_and_needs_five() -> None:
    line = [(at, 2.0 * at + 1) for at in range(20)]
    found = trend(line, 20)
    assert found is not None
    assert (round(found.expected, 9), round(found.spread, 9)) == (41.0, 0.0)
    assert trend(line[:4], 4) is None


def test_growth_over_a_year_is_computed_from_the_published_amounts() -> None:
    """By hand: 110 against 100 is 10.0 %, 120.6 against 100 is 20.6 %."""
    amounts = ["100"] * 12 + ["110", "120.6"]
    (reading,) = one(BY_CODE["exports_yoy"], months(date(2026, 9, 1), amounts)).readings
    assert (reading.value, reading.before, reading.change) == (Decimal("20.6"), Decimal("10.0"), Decimal("10.6"))


def test_growth_needs_the_month_a_year_before() -> None:
    found = one(BY_CODE["exports_yoy"], months(date(2026, 9, 1), ["100"] * 12))
    assert (found.readings, found.missing) == ((), ("수출 증가율",))
    assert found.notes == ("수출 증가율 지표는 아직 받지 못했어요.",)


def test_a_revised_value_counts_from_the_moment_it_was_learned() -> None:
    rows = months(date(2026, 10, 1), ["2.75", "2.5"])
    rows.append(Observation(date(2026, 10, 1), Decimal("2.25"), 2, NOW - timedelta(hours=1)))
    assert [row.value for row in known(rows, LEARNED)] == [Decimal("2.75"), Decimal("2.5")]
    assert [row.value for row in known(rows)] == [Decimal("2.75"), Decimal("2.25")]
    assert known(rows, LEARNED - timedelta(seconds=1)) == ()
    before = one(BY_CODE["base_rate"], rows, now=NOW - timedelta(hours=2)).readings[0]
    assert (before.value, one(BY_CODE["base_rate"], rows).readings[0].value) == (Decimal("2.5"), Decimal("2.25"))


def test_a_failed_source_keeps_the_last_value_and_says_its_age() -> None:
    seen = NOW - timedelta(days=3)
    found = one(
        BY_CODE["base_rate"],
        months(date(2026, 10, 1), ["2.75", "2.5"], seen),
        LastAsked(NOW - timedelta(minutes=5), True, seen, date(2026, 10, 1)),
    )
    (reading,) = found.readings
    assert (reading.value, reading.state, reading.age_days) == (Decimal("2.5"), State.FAILED, 3)
    assert found.notes == ("한국은행 ECOS에서 새 값을 받지 못해 3일 전에 받은 값이에요.",)


def test_an_overdue_figure_is_stale_although_its_source_answers() -> None:
    found = one(
        BY_CODE["base_rate"],
        months(date(2026, 7, 1), ["2.75", "2.5"]),
        LastAsked(NOW, False, NOW, date(2026, 7, 1)),
    )
    assert found.readings[0].state is State.STALE
    assert found.notes == ("기준금리: 새 값이 늦어 2026년 7월 값이에요(111일 지남).",)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (59, "방금"),
        (60, "1분 전에"),
        (3_599, "59분 전에"),
        (3_600, "1시간 전에"),
        (47 * 3_600, "47시간 전에"),
        (48 * 3_600, "2일 전에"),
    ],
)
def test_ages_are_told_in_words(seconds: int, said: str) -> None:
    assert ago(NOW, NOW - timedelta(seconds=seconds)) == said


def test_real_exports_grow_as_their_published_amounts_say(shared_dir: Path) -> None:
    """Customs exports of the Bank of Korea, thousand dollars: the quotient of two real months, by plain floats."""
    with (shared_dir / "data/macro/series/bok_exports_m.csv").open(encoding="utf-8") as file:
        raw = [(period_of(row[""], Cycle.MONTH), row["exports"]) for row in csv.DictReader(file) if row["exports"]]
    rows = [Observation(period, Decimal(value), 1, LEARNED) for period, value in raw]
    (reading,) = one(BY_CODE["exports_yoy"], rows).readings
    amounts = {period: float(value) for period, value in raw}
    period = max(amounts)
    expected = (amounts[period] / amounts[shifted(period, Cycle.MONTH, -12)] - 1) * 100
    assert reading.period == period
    assert float(reading.value) == pytest.approx(expected, abs=0.051)
    assert reading.expected is not None
    assert reading.state is State.STALE  # the sample ends in the spring
