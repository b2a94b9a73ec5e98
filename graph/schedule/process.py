"""The scheduler's process: APScheduler ticks, the scheduler looks, a note says that it lives.

Contract: needs the database and the OMS and waits for each that is silent. Any number of these processes may run: a
slot's row decides. On SIGTERM no slot begins any more, what runs may end, and what does not is cut off and told. The
note ($QUARTZ_HOME/run/scheduler.json) is written anew every second; `ready`: a look was whole lately.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]

from domain.clock import Clock, SystemClock
from domain.slots import MACHINE, Due, Kind, Slot, next_cycle, next_research
from graph.schedule import words
from graph.schedule.jobs import Ended
from graph.schedule.parts import open_scheduler
from graph.schedule.scheduler import Scheduler
from tools import strict as strict  # before anything imports LangGraph
from tools.embedded.files import write_json
from tools.embedded.services import Endpoints, endpoints
from tools.life import NOTE_S, note_path, until_stopped
from tools.settings import Settings

log = structlog.get_logger("scheduler.process")

TICK_SECONDS = 3
DRAIN_SECONDS = 6.0
READY_SECONDS = 15.0
CALM_SECONDS = 10.0  # a person opens the first page now, and reading the news is work


async def run(settings: Settings, found: Endpoints) -> None:
    """Until cancelled; then drains. Raises WrongRevision."""
    clock = SystemClock()
    async with open_scheduler(settings, found, calm=CALM_SECONDS) as scheduler:
        ticking = AsyncIOScheduler(timezone="Asia/Seoul")
        ticking.add_job(scheduler.tick, "interval", seconds=TICK_SECONDS, coalesce=True, max_instances=1)
        saying = asyncio.create_task(_say(settings, lambda: facts(scheduler, clock)))
        try:
            await scheduler.tick()
            ticking.start()
            await asyncio.Event().wait()
        finally:
            if ticking.running:
                ticking.shutdown(wait=False)
            await asyncio.shield(scheduler.lanes.drain(DRAIN_SECONDS))
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)
            note_path(settings, "scheduler").unlink(missing_ok=True)


async def once(settings: Settings, found: Endpoints, show: Callable[[str], None]) -> None:
    """What is due now, each slot in a line; returns when nothing is left to do."""

    def told(account: str, due: Due, ended: Ended) -> None:
        show(line(account, due.kind, due.slot, ended.text, ended.outcome.value))

    async with open_scheduler(settings, found, told, watching=False) as scheduler:
        while await scheduler.tick():
            await scheduler.lanes.idle()


def line(account: str, kind: Kind, slot: str, text: str, outcome: str) -> str:
    """One slot in one line."""
    whose = f" {account}" if account else ""
    return f"{slot} {words.NAMES[kind]}{whose}: {' '.join(text.split()) or outcome}"


def facts(scheduler: Scheduler, wall: Clock) -> dict[str, Any]:
    """What the process says of itself: the newest slot of each kind, and when the next ones are due."""
    seen = scheduler.seen
    return {
        "pid": os.getpid(),
        "at": wall.now().isoformat(),
        "ready": wall.monotonic() - seen.good_at < READY_SECONDS,
        "accounts": seen.accounts,
        "running": [f"{kind.value} {slot}" for _, kind, slot in scheduler.lanes.running],
        "last": {kind.value: _last(rows) for kind, rows in _by_kind(seen.newest).items()},
        "next": _next(scheduler, wall),
    }


def _by_kind(rows: list[Slot]) -> dict[Kind, list[Slot]]:
    found: dict[Kind, list[Slot]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row)
    return found


def _last(rows: list[Slot]) -> dict[str, Any]:
    newest = max(rows, key=lambda row: (row.slot, row.claimed_at))
    outcome = "running" if newest.outcome is None else newest.outcome.value
    return {"slot": newest.slot, "outcome": outcome, "text": newest.text if newest.account_ref == MACHINE else ""}


def _next(scheduler: Scheduler, wall: Clock) -> dict[str, str]:
    seen, now = scheduler.seen, wall.now()
    known = {row.kind: row for row in seen.newest if row.account_ref == MACHINE}
    kinds = [kind for kind in (Kind.MACRO, Kind.NEWS) if kind in scheduler.kinds]
    found = {kind.value: next_research(kind, now, known.get(kind)).isoformat() for kind in kinds}
    if seen.market is not None and seen.accounts:
        found[Kind.CYCLE.value] = next_cycle(seen.market.calendar, seen.market.at).isoformat()
    return found


async def _say(settings: Settings, what: Callable[[], dict[str, Any]]) -> None:
    while True:
        write_json(note_path(settings, "scheduler"), what())
        await asyncio.sleep(NOTE_S)


def serve(settings: Settings, found: Endpoints | None = None) -> int:
    """Runs the scheduler in this process until SIGTERM or SIGINT."""
    asyncio.run(until_stopped(run(settings, found or endpoints(settings))))
    log.info("stopped")
    return 0
