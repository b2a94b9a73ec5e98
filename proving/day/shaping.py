"""A reply in the shape that a model was asked for, filled from what its prompt told: plausible, and never random.

Contract: `filled(schema, told)` walks the JSON Schema that the call carried and fills every field by its name and kind:
tickers that the prompt puts up for choice, the rules' own stance and confidence, a plain Korean sentence with a figure
of the sheet, the first of a list of choices. It knows no task, so a task that changes its shape is answered all the
same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

TICKER = re.compile(r"(?<![0-9A-Za-z])[0-9]{4}[0-9A-Z][0-9A-Z](?![0-9A-Za-z])")
_DATA = re.compile(r'<data name="(\w+)">\n(.*?)\n</data>', re.DOTALL)
_FIGURE = re.compile(r"\{\{(f:[^}|]+)\}\}")
_RULED = re.compile(r"\b(bullish|neutral|bearish|uncertain), (\d+)\b")
_SHEET = re.compile(r"^\[([0-9A-Z]{6})\]", re.MULTILINE)
_VALUE = re.compile(r"(?:값: |\| )([a-z]\.[a-z0-9_]+) ")
_MANY = 2  # items of a list that may be as long as it likes


@dataclass(frozen=True, slots=True)
class Told:
    """What a prompt said: tickers to choose from and figures in order, and the rules' view with its confidence, if it
    had one; `sheets` holds the same a ticker, where the prompt has a sheet of each."""

    tickers: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    stance: str | None = None
    confidence: int = 50
    ruled: str = ""  # what the rules chose, where the prompt says it
    sheets: Mapping[str, Told] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Told:
        sheets = {sheet[0]: _seen(sheet[1], _VALUE.findall(sheet[1])) for sheet in _sheets(text)}
        seen = _seen(text, _FIGURE.findall(text))
        ruled = dict(_DATA.findall(text)).get("ruled", "").strip()
        return replace(seen, tickers=tuple(sheets) or _choices(text), ruled=ruled, sheets=sheets)

    def about(self, ticker: str) -> Told:
        """The same with this name alone."""
        return replace(self.sheets.get(ticker, self), tickers=(ticker,))


def _seen(text: str, figures: list[str]) -> Told:
    ruled = _RULED.search(text)
    named = tuple(dict.fromkeys(each if each.startswith("f:") else f"f:{each}" for each in figures))
    return Told((), named, ruled[1] if ruled else None, int(ruled[2]) if ruled else 50)


def _sheets(text: str) -> list[tuple[str, str]]:
    """(ticker, its lines)."""
    starts = [(found[1], found.start()) for found in _SHEET.finditer(text)]
    ends = [*[at for _, at in starts][1:], len(text)]
    return [(ticker, text[at:end]) for (ticker, at), end in zip(starts, ends, strict=False)]


def _choices(text: str) -> tuple[str, ...]:
    """Of a list of candidates, or of a universe what is to be bought; else every ticker there is."""
    blocks = dict(_DATA.findall(text))
    if "universe" in blocks:
        rows = json.loads(blocks["universe"])
        return tuple(str(row["ticker"]) for row in rows if row.get("action") == "BUY")
    return tuple(dict.fromkeys(TICKER.findall(blocks.get("candidates", text))))


def filled(schema: Mapping[str, Any], told: Told) -> Any:
    """A whole reply for the schema of a call."""
    return _value(schema, schema.get("$defs", {}), "", told)


def _value(schema: Mapping[str, Any], defs: Mapping[str, Any], name: str, told: Told) -> Any:
    if "$ref" in schema:
        return _value(defs[str(schema["$ref"]).rpartition("/")[2]], defs, name, told)
    if "anyOf" in schema:  # what may be left out is left out
        return None if {"type": "null"} in schema["anyOf"] else _value(schema["anyOf"][0], defs, name, told)
    if "enum" in schema:
        return _choice(list(schema["enum"]), name, told)
    match schema.get("type"):
        case "object":
            return {key: _value(part, defs, key, told) for key, part in schema["properties"].items()}
        case "array":
            return _list(schema, defs, name, told)
        case "integer" | "number":
            wanted = told.confidence if name == "confidence" else 0
            return min(max(wanted, schema.get("minimum", wanted)), schema.get("maximum", wanted))
        case "boolean":
            return False
        case "string":
            return _text(name, told)
    return None


def _choice(choices: list[Any], name: str, told: Told) -> Any:
    if name == "stance" and told.stance in choices:
        return told.stance
    if told.ruled in choices:
        return told.ruled
    return next((one for one in ("same", "hold", "HOLD", "neutral") if one in choices), choices[0])


def _list(schema: Mapping[str, Any], defs: Mapping[str, Any], name: str, told: Told) -> list[Any]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", _MANY)
    if "ticker" in name:
        return list(told.tickers[:most])
    if "ticker" in _properties(schema["items"], defs):
        return [_value(schema["items"], defs, name, told.about(ticker)) for ticker in told.tickers[:most]]
    if name == "risks" and not least:
        return []
    return [_value(schema["items"], defs, name, told) for _ in range(max(least, 1))]


def _properties(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        schema = defs[str(schema["$ref"]).rpartition("/")[2]]
    found: Mapping[str, Any] = schema.get("properties", {})
    return found


def _text(name: str, told: Told) -> str:
    if "ticker" in name or name == "code":
        return told.tickers[0] if told.tickers else ""
    if name == "preset":
        return told.ruled
    if name == "reason":
        return ""  # the rules' own stands
    if told.figures:
        return f"자료의 {{{{{told.figures[0]}}}}} 수준을 눈여겨봤어요."
    return "자료가 말하는 대로 살펴봤어요."
