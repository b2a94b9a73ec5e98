"""How long a plan would wait for its turn, told at the door: what cannot leave in time is not taken in.

Contract: pure; seconds. Every order costs the requests that it needs to be judged on fresh figures, and its own. The
k-th leg leaves after the queue and the legs before it; how long another leg takes to fill is not foreseen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.orders.types import Leg

REQUESTS = 3  # balance, buying power, the POST; prices come by the stream


def too_late(legs: Sequence[Leg], now: datetime, wait_s: float, interval_s: float, queued: int) -> Leg | None:
    """The first leg that would leave after its `not_after`. `wait_s` is until the next grant for an order, `queued` how
    many orders of the account wait already."""
    for place, leg in enumerate(legs, start=1):
        if (leg.not_after - now).total_seconds() < wait_s + (queued + place) * REQUESTS * interval_s:
            return leg
    return None
