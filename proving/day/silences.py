"""What a check of a rehearsed day had to do without, by the world's own truth and not by what the house says of it.

Contract: words that the diary of that check must have, each of them. A source counts where its outage covers the
check's moment and the check asked the specialists at all; a model where it was asked for something in that check and
no answer to it was taken up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.slots import moment_of
from proving.day.people import Person

if TYPE_CHECKING:
    from proving.day.world import DayWorld

_TAKEN_UP = frozenset({"ok", "cached"})


def silences(world: DayWorld, person: Person) -> dict[str, list[str]]:
    """By slot of the regular checks."""
    found: dict[str, list[str]] = {}
    for account, kind, slot, begun, values in world.runs:
        if account != person.who.account_ref or kind != "cycle":
            continue
        words = _sources(world, slot, values) if _asked(values) else []
        words += _models(world, person, begun)
        if words:
            found[slot] = words
    return found


def _asked(values: Mapping[str, Any]) -> bool:
    """Were the specialists?"""
    return any(row.get("analyst") in ("macro", "selector", "technical") for row in values.get("reports") or [])


def _sources(world: DayWorld, slot: str, values: Mapping[str, Any]) -> list[str]:
    at, script = moment_of(slot), world.script
    found = ["거시 지표"] if script.macro.covers(at) else []
    found += ["뉴스"] if script.news.covers(at) else []
    asked = [str(row["ticker"]) for row in values["reports"] if row.get("analyst") == "technical" and row.get("ticker")]
    return found + (["차트"] if script.charts.covers(at) and any(map(world.no_chart_of, asked)) else [])


def _models(world: DayWorld, person: Person, begun: tuple[datetime, datetime]) -> list[str]:
    """Asked for something, and nothing was taken up."""
    came_to: dict[str, set[str]] = defaultdict(set)
    for call in world.calls:
        if call.user_id == person.who.user_id and begun[0] <= call.at <= begun[1]:
            came_to[call.task].add(call.outcome)
    return ["규칙이 대신했어요"] if any(not outcomes & _TAKEN_UP for outcomes in came_to.values()) else []
