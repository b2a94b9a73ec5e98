"""What the macro sheet makes of levels and changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fakes import START, FakeMacro, demo_macro, make_ports

from domain.clock import ManualClock
from domain.reports import AnalystReport, Stance, Status
from nodes.macro.features import read_macro
from nodes.macro.node import macro


def row(code: str, value: float, previous: float, unit: str = "%") -> dict[str, Any]:
    return {"code": code, "name": code, "value": value, "previous": previous, "unit": unit}


def read(*rows: dict[str, Any]) -> Any:
    return read_macro(replace(demo_macro(ManualClock(START)), series=rows), START)


def test_falling_rates_and_rising_exports_speak_for_stocks() -> None:
    report = read(row("base_rate", 2.5, 2.75), row("exports_yoy", 6, 4))
    assert report.stance is Stance.BULLISH
    assert "2.75% → 2.5%" in report.lines()[0]
    assert report.unsupported_numbers() == ()


def test_rising_rates_and_a_falling_won_speak_against_stocks() -> None:
    report = read(row("base_rate", 3, 2.75), row("usd_krw", 1450, 1400, "원"))
    assert report.stance is Stance.BEARISH
    assert len(report.risks) == 2


def test_one_sign_alone_is_no_stance() -> None:
    assert read(row("base_rate", 2.5, 2.75)).stance is Stance.NEUTRAL


def test_an_unknown_series_is_shown_and_does_not_count() -> None:
    assert read(row("moon", 2, 1), row("moon2", 2, 1)).stance is Stance.NEUTRAL


def test_a_series_without_a_previous_value_is_left_out() -> None:
    assert read({"code": "x", "name": "x", "value": 1, "unit": "%"}).status is Status.UNAVAILABLE


def test_an_old_snapshot_is_stale_and_takes_no_side() -> None:
    report = read_macro(replace(demo_macro(ManualClock(START)), as_of=START - timedelta(days=90)), START)
    assert report.status is Status.STALE
    assert report.stance is Stance.UNCERTAIN


def test_nothing_to_read_is_unavailable() -> None:
    assert read_macro(None, START).status is Status.UNAVAILABLE


async def test_the_room_labels_demonstration_data() -> None:
    ports = make_ports()
    update = await macro(ports)({"goal": "inform"}, None)  # type: ignore[arg-type]
    assert update["route"] == ["macro"]
    assert update["notices"][0]["code"] == "demo_data"
    assert "2.75% → 2.5%" in AnalystReport.model_validate(update["reports"][0]).lines()[0]


async def test_a_missing_snapshot_is_said() -> None:
    update = await macro(make_ports(macro=FakeMacro(None)))({}, None)  # type: ignore[arg-type]
    assert update["reports"][0]["status"] == "unavailable"
    assert update["notices"][0]["code"] == "unavailable"
