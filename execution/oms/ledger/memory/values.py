"""Values as a row of PostgreSQL gives them back: moments in UTC, JSON through its own text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, overload


@overload
def utc(moment: datetime) -> datetime: ...
@overload
def utc(moment: None) -> None: ...
def utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """TypeError for what JSON cannot say."""
    found: dict[str, Any] = json.loads(json.dumps(dict(values)))
    return found
