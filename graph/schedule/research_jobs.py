"""What is done for everybody: the macro report, the news and daily bars, each by its own job, opened for the run.

Contract: a publisher or a lake that is away makes the slot fail with what the job says of it; it is tried again after
an hour and stops nothing else. What is not due by the job's own rules is done at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from domain.clock import Clock
from domain.ids import NewId
from domain.slots import Due, Outcome
from graph.schedule.jobs import Ended, Job
from tools.ports import Identity, Ports
from tools.settings import Settings
from tools.store.desk_tables import Pool

NOT_DUE = "지금은 새로 받을 것이 없어요."
NOBODY = "정기 점검을 켠 계좌가 없어 미리 받지 않았어요."

Download = Callable[[Path, Clock], Awaitable[Any]]
GetPorts = Callable[[], Awaitable[Ports]]
GetPeople = Callable[[], Awaitable[Sequence[Identity]]]


def macro_refresh(settings: Settings, pool: Pool, clock: Clock, new_id: NewId) -> Job:
    """`pool` logs in as quartz_graph."""

    async def run(due: Due, who: Identity | None) -> Ended:
        from graph.macro_job import open_macro_job  # here and below: only the run needs what it imports
        from nodes.macro.refresh import BUSY, refresh

        async with open_macro_job(settings, pool, clock, new_id) as job:
            done = await refresh(job)
        good = [each for each in done.outcomes if not each.failure]
        told = [f"지표 {len(done.outcomes)}개 가운데 {len(good)}개를 받았어요."] if done.outcomes else []
        told += ["보고서를 새로 썼어요."] if done.report is not None else []
        told += [done.why] if done.why else []
        failed = (bool(done.why) and done.why != BUSY) or (bool(done.outcomes) and not good)
        return Ended(Outcome.FAILED if failed else Outcome.DONE, " ".join(told) or NOT_DUE)

    return run


def news_reading(settings: Settings, clock: Clock) -> Job:
    async def run(due: Due, who: Identity | None) -> Ended:
        from graph.news_job import open_news_job
        from nodes.selector.refresh import refresh

        await fresh_masters(settings.home, clock)
        async with open_news_job(settings, clock) as job:
            done = await refresh(job)
        if done.why:
            return Ended(Outcome.FAILED, done.why)
        if done.run is None:
            return Ended(Outcome.DONE, NOT_DUE)
        return Ended(Outcome.DONE, f"제목 {done.run.read}개를 읽어 소식 {len(done.run.news)}건을 남겼어요.")

    return run


async def fresh_masters(home: Path, clock: Clock, download: Download | None = None) -> bool:
    """Asks KIS once a day which names are listed, before the news is matched to them. What cannot be had is logged, and
    the old list serves; True when something was asked for."""
    from tools.news import master_download

    if not await asyncio.to_thread(master_download.due, home, clock.now()):
        return False
    await (download or master_download.download)(home, clock)
    return True


def bars_reading(get_ports: GetPorts, people: GetPeople) -> Job:
    """Before a session, for the names of those whose checks are coming; where there is nobody, nobody waits for it."""

    async def run(due: Due, who: Identity | None) -> Ended:
        from graph.technical_job import technical_refresh

        found = await people()
        if not found:
            return Ended(Outcome.DONE, NOBODY)

        async def known() -> Sequence[Identity]:
            return found

        return await technical_refresh(get_ports, known)(due, who)

    return run
