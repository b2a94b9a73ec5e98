"""A reply in the shape that a model was asked for, filled from what its prompt told: plausible, and never random.

Contract: `filled(schema, told)` walks the JSON Schema that the call carried and fills every field by its name and kind:
tickers from the prompt, the rules' own stance and confidence, a plain Korean sentence with a figure of the sheet, the
first of a list of choices. It knows no task, so a task that changes its shape is answered all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TICKER = re.compile(r"(?<![0-9A-Za-z])[0-9]{5}[0-9A-Z](?![0-9A-Za-z])")
_FIGURE = re.compile(r"\{\{(f:[^}|]+)\}\}")
_RULED = re.compile(r"\b(bullish|neutral|bearish|uncertain), (\d+)\b")
_MANY = 2  # items of a list that may be as long as it likes


@dataclass(frozen=True, slots=True)
class Told:
    """What a prompt said: its tickers and figures in order, and the rules' view with its confidence, if it had one."""

    tickers: tuple[str, ...]
    figures: tuple[str, ...]
    stance: str | None
    confidence: int

    @classmethod
    def of(cls, text: str) -> Told:
        ruled = _RULED.search(text)
        return cls(
            tuple(dict.fromkeys(TICKER.findall(text))),
            tuple(dict.fromkeys(_FIGURE.findall(text))),
            ruled[1] if ruled else None,
            int(ruled[2]) if ruled else 50,
        )


def filled(schema: Mapping[str, Any], told: Told) -> Any:
    """A whole reply for the schema of a call."""
    return _value(schema, schema.get("$defs", {}), "", told, 0)


def _value(schema: Mapping[str, Any], defs: Mapping[str, Any], name: str, told: Told, at: int) -> Any:
    if "$ref" in schema:
        return _value(defs[str(schema["$ref"]).rpartition("/")[2]], defs, name, told, at)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], defs, name, told, at)
    if "enum" in schema:
        return _choice(list(schema["enum"]), name, told)
    match schema.get("type"):
        case "object":
            return {key: _value(part, defs, key, told, at) for key, part in schema["properties"].items()}
        case "array":
            return _list(schema, defs, name, told)
        case "integer" | "number":
            wanted = told.confidence if name == "confidence" else 0
            return min(max(wanted, schema.get("minimum", wanted)), schema.get("maximum", wanted))
        case "boolean":
            return False
        case "string":
            return _text(name, told, at)
    return None


def _choice(choices: list[Any], name: str, told: Told) -> Any:
    if name == "stance" and told.stance in choices:
        return told.stance
    return next((one for one in ("same", "hold", "HOLD", "neutral") if one in choices), choices[0])


def _list(schema: Mapping[str, Any], defs: Mapping[str, Any], name: str, told: Told) -> list[Any]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", _MANY)
    if "ticker" in name:
        return list(told.tickers[:most])
    if name == "risks" and not least:
        return []
    names_one = "ticker" in _properties(schema["items"], defs)
    count = max(least, min(most, len(told.tickers) if names_one else _MANY))
    return [_value(schema["items"], defs, name, told, at) for at in range(count)]


def _properties(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        schema = defs[str(schema["$ref"]).rpartition("/")[2]]
    found: Mapping[str, Any] = schema.get("properties", {})
    return found


def _text(name: str, told: Told, at: int) -> str:
    if "ticker" in name or name == "code":
        return told.tickers[at % len(told.tickers)] if told.tickers else ""
    if told.figures:
        return f"자료의 {{{{{told.figures[at % len(told.figures)]}}}}} 수준을 눈여겨봤어요."
    return "자료가 말하는 대로 살펴봤어요."
