"""A long-running process: the note that it lives, and its end by a signal."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.clock import KST
from tools.embedded.files import write_json
from tools.life import note_path, read_note, until_stopped
from tools.settings import Settings

NOON = datetime(2026, 5, 26, 12, tzinfo=KST)


def test_a_note_older_than_ten_seconds_is_a_dead_process(quartz_home: Path) -> None:
    settings = Settings(home=quartz_home)
    assert read_note(settings, "guard") is None
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    write_json(note_path(settings, "guard"), {"pid": 1, "at": NOON.isoformat(), "ready": True})
    assert read_note(settings, "guard", NOON + timedelta(seconds=9)) is not None
    assert read_note(settings, "guard", NOON + timedelta(seconds=11)) is None
    assert read_note(settings, "worker", NOON) is None
    write_json(note_path(settings, "guard"), {"ready": True})
    assert read_note(settings, "guard", NOON) is None


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_work_after_it_has_cleaned_up(sent: signal.Signals) -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), sent)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            done.append("clean")

    asyncio.run(until_stopped(work()))
    assert done == ["clean"]


def test_what_the_work_raises_comes_out() -> None:
    async def work() -> None:
        raise LookupError("expected a database, was none")

    with pytest.raises(LookupError, match="expected a database"):
        asyncio.run(until_stopped(work()))
