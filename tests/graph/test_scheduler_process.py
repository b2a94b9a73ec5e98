"""The scheduler's own process on a real database, with nobody at the OMS's door and no way out of this machine."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from graph.schedule.process import once, run
from tools.life import note_path, read_note


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever leaves for the real world meets a closed door of this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


async def test_what_is_due_is_run_once_and_told_and_without_an_oms_only_research_is(database: Any, shut: None) -> None:
    lines: list[str] = []
    await once(database.settings, database.endpoints, lines.append)
    (line,) = lines
    assert "뉴스 읽기: 뉴스를 주는 곳이 모두 답하지 않아 지난 자료를 써요." in line
    await once(database.settings, database.endpoints, lines.append)
    assert len(lines) == 1  # not before an hour has passed
    with psycopg.connect(database.admin_url) as admin:
        rows = admin.execute("SELECT s.kind, e.outcome FROM desk.slots s JOIN desk.slot_ends e USING (slot)").fetchall()
    assert rows == [("news", "failed")]


async def test_it_says_that_it_lives_and_leaves_in_order(database: Any, shut: None) -> None:
    working = asyncio.create_task(run(database.settings, database.endpoints))
    async with asyncio.timeout(30):
        while not (read_note(database.settings, "scheduler") or {}).get("ready"):
            await asyncio.sleep(0.02)
            assert not working.done()
    note = read_note(database.settings, "scheduler")
    assert note is not None
    assert (note["accounts"], set(note["next"])) == (0, {"news"})
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not note_path(database.settings, "scheduler").exists()
    with psycopg.connect(database.admin_url) as admin:
        left = admin.execute(
            "SELECT count(*) FROM desk.slots LEFT JOIN desk.slot_ends e USING (slot) WHERE e.slot IS NULL"
        ).fetchone()
    assert left == (0,)  # what was cut off has said so
