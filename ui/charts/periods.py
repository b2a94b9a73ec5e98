"""Days, weeks and months of a price chart: bars shown, how far back they are loaded, what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Period:
    """`loaded_days` are calendar days: what is shown, and what the averages need before it."""

    shown: int
    loaded_days: int
    counted: str  # "120거래일"
    average: str  # "20일선"
    tick_months: int


PERIODS: Mapping[str, Period] = {
    "D": Period(120, 300, "거래일", "일선", 1),
    "W": Period(104, 1150, "주", "주선", 6),
    "M": Period(60, 3660, "개월", "개월선", 12),
}
