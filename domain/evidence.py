"""Figures: numbers with where they come from, and texts that may contain no other number.

Contract: a text is a template with `{{f:id}}` placeholders, optionally with a particle: `{{f:price|을/를}}`. `render`
fills them from `Figures` and refuses an unknown id; `raw_numbers` lists every number that a template brings along by
itself. Values are int or Decimal, money int won.
Does not fetch figures and does not judge them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from domain.clock import KST
from domain.decimals import canonical, to_decimal
from domain.hangul import josa
from domain.instruments import Instruments
from domain.money import parse_won

_PLACE = re.compile(r"\{\{f:([A-Za-z0-9_.:-]+)(?:\|([가-힣]+/[가-힣]+))?\}\}")
_DIGITS = re.compile(r"[0-9０-９][0-9０-９,.]*")
# Names of indices and products that contain digits; instrument names and codes come from the table.
_NAMED = ("코스피200", "코스피 200", "KOSPI200", "KOSPI 200", "코스닥150", "S&P500", "S&P 500", "나스닥100", "KRX300")


class EvidenceError(ValueError):
    """A text asks for a figure that is not there, or figures do not go together."""


class Unit(StrEnum):
    """How a value is written in Korean."""

    WON = "원"
    PERCENT = "%"
    CHANGE = "±%"  # a signed percentage: +3.2%
    SHARES = "주"
    TIMES = "배"
    POINTS = "포인트"
    GAP = "%p"  # between two percentages
    INDEX = ""  # an indicator's own scale: RSI 62.5
    COUNT = "개"
    DAYS = "일"
    TURNS = "번"
    DATE = "날짜"  # a day as a number, 20261103: 11월 3일


def _value(value: object) -> int | Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str | Decimal):
        return to_decimal(value)
    raise ValueError(f"expected an int or a decimal, was {value!r}")


def _plain(value: int | Decimal) -> int | str:
    return value if isinstance(value, int) else canonical(value)


Value = Annotated[int | Decimal, BeforeValidator(_value), PlainSerializer(_plain)]


class Figure(BaseModel):
    """One number: what it is called, its unit, where it came from and as of when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")
    value: Value
    unit: Unit
    source: str = Field(min_length=1)
    as_of: AwareDatetime
    label: str = ""

    @model_validator(mode="after")
    def _whole_won_and_shares(self) -> Figure:
        if self.unit in _WHOLE and not isinstance(self.value, int):
            raise ValueError(f"expected a whole number of {self.unit.value} in {self.id}, was {self.value}")
        if self.unit is Unit.DATE:
            _day(int(self.value))
        return self

    def text(self) -> str:
        """The value in Korean: 1,234,500원, 3.2%, +1.5%, 10주, 12.3배; a day with its year where it is another one."""
        if self.unit is Unit.DATE:
            day = _day(int(self.value))
            year = "" if day.year == self.as_of.astimezone(KST).year else f"{day.year}년 "
            return f"{year}{day.month}월 {day.day}일"
        number = f"{self.value:,}" if isinstance(self.value, int) else _grouped(self.value)
        if self.unit is Unit.CHANGE:
            return f"{'+' if self.value > 0 else ''}{number}%"
        return f"{number}{self.unit.value}"

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


_WHOLE = frozenset({Unit.WON, Unit.SHARES, Unit.COUNT, Unit.DAYS, Unit.TURNS, Unit.DATE})


def date_value(day: date) -> int:
    """What a figure of a day holds."""
    return day.year * 10_000 + day.month * 100 + day.day


def _day(value: int) -> date:
    """ValueError for a number that is no day."""
    return date(value // 10_000, value // 100 % 100, value % 100)


def _grouped(value: Decimal) -> str:
    sign, text = ("-" if value < 0 else ""), canonical(abs(value))
    whole, _, rest = text.partition(".")
    return f"{sign}{int(whole):,}" + (f".{rest}" if rest else "")


class Figures(Mapping[str, Figure]):
    """An immutable collection by id. Two different figures of one id do not go together."""

    def __init__(self, figures: Iterable[Figure] = ()) -> None:
        self._by_id: dict[str, Figure] = {}
        for figure in figures:
            if self._by_id.setdefault(figure.id, figure) != figure:
                raise EvidenceError(f"expected one figure for id {figure.id}, were two that differ")

    def __getitem__(self, key: str) -> Figure:
        return self._by_id[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def merged(self, other: Iterable[Figure]) -> Figures:
        return Figures([*self._by_id.values(), *other])

    def to_json(self) -> list[dict[str, Any]]:
        return [figure.to_json() for figure in self._by_id.values()]

    @classmethod
    def from_json(cls, rows: Iterable[Mapping[str, Any]]) -> Figures:
        return cls(Figure.model_validate(row) for row in rows)


def render(template: str, figures: Mapping[str, Figure]) -> str:
    """The text with its figures. EvidenceError for an unknown id or a malformed placeholder."""

    def fill(match: re.Match[str]) -> str:
        figure = figures.get(match[1])
        if figure is None:
            raise EvidenceError(f"expected a figure for {{{{f:{match[1]}}}}}, was none")
        return josa(figure.text(), match[2]) if match[2] else figure.text()

    if "{{" in _PLACE.sub("", template):
        raise EvidenceError(f"expected placeholders like {{{{f:id}}}}, was {template!r}")
    return _PLACE.sub(fill, template)


def figure_ids(template: str) -> tuple[str, ...]:
    """Ids that a template uses, in order, once each."""
    return tuple(dict.fromkeys(match[1] for match in _PLACE.finditer(template)))


def raw_numbers(template: str, allowed: Iterable[str] = ()) -> tuple[str, ...]:
    """Numbers outside placeholders, amounts in words included; names of instruments and indices and `allowed` pass."""
    text = _PLACE.sub(" ", template)
    for name in sorted([*allowed, *_NAMED, *_names_with_digits()], key=len, reverse=True):
        text = text.replace(name, " ")
    found = [(match.start(), match[0].rstrip(",.")) for match in _DIGITS.finditer(text)]
    found += [(mention.span[0], mention.text) for mention in parse_won(text) if not _DIGITS.search(mention.text)]
    return tuple(number for _, number in sorted(found))


def _names_with_digits() -> Iterator[str]:
    for row in Instruments.load().all():
        yield from (name for name in (row.ticker, row.name, *row.aliases) if _DIGITS.search(name))
