"""From a pydantic model to the shape that a model is asked to fill, and back from its text. Pure.

Contract: `shape_of(Reply)` is a JSON Schema that OpenAI's strict mode and Gemini both take: every field required, no
field besides, only keywords that both know; pydantic checks the rest. `read_reply` is strict: no guessing of types, no
unknown fields at any depth, no links or markup in any text, since what a model writes may come from the web.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

ReplyT = TypeVar("ReplyT", bound=BaseModel)

MAX_TEXT = 100_000
_KEPT = frozenset(
    {"$defs", "$ref", "type", "description", "enum", "items", "minItems", "maxItems", "minimum", "maximum"}
    | {"anyOf", "properties", "required", "additionalProperties"}
)
_MARKUP = re.compile(
    r"[a-z][a-z0-9+.-]*://|\]\s*[(\[]|<\s*[A-Za-z/!]|\b(?:javascript|data|mailto|tel):|\bwww\."
    r"|\b[a-z0-9-]+\.(?:com|net|org|io|kr|co|me|ly|info|xyz|app|dev|link|shop)\b",
    re.IGNORECASE | re.ASCII,
)
# What a reader cannot see but a page obeys: controls, marks that turn the direction of writing, invisible tags.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class Unreadable(ValueError):
    """What came is not the asked-for reply; the text may be shown to the model that wrote it."""


@cache
def shape_of(reply: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema to send; treat it as read-only."""
    shaped: dict[str, Any] = _plain(reply.model_json_schema())
    return shaped


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "const" in schema:
        schema = {**schema, "enum": [schema["const"]]}
    if "prefixItems" in schema:  # a tuple of fixed length: a list of that length
        schema = {**schema, "items": schema["prefixItems"][0] if schema["prefixItems"] else {}}
    if "oneOf" in schema:
        schema = {**schema, "anyOf": schema["oneOf"]}
    kept = {
        key: {name: _plain(each) for name, each in value.items()} if key in ("properties", "$defs") else _plain(value)
        for key, value in schema.items()
        if key in _KEPT and key not in ("enum", "required")
    }
    if "enum" in schema:
        kept["enum"] = list(schema["enum"])
    if "$ref" in kept:  # strict mode wants it alone
        return {"$ref": kept["$ref"]}
    if kept.get("type") == "object" or "properties" in kept:
        kept["required"] = list(kept.setdefault("properties", {}))
        kept["additionalProperties"] = False
    return kept


def read_reply(text: str, reply: type[ReplyT]) -> ReplyT:
    """The reply in `text`, a fence or a sentence around it looked through. Raises Unreadable."""
    if len(text) > MAX_TEXT:
        raise Unreadable(f"expected at most {MAX_TEXT} characters, was {len(text)}")
    try:
        found = reply.model_validate_json(_object(text), strict=True, extra="forbid")
    except ValidationError as fault:
        raise Unreadable(_explained(fault)) from None
    for leaf in _leaves(found.model_dump()):
        if isinstance(leaf, str) and has_markup(leaf):
            raise Unreadable("expected plain words without links or markup, was some")
        if isinstance(leaf, float) and not math.isfinite(leaf):
            raise Unreadable("expected finite numbers, was infinite or none")
    return found


def has_markup(text: str) -> bool:
    """True for links, images, tags and signs that nobody sees: no text of a model may carry them into a page."""
    return _MARKUP.search(text) is not None or any(
        unicodedata.category(sign) in _UNSEEN for sign in text if sign not in "\n\t"
    )


def _object(text: str) -> str:
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else text


def _explained(fault: ValidationError) -> str:
    lines = []
    for each in fault.errors(include_url=False, include_input=False, include_context=False)[:8]:
        where = ".".join(str(part) for part in each["loc"])
        lines.append(f"{where}: {each['msg']}" if where else each["msg"])
    return "; ".join(lines)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _leaves(each)
    else:
        yield value
