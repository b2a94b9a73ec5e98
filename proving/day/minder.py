"""The scheduler of a rehearsed day: the product's own, with its rows, choices and diary in memory.

Contract: what `graph.schedule.parts` puts together, ticked by the world's time. Beside it runs what the web's sweeper
does: approvals that nobody carried on go on, cards that ran out end, receipts are completed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from domain.clock import Clock
from domain.slots import Due, Kind
from graph.runner import Runner
from graph.schedule.account_jobs import checking, reporting
from graph.schedule.jobs import Ended, Task
from graph.schedule.pace import Pace
from graph.schedule.scheduler import Outside, Scheduler
from graph.turn import TurnResult
from proving.day.papers import Papers
from proving.day.slots import Slots
from tools.checks import CheckChoice, Checked, wants_checks
from tools.ports import Identity, Ports

TICK_S = 10.0
SWEEP_S = 60.0
CHECK_S, REPORT_S = 240.0, 60.0  # as `graph.schedule.parts` has them
BY = "rehearsal"
Told = Callable[[str, Due, Ended], None]
Ran = Callable[[str, str, str, tuple[datetime, datetime], TurnResult], None]  # account, kind, slot, from when to when


class Choices:
    """`tools.checks.ChecksPort` and `graph.schedule.ports.CheckedAccounts`: what owners said, and who has signed."""

    def __init__(self, papers: Papers, people: Sequence[Identity], wall: Clock) -> None:
        self._papers = papers
        self._people = people
        self._wall = wall
        self._said: dict[str, CheckChoice] = {}

    async def choice(self, account_ref: str) -> CheckChoice | None:
        return self._said.get(account_ref)

    async def choose(self, who: Identity, is_on: bool, channel: str) -> None:
        self._said[who.account_ref] = CheckChoice(is_on, self._wall.now())

    async def checked(self, venue: str, now: datetime) -> Sequence[Checked]:
        found = []
        for who in self._people:
            profile, said = await self._papers.latest_profile(who.user_id), self._said.get(who.account_ref)
            mandates = await self._papers.mandates(who.account_ref)
            signed = [row.signed_at for row in mandates if row.kind == "cycle" and row.is_live(now) and row.signed_at]
            if profile is not None and who.venue == venue and wants_checks(said, max(signed, default=None)):
                since = said.at if said is not None and said.is_on else max(signed)
                found.append(Checked(who, max(since, profile.confirmed_at), bool(signed)))
        return found


class Minder:
    """`told` hears of every slot that ended, `ran` what each check's run came to."""

    def __init__(
        self,
        ports: Ports,
        papers: Papers,
        slots: Slots,
        choices: Choices,
        wall: Clock,
        ran: Ran,
        told: Told,
    ) -> None:
        self._ports = ports
        self._outside = Outside(slots, choices, ports.market, papers, wall, Pace(ports.oms, ports.market).busy)
        self._ran = ran
        self._told = told

    async def run(self, runner: Runner) -> None:
        """Until it is cancelled."""
        watched = _Watched(runner, self._ran)

        async def get() -> Runner:
            return watched  # type: ignore[return-value]

        tasks = {
            Kind.CYCLE: Task(checking(Kind.CYCLE, get), CHECK_S),
            Kind.REBALANCE: Task(checking(Kind.REBALANCE, get), CHECK_S),
            Kind.REPORT: Task(reporting(get), REPORT_S),
        }
        scheduler = Scheduler(self._outside, tasks, "sim", BY, told=self._told)
        await asyncio.gather(self._ticks(scheduler), self._sweeps(runner))

    async def _ticks(self, scheduler: Scheduler) -> None:
        while True:
            await scheduler.tick()
            await asyncio.sleep(TICK_S)

    async def _sweeps(self, runner: Runner) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            await runner.resume_approved()
            await runner.lapse()
            await runner.complete_receipts()


class _Watched:
    """The runner, with an ear at what checks come to: notices are for faces, and a rehearsal reads them too."""

    def __init__(self, runner: Runner, ran: Ran) -> None:
        self._runner = runner
        self._ran = ran
        self.ports = runner.ports

    async def run_cycle(self, who: Identity, kind: str, slot: str, *, report_only: bool = False) -> TurnResult:
        begun = self.ports.clock.now()
        result = await self._runner.run_cycle(who, kind, slot, report_only=report_only)
        self._ran(who.account_ref, kind, slot, (begun, self.ports.clock.now()), result)
        return result
