"""Minute bars as a service: reads trades from the bus, publishes bars to it.

Contract: the group's place moves only to before the earliest unfinished bar, and what is known of finished ones goes
with it as a note; so a program that dies in the middle of a minute builds that bar again, whole, and what it told
already is told again with the same identity at most. `market_ms` tells market time where no print does; None: unknown.
With `filling`, whose `run` somebody else runs, minutes that a gap touched are told again as the broker has them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from domain.clock import Clock
from domain.proto import market_pb2 as pb
from market.bars.building import Building
from market.bars.filling import Filling
from market.bus.ports import (
    BARS,
    TRADES,
    Assigned,
    Bus,
    BusUnavailable,
    Delivery,
    Message,
    Overrun,
    Revoked,
    Subscription,
)

log = structlog.get_logger("market.making")
GROUP = "minutes"
_FETCH_S = 0.5
_PLACE_S = 1.0
_LOST_S = 1.0


@dataclass(slots=True)
class Part:
    """One partition: `count` messages have come, the last of them is `last`."""

    building: Building
    count: int = 0
    last: Message | None = None
    placed: int = 0


class MinuteBars:
    """One member of the group that makes minute bars."""

    def __init__(
        self,
        bus: Bus,
        wall: Clock,
        market_ms: Callable[[], int | None] = lambda: None,
        *,
        group: str = GROUP,
        filling: Filling | None = None,
    ) -> None:
        self._bus = bus
        self._wall = wall
        self._market_ms = market_ms
        self._group = group
        self._filling = filling
        self._parts: dict[int, Part] = {}
        self._placed_at = float("-inf")

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            subscription = self._bus.subscribe([TRADES], self._group)
            self._parts.clear()
            try:
                while True:
                    await self.step(subscription)
            except BusUnavailable as gone:
                log.warning("bus_lost", reason=str(gone))
                await self._wall.sleep(_LOST_S)
            finally:
                await asyncio.shield(subscription.aclose())

    async def step(self, subscription: Subscription, seconds: float = _FETCH_S) -> list[pb.Bar]:
        """One look at the bus; the bars that it told. Raises BusUnavailable."""
        bars: list[pb.Bar] = []
        for delivery in await subscription.fetch(seconds):
            self._take(delivery, bars)
        now_ms = self._market_ms()
        if now_ms is not None:
            for part in self._parts.values():
                bars += part.building.advance(now_ms)
        if self._filling is not None:
            self._fill(self._filling, bars)
        if bars:
            await self._bus.publish(BARS, [(bar.ticker, bar.SerializeToString()) for bar in bars])
        if bars or self._wall.monotonic() - self._placed_at >= _PLACE_S:
            await self._place(subscription)
        return bars

    def _fill(self, filling: Filling, bars: list[pb.Bar]) -> None:
        """What the broker told goes into the bars, what was lost is asked for."""
        for answer in filling.take():
            for part in self._parts.values():
                filled = part.building.fill(answer.wish.ticker, answer.minutes)
                if filled is None:
                    continue
                bars += filled
                if part.building.lacks(answer.wish.ticker, answer.wish.stretch):
                    filling.again(answer.wish)
        for part in self._parts.values():
            for ticker, stretch in part.building.missed():
                filling.want(ticker, stretch)

    def _take(self, delivery: Delivery, bars: list[pb.Bar]) -> None:
        if isinstance(delivery, Assigned):
            places = pb.BarPlaces.FromString(delivery.note).places
            self._parts[delivery.partition] = Part(Building(places=places))
        elif isinstance(delivery, Revoked):
            self._parts.pop(delivery.partition, None)
        elif isinstance(delivery, Overrun):  # the numbers that are missing tell the makers
            log.warning("overrun", partition=delivery.partition)
        else:
            part = self._parts[delivery.partition]
            event = pb.TradeEvent.FromString(delivery.payload)
            bars += part.building.take(event, (part.count, part.last))
            part.count, part.last = part.count + 1, delivery

    async def _place(self, subscription: Subscription) -> None:
        """After the bars are on the bus, never before."""
        self._placed_at = self._wall.monotonic()
        for part in list(self._parts.values()):
            count, message = part.building.earliest or (part.count, part.last)
            if message is not None and count > part.placed:
                await subscription.ack(message, part.building.places().SerializeToString())
                part.placed = count
