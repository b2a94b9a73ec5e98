"""The note by which the worker says that it lives: written every second, read by supervisor and doctor."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from domain.clock import KST
from tools.embedded.files import read_json
from tools.settings import Settings

ALIVE_S = 10.0  # a note older than this is a dead worker's


def note_path(settings: Settings) -> Path:
    return settings.run_dir / "worker.json"


def read_note(settings: Settings, now: datetime | None = None) -> dict[str, Any] | None:
    """{"pid", "at", "ready", "ingest", "strategies": [{"strategy", "account", "state", "names", "bar"}]} of a living
    worker, None when there is none."""
    note = read_json(note_path(settings))
    try:
        written = datetime.fromisoformat(str((note or {})["at"]))
    except (KeyError, ValueError):
        return None
    age = (now or datetime.now(KST)) - written
    return note if abs(age.total_seconds()) <= ALIVE_S else None
