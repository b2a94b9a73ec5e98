"""Alerts on their way to people's own channels, in the order they were made.

Contract: a try is written down, made, and its outcome written down; without an outcome it is made again after a while,
so every alert goes out at least once, under the same code. Quiet hours hold back what is not urgent until they end.
The inbox does not wait for any of this.
"""

from __future__ import annotations

import asyncio

from domain.clock import Clock
from domain.watch import USUAL
from tools.notify.addresses import Sealed
from tools.notify.sending import Outcome, Sender, code_of
from tools.store.notices import DueNotice, Notices
from tools.store.outbox import Outbox

TOGETHER = 4


class NoticeSender:
    """`once` sends what is due."""

    def __init__(self, notices: Notices, outbox: Outbox, sealed: Sealed, sender: Sender, clock: Clock) -> None:
        self._notices = notices
        self._outbox = outbox
        self._sealed = sealed
        self._sender = sender
        self._clock = clock
        self._room = asyncio.Semaphore(TOGETHER)

    async def once(self) -> int:
        """How many were sent. Raises PortUnavailable."""
        now = self._clock.now()
        due = await self._notices.due(now)
        if not due:
            return 0
        choices = await self._outbox.choices()
        ready = [each for each in due if each.urgent or not choices.get(each.user_id, USUAL).is_quiet(now)]
        lanes: dict[object, list[DueNotice]] = {}
        for each in ready:  # one after another to the same place, so that they arrive in order
            lanes.setdefault(each.channel_id, []).append(each)
        return sum(await asyncio.gather(*(self._lane(lane) for lane in lanes.values())))

    async def _lane(self, lane: list[DueNotice]) -> int:
        sent = 0
        async with self._room:
            for notice in lane:
                if not await self._notices.begin(notice, self._clock.now()):
                    continue
                url = self._sealed.open(notice.channel_id, notice.sealed)
                outcome = Outcome.REFUSED
                if url is not None:
                    outcome = await self._sender.send(url, notice.text, code_of(notice.user_id, notice.key))
                await self._notices.end(notice, outcome, self._clock.now())
                if outcome is Outcome.SENT:
                    sent += 1
                elif outcome is Outcome.FAILED:
                    break  # what follows would only wait for the same door
        return sent
