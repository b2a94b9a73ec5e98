"""The macro feature sheet: level, change, surprise, and what each speaks for. Pure.

Contract: a series counts only with a value and a previous one. Each speaks with one voice for a change that matters and
with another for a surprise against its trend; a direction needs a clear balance of voices and at least two series
behind it. With anything stale, failed or missing there is none: the report is `stale`, says what and how old, and
stands on the last values. An empty snapshot is `unavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.evidence import Figure, Unit
from domain.macro.series import catalogue
from domain.reports import Analyst, AnalystReport, Stance, Status
from tools.ports import MacroSnapshot

STALE_AFTER = timedelta(days=60)  # a snapshot that nobody confirmed for so long, whatever it says of itself
CONFIDENT = 2  # that many more voices one way than the other make a stance
AGREEING = 2  # and that many series
NO_DIRECTION = "방향은 판단하지 않았어요."
_MOST_NOTES = 2  # in a reason; all of them stand in the report

# code -> +1 when a rise speaks for stocks, -1 when it speaks against
SIGNS: Mapping[str, int] = {"cpi_yoy": -1, **{series.code: series.sign for series in catalogue()}}
_MEANING = {series.code: series for series in catalogue()}
_UNITS = {"%": Unit.PERCENT, "원": Unit.WON, "포인트": Unit.POINTS}
_GAPS = {Unit.PERCENT: Unit.GAP, Unit.WON: Unit.WON, Unit.POINTS: Unit.POINTS}


@dataclass(frozen=True, slots=True)
class Feature:
    """One series: where it stands, where it stood, what its change and its surprise speak for (+1, 0, -1 each)."""

    code: str
    name: str
    value: Decimal
    previous: Decimal
    unit: Unit
    sign: int
    surprise_sign: int = 0
    trend: Decimal | None = None
    age_days: int | None = None  # of a value that is old
    source: str = ""
    as_of: datetime | None = None

    @property
    def voices(self) -> int:
        """What it adds to the balance, -2 to 2."""
        return self.sign + self.surprise_sign

    @property
    def meaning(self) -> str:
        """What such a change tends to mean; empty where nothing changed or nobody knows."""
        series = _MEANING.get(self.code)
        if series is None or self.value == self.previous:
            return ""
        return series.up if self.value > self.previous else series.down


def features(snapshot: MacroSnapshot) -> tuple[Feature, ...]:
    """Usable series in the snapshot's order."""
    return tuple(found for row in snapshot.series if (found := _feature(row)) is not None)


def _feature(row: Mapping[str, Any]) -> Feature | None:
    unit = _UNITS.get(str(row.get("unit")))
    if unit is None or row.get("value") is None or row.get("previous") is None:
        return None
    value, previous = Decimal(str(row["value"])), Decimal(str(row["previous"]))
    code, change = str(row["code"]), value - previous
    speaks = SIGNS.get(code, 0)
    matters = Decimal(str(row.get("matters", 0)))
    surprise = Decimal(str(row.get("surprise", 0))) if row.get("surprising") else Decimal(0)
    return Feature(
        code=code,
        name=str(row["name"]),
        value=value,
        previous=previous,
        unit=unit,
        sign=speaks * _direction(change) if abs(change) >= matters else 0,
        surprise_sign=speaks * _direction(surprise),
        trend=Decimal(str(row["trend"])) if row.get("trend") is not None else None,
        age_days=int(row["age_days"]) if row.get("state", "fresh") != "fresh" else None,
        source=str(row.get("source", "")),
        as_of=datetime.fromisoformat(row["as_of"]) if row.get("as_of") else None,
    )


def _direction(change: Decimal) -> int:
    return (change > 0) - (change < 0)


