"""Calls per second and the log of arrivals. Pure but for the clock value handed in.

Contract: at most `cap` admitted calls of one app key in any one-second window; a refused call does not count
[KIS does not say whether it does]. `None` admits everything and still logs. A call that a fault kept from the gateway
is in the log as well: it was on the wire.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

WINDOW_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One REST call as the exchange saw it; `at` is monotonic seconds, `key` a hash.

    `why` not admitted: "limit", or the kind of the fault that struck; "" when it was.
    """

    at: float
    key: str
    tr_id: str
    path: str
    admitted: bool
    why: str = ""


class RateLimiter:
    """A sliding window per app key."""

    def __init__(self, cap: int | None, monotonic: Callable[[], float], keep: int = 50_000) -> None:
        self._cap = cap
        self._monotonic = monotonic
        self._windows: dict[str, deque[float]] = {}
        self._log: deque[Arrival] = deque(maxlen=keep)

    def admit(self, key: str, tr_id: str, path: str) -> bool:
        """Count a call of `key`; False means EGW00201."""
        now = self._monotonic()
        window = self._windows.setdefault(key, deque())
        while window and now - window[0] >= WINDOW_SECONDS:
            window.popleft()
        admitted = self._cap is None or len(window) < self._cap
        if admitted:
            window.append(now)
        self._log.append(Arrival(now, key, tr_id, path, admitted, "" if admitted else "limit"))
        return admitted

    def kept_out(self, key: str, tr_id: str, path: str, why: str) -> None:
        """Log a call of `key` that never came to be counted."""
        self._log.append(Arrival(self._monotonic(), key, tr_id, path, admitted=False, why=why))

    def arrivals(self) -> list[dict[str, Any]]:
        """The log, oldest first, for `/quartz/arrivals`."""
        return [asdict(arrival) for arrival in self._log]
