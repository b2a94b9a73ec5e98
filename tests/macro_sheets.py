"""Snapshots of the economy for tests: computed by the real sheet from invented figures, fresh unless said otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from fakes import START

from domain.macro.due import LastAsked
from domain.macro.periods import shifted
from domain.macro.series import Cycle, catalogue
from domain.macro.sheet import sheet
from domain.macro.vintage import Observation
from tools.ports import MacroSnapshot

BY_CODE = {series.code: series for series in catalogue()}
# A year of calm, then the last figure: a cut, a stronger won, more exports, dearer prices.
MOVED: Mapping[str, tuple[str, str]] = {
    "base_rate": ("2.75", "2.5"),
    "usd_krw": ("1450", "1400"),
    "exports_yoy": ("100", "112"),
    "us_cpi_yoy": ("100", "103"),
    "fed_funds": ("4", "4"),
}


def observations(code: str, calm: str, last: str, as_of: datetime) -> list[Observation]:
    """Thirty months up to October 2026, the last one different."""
    values = [calm] * 29 + [last]
    series = BY_CODE[code]
    late = 1 if series.rhythm.lag > 20 else 0
    first = shifted(date(2026, 10 - late, 1), Cycle.MONTH, -29)
    return [Observation(shifted(first, Cycle.MONTH, at), Decimal(v), 1, as_of) for at, v in enumerate(values)]


def snapshot(
    moved: Mapping[str, tuple[str, str]] = MOVED,
    *,
    failed: Sequence[str] = (),
    now: datetime = START,
    left_out: tuple[str, ...] = (),
) -> MacroSnapshot:
    """`failed` codes did not come when they were last asked, two days after they last did."""
    seen = now - timedelta(days=2)
    asked = {code: LastAsked(now, code in failed, seen, date(2026, 10, 1)) for code in moved}
    rows = {code: observations(code, calm, last, seen) for code, (calm, last) in moved.items()}
    found = sheet([BY_CODE[code] for code in moved], rows, asked, now)
    return MacroSnapshot(
        series=tuple(reading.row() for reading in found.readings),
        as_of=seen,
        source="한국은행 ECOS, 미국 FRED",
        demo=False,
        notes=found.notes,
        left_out=left_out,
    )
