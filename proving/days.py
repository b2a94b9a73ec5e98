"""How a world passes its days: busy minutes with people and faults, nights, and a last evening that brings rest.

Contract: a world lives through at least three session days: mornings, busy minutes, gaps and nights in which the OMS is
stopped, killed, asleep or left running, and a last evening after which everything must come to its end before the judge
compares the books. Every choice is the seed's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from datetime import time as clock_time

from domain.calendar import KrxCalendar
from domain.orders.types import Side
from proving.evening import Evening
from proving.faults import Planned, schedule
from proving.oracle.judge import Broken
from proving.people import acts_of
from proving.scene import Scene
from proving.stories import AT_THE_CLOSE, BY_DAY, Story
from proving.world import World
from tools.settings import Broker

BUSY_S = {Broker.LIVE: 50.0, Broker.PAPER: 160.0}
ACTS = {Broker.LIVE: (2, 5), Broker.PAPER: (1, 3)}
_STUCK = frozenset({"NEW", "SENDING", "NOT_SENT", "UNKNOWN", "CANCEL_PENDING", "CANCEL_UNKNOWN", "REVISE_PENDING"})
_LOOKED_UP = frozenset({"UNKNOWN"})
_UNSETTLED = _STUCK | {"REVISE_UNKNOWN"}


class Days(Evening):
    """One world's life."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._waited_for: dict[str, None] = {}

    async def live(self) -> None:
        self._world.loop.until = (len(self._world.days) + 12) * 86_400.0
        await self._world.desk.moves_in(self._world.person.who, self._world.broker.value, self._world.wall.now())
        self._world.up(self._world.exchange)
        await asyncio.sleep(1.0)
        self._world.striker.standing()
        planned = self._planned()
        for number, day in enumerate(self._world.days):
            # Mostly after the opening; now and then into it, through the auction.
            begins = self._world.rng.random() * 90 + (-70 if self._world.rng.random() < 0.2 else 15)
            await self._until_time(day, _opens(day), begins)
            await self._morning()
            await self._busy([one for one in planned if one.day == number])
            await self._heal()
            await self._settle()
            if self._world.told:
                await self._afternoon(day)
            if number < len(self._world.days) - 1:
                await self._night()
        await self._evening()

    def _planned(self) -> list[Planned]:
        """None in a calm world; a few where a story is told."""
        world = self._world
        if world.calm:
            return []
        planned = schedule(world.rng, len(world.days), BUSY_S[world.broker])
        return planned[::3] if world.told else planned

    async def _morning(self) -> None:
        self._world.say("--- morning")
        self._world.up(self._world.exchange)
        for host in self._world.oms:
            host.wake()
        self._morrow()
        if not any(host.running for host in self._world.oms):
            self._world.up(self._world.oms[0])
        if self._world.guard is not None:
            self._world.up(self._world.guard)
        await self._world.until(lambda: any(host.door is not None for host in self._world.oms), 90.0)

    async def _busy(self, planned: Sequence[Planned]) -> None:
        busy = BUSY_S[self._world.broker]
        begins = self._world.loop.world_time
        low, high = ACTS[self._world.broker]
        strikes = [asyncio.create_task(self._strike(begins, one)) for one in planned]
        impatience = asyncio.create_task(self._impatient())
        story = asyncio.create_task(self._story(BY_DAY)) if self._world.told else None
        for at in sorted(self._world.rng.random() * (busy - 15.0) for _ in range(self._world.rng.randint(low, high))):
            await asyncio.sleep(max(0.0, begins + at - self._world.loop.world_time))
            act = acts_of(self._world.person, self._world.rng, calm=self._world.calm)
            self._acts.append(asyncio.create_task(self._act(act)))
        await asyncio.sleep(max(0.0, begins + busy - self._world.loop.world_time))
        await asyncio.gather(*strikes)
        if story is not None:
            await story
        impatience.cancel()
        if self._world.guard is not None and self._world.calm:
            await self._stops_fire()

    async def _stops_fire(self) -> None:
        """Where nothing goes wrong a price at its stop is an exit in a moment: the feed's age, a question, a grant."""
        world = self._world
        within = 60.0 if world.broker is Broker.PAPER else 30.0
        if not await world.until(lambda: not world.watch.crossed(), within):
            world.judge.breaks.append(Broken(world.loop.world_time, "stop", "; ".join(world.watch.crossed())))

    async def _story(self, among: Mapping[Story, int], *, late: bool = False) -> None:
        world = self._world
        story = world.rng.choices(list(among), list(among.values()))[0]
        await asyncio.sleep(world.rng.random() * 8.0)
        world.say(f"story: {story.__name__}")
        await story(Scene(world, world.rng, late=late))

    async def _afternoon(self, day: date) -> None:
        """A story into which the market closes; the OMS may hear the close, or not. KIS paper takes nothing in the
        auction, so there the story begins before that."""
        world = self._world
        if world.rng.random() < 0.5:
            return
        self._all_away()
        begins, away = (clock_time(15, 18), 50.0) if world.broker is Broker.PAPER else (clock_time(15, 28), 40.0)
        await self._until_time(day, begins, 30.0 + world.rng.random() * 20.0)
        world.say("--- afternoon")
        world.up(world.oms[0])
        await world.until(lambda: world.oms[0].door is not None, 60.0)
        story = asyncio.create_task(self._story(AT_THE_CLOSE, late=True))
        if world.rng.random() < 0.5:
            await self._until_time(day, begins, 60.0 + away + world.rng.random() * 19.0)
            self._all_away()
        await story
        await self._until_time(day, clock_time(15, 30), 5.0 + world.rng.random() * 20.0)
        await self._heal()

    def _all_away(self) -> None:
        for host in self._world.oms:
            self._world.down(host)

    async def _impatient(self) -> None:
        """Somebody sees an order that is being looked up, and places another of that name."""
        while True:
            for row in self._world.watch.rows(_LOOKED_UP):
                if row["intent_id"] not in self._waited_for:
                    self._waited_for[row["intent_id"]] = None
                    if self._world.rng.random() < 0.7:
                        work = self._world.person.again(row["ticker"], Side(row["side"]))
                        self._acts.append(asyncio.create_task(work))
            await asyncio.sleep(1.0)

    async def _act(self, act: Callable[[], Awaitable[None]]) -> None:
        self._world.say(f"person: {act.__name__}")
        await act()

    async def _strike(self, begins: float, one: Planned) -> None:
        await asyncio.sleep(max(0.0, begins + one.at - self._world.loop.world_time))
        self._world.say(f"fault {one.kind.value} {one.seconds:.2f}")
        await self._world.striker.strike(one)

    async def _heal(self) -> None:
        """The day's faults are over; everybody who should be there is there again."""
        self._world.say("--- heal")
        await self._world.striker.calm()
        await asyncio.gather(*self._acts)

    async def _settle(self) -> None:
        """Until nothing is uncertain: settle time, a few inquiries."""
        await self._world.until(lambda: any(host.door is not None for host in self._world.oms), 120.0)
        limit = 400.0 if self._world.broker is Broker.PAPER else 150.0
        settled = await self._world.until(lambda: not self._world.watch.rows(_UNSETTLED), limit, 1.0)
        self._world.say(f"--- settled: {settled}")
        await self._person_decides()

    async def _night(self) -> None:
        """How the OMS spends the time until the next morning."""
        how = self._world.rng.choices(("stopped", "killed", "asleep"), (5, 2, 2))[0]
        self._world.coverage.acts[f"night_{how}"] += 1
        if self._world.guard is not None:
            self._world.down(self._world.guard)
        for host in self._world.oms:
            if how == "asleep" and host.running:
                host.suspend()
                self._world.network.forget(host.life)
                continue
            self._world.wanted.discard(host.name)
            if not host.running:
                continue
            if how == "stopped":
                host.terminate()
                if not await self._world.until(lambda host=host: not host.running, 30.0, 0.2):  # type: ignore[misc]
                    self._world.judge.breaks.append(
                        Broken(self._world.loop.world_time, "process", f"{host!r} would not end")
                    )
                    host.kill()
            else:
                host.kill()
        day = self._world.wall.now().date()
        chance = self._world.rng.random()
        if how != "asleep" and chance < 0.2:
            self._world.coverage.acts["through_the_close"] += 1
            await self._through(day, clock_time(15, 29, 30), 100.0)
        if how != "asleep" and chance > 0.93:
            self._world.coverage.acts["through_midnight"] += 1
            await self._through(day, clock_time(23, 59, 40), 45.0)

    async def _through(self, day: date, at: clock_time, seconds: float) -> None:
        """The OMS is there while the market closes, or the day changes."""
        await self._until_time(day, at)
        self._world.up(self._world.oms[0])
        await asyncio.sleep(seconds)
        self._world.wanted.discard(self._world.oms[0].name)
        self._world.oms[0].terminate()
        if not await self._world.until(lambda: not self._world.oms[0].running, 30.0, 0.2):
            self._world.judge.breaks.append(
                Broken(self._world.loop.world_time, "process", f"{self._world.oms[0]!r} would not end")
            )
            self._world.oms[0].kill()


def _opens(day: date) -> clock_time:
    hours = KrxCalendar().hours(day)
    assert hours is not None
    return hours.open
