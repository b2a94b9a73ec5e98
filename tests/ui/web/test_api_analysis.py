"""The report on the economy for programs and as a page: for who is signed in, whole, safe, and honest about its age."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import START, FakeMacro
from macro_sheets import snapshot
from web_seat import HTML, Seat, open_seat

from domain.macro.report import Citation, Line, MacroReport
from nodes.macro.features import read_macro
from nodes.macro.writing import written_by_rules
from tools.ports import MacroSnapshot

PAGE = Citation(title="<script>alert(1)</script> [열기](https://evil.example)", url="https://example.org/a")
HOSTILE = "<img src=x onerror=alert(document)> **굵게** [여기](https://evil.example)"


def cited(found: MacroSnapshot) -> MacroReport:
    """As a model may have written it: with a page, and with signs that a page obeys."""
    made = written_by_rules(found, read_macro(found, START), START - timedelta(hours=3))
    line = Line(text=HOSTILE, cites=(1,))
    content = {name: getattr(made, name) for name in MacroReport.model_fields}
    return MacroReport(**content | {"negative": (line,), "citations": (PAGE,), "written_by": "model", "model": "m"})


def put(seat: Seat, macro: FakeMacro) -> None:
    made = seat.parts.assembled
    made.ports = replace(made.ports, macro=macro)


@pytest.fixture
async def seat(database: Any) -> Any:
    async with open_seat(database) as made:
        yield made


async def test_strangers_get_nothing(seat: Seat) -> None:
    async with seat.browser() as stranger:
        for path in ("/result/analysis", "/result/analysis/full", "/analysis"):
            assert (await stranger.get(path)).status_code == 401
        assert (await stranger.get("/analysis", headers=HTML)).headers["location"] == "/enter"


async def test_the_summary_and_the_whole_of_a_kept_report(seat: Seat) -> None:
    found = snapshot()
    put(seat, FakeMacro(replace(found, report=cited(found))))
    async with seat.browser() as owner:
        await seat.enter(owner)
        body = (await owner.get("/result/analysis")).json()
        full = (await owner.get("/result/analysis/full")).json()
        page = await owner.get("/analysis", headers=HTML)
    assert (body["market_bias_hint"], body["age"], body["written_by"]) == ("bullish", "3시간 전에", "model")
    assert len(body["summary"]) == 10
    assert {key: full[key] for key in body} == body
    assert full["citations"] == [{"title": PAGE.title, "url": PAGE.url}]
    assert all(row["source"] and row["as_of"] and row["text"] for row in full["figures"])
    assert full["positive_report"].startswith("# 거시 환경: 긍정적인 면")
    assert "[[1]](https://example.org/a)" in full["negative_report"]
    assert page.status_code == 200
    assert "<img" not in page.text
    assert "<strong>굵게" not in page.text
    assert 'href="https://evil.example"' not in page.text
    assert 'href="https://example.org/a" rel="noopener noreferrer nofollow"' in page.text
    assert "<script>alert" not in page.text


async def test_demonstration_data_is_reported_by_rules_and_labelled(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        body = (await owner.get("/result/analysis")).json()
        page = await owner.get("/analysis", headers=HTML)
    assert (body["demo"], body["written_by"], len(body["summary"])) == (True, "rules", 10)
    assert "시연용 자료로 만든 보고서예요" in page.text


async def test_old_figures_take_the_direction_away_whatever_was_written(seat: Seat) -> None:
    found = snapshot(failed=["base_rate"])
    put(seat, FakeMacro(found))
    async with seat.browser() as owner:
        await seat.enter(owner)
        body = (await owner.get("/result/analysis")).json()
    assert (body["market_bias_hint"], body["status"], body["confidence"]) == ("uncertain", "stale", 0)
    assert "2일 전에 받은 값이에요" in body["reason"]


async def test_nothing_received_and_a_silent_store_are_said_in_a_sentence(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        for macro, status, said in (
            (FakeMacro(None), 404, "거시 지표를 아직 받지 못했어요."),
            (FakeMacro(down=True), 503, "거시 지표를 받지 못했어요."),
        ):
            put(seat, macro)
            answer = await owner.get("/result/analysis")
            assert (answer.status_code, answer.json()["message"]) == (status, said)
