"""Private files written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from secrets import token_hex
from typing import Any


def private_dir(path: Path, mode: int = 0o700) -> Path:
    """Make `path` (and parents) if absent; only a folder that we make gets the mode."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True, mode=mode)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace the file atomically, readable by its owner only, on disk before the name changes."""
    private_dir(path.parent)
    fresh = path.with_name(f".{path.name}.{token_hex(4)}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def create_private(path: Path, text: str) -> bool:
    """Write the file only if nobody has: the first of several wins. True when it was us."""
    private_dir(path.parent)
    fresh = path.with_name(f".{path.name}.{token_hex(4)}")
    write_private(fresh, text)
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    else:
        return True
    finally:
        fresh.unlink()


def write_json(path: Path, value: dict[str, Any]) -> None:
    write_private(path, json.dumps(value, indent=1, sort_keys=True))


def read_json(path: Path) -> dict[str, Any] | None:
    """The object, or None when the file is absent or not JSON (a half-deleted home)."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def last_lines(path: Path, count: int = 8) -> str:
    """The end of a log, for an error message."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-count:])
