"""Which numbers of a text somebody holds: figures, rows of data, the person's own words; and which nobody does.

Contract: a number is held when its value is, however it is written: 1,234,500원, 123만원 and 1234500 are one. Days,
clock times, list marks, codes and names with digits, and examples in quotation marks ('삼성전자 10주 매수') are none.
Signs do not count: falls are told as falls. A share in basis points also holds its percentage, a list its length.
Pure; looks nothing up and rewrites nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from domain.instruments import Instruments
from domain.money import MoneyMention, parse_won

_DIGITS = re.compile(r"[0-9０-９][0-9０-９,]*(?:\.[0-9０-９]+)?")
_NO_NUMBER = re.compile(
    r"'[^'\n]{1,60}'|‘[^’\n]{1,60}’"  # examples of what to say
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d{2}(?:-\d{2})?(?:T[\d:.+Z-]+)?|\d{4}년(?: ?\d{1,2}월)?|\d{1,2}월(?: ?\d{1,2}일)?|\d{1,2}/\d{1,2}(?=\s|$)"
    r"|\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}시(?: ?\d{1,2}분)?"
    r"|(?m:^\s*\d{1,2}[).](?=\s))|(?<=\s)\d{1,2}\)(?=\s)|\d{1,2}번"
    r"|(?:코스피|KOSPI|코스닥|KOSDAQ|KRX|S&P|나스닥|NASDAQ) ?\d{2,3}|D\+\d|\d{1,2}(?=단계|등급)"
)
_MAY = re.compile(r"[0-9０-９]|[조억만천백십]")  # without one of these there is no number
_PERCENT = Decimal(100)
_NO_VALUES = frozenset({"as_of", "at", "asked_at", "source", "id", "ticker", "analyst", "template"})
_MOST = 100_000  # characters of a text that are looked at

Value = Decimal


@dataclass(frozen=True, slots=True)
class Number:
    """As written, where, and the values it may stand for: itself, and the amount it is part of."""

    text: str
    start: int
    values: tuple[Value, ...]


def numbers_in(text: str) -> tuple[Number, ...]:
    """In order of appearance; amounts in words ('이천만원') too."""
    return _numbers(text[:_MOST]) if _MAY.search(text) else ()


@lru_cache(maxsize=512)  # sources and times come again and again
def _numbers(text: str) -> tuple[Number, ...]:
    covered = _covered(text)
    amounts = [(mention.span, _ends(mention)) for mention in parse_won(covered)]
    found = []
    for match in _DIGITS.finditer(covered):
        plain = _value(match[0])
        inside = [each for (start, end), won in amounts if start <= match.start() < end for each in won]
        if plain is not None:
            found.append(Number(match[0].rstrip(","), match.start(), (plain, *inside)))
    digits = {number.start for number in found}
    for (start, end), won in amounts:
        if not any(start <= at < end for at in digits):
            found.append(Number(covered[start:end], start, won))
    return tuple(sorted(found, key=lambda number: number.start))


def _ends(mention: MoneyMention) -> tuple[Value, ...]:
    return tuple(Decimal(won) for won in (mention.amount, mention.upper) if won is not None)


class Held:
    """Values that somebody holds."""

    def __init__(self, *sources: Any) -> None:
        self._values: set[Value] = set()
        for source in sources:
            self.add(source)

    def add(self, source: Any) -> None:
        """Plain data of any depth: numbers, texts with numbers, rows."""
        for value in _values(source):
            self._values.add(abs(value))

    def has(self, value: Value) -> bool:
        return abs(value) in self._values

    def foreign(self, text: str) -> tuple[str, ...]:
        """Numbers of the text that nobody holds, as written."""
        return tuple(number.text for number in numbers_in(text) if not any(map(self.has, number.values)))


def _values(source: Any, name: str = "") -> Iterator[Value]:
    if source is None or isinstance(source, bool):
        return
    if isinstance(source, int | Decimal):
        yield Decimal(source)
        if name.endswith("bps"):
            yield Decimal(source) / _PERCENT
    elif isinstance(source, float):
        yield from _rounded(source)
    elif isinstance(source, str):
        for number in numbers_in(source):
            yield from number.values
    elif isinstance(source, Mapping):
        for key, value in source.items():
            if key not in _NO_VALUES:
                yield from _values(value, str(key))
    elif isinstance(source, Iterable):
        rows = list(source)
        yield Decimal(len(rows))
        for row in rows:
            yield from _values(row, name)


def _rounded(value: float) -> Iterator[Value]:
    """As it may be told: whole, and with one or two decimals."""
    try:
        exact = Decimal(repr(value))
        yield from (exact, *(exact.quantize(Decimal(1).scaleb(-places)) for places in (0, 1, 2)))
    except InvalidOperation:  # no finite number
        return


def _value(text: str) -> Value | None:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def _covered(text: str) -> str:
    """The text with what is no number covered, every sign in its place."""
    return _names().sub(_blank, _NO_NUMBER.sub(_blank, text))


def _blank(match: re.Match[str]) -> str:
    return "·" * len(match[0])


@cache
def _names() -> re.Pattern[str]:
    """Names and codes of instruments that hold digits, the longest first."""
    rows = Instruments.load().all()
    names = {name for row in rows for name in (row.ticker, row.name, *row.aliases) if re.search(r"\d", name)}
    return re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or r"(?!)")
