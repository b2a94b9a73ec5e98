"""The last evening of a world and the morning after it: everything comes to rest, then the judge compares the books.

Contract: whatever was halted is started again and whatever was left to a person is decided, by what the broker's own
app shows, before anything is called at rest.
"""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from datetime import time as clock_time

from domain.calendar import KrxCalendar
from domain.clock import KST
from proving.oms import OWNER_ACCOUNT
from proving.world import World
from tools.settings import Broker


class Evening:
    """The end of a world's days, and what its other hours need too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._acts: list[asyncio.Task[None]] = []

    async def _until_time(self, day: date, at: clock_time, second: float = 0.0) -> None:
        there = datetime.combine(day, at, KST) + timedelta(seconds=second)
        await asyncio.sleep(max(0.0, (there - self._world.wall.now()).total_seconds()))

    def _morrow(self) -> None:
        """What a story left for this morning begins with it."""
        work, self._world.morrow = self._world.morrow, []
        self._acts = [asyncio.create_task(one()) for one in work]

    async def _evening(self) -> None:
        """The last close, after which everything must come to rest."""
        for host in self._world.oms:
            self._world.down(host)
        if self._world.guard is not None:
            self._world.down(self._world.guard)
        await self._until_time(self._world.days[-1], clock_time(15, 31), 20 + self._world.rng.random() * 60)
        self._world.say("--- evening")
        self._world.up(self._world.exchange)
        self._world.up(self._world.oms[0])
        await self._world.until(lambda: self._world.oms[0].door is not None, 90.0)
        await self._next_day()

    async def _next_day(self) -> None:
        """Remainders lapse with an inquiry after their day: the morning after, everything has ended."""
        paper = self._world.broker is Broker.PAPER
        await asyncio.sleep(60.0 if paper else 12.0)
        self._world.down(self._world.oms[0])
        after = KrxCalendar().next_session(self._world.days[-1])
        await self._until_time(after, clock_time(8, 40))
        self._morrow()
        left_over = bool(self._acts)
        self._world.up(self._world.oms[0])
        await asyncio.gather(*self._acts)
        await self._world.until(lambda: self._world.oms[0].door is not None, 90.0)
        await self.person_resumes()
        limit = 300.0 if paper else 90.0
        await self._world.until(
            lambda: all(row["ended"] or row["state"] == "MANUAL" for row in self._world.watch.rows()), limit, 1.0
        )
        await self._person_decides()
        await asyncio.sleep((12.0 if paper else 4.0) + (30.0 if left_over else 0.0))
        self._rest()

    async def person_resumes(self) -> None:
        """Whatever was halted, a person starts again in the end."""
        newest: dict[str, str] = {}
        for row in self._world.database.tables.trading_states.rows.values():
            newest[row.scope] = row.state
        for scope, state in sorted(newest.items()):
            if state != "ACTIVE":
                self._world.judge.resumed("*" if scope == "global" else OWNER_ACCOUNT)
                await self._world.person.starts_again(scope)

    async def _person_decides(self) -> None:
        """What was left to a person: the broker's own app shows it, and the OMS is told."""
        manual = [row for row in self._world.watch.rows() if row["state"] == "MANUAL"]
        for row in manual:
            chains = (
                self._world.judge.approved[row["intent_id"]].chains
                if row["intent_id"] in self._world.judge.approved
                else []
            )
            odno = self._world.judge.broker.chains[chains[-1]][-1].key[1] if chains else 0
            told = await self._world.person.settles(row["intent_id"], None if odno else "absent", str(odno))
            self._world.say(
                f"a person decides {row['intent_id']} {row['side']} {row['ticker']}: {odno or 'absent'} {told}"
            )
        if manual:
            await self._world.until(
                lambda: all(row["state"] != "MANUAL" for row in self._world.watch.rows()), 120.0, 1.0
            )

    def _rest(self) -> None:
        holdings: dict[tuple[str, str], int] = {}
        for row in self._world.database.tables.sleeves.rows.values():
            if row.sleeve.position.quantity:
                key = (self._world.watch.number_of(row.account_ref), row.sleeve.ticker)
                holdings[key] = holdings.get(key, 0) + row.sleeve.position.quantity
        before = len(self._world.judge.breaks)
        if not self._world.regressed:
            manual = any(row["state"] == "MANUAL" for row in self._world.watch.rows())
            self._world.judge.at_rest(holdings, ours=frozenset() if manual else frozenset({OWNER_ACCOUNT}))
        self._world.watch.tell(before)
