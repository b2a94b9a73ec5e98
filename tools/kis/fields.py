"""Reading KIS's answers: every leaf is a padded string, "" means "not given", names differ in case between documents
and wire. Unknown fields are ignored; a field that is there but is no number is an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.clock import KST
from tools.kis.errors import ReadFailed

_DIGITS = 24  # no amount in won is longer; "1e999999999" must not become an integer


class Row:
    """One object of an answer, looked up by lower-case name."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {str(key).lower(): value for key, value in values.items()}

    def __bool__(self) -> bool:
        return any(str(value).strip() for value in self._values.values())

    def text(self, *names: str) -> str | None:
        """The first of `names` that has something in it."""
        for name in names:
            value = self._values.get(name)
            if value is not None and (stripped := str(value).strip()) not in ("", "(null)"):
                return stripped
        return None

    def decimal(self, *names: str) -> Decimal | None:
        text = self.text(*names)
        if text is None:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > _DIGITS:
            raise ReadFailed(f"expected a number in {names[0]}, was {text[:20]!r}")
        return number

    def integer(self, *names: str) -> int | None:
        """Won or shares; "71900.00" is accepted, a fraction is not."""
        number = self.decimal(*names)
        if number is None:
            return None
        if number != int(number):
            raise ReadFailed(f"expected a whole number in {names[0]}, was {number}")
        return int(number)

    def need(self, *names: str) -> str:
        text = self.text(*names)
        if text is None:
            raise ReadFailed(f"expected {names[0]} in the answer, was empty")
        return text

    def need_integer(self, *names: str) -> int:
        number = self.integer(*names)
        if number is None:
            raise ReadFailed(f"expected {names[0]} in the answer, was empty")
        return number

    def flag(self, *names: str) -> bool | None:
        """Y/N fields; None when not given."""
        text = self.text(*names)
        return None if text is None else text.upper() == "Y"

    def day(self, *names: str) -> date | None:
        text = self.text(*names)
        return None if text is None else parse_day(text)


def rows(body: Mapping[str, Any], *names: str) -> tuple[Row, ...]:
    """The non-empty objects under the first name present; KIS sends a list or a bare object for the same field."""
    found: object = None
    for name in names:
        found = body.get(name)
        if found is not None:
            break
    items: Iterable[object] = found if isinstance(found, list) else [found]
    return tuple(row for row in (Row(item) for item in items if isinstance(item, Mapping)) if row)


def row(body: Mapping[str, Any], *names: str) -> Row:
    """The single object under `names`; an empty row when there is none."""
    found = rows(body, *names)
    return found[0] if found else Row({})


def parse_day(text: str) -> date:
    """YYYYMMDD."""
    if len(text) != 8 or not text.isdigit():
        raise ReadFailed(f"expected a date YYYYMMDD, was {text[:20]!r}")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ReadFailed(f"expected a date YYYYMMDD, was {text!r}") from None


def parse_time(text: str) -> time:
    """HHMMSS, as KIS writes it, without zone (KST is meant)."""
    padded = text.zfill(6)
    if len(padded) != 6 or not padded.isdigit():
        raise ReadFailed(f"expected a time HHMMSS, was {text[:20]!r}")
    try:
        return time(int(padded[:2]), int(padded[2:4]), int(padded[4:]))
    except ValueError:
        raise ReadFailed(f"expected a time HHMMSS, was {text!r}") from None


def at_kst(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, KST)


def compact(day: date) -> str:
    """YYYYMMDD."""
    return f"{day:%Y%m%d}"
