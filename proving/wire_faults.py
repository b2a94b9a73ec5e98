"""Faults of the wires between OMS and exchange: cuts, refusals, silence, slowness, requests that come late.

Contract: the network is told what to do and says when it has; a hit is counted then, under the fault's name.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from execution.oms.timing import timing_for
from proving.exchange import PORT
from proving.faults import Own, Planned
from proving.wire import Cut, Late

if TYPE_CHECKING:
    from proving.world import World


class Wires:
    """The part of a striker that has to do with them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.hits: Counter[str] = Counter()

    def _hit(self, kind: Own) -> None:
        self.hits[kind.value] += 1

    def _cut(self, one: Planned, to_server: bool, kind: Own) -> None:
        # A few connections on: orders have one of their own, so a cut meets an order sooner or later.
        cut = Cut(PORT, one.number % (900 if to_server else 700), to_server, one.number % 4, lambda: self._hit(kind))
        self._world.network.wire.cuts.append(cut)

    async def _cut_request(self, one: Planned) -> None:
        self._cut(one, True, Own.CUT_REQUEST)

    async def _cut_reply(self, one: Planned) -> None:
        self._cut(one, False, Own.CUT_REPLY)

    def keeps_back(self, path: bytes, seconds: float) -> None:
        """The next request for `path` arrives so much later."""
        begins = b"POST /uapi/domestic-stock/v1/trading/" + path
        self._world.network.wire.late.append(Late(begins, seconds, lambda: self._hit(Own.LATE_REQUEST)))

    async def _late_request(self, one: Planned) -> None:
        """An order, a revision or a cancel that arrives long after nobody waits for it any more."""
        path = b"order-cash" if one.number % 10 < 6 else b"order-rvsecncl"
        timing = timing_for(self._world.broker.value)
        seconds = 3.0 + one.seconds * (timing.deadline_s + timing.gateway_s - 4.0)
        if one.number % 4 == 0:  # later than the gateway is thought to keep anything: late evidence
            seconds = timing.settle_s + 1.0 + one.seconds * 4.0
        self.keeps_back(path, seconds)

    async def _refused(self, one: Planned) -> None:
        self._hit(Own.REFUSED)
        self._world.network.wire.refused_until[PORT] = self._world.loop.world_time + one.seconds

    async def _silent(self, one: Planned) -> None:
        self._hit(Own.SILENT)
        self._world.network.wire.silent_until[PORT] = self._world.loop.world_time + one.seconds

    async def _slow(self, one: Planned) -> None:
        self._hit(Own.SLOW)
        self._world.network.wire.slow = 40.0 + one.number
        await asyncio.sleep(one.seconds)
        self._world.network.wire.slow = 1.0
