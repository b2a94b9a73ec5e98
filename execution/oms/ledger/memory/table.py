"""A table of immutable rows by primary key, with the rules that decide which rows may be there, and lookups.

Contract: holds committed rows only; `Transaction` lays its own over them. Rules are named as PostgreSQL names them.
A unique rule or lookup gives None for a row that it does not cover. Rows of a lookup come in the order in which they
first had that value, never in a hash's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

Row = TypeVar("Row")
Of = Callable[[Any], Hashable | None]


class Unique(NamedTuple):
    name: str
    of: Of


class Check(NamedTuple):
    name: str
    holds: Callable[[Any], bool]


class Refers(NamedTuple):
    """The row that must be there: its table and key, None for no reference."""

    name: str
    table: Table[Any]
    of: Of


@dataclass(slots=True, eq=False)
class Table(Generic[Row]):
    name: str
    key: Callable[[Row], Hashable]
    primary: str = ""  # the primary key's name
    uniques: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    refers: tuple[Refers, ...] = ()
    lookups: dict[str, Of] = field(default_factory=dict)
    rows: dict[Hashable, Row] = field(default_factory=dict)
    taken: dict[str, dict[Hashable, Hashable]] = field(default_factory=dict)
    found: dict[str, dict[Hashable, dict[Hashable, None]]] = field(default_factory=dict)
    numbers: int = 0  # the identity column; never rolled back, as a sequence
    last: int = 0  # the highest committed number

    def __post_init__(self) -> None:
        self.checks = tuple(sorted(self.checks, key=lambda check: check.name))  # PostgreSQL asks them by name
        self.taken = {unique.name: {} for unique in self.uniques}
        self.found = {name: {} for name in self.lookups}

    def next_number(self) -> int:
        self.numbers += 1
        return self.numbers

    def put(self, key: Hashable, row: Row) -> None:
        """A committed row, new or in the place of the old one."""
        before = self.rows.get(key)
        self.rows[key] = row
        if type(key) is int and key > self.last:
            self.last = key
        for unique in self.uniques:
            was = None if before is None else unique.of(before)
            now = unique.of(row)
            if was != now:
                if was is not None and self.taken[unique.name].get(was) == key:
                    del self.taken[unique.name][was]
                if now is not None:
                    self.taken[unique.name][now] = key
        for name, of in self.lookups.items():
            was = None if before is None else of(before)
            now = of(row)
            if was != now:
                if was is not None:
                    del self.found[name][was][key]
                if now is not None:
                    self.found[name].setdefault(now, {})[key] = None

    def become(self, other: Table[Row]) -> None:
        """The other's rows; what is put into one later is not in the other."""
        self.rows = dict(other.rows)
        self.taken = {name: dict(keys) for name, keys in other.taken.items()}
        self.found = {name: {value: dict(keys) for value, keys in of.items()} for name, of in other.found.items()}
        self.numbers, self.last = other.numbers, other.last


def at_least(table: str, column: str, least: int) -> Check:
    """A CHECK on one column of numbers; NULL passes, as in SQL."""

    def holds(row: Any) -> bool:
        value = getattr(row, column)
        return value is None or bool(value >= least)

    return Check(f"{table}_{column}_check", holds)


def one_of(table: str, column: str, *words: str) -> Check:
    """A CHECK on one column of words."""
    allowed = frozenset(words)
    holds: Callable[[Any], bool] = lambda row: getattr(row, column) in allowed  # noqa: E731
    return Check(f"{table}_{column}_check", holds)
