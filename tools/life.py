"""The life of a long-running process: works until it is told to stop, and leaves a note that it lives.

Contract: the note is `$QUARTZ_HOME/run/NAME.json`, written anew every second by its process and read by supervisor and
doctor; one that is older than `ALIVE_S` is a dead process's.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.clock import KST
from tools.embedded.files import read_json
from tools.settings import Settings

ALIVE_S = 10.0
NOTE_S = 1.0  # from one note to the next


def note_path(settings: Settings, name: str) -> Path:
    return settings.run_dir / f"{name}.json"


def read_note(settings: Settings, name: str, now: datetime | None = None) -> dict[str, Any] | None:
    """What a living process last said of itself, with `pid`, `at` (ISO 8601) and `ready` at least; None when none
    lives."""
    note = read_json(note_path(settings, name))
    try:
        written = datetime.fromisoformat(str((note or {})["at"]))
    except (KeyError, ValueError):
        return None
    age = (now or datetime.now(KST)) - written
    return note if abs(age.total_seconds()) <= ALIVE_S else None


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` until it ends, raises, or this process is sent SIGTERM or SIGINT; then it is cancelled and waited
    for."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    working, stopped = asyncio.create_task(work, name="work"), asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, stopped):
            task.cancel()
        await asyncio.gather(working, stopped, return_exceptions=True)
