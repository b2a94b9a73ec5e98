"""Two schedulers in processes of their own over one PostgreSQL: one runs a slot, and its death is told, not mended."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import psycopg
from fakes import START, USER
from slot_fakes import ClockedMarket, MemoryAccounts, Ran, quiet

from domain.clock import ManualClock
from domain.slots import Kind, Outcome
from graph.schedule.scheduler import Outside, Scheduler
from tools.checks import Checked
from tools.settings import ROOT
from tools.store.desk import Desk
from tools.store.pool import make_dict_pool
from tools.store.slots import Slots

OPENING = START.replace(hour=9)


def started(url: str, name: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "PYTHONSAFEPATH": "1"}
    words = [sys.executable, str(ROOT / "tests" / "dying_scheduler.py"), url, name]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


async def test_of_two_processes_one_runs_a_slot_and_when_it_is_killed_nobody_runs_it_again(database: Any) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute("INSERT INTO chat.users VALUES (%s, %s, true, %s)", (USER.user_id, USER.name, START))
        admin.execute(
            "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '', %s)", (USER.account_ref, USER.user_id, START)
        )
    url = database.url("graph")
    processes = {name: started(url, name) for name in ("one", "two")}
    try:
        words = {name: said(process) for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.kill()
            process.communicate()
    assert sorted(words.values()) == ["runs", "stands by"]
    clock, again = ManualClock(OPENING + timedelta(minutes=3)), Ran()
    accounts = MemoryAccounts([Checked(USER, OPENING - timedelta(days=1), False)])
    async with make_dict_pool(url, "three", max_size=2) as pool:
        slots, desk = Slots(pool), Desk(pool)
        outside = Outside(slots, accounts, ClockedMarket(clock), desk, clock, quiet)  # type: ignore[arg-type]
        scheduler = Scheduler(outside, {Kind.CYCLE: again.task()}, "sim", "three")
        await scheduler.tick()
        await scheduler.lanes.idle()
        row = await slots.newest(Kind.CYCLE, USER.account_ref)
        (entry,) = await desk.journal(USER.user_id, ("cycle",))
    assert row is not None
    assert (row.slot, row.outcome, words[row.claimed_by]) == ("2026-11-23T09:00", Outcome.INTERRUPTED, "runs")
    assert entry.summary.startswith("2026-11-23T09:00 점검: 중단됨")
    assert again.seen == []
