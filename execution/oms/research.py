"""What is asked of the broker beside prices: minutes of today, titles of news, a company's accounts.

Contract: everything goes at the lowest priority of the budget, one request for all who ask the same at the same time,
and is kept for a while. Only minutes that are over are told, of today alone. What the environment or the key does not
allow is None, not an error; a broker that does not answer raises KisError.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, TypeVar

import structlog

from domain.clock import KST, Clock
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import SingleFlight
from tools.kis.charts import MinuteBar
from tools.kis.client import KisClient
from tools.kis.environment import Feature
from tools.kis.errors import NotOffered, Rejected
from tools.kis.fundamentals import Ratios
from tools.kis.news import Headline
from tools.kis.quotes import Quote

MINUTES_S, TITLES_S, ACCOUNTS_S = 20.0, 60.0, 6 * 3600.0  # how long an answer is served
_USUAL, _MOST = 120, 390  # minutes told where nothing says how many, and at most: a request brings 30
_KEPT = 256

log = structlog.get_logger("oms.research")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Accounts:
    """`years` None: not allowed here. `at` is market time."""

    quote: Quote
    years: tuple[Ratios, ...] | None
    at: datetime


class Research:
    """One client's, which on KIS is the house's."""

    def __init__(self, client: KisClient, market: MarketClock, wall: Clock) -> None:
        self._client = client
        self._market = market
        self._wall = wall
        self._flights = SingleFlight()
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    async def minutes(self, ticker: str, since: time | None, until: time | None) -> tuple[MinuteBar, ...]:
        """Minutes of today that begin at `since`..`until` and are over, oldest first."""
        now = self._market.now().astimezone(KST)
        last = (now - timedelta(minutes=1)).replace(second=0, microsecond=0)
        if last.date() != now.date():
            return ()  # the first minute of a day that never closes
        if until is not None:
            last = min(last, last.replace(hour=until.hour, minute=until.minute))
        midnight = last.replace(hour=0, minute=0)
        wanted = last - timedelta(minutes=_USUAL - 1)
        if since is not None:
            wanted = max(last.replace(hour=since.hour, minute=since.minute), last - timedelta(minutes=_MOST - 1))
        first = max(midnight, wanted)
        if first > last:
            return ()
        key = ("minutes", ticker, first, last)

        async def ask() -> tuple[MinuteBar, ...]:
            told = await self._client.charts.minutes_today(ticker, since=first.time(), until=last.time())
            return tuple(bar for bar in told if bar.at.date() == last.date() and bar.volume > 0)

        return await self._once(key, MINUTES_S, ask)

    async def titles(self, ticker: str) -> tuple[Headline, ...] | None:
        """Newest first; None where the broker offers none."""
        if not self._client.environment.offers(Feature.NEWS):
            return None

        async def ask() -> tuple[Headline, ...] | None:
            try:
                return await self._client.news.headlines(ticker)
            except (NotOffered, Rejected) as refused:
                log.info("no_titles", reason=refused.message[:200])
                return None

        return await self._once(("titles", ticker), TITLES_S, ask)

    async def accounts(self, ticker: str) -> Accounts | None:
        """None for a name that the broker does not know."""

        async def ask() -> Accounts | None:
            quote = await self._client.quotes.price(ticker)
            return None if quote is None else Accounts(quote, await self._years(ticker), self._market.now())

        return await self._once(("accounts", ticker, self._market.now().date()), ACCOUNTS_S, ask)

    async def _years(self, ticker: str) -> tuple[Ratios, ...] | None:
        if not self._client.environment.offers(Feature.FINANCE):
            return None
        try:
            return await self._client.finance.ratios(ticker)
        except (NotOffered, Rejected) as refused:
            log.info("no_accounts", ticker=ticker, reason=refused.message[:200])
            return None

    async def _once(self, key: Hashable, seconds: float, ask: Callable[[], Awaitable[T]]) -> T:
        kept = self._kept.get(key)
        if kept is not None and self._wall.monotonic() - kept[0] < seconds:
            found: T = kept[1]
            return found
        answer = await self._flights.do(key, ask)
        self._kept[key] = (self._wall.monotonic(), answer)
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return answer
