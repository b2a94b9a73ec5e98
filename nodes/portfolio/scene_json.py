"""What weights were made of as plain JSON, and back: so that the same code can come to the same weights again, later.

Contract: dataclasses, enumerations, figures, mappings, sequences, sets, dates and exact numbers survive the way there
and back; of the instrument table only the rows that the scene is about are kept. A field that a later version adds is
written as it comes and missing ones take their defaults; what cannot be written is left out and named in `omitted`.
Knows no field by name but the table.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel

from domain.instruments import Instrument, Instruments

T = TypeVar("T")
OMITTED = "omitted"
_TEXTS: dict[type, Any] = {
    Decimal: Decimal,
    Fraction: Fraction,
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


class CannotTell(TypeError):
    """A value that has no plain form."""


def to_plain(value: Any) -> Any:
    """JSON without binary fractions. Raises CannotTell."""
    if value is None or isinstance(value, bool | int):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Instruments):
        return [to_plain(row) for row in value.all()]
    if isinstance(value, BaseModel):
        return to_plain(value.model_dump(mode="json"))
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(each) for key, each in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((to_plain(each) for each in value), key=lambda each: (str(type(each)), each))
    if isinstance(value, Sequence):
        return [to_plain(each) for each in value]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple(_TEXTS)):
        return str(value)
    raise CannotTell(f"expected something with a plain form, was {type(value).__name__}")


def _object(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    left: list[str] = []
    for each in fields(value):
        try:
            made[each.name] = to_plain(getattr(value, each.name))
        except CannotTell:
            left.append(each.name)
    return made | ({OMITTED: left} if left else {})


def from_plain(kind: Any, raw: Any) -> Any:
    """The value of that type. Raises ValueError or TypeError for JSON of another shape."""
    origin, inside = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return raw
    if origin in (Union, types.UnionType):
        return _either(inside, raw)
    if raw is None:
        if kind in (None, types.NoneType):
            return None
        raise ValueError(f"expected {kind}, was nothing")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(raw)
    if kind in (int, str, bool):
        if type(raw) is not kind:
            raise ValueError(f"expected {kind.__name__}, was {type(raw).__name__}")
        return raw
    if kind is float:
        return float(raw)
    if kind in _TEXTS:
        return _TEXTS[kind](raw)
    if kind is Instruments:
        return Instruments(tuple(from_plain(Instrument, row) for row in raw))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_validate(raw)
    if is_dataclass(kind):
        return _made(kind, raw)
    return _many(origin or kind, inside, raw)


def _either(kinds: Iterable[Any], raw: Any) -> Any:
    for kind in kinds:
        try:
            return from_plain(kind, raw)
        except (ValueError, TypeError, ArithmeticError):
            continue
    raise ValueError(f"expected one of {kinds}, was {type(raw).__name__}")


def _many(kind: Any, inside: tuple[Any, ...], raw: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Mapping):
        names, values = inside or (Any, Any)
        return {_key(names, key): from_plain(values, each) for key, each in raw.items()}
    if isinstance(kind, type) and issubclass(kind, AbstractSet):
        return frozenset(from_plain(inside[0] if inside else Any, each) for each in raw)
    if kind is tuple and inside and inside[-1] is not Ellipsis:
        return tuple(from_plain(each, part) for each, part in zip(inside, raw, strict=True))
    if isinstance(kind, type) and issubclass(kind, Collection):
        return tuple(from_plain(inside[0] if inside else Any, each) for each in raw)
    if getattr(kind, "__name__", "") == "Literal" or str(kind).startswith("typing.Literal"):
        return raw
    raise TypeError(f"expected a type with a plain form, was {kind}")


def _key(kind: Any, text: str) -> Any:
    return int(text) if kind is int else from_plain(kind, text)


def _made(kind: Any, raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        raise ValueError(f"expected the members of {kind.__name__}, was {type(raw).__name__}")
    hints, given = _hints(kind), {}
    for each in fields(kind):
        if each.name in raw:
            given[each.name] = from_plain(hints[each.name], raw[each.name])
        elif each.default is MISSING and each.default_factory is MISSING:
            raise ValueError(f"expected {each.name} of {kind.__name__}, was without")
    return kind(**given)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def rows_for(table: Instruments, tickers: Iterable[str]) -> Instruments:
    """The table with these names alone."""
    found = [table.get(ticker) for ticker in dict.fromkeys(tickers)]
    return Instruments(tuple(row for row in found if row is not None))
