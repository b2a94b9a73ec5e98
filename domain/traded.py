"""Whether a handful of names trades more than usual: the last minutes against the day's own average so far. Pure.

Contract: quantities are a day's cumulative shares, prices won; what two readings cannot tell (another day, a name that
was not read before, no time between) is not busy. The day's own average needs no history and follows the market's mood:
it is high after the opening, so that the calm of noon counts as calm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_MS = timedelta(milliseconds=1)
LONGEST = timedelta(minutes=15)  # between two readings; older ones say nothing about the last minutes


@dataclass(frozen=True, slots=True)
class Reading:
    """Shares traded since the day began and last prices in won, by ticker; `at` is market time."""

    at: datetime
    shares: Mapping[str, int]
    prices: Mapping[str, int]


def is_busy(before: Reading | None, now: Reading, opened: datetime) -> bool:
    """Whether won a minute since `before` were at least those a minute since the market `opened` that day. Without an
    earlier reading the opening is one: nothing had been traded."""
    since = opened if before is None or before.at < opened else before.at
    then = {} if before is None or before.at < opened else before.shares
    between, day = now.at - since, now.at - opened
    if not timedelta(0) < between <= LONGEST:
        return False
    known = now.shares.keys() if since == opened else now.shares.keys() & then.keys()
    lately = {ticker: now.shares[ticker] - then.get(ticker, 0) for ticker in known}
    if any(shares < 0 for shares in lately.values()):
        return False
    won = sum(shares * now.prices.get(ticker, 0) for ticker, shares in lately.items())
    so_far = sum(now.shares[ticker] * now.prices.get(ticker, 0) for ticker in known)
    return won > 0 and won * (day // _MS) >= so_far * (between // _MS)
