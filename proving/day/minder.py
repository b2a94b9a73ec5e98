"""Who runs what when: the product's own decision of what is due, asked every few seconds of a rehearsed day.

Contract: `domain.slots.due` says what is due, the row decides who runs it, a late slot is recorded and told and never
run. One account's slots run one after the other, the accounts beside each other. Approvals that nobody carried on and
cards that ran out are swept as the web does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from domain.calendar import Calendar
from domain.clock import Clock
from domain.slots import Due, Kind, Outcome, due
from graph.runner import Runner
from graph.turn import TurnResult
from proving.day.slots import Slots
from tools.ports import Identity

LOOK_S = 15.0
SWEEP_S = 60.0
BY = "rehearsal"
LATE = "늦어서 건너뛰었어요."
Ran = Callable[[Identity, Due, datetime, TurnResult | None], None]


class Minder:
    """`ran` is told of every slot that ended; None for one that was only recorded."""

    def __init__(self, slots: Slots, calendar: Calendar, clock: Clock, since: datetime, ran: Ran) -> None:
        self._slots = slots
        self._calendar = calendar
        self._clock = clock
        self._since = since
        self._ran = ran

    async def run(self, runner: Runner, people: list[Identity]) -> None:
        """Until it is cancelled."""
        await asyncio.gather(self._sweeps(runner), *(self._minds(runner, who) for who in people))

    async def _minds(self, runner: Runner, who: Identity) -> None:
        while True:
            rows = await self._slots.newest_of_all(self._since)
            newest = {row.kind: row for row in rows if row.account_ref == who.account_ref}
            for one in due(self._calendar, self._clock.now(), newest, self._since):
                await self._once(runner, who, one)
            await asyncio.sleep(LOOK_S)

    async def _once(self, runner: Runner, who: Identity, one: Due) -> None:
        begun = self._clock.now()
        if not await self._slots.claim(who.account_ref, one.kind, one.slot, begun, BY):
            return
        if one.late:
            await self._ended(who, one, Outcome.SKIPPED, LATE)
            self._ran(who, one, begun, None)
        elif one.kind not in (Kind.CYCLE, Kind.REBALANCE):
            await self._ended(who, one, Outcome.DONE, "")
            self._ran(who, one, begun, None)
        else:
            result = await runner.run_cycle(who, one.kind.value, one.slot, report_only=one.report_only)
            outcome = Outcome.FAILED if result.failed else Outcome.DONE
            await self._ended(who, one, outcome, result.reply[:200])
            self._ran(who, one, begun, result)

    async def _ended(self, who: Identity, one: Due, outcome: Outcome, text: str) -> None:
        await self._slots.ended(who.account_ref, one.kind, one.slot, self._clock.now(), outcome, text)

    async def _sweeps(self, runner: Runner) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            await runner.resume_approved()
            await runner.lapse()
