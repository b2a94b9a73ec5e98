"""Daily bars of everything that may be looked at, fetched before a session begins: the scheduler's technical slot.

Contract: the job is a name a request on the day after a session, more for names it has never seen; it goes on where it
was when it runs again. It has failed when nothing could be read at all; a name that was skipped is in its sentence.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from domain.slots import Due, Outcome
from graph.schedule.jobs import Ended, Job
from nodes.technical.direct import DirectBars
from nodes.technical.refresh import SECONDS, refresh_universe, universe
from tools.ports import Identity, Ports

NOTHING = "아직 살펴볼 종목이 없어요."

GetPorts = Callable[[], Awaitable[Ports]]
GetPeople = Callable[[], Awaitable[Sequence[Identity]]]


def technical_refresh(get_ports: GetPorts, get_people: GetPeople, seconds: float = SECONDS) -> Job:
    """`get_people` says whose holdings, strategies and watch lists count. `seconds` bound one run."""

    async def run(due: Due, who: Identity | None) -> Ended:
        ports = await get_ports()
        names = await universe(ports, await get_people())
        if not names:
            return Ended(Outcome.DONE, NOTHING)
        bars = ports.daily or DirectBars(ports.market, ports.clock)
        done = await refresh_universe(bars, names, ports.clock, seconds=seconds)
        return Ended(Outcome.DONE if done.read else Outcome.FAILED, done.text())

    return run
