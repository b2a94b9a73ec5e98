"""Pushing a price: what a test needs to see a stop fire, and nobody else gets.

Contract: `{"ticker", "percent"}` or `{"ticker", "price"}`; the next print of the board that trades now (within a
second, after an interruption if one is on) is at that price, put on price units and inside the band. Journaled as
`push`, so a restarted exchange shows the same prices. Raises `Misarmed` for what cannot be understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulation.exchange.exchange import Exchange
from simulation.exchange.faults.fault import Misarmed

MOST_PERCENT = 60  # no band is wider


def by_hand(exchange: Exchange, body: Mapping[str, object]) -> dict[str, Any] | None:
    """Pushes; `ticker`, the price it had and has then, and when. None when nothing will trade any more today."""
    ticker, percent, price = body.get("ticker"), body.get("percent"), body.get("price")
    if not isinstance(ticker, str) or ticker not in exchange.venue.market.listings:
        raise Misarmed(f"expected ticker to be one the exchange lists, was {ticker!r}")
    if (percent is None) is (price is None) or set(body) - {"ticker", "percent", "price"}:
        raise Misarmed(f"expected ticker and either percent or price, was {', '.join(sorted(map(str, body)))}")
    if price is not None:
        if not isinstance(price, int) or isinstance(price, bool) or price <= 0:
            raise Misarmed(f"expected price to be a whole number of won, was {price!r}")
        return exchange.venue.push(ticker, price=price)
    if not isinstance(percent, int | float) or isinstance(percent, bool) or not abs(percent) <= MOST_PERCENT:
        raise Misarmed(f"expected percent from -{MOST_PERCENT} to {MOST_PERCENT}, was {percent!r}")
    return exchange.venue.push(ticker, percent=percent)
