"""What a caller may send, word for word: bodies and query strings checked by name before anything is translated.

Contract: a field that is not listed is refused by its name and never ignored, so that a body with a quantity, a price
or an account cannot be mistaken for an order of that quantity. Raises Malformed, which names the field, what was
expected and what was found; the value of an unlisted field is not repeated, because it may be a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from domain.proto import oms_pb2 as pb

AUTHORITIES = ("approval_id", "mandate_id", "exit_mandate_id")
MAX_BODY = 4 * 1024
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_MAX_VERSION = 2**31 - 1
_SHOWN = 60

Check = Callable[[str, Any], Any]


class Malformed(Exception):
    """The request cannot be translated; nothing was asked of the door."""

    def __init__(self, field: str, expected: str, found: str) -> None:
        super().__init__(f"expected {expected} in {field}, was {found}")
        self.field = field
        self.expected = expected
        self.found = found


def submit_request(body: bytes) -> pb.SubmitRequest:
    """{"plan_id", "version", one of the three authorities}: ids only."""
    found = _fields(parsed(body), {"plan_id": uuid_text, "version": version}, dict.fromkeys(AUTHORITIES, uuid_text))
    shown = [name for name in AUTHORITIES if name in found]
    if len(shown) != 1:
        raise Malformed("body", f"exactly one of {', '.join(AUTHORITIES)}", ", ".join(shown) or "none")
    return pb.SubmitRequest(**found)


def cancel_request(body: bytes) -> pb.CancelRequest:
    """{"account_ref", "intent_id", "request_id"}; the request id makes the cancel once."""
    found = _fields(parsed(body), {"account_ref": account_ref, "intent_id": uuid_text, "request_id": request_id}, {})
    return pb.CancelRequest(**found)


def orders_request(query: Mapping[str, str]) -> pb.OrdersRequest:
    """?account_ref="""
    found = _fields(query, {"account_ref": account_ref}, {}, where="query")
    return pb.OrdersRequest(**found, open_only=True, limit=500)


def watch_request(query: Mapping[str, str]) -> pb.WatchRequest:
    """?account_ref=&after_seq= (0 when left out: from the beginning)"""
    found = _fields(query, {"account_ref": account_ref}, {"after_seq": sequence}, where="query")
    return pb.WatchRequest(**found)


def parsed(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a body; a name that stands twice is refused, because readers differ in which one counts."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Malformed("body", "a JSON object in UTF-8", type(error).__name__) from None
    if not isinstance(value, dict):
        raise Malformed("body", "a JSON object", _kind(value))
    return value


# Fields -------------------------------------------------------------------------------------------------------------


def uuid_text(name: str, value: Any) -> str:
    if isinstance(value, str):
        try:
            if str(UUID(value)) == value.lower():
                return value.lower()
        except ValueError:
            pass
    raise Malformed(name, "a UUID such as 00000000-0000-0000-0000-000000000000", _shown(value))


def version(name: str, value: Any) -> int:
    if type(value) is int and 1 <= value <= _MAX_VERSION:  # a bool is no number here
        return value
    raise Malformed(name, f"a whole number from 1 to {_MAX_VERSION}", _shown(value))


def account_ref(name: str, value: Any) -> str:
    return _text(name, value, _ACCOUNT, "an account handle (letters, digits, _ . -; at most 64)")


def request_id(name: str, value: Any) -> str:
    return _text(name, value, _REQUEST_ID, "an id of your own (letters, digits, _ . : / -; at most 128)")


def sequence(name: str, value: Any) -> int:
    return int(_text(name, value, _NUMBER, "a whole number from 0, in digits"))


# The parts ----------------------------------------------------------------------------------------------------------


def _fields(
    given: Mapping[str, Any], needed: Mapping[str, Check], optional: Mapping[str, Check], where: str = "body"
) -> dict[str, Any]:
    known = {**needed, **optional}
    for name in given:
        if name not in known:
            raise Malformed(where, f"only {', '.join(known)}", f"the unknown field {_shown(name)}")
    for name in needed:
        if name not in given:
            raise Malformed(where, f"the field {name}", "without it")
    return {name: known[name](name, value) for name, value in given.items()}


def _text(name: str, value: Any, pattern: re.Pattern[str], expected: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise Malformed(name, expected, _shown(value))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed("body", "every field once", f"{_shown(name)} twice")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise Malformed("body", "JSON without NaN and Infinity", name)


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _shown(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        return _kind(value)
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
