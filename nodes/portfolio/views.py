"""What the analysts and a company's accounts say about each name, joined from the turn's reports. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from domain.evidence import Figure, Unit
from domain.fundamentals import Fundamentals

# What is told of a company's accounts: figure id, label, unit.
_ACCOUNTS = (
    ("per", "PER", Unit.TIMES),
    ("pbr", "PBR", Unit.TIMES),
    ("roe", "ROE", Unit.PERCENT),
    ("debt", "부채비율", Unit.PERCENT),
)
_SOURCES = {"live": "한국투자증권", "paper": "한국투자증권", "sim": "모의 재무"}


@dataclass(frozen=True, slots=True)
class View:
    """One name: the selector's score and mood of the news, the chart's stance; `figures` by id, for sentences."""

    score: int = 0
    mood: str = "neutral"
    stance: str = "uncertain"
    confidence: int = 0
    status: str = "unavailable"
    accounts: str = ""  # where figures f.* come from: live | paper | sim; empty without any
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


def with_accounts(seen: Mapping[str, View], accounts: Iterable[Fundamentals]) -> dict[str, View]:
    """The same views with figures f.* of what is known of each company."""
    found = dict(seen)
    for each in accounts:
        known = {
            f"f.{key}": Figure(
                id=f"f.{key}",
                value=Decimal(str(round(value, 2))),
                unit=unit,
                source=_SOURCES.get(each.source, each.source),
                as_of=each.as_of,
                label=label,
            )
            for key, label, unit in _ACCOUNTS
            if (value := getattr(each, key)) is not None
        }
        if known:
            old = found.get(each.ticker, View())
            found[each.ticker] = replace(old, accounts=each.source, figures={**old.figures, **known})
    return found


def market_stance(reports: Iterable[Mapping[str, Any]]) -> str:
    """The macro view of the turn; uncertain without one."""
    stances = [str(report["stance"]) for report in reports if report["analyst"] == "macro"]
    return stances[-1] if stances else "uncertain"


def economy(reports: Iterable[Mapping[str, Any]]) -> View:
    """The macro report of the turn as a view; a silent one without."""
    found = View()
    for report in reports:
        if report["analyst"] == "macro":
            figures = {row["id"]: Figure.model_validate(row) for row in report.get("figures") or []}
            found = View(0, "neutral", report["stance"], report["confidence"], report["status"], figures=figures)
    return found


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
