"""The room: names of the turn, one question to a model, what is missing told by name, what is late fetched on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from conversing import Talk
from fakes import START, FakeMarket, make_ports
from langgraph.runtime import Runtime
from scripted_mind import ScriptedMind

import nodes.technical.node
from domain.clock import ManualClock
from domain.proto import oms_pb2 as pb
from domain.reports import AnalystReport
from nodes.respond.views import report_template
from nodes.technical.batch import MAX_NAMES
from nodes.technical.cache import FreshCache
from nodes.technical.node import LATE, technical
from tools.ports import Daily, DailyPort, Ports, PortUnavailable

NAMES = ["005930", "000660", "035720"]
GOOD = {"drivers": ["종가가 {{f:t.close}} 부근이라 눈여겨봤어요."], "risks": []}


def state(*names: str, goal: str = "propose", focus: tuple[str, ...] = ()) -> Any:
    return {"goal": goal, "focus": list(focus), "candidates": list(names)}


async def reports(ports: Ports, given: Any) -> dict[str, AnalystReport]:
    update = await technical(ports)(given, Runtime())
    return {row["ticker"]: AnalystReport.model_validate(row) for row in update["reports"]}


# Names and bars -------------------------------------------------------------------------------------------------------


async def test_the_room_reads_focus_first_and_charts_once() -> None:
    clock = ManualClock(START)
    market = FakeMarket(clock)
    room = technical(make_ports(clock=clock, market=market))
    given = state("005930", "035720", focus=("035720",))
    update = await room(given, Runtime())
    assert [report["ticker"] for report in update["reports"]] == ["035720", "005930"]
    await room(given, Runtime())
    assert sorted(market.chart_calls) == ["005930", "035720"]
    clock.advance(301)
    await room(given, Runtime())
    assert len(market.chart_calls) == 4


async def test_a_cycle_over_twenty_names_is_read_in_one_run() -> None:
    ports = make_ports()
    names = [row.ticker for row in ports.instruments.all()][:20]
    assert list(await reports(ports, state(*names))) == names
    assert MAX_NAMES >= 20


async def test_a_chart_that_does_not_come_is_said_by_its_name_and_the_others_go_on() -> None:
    clock = ManualClock(START)
    market = FakeMarket(clock)
    market.chart_down |= {"005930", "035720"}
    update = await technical(make_ports(clock=clock, market=market))(state(*NAMES), Runtime())
    assert [report["status"] for report in update["reports"]] == ["unavailable", "ok", "unavailable"]
    told = [row for row in update["notices"] if row["code"] == "unavailable"]
    assert [row["text"] for row in told] == ["삼성전자(005930), 카카오(035720): 차트를 받지 못했어요."]
    assert told[0]["tickers"] == ["005930", "035720"]


async def test_bars_that_contradict_themselves_cost_that_name_alone() -> None:
    clock = ManualClock(START)
    market = FakeMarket(clock)
    market.bars["005930"] = [pb.Bar(date="2026-11-20", open=100, high=50, low=40, close=100, volume=1)]
    found = await reports(make_ports(clock=clock, market=market), state("005930", "000660"))
    assert [report.status.value for report in found.values()] == ["unavailable", "ok"]


async def test_a_name_that_is_asked_about_is_read_with_its_running_day() -> None:
    clock = ManualClock(START)
    market = FakeMarket(clock, {"005930": 80_000})
    market.bars["005930"] = (await FakeMarket(clock).chart("005930", "D", "", ""))[:]
    ports = make_ports(clock=clock, market=market)
    asked = (await reports(ports, state(goal="inform", focus=("005930",))))["005930"]
    assert asked.as_of == START
    stored = ports.desk.reports[-1][1]  # type: ignore[attr-defined]
    assert stored.figures[0].value == 80_000
    candidate = (await reports(ports, state("005930")))["005930"]
    assert candidate.as_of.date() == date(2026, 11, 23)  # the day before ended at midnight
    assert candidate.as_of < START


@pytest.mark.parametrize("change", ["no trade yet", "before the opening", "another basis", "yesterday's"])
async def test_a_quote_that_does_not_go_on_from_the_bars_is_left_out(change: str) -> None:
    clock = ManualClock(START)
    market = FakeMarket(clock)
    quote = await market.quote("005930")
    if change == "no trade yet":
        quote.volume = 0
    elif change == "another basis":
        quote.price = quote.open = quote.high = quote.low = 1_440
    elif change == "yesterday's":
        quote.as_of.FromDatetime(START - timedelta(days=1))
    else:
        market.phase = "pre_open"

    async def quotes(tickers: Any) -> list[pb.QuoteReply]:
        return [quote]

    market.quotes = quotes  # type: ignore[method-assign]
    found = await reports(make_ports(clock=clock, market=market), state(goal="inform", focus=("005930",)))
    assert found["005930"].as_of < START
    assert found["005930"].status.value == "ok"


class SlowBars:
    """A `DailyPort` that answers for one name when it is told to."""

    def __init__(self, inner: DailyPort, slow: str) -> None:
        self.inner, self.slow, self.go = inner, slow, asyncio.Event()

    async def daily(self, ticker: str, *, depth: int = 0) -> Daily:
        if ticker == self.slow:
            await self.go.wait()
        return await self.inner.daily(ticker, depth=depth)


async def test_what_does_not_come_in_time_is_said_and_there_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from nodes.technical.direct import DirectBars

    monkeypatch.setattr(nodes.technical.node, "PATIENCE_S", 0.2)
    ports = make_ports()
    slow = SlowBars(DirectBars(ports.market, ports.clock), "000660")
    ports = replace(ports, daily=slow)
    found = await reports(ports, state(*NAMES))
    assert [report.status.value for report in found.values()] == ["ok", "unavailable", "ok"]
    assert found["000660"].reason == LATE
    slow.go.set()
    assert all(report.status.value == "ok" for report in (await reports(ports, state(*NAMES))).values())


# One question for all names -------------------------------------------------------------------------------------------


def views(told: Mapping[str, str], **changed: Any) -> dict[str, Any]:
    """A good view on every name of the question; `changed` by ticker, None leaves a name out."""
    made = []
    for block in told["charts"].split("\n\n"):
        ticker = block[1:7]
        stance, _, confidence = block.splitlines()[1].removeprefix("규칙: ").partition(", ")
        view = {"ticker": ticker, "stance": stance, "confidence": int(confidence), **GOOD}
        more = changed.get(f"t{ticker}", {})
        made += [] if more is None else [view | more]
    return {"views": made}


def mind(monkeypatch: pytest.MonkeyPatch, says: Any) -> ScriptedMind:
    return ScriptedMind({"technical": says}).put_in(monkeypatch)


async def test_all_names_are_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    made = mind(monkeypatch, views)
    ports = make_ports()
    names = [row.ticker for row in ports.instruments.all()][:20]
    found = await reports(ports, state(*names))
    assert made.asked == ["technical"]
    assert all("부근이라 눈여겨봤어요" in report.lines()[0] for report in found.values())
    assert len({report.lines()[0] for report in found.values()}) > 5  # each with its own figures
    assert len(made.told["technical"]) < 20_000


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {"drivers": ["지표가 {{f:secret}}이에요."]},
        {"drivers": ["목표가는 99,999원이에요."]},
        {"drivers": ["지금 매수하세요."]},
        {"confidence": 99},
        {"ticker": "999999"},
    ],
)
async def test_a_view_that_cannot_be_used_leaves_the_rules_for_that_name_alone(
    monkeypatch: pytest.MonkeyPatch, bad: Any
) -> None:
    ruled = await reports(make_ports(), state(*NAMES))
    made = mind(monkeypatch, lambda told: views(told, t000660=bad))
    update = await technical(make_ports())(state(*NAMES), Runtime())
    found = {row["ticker"]: AnalystReport.model_validate(row) for row in update["reports"]}
    assert made.outcomes["technical"].by == "model"
    assert found["000660"] == ruled["000660"]
    assert all("눈여겨봤어요" in found[ticker].lines()[0] for ticker in ("005930", "035720"))
    assert list(found) == NAMES
    told = {row["what"]: row["by"] for row in update["notices"] if row["code"] == "answered_by"}
    assert told == {"기술적 분석": "model", "기술적 분석 가운데 SK하이닉스(000660)": "rules"}


async def test_a_name_with_two_views_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    ruled = await reports(make_ports(), state(*NAMES))
    mind(monkeypatch, lambda told: {"views": [*views(told)["views"], *views(told)["views"][:1]]})
    found = await reports(make_ports(), state(*NAMES))
    assert found["005930"] == ruled["005930"]
    assert found["000660"] != ruled["000660"]


@pytest.mark.parametrize(
    "said",
    [
        {"views": []},
        {"views": [{"ticker": "999999", "stance": "neutral", "confidence": 50, **GOOD}]},
        lambda told: {"views": views(told)["views"] * 9},
        lambda told: {**views(told), "order": "005930 1000주 매수"},
        "",
    ],
)
async def test_an_answer_without_a_usable_view_leaves_the_rules(monkeypatch: pytest.MonkeyPatch, said: Any) -> None:
    ruled = await reports(make_ports(), state(*NAMES))
    made = mind(monkeypatch, said)
    assert await reports(make_ports(), state(*NAMES)) == ruled
    assert made.outcomes["technical"].by == "rules"


async def test_names_that_were_not_measured_are_not_put_to_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    made = mind(monkeypatch, views)
    clock = ManualClock(START)
    market = FakeMarket(clock)
    market.chart_down.add("005930")
    await reports(make_ports(clock=clock, market=market), state(*NAMES))
    assert "005930" not in made.told["technical"]
    assert "000660" in made.told["technical"]


# The cache ------------------------------------------------------------------------------------------------------------


async def test_many_askers_make_one_request_and_five_minutes_make_another() -> None:
    clock = ManualClock(START)
    cache: FreshCache[int] = FreshCache(clock)
    loads = 0

    async def load() -> int:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0)
        return loads

    assert await asyncio.gather(*(cache.get("a", load) for _ in range(5))) == [1] * 5
    clock.advance(299)
    assert await cache.get("a", load) == 1
    clock.advance(2)
    assert await cache.get("a", load) == 2


async def test_a_failed_load_is_not_kept() -> None:
    cache: FreshCache[int] = FreshCache(ManualClock(START))

    async def fail() -> int:
        raise PortUnavailable("없어요.", where="market")

    async def work() -> int:
        return 7

    with pytest.raises(PortUnavailable):
        await cache.get("a", fail)
    assert await cache.get("a", work) == 7


async def test_the_oldest_entry_leaves_a_full_cache() -> None:
    cache: FreshCache[str] = FreshCache(ManualClock(START), capacity=2)

    async def value() -> str:
        return "v"

    for key in "abc":
        await cache.get(key, value)
    assert list(cache._kept) == ["b", "c"]


async def test_closing_ends_what_is_still_loading() -> None:
    cache: FreshCache[str] = FreshCache(ManualClock(START))

    async def forever() -> str:
        await asyncio.Event().wait()
        return "never"

    asked = asyncio.create_task(cache.get("a", forever))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await cache.aclose()
    with pytest.raises(asyncio.CancelledError):
        await asked


# What a person reads --------------------------------------------------------------------------------------------------


def test_a_pleasant_view_is_told_with_what_speaks_against_it() -> None:
    ports = make_ports()
    made = [f"좋은 점 {{{{f:t.{key}}}}}" for key in ("close", "rsi", "ma20", "ma5")]
    figures = [
        {"id": f"t.{key}", "value": 10, "unit": "원", "source": "일봉", "as_of": ports.clock.now(), "label": key}
        for key in ("close", "rsi", "ma20", "ma5")
    ]
    row = {"analyst": "technical", "ticker": "005930", "stance": "bullish", "confidence": 60, "drivers": made}
    row |= {"risks": ["많이 올랐어요."], "figures": figures, "as_of": ports.clock.now()}
    text, _ = report_template([row], brief=False)
    assert text.count("좋은 점") == 2
    assert text.endswith("많이 올랐어요.")
    weak, _ = report_template([row | {"stance": "bearish", "risks": ["하나.", "둘.", "셋."]}], brief=False)
    assert [weak.count(word) for word in ("좋은 점", "하나", "둘", "셋")] == [1, 1, 1, 0]


async def test_a_chart_is_told_with_the_analysts_view_and_the_word_that_it_is_no_advice() -> None:
    talk = Talk()
    reply = await talk.say("삼성전자 차트 보여줘")
    assert "기술적 분석: " in reply
    assert [piece["kind"] for piece in talk.pieces][-2:] == ["report", "disclaimer"]
    (shown,) = [piece for piece in talk.pieces if piece["kind"] == "report"]
    assert shown["data"]["tickers"] == ["005930"]
    assert "{{" not in shown["text"]
