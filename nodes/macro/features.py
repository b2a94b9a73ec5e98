"""The macro feature sheet: level, change and what each change speaks for. Pure.

Contract: a series counts only with a value and a previous one; signs come from one table. An old snapshot is `stale`
and says so; an empty one is `unavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.evidence import Figure, Unit
from domain.reports import Analyst, AnalystReport, Stance, Status
from tools.ports import MacroSnapshot

STALE_AFTER = timedelta(days=60)  # monthly series are published weeks after their month
CONFIDENT = 2  # that many more signs one way than the other make a stance

# code -> +1 when a rise speaks for stocks, -1 when it speaks against
SIGNS: Mapping[str, int] = {
    "base_rate": -1,
    "fed_funds": -1,
    "cpi_yoy": -1,
    "exports_yoy": 1,
    "usd_krw": -1,
    "household_loans_yoy": -1,
    "gdp_yoy": 1,
}
_UNITS = {"%": Unit.PERCENT, "원": Unit.WON, "포인트": Unit.POINTS}


@dataclass(frozen=True, slots=True)
class Feature:
    """One series: where it stands, where it stood, what the change speaks for (+1, 0, -1)."""

    code: str
    name: str
    value: Decimal
    previous: Decimal
    unit: Unit
    sign: int


def features(snapshot: MacroSnapshot) -> tuple[Feature, ...]:
    """Usable series in the snapshot's order."""
    return tuple(found for row in snapshot.series if (found := _feature(row)) is not None)


def _feature(row: Mapping[str, Any]) -> Feature | None:
    unit = _UNITS.get(str(row.get("unit")))
    if unit is None or row.get("value") is None or row.get("previous") is None:
        return None
    value, previous = Decimal(str(row["value"])), Decimal(str(row["previous"]))
    direction = (value > previous) - (value < previous)
    return Feature(
        str(row["code"]), str(row["name"]), value, previous, unit, direction * SIGNS.get(str(row["code"]), 0)
    )


def read_macro(snapshot: MacroSnapshot | None, now: datetime) -> AnalystReport:
    """The rules' view on the market."""
    if snapshot is None:
        return AnalystReport.unavailable(Analyst.MACRO, None, "거시 지표를 아직 받지 못했어요.", now)
    sheet = features(snapshot)
    if not sheet:
        return AnalystReport.unavailable(Analyst.MACRO, None, "읽을 수 있는 거시 지표가 없어요.", now)
    balance = sum(feature.sign for feature in sheet)
    stance = Stance.BULLISH if balance >= CONFIDENT else Stance.BEARISH if balance <= -CONFIDENT else Stance.NEUTRAL
    figures = [figure for feature in sheet for figure in _figures(feature, snapshot)]
    drivers = tuple(_sentence(feature) for feature in sheet if feature.sign >= 0)
    risks = tuple(_sentence(feature) for feature in sheet if feature.sign < 0)
    old = now - snapshot.as_of > STALE_AFTER
    return AnalystReport(
        analyst=Analyst.MACRO,
        stance=Stance.UNCERTAIN if old else stance,
        confidence=0 if old else min(90, 40 + 10 * abs(balance)),
        drivers=drivers,
        risks=risks,
        figures=tuple(figures),
        status=Status.STALE if old else Status.OK,
        reason="거시 지표가 오래되어 방향을 판단하지 않았어요." if old else "",
        as_of=snapshot.as_of,
    )


def _figures(feature: Feature, snapshot: MacroSnapshot) -> list[Figure]:
    def figure(key: str, value: Decimal) -> Figure:
        whole = feature.unit is Unit.WON
        return Figure(
            id=key,
            value=int(value) if whole else value,
            unit=feature.unit,
            source=snapshot.source,
            as_of=snapshot.as_of,
            label=feature.name,
        )

    return [figure(f"macro.{feature.code}", feature.value), figure(f"macro.{feature.code}.before", feature.previous)]


def _sentence(feature: Feature) -> str:
    here, before = f"{{{{f:macro.{feature.code}}}}}", f"{{{{f:macro.{feature.code}.before}}}}"
    if feature.value == feature.previous:
        return f"{feature.name} {here}, 그대로예요."
    moved = "올랐어요" if feature.value > feature.previous else "내렸어요"
    meaning = {1: "주식에 긍정적", -1: "주식에 부담", 0: "중립"}[feature.sign]
    return f"{feature.name} {before} → {here} {moved} ({meaning})."
