"""The sheet of the economy: each series by level, change and surprise against its trend, and how fresh it is. Pure.

Contract: computed from what was known at `now` and nothing later. Values are rounded as they are shown, and changes are
differences of rounded values, so that a reader's own arithmetic holds. A series whose source failed, or whose figure is
overdue, keeps its last value and says how old it is; one that was never received is in `missing` by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from domain.clock import KST
from domain.decimals import canonical
from domain.macro.due import LastAsked
from domain.macro.periods import named, shifted, stale_from
from domain.macro.series import SOURCE_NAMES, Cycle, Series, Shown
from domain.macro.trend import trend
from domain.macro.vintage import Observation, known


class State(StrEnum):
    """How far a value can be relied on."""

    FRESH = "fresh"
    STALE = "stale"  # its next figure is overdue
    FAILED = "failed"  # its source did not answer when it was last asked


@dataclass(frozen=True, slots=True)
class Reading:
    """One series as it stands. `change` and `surprise` are in the unit shown; None where history is too short."""

    series: Series
    period: date
    value: Decimal
    before: Decimal | None
    expected: Decimal | None
    surprise: Decimal | None
    is_surprising: bool
    as_of: datetime
    seen_at: datetime  # when the source last confirmed it
    state: State
    age_days: int  # since `seen_at` where the source failed, else since the period's end

    @property
    def change(self) -> Decimal | None:
        return None if self.before is None else self.value - self.before

    def row(self) -> dict[str, Any]:
        """Plain JSON, as a snapshot carries it."""
        series = self.series
        numbers = {"value": self.value, "previous": self.before, "change": self.change}
        numbers |= {"trend": self.expected, "surprise": self.surprise, "matters": series.matters}
        return {
            "code": series.code,
            "name": series.name,
            "unit": series.unit.value,
            "sign": series.sign,
            **{name: canonical(value) for name, value in numbers.items() if value is not None},
            "surprising": self.is_surprising,
            "period": named(self.period, series.cycle),
            "source": f"{series.publisher}, {named(self.period, series.cycle)}",
            "as_of": self.as_of.isoformat(),
            "state": self.state.value,
            "age_days": self.age_days,
        }


@dataclass(frozen=True, slots=True)
class Sheet:
    """All readings in the catalogue's order, and the names of series that were never received."""

    readings: tuple[Reading, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]  # Korean: what stands in the way of a direction

    @property
    def seen_at(self) -> datetime | None:
        return max((reading.seen_at for reading in self.readings), default=None)


def sheet(
    series: Sequence[Series],
    rows: Mapping[str, Sequence[Observation]],
    asked: Mapping[str, LastAsked],
    now: datetime,
) -> Sheet:
    """`rows` and `asked` by series code."""
    made = [(each, _reading(each, rows.get(each.code, ()), asked.get(each.code), now)) for each in series]
    readings = tuple(reading for _, reading in made if reading is not None)
    missing = tuple(each.name for each, reading in made if reading is None)
    return Sheet(readings, missing, tuple(_notes(readings, missing, now)))


def shown_values(series: Series, rows: Sequence[Observation]) -> list[tuple[date, Decimal, datetime]]:
    """What is shown, by period: (period, unrounded value, when the last part of it was learned)."""
    by_period = {row.period: row for row in rows}
    if series.shown is Shown.LEVEL:
        return [(row.period, row.value, row.as_of) for row in rows]
    found = []
    for row in rows:
        year_ago = by_period.get(shifted(row.period, series.cycle, -12 if series.cycle is Cycle.MONTH else -1))
        if year_ago is not None and year_ago.value > 0:
            found.append((row.period, (row.value / year_ago.value - 1) * 100, max(row.as_of, year_ago.as_of)))
    return found


def _reading(series: Series, rows: Sequence[Observation], asked: LastAsked | None, now: datetime) -> Reading | None:
    shown = shown_values(series, known(rows, now))
    if not shown:
        return None
    period, value, as_of = shown[-1]
    before = next((old for when, old, _ in shown if when == shifted(period, series.cycle, -1)), None)
    places = [(_place(when, series.cycle), float(old)) for when, old, _ in shown[:-1]]
    line = trend(places, _place(period, series.cycle))
    level = _rounded(value, series)
    expected = None if line is None else _rounded(Decimal(str(line.expected)), series)
    surprise = None if expected is None else level - expected
    off = None if line is None else abs(float(value) - line.expected)
    today = now.astimezone(KST).date()
    is_failed = asked is not None and asked.failed
    seen_at = as_of if asked is None or asked.good_at is None else max(as_of, asked.good_at)
    end = shifted(period, series.cycle, 1)
    return Reading(
        series=series,
        period=period,
        value=level,
        before=None if before is None else _rounded(before, series),
        expected=expected,
        surprise=surprise,
        is_surprising=line is not None and off is not None and off >= max(line.spread, float(series.matters)),
        as_of=as_of,
        seen_at=seen_at,
        state=_state(series, period, today, is_failed=is_failed),
        age_days=max(0, (today - (seen_at.astimezone(KST).date() if is_failed else end)).days),
    )


def _state(series: Series, period: date, today: date, *, is_failed: bool) -> State:
    if is_failed:
        return State.FAILED
    return State.STALE if today >= stale_from(period, series.cycle, series.rhythm) else State.FRESH


def _notes(readings: Sequence[Reading], missing: Sequence[str], now: datetime) -> list[str]:
    notes = []
    failed = [reading for reading in readings if reading.state is State.FAILED]
    for source in dict.fromkeys(reading.series.source for reading in failed):
        oldest = min(reading.seen_at for reading in failed if reading.series.source is source)
        notes.append(f"{SOURCE_NAMES[source]}에서 새 값을 받지 못해 {ago(now, oldest)} 받은 값이에요.")
    for reading in readings:
        if reading.state is State.STALE:
            when = named(reading.period, reading.series.cycle)
            notes.append(f"{reading.series.name}: 새 값이 늦어 {when} 값이에요({reading.age_days}일 지남).")
    if missing:
        more = f" 등 {len(missing)}개" if len(missing) > 1 else ""
        notes.append(f"{missing[0]}{more} 지표는 아직 받지 못했어요.")
    return notes


def ago(now: datetime, then: datetime) -> str:
    """'방금', '25분 전에', '9시간 전에', '3일 전에'."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "방금"
    if minutes < 60:
        return f"{minutes}분 전에"
    return f"{minutes // 60}시간 전에" if minutes < 48 * 60 else f"{minutes // (24 * 60)}일 전에"


def _place(period: date, cycle: Cycle) -> int:
    return period.year * 12 + period.month if cycle is Cycle.MONTH else period.year


def _rounded(value: Decimal, series: Series) -> Decimal:
    rounded = value.quantize(Decimal(1).scaleb(-series.decimals), rounding=ROUND_HALF_EVEN)
    return rounded if rounded else abs(rounded)  # never a minus before nothing
