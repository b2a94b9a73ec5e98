"""Whose prices these are and whose money: the two labels that no page may be without.

Contract: an unknown source of prices is labelled by the venue, so that made-up prices never go unlabelled.
"""

from __future__ import annotations

from collections.abc import Mapping

from tools.ports import MarketPort, PortUnavailable

BADGES: Mapping[str, str] = {"sim": "모의 거래소", "paper": "모의투자", "live": "실전"}
_PRICES: Mapping[str, str] = {"sim": "모의 시세"}


async def market_label(market: MarketPort, venue: str) -> str:
    """'모의 시세', '실시간 시세', '재생 시세 2025-06-02'; the venue's own word when the market is silent."""
    try:
        label = (await market.market_clock()).label
    except PortUnavailable:
        label = ""
    return label or _PRICES.get(venue, "")
