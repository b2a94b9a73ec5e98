"""Decimals that survive JSON unchanged, so that a content hash does too: strategies and figures are made of them.

Contract: a number may be written as int, decimal string or YAML/JSON float (read by its shortest text, never its
binary value); it is stored as Decimal and written as its shortest plain string. In a strategy a reference to a
parameter is the whole string `$name`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

MAX_DIGITS = 18
_PLAIN = r"^-?\d{1,18}(\.\d{1,18})?$"
_NUMBER_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _PLAIN}]}
_OPERAND_SCHEMA: dict[str, Any] = {"anyOf": [{"type": "number"}, {"type": "string", "minLength": 1}]}


def canonical(number: Decimal) -> str:
    """Shortest plain text: 5, 2.5, -0.01; never an exponent, never a negative zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def percent(bps: int) -> str:
    """Basis points as percent text: 2500 is 25%, 750 is 7.5%, 1 is 0.01%."""
    return f"{canonical(Decimal(bps) / 100)}%"


def to_decimal(value: object) -> Decimal:
    """A number as Decimal. ValueError for booleans, text, NaN, infinity or more than 18 digits on a side."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"expected a number, was {value!r}")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"expected a number, was {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"expected a finite number, was {value!r}")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MAX_DIGITS or abs(number) >= 10**MAX_DIGITS:
        raise ValueError(f"expected at most {MAX_DIGITS} digits on a side, was {value!r}")
    return Decimal(canonical(number))


def to_operand(value: object) -> Decimal | str:
    """A number, a `$param`, or a name (alias or price field)."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            raise ValueError("expected a number, a name or $param, was empty")
        if text[0].isdigit() or text[0] in "+-.":
            return to_decimal(text)
        return text
    return to_decimal(value)


def _write(value: Decimal | str) -> str:
    return canonical(value) if isinstance(value, Decimal) else value


Number = Annotated[Decimal, BeforeValidator(to_decimal), PlainSerializer(_write), WithJsonSchema(_NUMBER_SCHEMA)]
Operand = Annotated[
    Decimal | str, BeforeValidator(to_operand), PlainSerializer(_write), WithJsonSchema(_OPERAND_SCHEMA)
]
