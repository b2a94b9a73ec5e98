"""What a name usually trades in a day: asked once a trade date, because yesterday does not change.

Contract: shares, the mean of the last 20 sessions before today, fewer where the name is younger; None when nobody could
tell, and then nobody is asked again for a minute. The question waits in the budget like the order that needs it.
"""

from __future__ import annotations

from datetime import date, timedelta

import structlog

from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData
from tools.kis.budget import Priority
from tools.kis.errors import KisError

log = structlog.get_logger("oms.volumes")
SESSIONS = 20
_DAYS = 45  # hold 20 sessions, the long holidays included
_AGAIN_S = 60.0


class Volumes:
    def __init__(self, data: MarketData, market: MarketClock) -> None:
        self._data = data
        self._market = market
        self._known: dict[str, tuple[date, int | None]] = {}
        self._failed: dict[str, float] = {}

    async def average(self, ticker: str, priority: Priority) -> int | None:
        """Never raises for the broker."""
        today = self._market.trade_date
        known = self._known.get(ticker)
        if known is not None and known[0] == today:
            return known[1]
        if self._market.monotonic() - self._failed.get(ticker, float("-inf")) < _AGAIN_S:
            return None
        try:
            chart = await self._data.chart(
                ticker, "D", today - timedelta(days=_DAYS), today - timedelta(days=1), priority=priority
            )
        except KisError as error:
            self._failed[ticker] = self._market.monotonic()
            log.warning("volume_unknown", ticker=ticker, reason=error.message[:200])
            return None
        volumes = [bar.volume for bar in chart.bars[-SESSIONS:]] if chart is not None else []
        average = sum(volumes) // len(volumes) if volumes else None
        self._known[ticker] = (today, average)
        return average
