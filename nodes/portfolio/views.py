"""What the analysts said about each name, joined from the turn's reports. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.evidence import Figure


@dataclass(frozen=True, slots=True)
class View:
    """One name: the selector's score and mood of the news, the chart's stance; `figures` by id, for sentences."""

    score: int = 0
    mood: str = "neutral"
    stance: str = "uncertain"
    confidence: int = 0
    status: str = "unavailable"
    figures: Mapping[str, Figure] = field(default_factory=dict)


def views(reports: Iterable[Mapping[str, Any]]) -> dict[str, View]:
    """Reports of the turn by ticker."""
    found: dict[str, View] = {}
    for report in reports:
        ticker = report.get("ticker")
        if not ticker:
            continue
        old = found.get(ticker, View())
        figures = {row["id"]: Figure.model_validate(row) for row in report.get("figures") or []}
        if report["analyst"] == "selector":
            new = replace(old, score=report["confidence"], mood=report["stance"])
        elif report["analyst"] == "technical":
            new = replace(old, stance=report["stance"], confidence=report["confidence"], status=report["status"])
        else:
            continue
        found[ticker] = replace(new, figures={**old.figures, **figures})
    return found


def market_stance(reports: Iterable[Mapping[str, Any]]) -> str:
    """The macro view of the turn; uncertain without one."""
    stances = [str(report["stance"]) for report in reports if report["analyst"] == "macro"]
    return stances[-1] if stances else "uncertain"


def interest(view: View | None) -> int:
    """How much we want a name: the selector's score, moved by the chart."""
    if view is None:
        return 0
    if view.status != "ok":
        return view.score - 10
    return view.score + {"bullish": view.confidence // 4, "bearish": -view.confidence // 2}.get(view.stance, 0)


def discouraged(view: View | None) -> bool:
    """A chart that speaks against buying; a silent one does not."""
    return view is not None and view.status == "ok" and view.stance == "bearish"
