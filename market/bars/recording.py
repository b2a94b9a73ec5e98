"""Minute bars from the bus into the store, some minutes at a time.

Contract: the group's place moves after the files are written, so a crash writes some bars again, to the same effect.
Only complete bars are stored: a hole is honest, a bar with something missing in it is not. Of several revisions that
come together the highest counts.
"""

from __future__ import annotations

import asyncio

import structlog

from domain.clock import Clock
from domain.proto import market_pb2 as pb
from market.bars.files import of_rows
from market.bars.store import BarStore
from market.bus.ports import BARS, Bus, BusUnavailable, Message, Revoked, Subscription
from tools.lake import LakeUnavailable

log = structlog.get_logger("market.recording")
GROUP = "lake"
EVERY_S = 300.0
_FETCH_S = 2.0
_LOST_S = 5.0


class Recording:
    """One member of the group that writes bars down."""

    def __init__(self, bus: Bus, store: BarStore, wall: Clock, *, every_s: float = EVERY_S) -> None:
        self._bus = bus
        self._store = store
        self._wall = wall
        self._every_s = every_s
        self._bars: dict[tuple[str, str, int], pb.Bar] = {}
        self._places: dict[int, Message] = {}

    async def run(self) -> None:
        """Until it is cancelled; what has come by then is written."""
        while True:
            subscription = self._bus.subscribe([BARS], GROUP)
            self._bars.clear()
            self._places.clear()
            try:
                await self._record(subscription)
            except (BusUnavailable, LakeUnavailable) as gone:
                log.warning("not_recorded", reason=str(gone))
                await self._wall.sleep(_LOST_S)
            finally:
                await asyncio.shield(subscription.aclose())

    async def _record(self, subscription: Subscription) -> None:
        written = self._wall.monotonic()
        try:
            while True:
                await self.take(subscription)
                if self._wall.monotonic() - written >= self._every_s:
                    await self.write(subscription)
                    written = self._wall.monotonic()
        except asyncio.CancelledError:
            await asyncio.shield(self.write(subscription))
            raise

    async def take(self, subscription: Subscription, seconds: float = _FETCH_S) -> None:
        for delivery in await subscription.fetch(seconds):
            if isinstance(delivery, Message):
                bar = pb.Bar.FromString(delivery.payload)
                key = (bar.ticker, bar.timeframe, bar.end)
                known = self._bars.get(key)
                if known is None or bar.revision >= known.revision:
                    self._bars[key] = bar
                self._places[delivery.partition] = delivery
            elif isinstance(delivery, Revoked):
                self._places.pop(delivery.partition, None)  # its new owner reads and writes them again

    async def write(self, subscription: Subscription) -> None:
        bars, places = list(self._bars.values()), dict(self._places)
        await asyncio.to_thread(self._write, bars)
        self._bars.clear()
        self._places.clear()
        for message in places.values():
            await subscription.ack(message)

    def _write(self, bars: list[pb.Bar]) -> None:
        series: dict[tuple[str, str], list[pb.Bar]] = {}
        for bar in bars:
            if bar.complete:
                series.setdefault((bar.ticker, bar.timeframe), []).append(bar)
        for (ticker, timeframe), found in series.items():
            found.sort(key=lambda bar: bar.end)
            rows = [(bar.end, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in found]
            self._store.write(ticker, timeframe, of_rows(rows), source="ticks")
