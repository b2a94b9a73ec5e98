"""`POST /result/analysis`: the technical report of one name for who is signed in, whole, with where each number is
from; and Korean sentences for everything that cannot be."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from fakes import START
from web_seat import Seat, open_seat

from domain.calendar import AlwaysOpenCalendar
from domain.evidence import raw_numbers
from domain.proto import oms_pb2 as pb
from nodes.technical.direct import told_bars
from nodes.technical.features import sheet
from ui.web.api.technical import BAD_TICKER, UNKNOWN_TICKER


@pytest.fixture
async def seat(database: Any) -> Any:
    async with open_seat(database) as made:
        yield made


@pytest.fixture
async def owner(seat: Seat) -> Any:
    async with seat.browser() as browser:
        await seat.enter(browser)
        browser.headers["X-Quartz-CSRF"] = browser.cookies["quartz_csrf"]
        yield browser


async def ask(browser: Any, ticker: Any = "005930", **more: Any) -> Any:
    return await browser.post("/result/analysis", json={"ticker": ticker, **more})


async def test_strangers_and_other_pages_get_nothing(seat: Seat, owner: Any) -> None:
    async with seat.browser() as stranger:
        assert (await ask(stranger)).status_code == 401
    del owner.headers["X-Quartz-CSRF"]
    assert (await ask(owner)).status_code == 403


async def test_the_report_has_figures_sentences_levels_and_series(seat: Seat, owner: Any) -> None:
    market: Any = seat.parts.assembled.ports.market
    market.phase = "pre_open"  # no running day: the bars alone
    body = (await ask(owner)).json()
    rows = await market.chart("005930", "D", "", "")
    found = sheet(told_bars(rows, AlwaysOpenCalendar()))
    assert found is not None
    assert (body["ticker"], body["name"], body["status"], body["written_by"]) == ("005930", "삼성전자", "ok", "rules")
    assert body["stance"] in ("bullish", "neutral", "bearish")
    figures = {row["id"]: row for row in body["figures"]}
    assert float(figures["t.rsi"]["value"]) == pytest.approx(found.rsi, abs=0.005)
    for row in body["figures"]:
        assert row["source"] == f"모의 거래소 일봉 {found.day.isoformat()}"
        assert datetime.fromisoformat(row["as_of"]).timestamp() == found.end
        assert row["label"]
        assert row["text"]
    for side in (*body["drivers"], *body["risks"]):
        told = " ".join(figures[key]["text"] for key in side["figures"])
        assert set(raw_numbers(side["text"], ["20일", "20주"])) <= set(raw_numbers(told))
    assert body["data"]["bar"] == found.day.isoformat()
    assert body["data"]["trend"]["way"] == found.trend.way
    assert [level["price"] for level in body["data"]["support"]] == [round(each.price) for each in found.supports]
    chart = body["chart"]
    assert len(chart["days"]) == len(chart["close"]) == len(chart["ma20"]) == len(chart["rsi"]) == 120
    assert chart["close"][-1] == rows[-1].close
    assert "책임" in body["disclaimer"]
    assert body["label"] == "모의 시세"


async def test_the_running_day_is_in_it(owner: Any) -> None:
    body = (await ask(owner)).json()
    assert body["data"]["running"] is True
    assert body["chart"]["close"][-1] == 72_000
    assert datetime.fromisoformat(body["as_of"]) == START


async def test_a_name_that_nobody_knows_is_404_and_a_listed_one_without_bars_says_so(seat: Seat, owner: Any) -> None:
    unknown = await ask(owner, "999999")
    assert (unknown.status_code, unknown.json()["message"]) == (404, UNKNOWN_TICKER)
    seat.parts.assembled.ports.market.bars["005930"] = []
    young = (await ask(owner)).json()
    assert (young["status"], young["data"], young["chart"], young["figures"]) == ("unavailable", None, None, [])
    assert young["reason"].endswith("않았어요.")


@pytest.mark.parametrize("ticker", ["", "00593", "삼성전자", "005930' OR 1=1", "005930\n", 5930, None, ["005930"]])
async def test_what_is_no_code_is_422_in_korean(owner: Any, ticker: Any) -> None:
    answer = await ask(owner, ticker)
    assert (answer.status_code, answer.json()["message"]) == (422, BAD_TICKER)


async def test_bodies_that_are_none_are_refused_in_korean(owner: Any) -> None:
    for body in ("", "{", "[]", "null", json.dumps({"ticker": "005930", "user": "somebody"}), "\x00"):
        answer = await owner.post("/result/analysis", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["message"]) == (422, BAD_TICKER)
    plain = await owner.post("/result/analysis", content="ticker=005930")
    assert plain.status_code == 415


@pytest.mark.parametrize("fault", ["silent", "no chart", "crooked bars"])
async def test_bars_that_do_not_come_are_503_and_never_a_stack_trace(seat: Seat, owner: Any, fault: str) -> None:
    market: Any = seat.parts.assembled.ports.market
    if fault == "silent":
        market.down = True
    elif fault == "no chart":
        market.chart_down = {"005930"}
    else:
        market.bars["005930"] = [pb.Bar(date="2026-11-20", open=100, high=50, low=40, close=100, volume=1)]
    answer = await ask(owner)
    assert answer.status_code == 503
    assert answer.json()["message"].endswith("요.")
    assert "Traceback" not in answer.text
