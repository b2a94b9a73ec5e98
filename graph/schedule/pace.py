"""How busy the market of an account's names is: what they traded in the last minutes, from the quotes of the day.

Contract: one book and one set of quotes a reading, both of which the OMS has at hand; an account that holds nothing is
quiet. Readings live in memory: after a start the first one of the day has nothing to compare with and is quiet, unless
the market has only just opened.
"""

from __future__ import annotations

from datetime import datetime

from domain.calendar import Calendar
from domain.clock import KST
from domain.traded import Reading, is_busy
from tools.ports import Identity, MarketPort, OmsPort


class Pace:
    """`busy` of the scheduler."""

    def __init__(self, oms: OmsPort, market: MarketPort) -> None:
        self._oms = oms
        self._market = market
        self._before: dict[str, Reading] = {}

    async def busy(self, who: Identity, calendar: Calendar, at: datetime) -> bool:
        """`at` is market time. Raises PortUnavailable."""
        hours = calendar.hours(at.astimezone(KST).date())
        held = sorted(position.ticker for position in (await self._oms.book(who)).positions if position.quantity > 0)
        if hours is None or not held:
            return False
        quotes = [quote for quote in await self._market.quotes(held) if quote.found]
        now = Reading(at, {one.ticker: one.volume for one in quotes}, {one.ticker: one.price for one in quotes})
        before = self._before.get(who.account_ref)
        self._before[who.account_ref] = now
        return is_busy(before, now, datetime.combine(at.astimezone(KST).date(), hours.open, KST))
