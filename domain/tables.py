"""Bundled dated tables: reads `domain/data/*.yaml` once and picks the row in force on a day.

Contract: a table is configuration with a source and an effective date, never a constant in code. Rows carry
`since` (a date, inclusive); the row in force is the last one whose `since` is not after the day asked for. Numbers that
become money are written as integers or quoted decimals, so no binary fraction ever enters.
Does not watch the files: a change needs a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

DATA = Path(__file__).parent / "data"

Row = TypeVar("Row")


@cache
def table(name: str) -> dict[str, Any]:
    """The parsed `domain/data/<name>.yaml`; treat it as read-only."""
    loaded = yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise TypeError(f"expected a mapping in {name}.yaml, was {type(loaded).__name__}")
    return loaded


def in_force(rows: Sequence[Row], on: date, since: Callable[[Row], date], what: str) -> Row:
    """Last row with `since(row) <= on`; rows are ordered by date. Raises ValueError before the first row."""
    chosen: Row | None = None
    for row in rows:
        if since(row) <= on:
            chosen = row
    if chosen is None:
        raise ValueError(f"expected a date from {since(rows[0])} for {what}, was {on}")
    return chosen
