"""Prices of names with an alert: looked at while the market trades, and what a rule makes of two looks.

Contract: a price counts when it is fresh by the market's own clock and trading goes on; one that is not fires nothing
and moves nothing. A crossing and its alert are one transaction, numbered a rule, so that it fires once whoever looks.
What happens between two looks, `LOOK_S` apart, is not seen.
"""

from __future__ import annotations

from datetime import UTC, timedelta

from domain.calendar import Phase
from domain.clock import KST, Clock
from domain.crossing import Seen, step
from domain.instruments import Instruments
from domain.proto import oms_pb2 as pb
from domain.watch import USUAL, AlertKind, AlertRule
from domain.watch_facts import of_crossing
from tools.ports import MarketPort
from tools.store.outbox import Outbox

LOOK_S = 5.0
FRESH = timedelta(seconds=60)
MOST = 40  # names a question


class PriceFollower:
    """`once` looks at every name with a rule."""

    def __init__(self, market: MarketPort, outbox: Outbox, table: Instruments, clock: Clock, venue: str) -> None:
        self._market = market
        self._outbox = outbox
        self._table = table
        self._clock = clock
        self._venue = venue

    async def once(self) -> int:
        """How many rules fired. Raises PortUnavailable."""
        rules = [rule for rule in await self._outbox.rules(self._venue) if rule.kind is AlertKind.PRICE]
        if not rules:
            return 0
        clock = await self._market.market_clock()
        if clock.phase != Phase.CONTINUOUS:
            return 0
        seen = await self._seen(sorted({rule.ticker for rule in rules}), clock)
        standings = await self._outbox.standings([rule.rule_id for rule in rules])
        choices, fired = await self._outbox.choices(), 0
        for rule in rules:
            price = seen.get(rule.ticker)
            if price is None:
                continue
            after, fires = step(rule, standings.get(rule.rule_id), price)
            if after is None:
                continue
            tells = fires and choices.get(rule.user_id, USUAL).wants(AlertKind.PRICE)
            alert = of_crossing(rule, after, price, self._name(rule)) if tells else None
            if await self._outbox.stand(rule, after, alert, self._clock.now()) and alert is not None:
                fired += 1
        return fired

    async def _seen(self, tickers: list[str], clock: pb.MarketClockReply) -> dict[str, Seen]:
        now, found = clock.now.ToDatetime(UTC), {}
        for first in range(0, len(tickers), MOST):
            for quote in await self._market.quotes(tickers[first : first + MOST]):
                if not quote.found or quote.price <= 0:
                    continue
                at = quote.as_of.ToDatetime(UTC)
                stale = quote.stale or quote.halted or now - at > FRESH
                found[quote.ticker] = Seen(quote.price, quote.base_price, at.astimezone(KST), stale)
        return found

    def _name(self, rule: AlertRule) -> str:
        row = self._table.get(rule.ticker)
        return rule.ticker if row is None else row.name
