"""What went wrong with a call, in our own words: a short stable code, whether it is worth resting, never a secret.

Contract: `fault_of(exception)` understands both providers' clients by the status and headers that their exceptions
carry, whatever they are wrapped in; the text of a provider is never taken over, because it may repeat a key or a
prompt. Codes are stored with the call and shown in `Outcome.why`:

    unauthorized unknown_model rate_limited no_quota bad_request server_error unreachable timeout   from the wire
    empty cut refused bad_reply check_failed broken                                                 from the answer
    no_client not_ready resting allowance budget                                                    never sent
    cancelled                                                                                       the turn was
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

RETRY_AFTER = 20.0  # seconds, when a 429 does not say
RETRY_CAP = 300.0
LONG_REST = 600.0  # a wrong key or model name does not mend itself

_BY_STATUS = {401: "unauthorized", 403: "unauthorized", 404: "unknown_model", 408: "timeout", 429: "rate_limited"}
_BROKEN_LINE = ("Connect", "Disconnect", "Protocol", "Payload", "ReadError", "WriteError")
_LONG = ("unauthorized", "unknown_model", "no_quota")
# Faults of the machinery, not of one answer: several in a row and the model rests a little.
SOFT = frozenset({"timeout", "unreachable", "server_error", "broken"})


@dataclass(frozen=True, slots=True)
class Fault:
    """`rest` is how long the model should be left alone, in seconds. `charged` is False when nothing was consumed."""

    code: str
    detail: str
    rest: float = 0.0
    charged: bool = True

    def __str__(self) -> str:
        return f"{self.code} ({self.detail})"


class Failed(Exception):
    """A call, or a model's whole attempt, led to nothing."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def fault_of(error: BaseException) -> Fault:
    """The fault behind an exception of a provider's client."""
    chain = list(_causes(error))
    if any(isinstance(each, TimeoutError | asyncio.TimeoutError) or "Timeout" in type(each).__name__ for each in chain):
        return Fault("timeout", "no answer in time")
    names = [type(each).__name__ for each in chain]
    if any(isinstance(each, OSError) for each in chain) or any(word in name for name in names for word in _BROKEN_LINE):
        return Fault("unreachable", "the connection failed")  # before any status: aiohttp calls half a body a 400
    status = next((found for each in chain if (found := _status(each)) is not None), None)
    if status is not None:
        return _by_status(status, chain)
    if "LengthFinishReasonError" in names:
        return Fault("cut", "the answer was longer than allowed")
    if "ContentFilterFinishReasonError" in names:
        return Fault("refused", "the provider withheld the answer")
    return Fault("broken", f"the answer could not be taken in: {names[0]}")


def _by_status(status: int, chain: list[BaseException]) -> Fault:
    if status == 429 and any(getattr(each, "code", None) == "insufficient_quota" for each in chain):
        return Fault("no_quota", "the provider's quota is used up", LONG_REST, charged=False)
    code = _BY_STATUS.get(status) or ("server_error" if status >= 500 else "bad_request")
    rest = LONG_REST if code in _LONG else 0.0
    if code == "rate_limited":
        rest = min(max(_retry_after(chain), 1.0), RETRY_CAP)
    return Fault(code, f"HTTP {status}", rest, charged=False)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__ or each.__context__


def _status(error: BaseException) -> int | None:
    for name in ("status_code", "code", "status"):
        value = getattr(error, name, None)
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
            return value
    return None


def _retry_after(chain: list[BaseException]) -> float:
    for each in chain:
        headers = getattr(getattr(each, "response", None), "headers", None)
        if isinstance(headers, Mapping) and (text := headers.get("retry-after") or headers.get("Retry-After")):
            return _seconds(str(text))
    for each in chain:
        delay = _google_delay(getattr(each, "details", None))
        if delay is not None:
            return _seconds(delay)
    return RETRY_AFTER


def _google_delay(details: Any) -> str | None:
    """`retryDelay: "17s"` of a google.rpc.RetryInfo, wherever it sits in the error's body."""
    if isinstance(details, Mapping):
        if isinstance(details.get("retryDelay"), str):
            return str(details["retryDelay"]).removesuffix("s")
        details = list(details.values())
    if isinstance(details, list):
        return next((found for each in details if (found := _google_delay(each)) is not None), None)
    return None


def _seconds(text: str) -> float:
    """Seconds only: neither provider sends the header's other form, a date."""
    try:
        seconds = float(text)
    except ValueError:
        return RETRY_AFTER
    return seconds if math.isfinite(seconds) and seconds >= 0 else RETRY_AFTER
