"""The words a strategy may use: indicators with their parameters and outputs, candlestick patterns, Korean names.

Contract: read-only views of `domain/data/indicators.yaml`, the one table that the language, the kernels and the screens
share. Bounds say what may be written; whether an indicator exists as code is `domain.indicators.catalogue`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from domain.decimals import canonical
from domain.tables import table


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a parameter may be. `whole`: without decimals."""

    whole: bool = False
    min: Decimal | None = None
    max: Decimal | None = None
    above: Decimal | None = None

    def objection(self, value: Decimal) -> str | None:
        """Why not, in Korean with the remedy; None when it may be."""
        if self.whole and value != value.to_integral_value():
            return "소수점 없는 정수를 넣어 주세요."
        if self.min is not None and value < self.min:
            return f"{canonical(self.min)} 이상을 넣어 주세요."
        if self.above is not None and value <= self.above:
            return f"{canonical(self.above)}보다 큰 값을 넣어 주세요."
        if self.max is not None and value > self.max:
            return f"{canonical(self.max)} 이하를 넣어 주세요."
        return None


def indicator_table() -> Mapping[str, Any]:
    """Indicator id → {name, params: defaults, outputs, main, bounds}."""
    indicators: Mapping[str, Any] = table("indicators")["indicators"]
    return indicators


@cache
def candlestick_ids() -> frozenset[str]:
    return frozenset(table("indicators")["candlesticks"])


def indicator_name(id_: str) -> str:
    """Korean name, or the id in capitals where it is unknown."""
    row = indicator_table().get(id_)
    return str(row["name"]) if row else id_.upper()


def name_by(id_: str, param: str, value: str) -> str | None:
    """The name that a parameter's value gives an indicator; None where it is shown as a number."""
    found = indicator_table().get(id_, {}).get("named_by", {}).get(param, {}).get(value)
    return None if found is None else str(found)


def candlestick_name(id_: str) -> str:
    return str(table("indicators")["candlestick_names"].get(id_, id_))


def known_id(id_: str) -> str:
    """The id of the table for a word that the official programs use for it."""
    return str(table("indicators")["aliases"].get(id_, id_))


def main_output(id_: str) -> str:
    """What is meant when a file names no output."""
    row = indicator_table().get(id_, {})
    return str(row.get("main", "value"))


@cache
def bounds_of(id_: str, param: str) -> Bounds:
    """Bounds of a parameter: those of its name, tightened by the indicator's own. A count of bars unless named."""
    rules = table("indicators")["parameters"]
    own = indicator_table().get(id_, {}).get("bounds", {}).get(param, {})
    row = {**rules.get(param, rules["count"]), **own}
    numbers = {key: Decimal(str(row[key])) for key in ("min", "max", "above") if key in row}
    return Bounds(whole=bool(row.get("whole", False)), **numbers)


def default_of(id_: str, param: str) -> Decimal:
    return Decimal(str(indicator_table()[id_]["params"][param]))


def ordered_params(id_: str) -> Iterator[tuple[str, str]]:
    """Pairs of this indicator's parameters of which the first has to be smaller."""
    params = indicator_table().get(id_, {}).get("params", {})
    for small, large in table("indicators")["ordered"].items():
        if small in params and large in params:
            yield small, large