def read_macro(snapshot: MacroSnapshot | None, now: datetime) -> AnalystReport:
    """The rules' view on the market."""
    if snapshot is None:
        return AnalystReport.unavailable(Analyst.MACRO, None, "거시 지표를 아직 받지 못했어요.", now)
    sheet = features(snapshot)
    if not sheet:
        return AnalystReport.unavailable(Analyst.MACRO, None, "읽을 수 있는 거시 지표가 없어요.", now)
    reason = _reason(snapshot, now)
    balance = sum(feature.voices for feature in sheet)
    figures = [figure for feature in sheet for figure in _figures(feature, snapshot)]
    loudest = sorted(sheet, key=lambda feature: -abs(feature.voices))  # stable: else in the sheet's own order
    return AnalystReport(
        analyst=Analyst.MACRO,
        stance=Stance.UNCERTAIN if reason else _stance(sheet, balance),
        confidence=0 if reason else min(90, 40 + 10 * abs(balance)),
        drivers=tuple(sentence(feature) for feature in loudest if feature.voices >= 0),
        risks=tuple(sentence(feature) for feature in loudest if feature.voices < 0),
        figures=tuple(figures),
        status=Status.STALE if reason else Status.OK,
        reason=reason,
        as_of=snapshot.as_of,
    )


def _stance(sheet: tuple[Feature, ...], balance: int) -> Stance:
    agreeing = sum(feature.voices * balance > 0 for feature in sheet)
    if abs(balance) < CONFIDENT or agreeing < AGREEING:
        return Stance.NEUTRAL
    return Stance.BULLISH if balance > 0 else Stance.BEARISH


def _reason(snapshot: MacroSnapshot, now: datetime) -> str:
    """Korean: why no direction is taken; empty when nothing stands in the way."""
    if snapshot.notes:
        more = len(snapshot.notes) - _MOST_NOTES
        rest = (f"그 밖에 {more}가지가 더 오래됐거나 빠졌어요.",) if more > 0 else ()
        return " ".join([*snapshot.notes[:_MOST_NOTES], *rest, NO_DIRECTION])
    return f"거시 지표가 오래되어 {NO_DIRECTION}" if now - snapshot.as_of > STALE_AFTER else ""


def _figures(feature: Feature, snapshot: MacroSnapshot) -> list[Figure]:
    def figure(part: str, value: Decimal | int, unit: Unit, label: str) -> Figure:
        return Figure(
            id=f"macro.{feature.code}{part}",
            value=int(value) if unit in (Unit.WON, Unit.DAYS) else value,
            unit=unit,
            source=feature.source or snapshot.source,
            as_of=feature.as_of or snapshot.as_of,
            label=label,
        )

    found = [figure("", feature.value, feature.unit, feature.name)]
    found.append(figure(".before", feature.previous, feature.unit, feature.name))
    if feature.trend is not None:
        gap = _GAPS[feature.unit]
        found.append(figure(".change", feature.value - feature.previous, gap, f"{feature.name} 변화"))
        found.append(figure(".trend", feature.trend, feature.unit, f"{feature.name} 추세값"))
        found.append(figure(".surprise", feature.value - feature.trend, gap, f"{feature.name} 추세와의 차이"))
    if feature.age_days is not None:
        found.append(figure(".age", feature.age_days, Unit.DAYS, f"{feature.name} 지난 날"))
    return found


def place(feature: Feature, part: str = "", particle: str = "") -> str:
    """`{{f:macro.base_rate}}`, as a sentence names it."""
    return "{{" + f"f:macro.{feature.code}{part}" + (f"|{particle}" if particle else "") + "}}"


def sentence(feature: Feature) -> str:
    """What happened to it and what that speaks for, with its age where it is old."""
    here, before = place(feature), place(feature, ".before")
    old = f" ({place(feature, '.age')} 지난 값)" if feature.age_days is not None else ""
    if feature.value == feature.previous:
        return f"{feature.name} {here}, 그대로예요{old}."
    moved = "올랐어요" if feature.value > feature.previous else "내렸어요"
    meaning = {1: "주식에 긍정적", -1: "주식에 부담", 0: "중립"}[_direction(Decimal(feature.voices))]
    return f"{feature.name} {before} → {here} {moved} ({meaning}){old}."
