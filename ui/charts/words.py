"""How amounts, changes and dates read on a chart: 1,234,500원, +3.2%, 11월 22일, 1.2억."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

_UNITS = ((10**12, "조"), (10**8, "억"), (10**4, "만"))


def won(amount: int) -> str:
    return f"{amount:,}원"


def signed_won(amount: int) -> str:
    return f"{amount:+,}원" if amount else "0원"


def percent(now: int, base: int) -> str:
    """The change from `base` with its sign and one decimal; `base` is positive."""
    change = (Decimal(now - base) * 100 / Decimal(base)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{change:+}%" if change else "0.0%"


def day_month(day: date) -> str:
    return f"{day.month}월 {day.day}일"


def dotted(day: date) -> str:
    """A day as it stands on the axis of a chart; sorts as it reads."""
    return f"{day:%Y.%m.%d}"


def compact(amount: float) -> str:
    """A tick of an axis: 3,743만, 1.2억; small numbers as they are."""
    for unit, name in _UNITS:
        if abs(amount) >= unit:
            parts = amount / unit
            return (f"{parts:,.0f}" if abs(parts) >= 100 else f"{parts:.1f}".removesuffix(".0")) + name
    return f"{amount:,.0f}"
