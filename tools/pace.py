"""How fast one caller may ask: a bucket of tokens each, refilled evenly. In memory, because it protects this process.

Contract: `take` answers at once and never waits. Whoever was not seen for long starts with a full bucket, so that what
is remembered stays small.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_REMEMBERED = 2_000


class Pace:
    """`burst` at once, `per_second` for ever."""

    def __init__(self, burst: int, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._now = now
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, who: Hashable) -> bool:
        """Whether one more is fine."""
        now = self._now()
        left, since = self._left.pop(who, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._per_second)
        is_fine = left >= 1
        self._left[who] = (left - 1 if is_fine else left, now)
        while len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)
        return is_fine
