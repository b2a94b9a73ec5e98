"""Days, weeks and months of a price chart: bars shown, how far back they are loaded, what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ui.charts.words import day_month


@dataclass(frozen=True, slots=True)
class Period:
    """`loaded_days` are calendar days: what is shown, and what the averages need before it."""

    shown: int
    loaded_days: int
    counted: str  # "120거래일"
    average: str  # "20일선"
    tick_months: int
    bar: str  # what a bar is called, from its {day} or its {month}

    def named(self, day: date) -> str:
        """A bar as people call it; KIS dates a week and a month by their first session."""
        return self.bar.format(day=day_month(day), month=f"{day.year}년 {day.month}월")


PERIODS: Mapping[str, Period] = {
    "D": Period(120, 300, "거래일", "일선", 1, "{day}"),
    "W": Period(104, 1150, "주", "주선", 6, "{day} 주"),
    "M": Period(60, 3660, "개월", "개월선", 12, "{month}"),
}
