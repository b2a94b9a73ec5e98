"""What the models cost this month, summed from the table of calls, and how the day's budget stands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from tools.llm.mind import allowance_of
from tools.store.model_budget import day_standing
from ui.web.api import records
from ui.web.api.route import JsonRoute, Me, Parts
from ui.web.api.views import moment

router = APIRouter(prefix="/api", route_class=JsonRoute)

_SUMMED = ("calls", "input_tokens", "cached_tokens", "output_tokens", "unpriced")


@router.get("/usage")
async def usage(me: Me, parts: Parts) -> dict[str, Any]:
    """`won` is rounded up; `unpriced` calls are of models whose price is not known and are not in it. `today` is the
    budget of the KST day: what is spent, the limits of this person (0: none), and how much of them is used."""
    now = parts.assembled.clock.now()
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)  # the clock is in KST
    rows = await records.model_calls(parts.assembled.people, me.who, since)
    async with parts.assembled.people.connection() as connection:
        today = await day_standing(connection, me.who.user_id, now, allowance_of(parts.assembled.settings))
    models = [
        {"model": row["model"], **{key: row[key] for key in _SUMMED}, "won": _won(row["won_milli"])} for row in rows
    ]
    return {
        "since": moment(since),
        "as_of": moment(now),
        **{key: sum(row[key] for row in rows) for key in _SUMMED},
        "won": _won(sum(row["won_milli"] for row in rows)),
        "models": models,
        "today": {
            "won": _won(today.spent.won_milli),
            "tokens": today.spent.tokens,
            "won_limit": today.allowance.won,
            "tokens_limit": today.allowance.tokens,
            "percent": today.percent,
        },
    }


def _won(milli: int) -> int:
    return -(-milli // 1_000)
