"""The macro series that Quartz reads: what each is, where it comes from, when it appears. Data: data/macro.yaml. Pure.

Contract: `catalogue()` is every series in the order in which a reader meets them; codes are unique. A `Series` names
its raw figures by source and key, which is how they are stored; `shown` says what is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache

from domain.evidence import Unit
from domain.tables import table


class Source(StrEnum):
    """Who publishes."""

    ECOS = "ecos"
    FRED = "fred"
    WORLD_BANK = "worldbank"


SOURCE_NAMES = {Source.ECOS: "한국은행 ECOS", Source.FRED: "미국 FRED", Source.WORLD_BANK: "세계은행"}


class Cycle(StrEnum):
    """How often there is a figure; the letters are ECOS's own."""

    MONTH = "M"
    YEAR = "A"


class Shown(StrEnum):
    """What is made of a published figure."""

    LEVEL = "level"
    YEAR_ON_YEAR = "yoy"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Days: from a period's end to its figure, from there to stale, between two looks for revisions."""

    lag: int
    grace: int
    recheck: int


@dataclass(frozen=True, slots=True)
class Series:
    """One series; see data/macro.yaml for the fields."""

    code: str
    name: str
    source: Source
    key: str
    cycle: Cycle
    shown: Shown
    unit: Unit
    decimals: int
    sign: int
    matters: Decimal
    rhythm: Rhythm
    up: str
    down: str

    @property
    def publisher(self) -> str:
        """'한국은행 ECOS 722Y001/0101000': the source as evidence names it."""
        return f"{SOURCE_NAMES[self.source]} {self.key}"


@cache
def catalogue() -> tuple[Series, ...]:
    """All series. Raises ValueError for a table that does not hang together."""
    data = table("macro")
    rhythms = {name: Rhythm(**row) for name, row in data["rhythms"].items()}
    found = tuple(
        Series(
            code=str(row["code"]),
            name=str(row["name"]),
            source=Source(row["source"]),
            key=str(row["key"]),
            cycle=Cycle(row["cycle"]),
            shown=Shown(row["shown"]),
            unit=Unit(row["unit"]),
            decimals=int(row["decimals"]),
            sign=int(row["sign"]),
            matters=Decimal(row["matters"]),
            rhythm=rhythms[row["rhythm"]],
            up=str(row["up"]),
            down=str(row["down"]),
        )
        for row in data["series"]
    )
    codes = [series.code for series in found]
    if len(set(codes)) != len(codes):
        raise ValueError(f"expected each code once in macro.yaml, was {codes}")
    return found


def of_source(source: Source) -> tuple[Series, ...]:
    """The series that one publisher serves."""
    return tuple(series for series in catalogue() if series.source is source)
