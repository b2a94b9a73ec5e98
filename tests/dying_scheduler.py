"""A scheduler in a process of its own whose check never ends: `dying_scheduler.py URL NAME`; says when it runs."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta

from fakes import USER
from slot_fakes import ClockedMarket, MemoryAccounts, quiet

from domain.clock import ManualClock
from domain.slots import Due, Kind
from execution.oms.logs import configure
from graph.schedule.jobs import Ended, Task
from graph.schedule.scheduler import Outside, Scheduler
from tools.checks import Checked
from tools.ports import Identity
from tools.store.desk import Desk
from tools.store.pool import make_dict_pool
from tools.store.slots import Slots

OPENING = "2026-11-23T09:00:00+09:00"


async def main(url: str, name: str) -> None:
    configure("warning")  # its words would stand among ours
    clock = ManualClock(datetime.fromisoformat(OPENING))
    async with make_dict_pool(url, name, max_size=2) as pool:
        accounts = MemoryAccounts([Checked(USER, clock.now() - timedelta(days=1), False)])
        outside = Outside(Slots(pool), accounts, ClockedMarket(clock), Desk(pool), clock, quiet)  # type: ignore[arg-type]
        running = asyncio.Event()

        async def check(due: Due, who: Identity | None) -> Ended:
            running.set()
            await asyncio.Event().wait()
            raise AssertionError("expected never to end")

        scheduler = Scheduler(outside, {Kind.CYCLE: Task(check, 60.0)}, "sim", name)
        await scheduler.tick()
        standing_by = asyncio.create_task(scheduler.lanes.idle())
        runs = asyncio.create_task(running.wait())
        await asyncio.wait({standing_by, runs}, return_when=asyncio.FIRST_COMPLETED)
        sys.stdout.write(f"{'runs' if running.is_set() else 'stands by'}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
