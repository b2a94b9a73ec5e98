"""`quartz chat` as a command: standard output belongs to the turns, whatever happens inside."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from ui.chat.command import main


def test_what_is_logged_during_a_turn_is_not_among_the_json_lines(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    @contextlib.asynccontextmanager
    async def session(*_: Any, **__: Any) -> AsyncIterator[None]:
        yield None

    async def run(_: Any, out: Any) -> int:
        structlog.get_logger().warning("turn.unavailable", where="thread")
        out.write('{"reply": "네"}\n')
        return 0

    monkeypatch.setattr("ui.stack_use.connect", lambda *_: contextlib.nullcontext(SimpleNamespace(endpoints=None)))
    monkeypatch.setattr("ui.chat.session.open_session", session)
    monkeypatch.setattr("ui.chat.json_lines.run", run)
    assert main(["--json", "--user", "민수"]) == 0
    said, logged = capfd.readouterr()
    assert json.loads(said) == {"reply": "네"}
    assert json.loads(logged)["event"] == "turn.unavailable"
