"""The day on which the market is: what bars end with and what tick sizes are asked for."""

from __future__ import annotations

from datetime import date

from tools.ports import Ports, PortUnavailable


async def market_date(ports: Ports) -> date:
    """The market's own date, which a replay takes elsewhere; the clock's when the market is silent."""
    try:
        return date.fromisoformat((await ports.market.market_clock()).trade_date)
    except (PortUnavailable, ValueError):
        return ports.clock.now().date()
