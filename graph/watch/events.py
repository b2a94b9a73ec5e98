"""The OMS's numbered events, followed for every account: what became of orders, halts, sales by rule.

Contract: each account is followed from the last place that was written; an alert and its place are one transaction, so
a process that dies anywhere takes up where it was and tells nothing twice. An account that is met for the first time
is not told its past. Accounts that come later are found within `LOOK_S`.
"""

from __future__ import annotations

import asyncio
import traceback
from datetime import UTC, timedelta

import structlog

from domain.clock import Clock
from domain.proto import oms_pb2 as pb
from domain.watch import Alert
from domain.watch_facts import of_event
from tools.ports import Identity, OmsPort, PortUnavailable
from tools.store.outbox import Outbox
from tools.store.watching import Watching

log = structlog.get_logger(__name__)

LOOK_S = 15.0
RETRY_S = 2.0
EVERY = 50  # events without an alert until the place is written anyway
PAST = timedelta(minutes=10)


class OmsFollower:
    """`run` until cancelled; `follow` one account."""

    def __init__(self, oms: OmsPort, outbox: Outbox, watching: Watching, clock: Clock, venue: str) -> None:
        self._oms = oms
        self._outbox = outbox
        self._watching = watching
        self._clock = clock
        self._venue = venue
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """One task an account."""
        try:
            while True:
                try:
                    for who in await self._outbox.everybody(self._venue):
                        if who.account_ref not in self._tasks:
                            self._tasks[who.account_ref] = asyncio.create_task(self._keep(who))
                except PortUnavailable as gone:
                    log.warning("watch.unavailable", where=gone.where)
                await self._clock.sleep(LOOK_S)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _keep(self, who: Identity) -> None:
        while True:
            try:
                await self.follow(who)
            except PortUnavailable as gone:
                log.debug("watch.door_silent", where=gone.where)
            except Exception:  # one account's bad row must not end the others' alerts
                log.error("watch.follow_failed", trace=traceback.format_exc())
            await self._clock.sleep(RETRY_S)

    async def follow(self, who: Identity) -> None:
        """From the stored place on, until the stream ends. Raises PortUnavailable."""
        follower = f"oms:{who.account_ref}"
        place = await self._outbox.place(follower)
        if place is None:
            await self._outbox.put((), follower, 0, self._clock.now())
            place = await self._outbox.place(follower)
        assert place is not None, "expected the place that was just written, was none"
        told_from, unwritten = place.since - PAST, 0
        async for event in self._oms.watch(who, place.at):
            is_past = event.at.ToDatetime(UTC) < told_from
            alerts = [] if is_past else await self._alerts(event, who)
            unwritten += 1
            if alerts or unwritten >= EVERY:
                await self._outbox.put(alerts, follower, event.seq, self._clock.now())
                unwritten = 0

    async def _alerts(self, event: pb.Event, who: Identity) -> list[Alert]:
        if event.account_ref != who.account_ref:
            return []
        found = of_event(event, who.user_id, await self._watching.choices(who.user_id))
        return [] if found is None else [found]
