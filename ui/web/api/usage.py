"""What the models cost this month: calls, tokens and won, summed from the table of calls."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ui.web.api import records
from ui.web.api.route import JsonRoute, Me, Parts
from ui.web.api.views import moment

router = APIRouter(prefix="/api", route_class=JsonRoute)

_SUMMED = ("calls", "input_tokens", "cached_tokens", "output_tokens", "unpriced")


@router.get("/usage")
async def usage(me: Me, parts: Parts) -> dict[str, Any]:
    """`won` is rounded up; `unpriced` calls are of models whose price is not known and are not in it."""
    now = parts.assembled.clock.now()
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)  # the clock is in KST
    rows = await records.model_calls(parts.assembled.people, me.who, since)
    models = [
        {"model": row["model"], **{key: row[key] for key in _SUMMED}, "won": _won(row["won_milli"])} for row in rows
    ]
    return {
        "since": moment(since),
        "as_of": moment(now),
        **{key: sum(row[key] for row in rows) for key in _SUMMED},
        "won": _won(sum(row["won_milli"] for row in rows)),
        "models": models,
    }


def _won(milli: int) -> int:
    return -(-milli // 1_000)
