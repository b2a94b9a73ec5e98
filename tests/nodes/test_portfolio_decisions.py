"""BUY, SELL or HOLD for every name, each with a reason whose numbers are figures, and the one brief a model is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fakes import START, USER, FakeMarket, FakeOms, give_profile, make_ports
from purses import LEVELS, TABLE, investor, scene

from domain.evidence import Figure, Figures, Unit, raw_numbers
from domain.fundamentals import AccountYear, Fundamentals
from domain.instruments import Instruments
from domain.proto import oms_pb2 as pb
from domain.reports import Analyst
from domain.suitability import Grade
from nodes.portfolio.brief import MAX_SIGNS, Brief, brief_of
from nodes.portfolio.decisions import MAX_NAMES, Action, Decision, decisions
from nodes.portfolio.node import portfolio, report_of
from nodes.portfolio.rules import allocate
from nodes.portfolio.scene import Holding, Scene
from nodes.portfolio.views import View, with_accounts
from tools.llm.prompts import load
from tools.ports import PortUnavailable

RSI = Figure(id="t.rsi", value=Decimal("71.5"), unit=Unit.INDEX, source="일봉", as_of=START, label="RSI")
WEAK = View(80, stance="bearish", confidence=70, status="ok", figures={"t.rsi": RSI})
FINE = View(50, "bullish", "bullish", 60, "ok", figures={"t.rsi": RSI})
DOCUMENT = Path(__file__).parents[2] / "docs" / "portfolio.md"


def held(*rows: tuple[str, int]) -> list[Holding]:
    return [Holding(ticker, won, TABLE.get(ticker).sector) for ticker, won in rows]  # type: ignore[union-attr]


def decided(here: Scene) -> dict[str, Decision]:
    return {each.ticker: each for each in decisions(here, allocate(here))}


ACTIVE = investor(Grade.ACTIVE)
STOPPED = Instruments(tuple(replace(row, status="managed") if row.ticker == "035720" else row for row in TABLE.all()))
KEPT: dict[str, tuple[Scene, str, str]] = {
    "held inside its limit": (
        scene(ACTIVE, seen={"005930": FINE}, holdings=held(("005930", 2_000_000))),
        "005930",
        "비중 10%로 한도 25% 안이라 그대로 둬요.",
    ),
    "held, and nobody could read its chart": (
        scene(ACTIVE, seen={"005930": View(status="unavailable")}, holdings=held(("005930", 2_000_000))),
        "005930",
        "차트를 읽지 못했어요. 모른다고 팔지는 않아서 비중 10% 그대로 둬요.",
    ),
    "held, and nobody looked": (
        scene(ACTIVE, holdings=held(("005930", 2_000_000))),
        "005930",
        "차트를 읽지 못했어요. 모른다고 팔지는 않아서 비중 10% 그대로 둬요.",
    ),
    "held, and its chart is weak": (
        scene(ACTIVE, seen={"005930": WEAK}, holdings=held(("005930", 2_000_000))),
        "005930",
        "차트 흐름은 약하지만(RSI 71.5) 한도 안이고 손절 기준을 따로 지켜보고 있어서 그대로 둬요.",
    ),
    "held, and it does not trade": (
        replace(scene(ACTIVE, holdings=held(("005930", 9_000_000))), halted=frozenset({"005930"})),
        "005930",
        "지금 거래가 멈춰 있어서 사지도 팔지도 않아요.",
    ),
    "held under supervision": (
        replace(scene(ACTIVE, holdings=held(("035720", 2_000_000))), table=STOPPED),
        "035720",
        "거래에 주의가 필요한 종목이라 더 사지 않고, 한도 안이라 팔지도 않아요.",
    ),
    "over its limit while another reduction used the run up": (
        scene(ACTIVE, holdings=held(("005930", 15_000_000), ("035720", 6_000_000))),
        "035720",
        "한도를 넘었지만 한 번에 사고팔 수 있는 금액을 다 써서 다음으로 미뤄요.",
    ),
    "a candidate whose chart is weak": (
        scene(ACTIVE, ["005930"], {"005930": WEAK}, {"005930": 72_000}),
        "005930",
        "차트 흐름이 약해서(RSI 71.5) 지금은 사지 않아요.",
    ),
    "a candidate without a price": (
        scene(ACTIVE, ["005930"], prices={}),
        "005930",
        "시세를 받지 못했거나 거래가 멈춰 있어서 사지 않아요.",
    ),
    "a candidate that the grade does not allow": (
        scene(investor(Grade.STABLE), ["005930"]),
        "005930",
        "성향이나 제외 업종에 맞지 않아서 사지 않아요.",
    ),
    "a candidate of which one share is too much": (
        scene(ACTIVE, ["005930"], prices={"005930": 9_000_000}),
        "005930",
        "가장 작은 주문도 한 종목이나 한 번의 한도보다 커서 사지 않아요.",
    ),
    "a candidate that waits for the next run": (
        scene(ACTIVE, ["488770"], holdings=held(("005930", 15_000_000))),
        "488770",
        "한 번에 사고팔 수 있는 금액을 다른 종목에 먼저 써서 다음으로 미뤄요.",
    ),
    "a candidate behind better ones": (
        scene(ACTIVE, ["005930", "035720", "069500", "105560"], prices=dict.fromkeys(LEVELS, 50_000)),
        "105560",
        "남은 한도 안에서 다른 후보를 먼저 담아서 지금은 사지 않아요.",
    ),
}


@pytest.mark.parametrize("name", list(KEPT))
def test_why_a_name_stays(name: str) -> None:
    here, ticker, reason = KEPT[name]
    found = decided(here)[ticker]
    assert (found.action, found.reason) == (Action.HOLD, reason)
    assert found.target_bps == found.held_bps == here.held(ticker)
    assert not raw_numbers(found.template)
    assert {figure.id for figure in found.figures} == set(re.findall(r"f:([\w.]+)", found.template))


def test_a_purchase_and_a_sale_say_what_their_targets_say_and_come_first() -> None:
    here = scene(ACTIVE, ["488770"], {"005930": FINE}, holdings=held(("005930", 8_000_000), ("035720", 1_000_000)))
    first, second, third = decisions(here, allocate(here))
    assert [each.action for each in (first, second, third)] == [Action.SELL, Action.BUY, Action.HOLD]
    assert first.reason == "비중이 40%로 한 종목 한도 25%를 넘어서 넘은 만큼만 줄여요."
    assert (first.held_bps, first.target_bps) == (4_000, 2_500)
    assert second.ticker == "488770"
    assert second.target_bps > second.held_bps == 0
    assert all(not raw_numbers(each.template) for each in (first, second, third))


def test_the_report_holds_every_decision_with_its_own_figures() -> None:
    here = scene(ACTIVE, ["005930", "069500"], {"005930": WEAK, "069500": FINE}, holdings=held(("035720", 2_000_000)))
    targets = allocate(here)
    report = report_of(here, targets, decisions(here, targets))
    assert not report.unsupported_numbers()
    told = report.lines()
    assert any(line.startswith("KODEX 200 매수: ") and "RSI 71.5" in line for line in told)
    assert any(line == "삼성전자 그대로: 차트 흐름이 약해서(RSI 71.5) 지금은 사지 않아요." for line in told)
    assert any(line.startswith("카카오 그대로: 차트를 읽지 못했어요.") for line in told)


# The room ---------------------------------------------------------------------------------------------------------
async def weighed(oms: FakeOms | None = None, **state: Any) -> tuple[dict[str, Any], Any]:
    ports = make_ports()
    await give_profile(ports)
    if oms is None:
        ports.oms.hold("005930", 20, 72_000)  # type: ignore[attr-defined]
    found = await portfolio(ports)({"candidates": ["069500", "488770"], "goal": "trade", **state}, None)  # type: ignore[arg-type, typeddict-item]
    return found, ports


async def test_the_room_writes_small_typed_rows_with_a_reason_each() -> None:
    found, ports = await weighed()
    rows = found["decisions"]
    assert {row["ticker"] for row in rows} == {"005930", "069500", "488770"}
    for row in rows:
        figures = Figures.from_json(row["figures"])
        assert set(row) == {"ticker", "name", "action", "held_bps", "target_bps", "reason", "figures"}
        assert row["reason"].endswith(".")
        assert all(figure.text() in row["reason"] for figure in figures.values())
    assert len(json.dumps(rows, ensure_ascii=False)) < 3_000
    (short,) = found["reports"]
    assert len(short["drivers"]) == 1
    stored = [report for _, report in ports.desk.reports if report.analyst is Analyst.PORTFOLIO]
    assert len(stored[-1].drivers) == 1 + len(rows)


async def test_an_open_purchase_is_not_proposed_again() -> None:
    found, ports = await weighed()
    before = {row["ticker"]: row["weight_bps"] for row in found["targets"]}
    ports.oms.fill = False
    order = pb.Order(
        intent_id="i",
        account_ref=USER.account_ref,
        ticker="069500",
        side="buy",
        quantity=200,
        price=40_000,
        state="ACKED",
    )
    order.created_at.FromDatetime(START)
    ports.oms.placed["i"] = order
    again = await portfolio(ports)({"candidates": ["069500", "488770"], "goal": "trade"}, None)  # type: ignore[arg-type, typeddict-item]
    assert "069500" in before
    assert "069500" not in {row["ticker"] for row in again["targets"]}


async def test_accounts_of_companies_that_do_not_come_change_nothing() -> None:
    class Silent(FakeMarket):
        async def fundamentals(self, tickers: Any) -> list[Fundamentals]:
            raise PortUnavailable("재무를 받지 못했어요.", where="market")

    plain, ports = await weighed()
    silent = replace(ports, market=Silent(ports.clock))
    found = await portfolio(silent)({"candidates": ["069500", "488770"], "goal": "trade"}, None)  # type: ignore[arg-type, typeddict-item]
    assert found["targets"] == plain["targets"]


# The brief --------------------------------------------------------------------------------------------------------
ACCOUNTS = Fundamentals(
    "005930", START, "live", per=12.345, pbr=1.1, years=(AccountYear("202512", roe=9.87, debt=26.4),)
)


def a_scene(count: int = 2, figures: int = 1) -> Scene:
    names = [row.ticker for row in TABLE.all() if ACTIVE.may_buy(row)][:count]
    many = {f"t.f{at}": RSI.model_copy(update={"id": f"t.f{at}", "value": Decimal(at)}) for at in range(figures - 1)}
    seen = {ticker: replace(FINE, figures={"t.rsi": RSI, **many}) for ticker in names}
    here = scene(ACTIVE, names, with_accounts(seen, [ACCOUNTS]), holdings=held(("005930", 1_000_000)))
    return replace(here, cash=15_000_000)


def test_the_brief_is_the_documented_json() -> None:
    text = DOCUMENT.read_text("utf-8")
    schema = text.partition("```json schema\n")[2].partition("\n```")[0]
    assert json.loads(schema) == Brief.model_json_schema(), "paste what python -m nodes.portfolio.brief prints"
    brief = brief_of(a_scene())
    assert Brief.model_validate_json(brief.model_dump_json()) == brief


def test_the_brief_tells_chart_accounts_and_news_of_each_name_by_the_ids_a_reason_may_use() -> None:
    brief = brief_of(a_scene())
    (samsung,) = [part for part in brief.universe if part.ticker == "005930"]
    assert samsung.technical.figures == {"t.rsi": "71.5"}
    assert samsung.fundamental.source == "live"
    assert samsung.fundamental.figures == {
        "f.debt": "26.4%",
        "f.pbr": "1.1배",
        "f.per": "12.35배",
        "f.roe": "9.87%",
    }
    assert (samsung.news.score, samsung.news.mood, samsung.held_bps) == (50, "bullish", 500)
    assert brief.portfolio.held_bps == {"005930": 500}
    assert brief.constraints.max_turnover_bps == 3_000


def test_the_brief_is_the_same_whatever_order_things_came_in_and_within_five_minutes() -> None:
    here = a_scene(6)
    turned = replace(here, seen=dict(reversed(here.seen.items())), now=here.now + timedelta(minutes=4, seconds=59))
    assert brief_of(here).told() == brief_of(turned).told()
    assert brief_of(replace(here, now=here.now + timedelta(minutes=5))).told() != brief_of(here).told()
    assert list(brief_of(here).told()) == ["constraints", "macro", "portfolio", "universe", "now_utc"]
    assert list(load("portfolio").labels) == list(brief_of(here).told())


@pytest.mark.parametrize(("names", "figures"), [(20, 1), (20, 6), (40, 12)])
def test_the_brief_is_bounded_and_what_may_be_leaned_on_is_never_left_out(names: int, figures: int) -> None:
    here = a_scene(names, figures)
    brief = brief_of(here)
    told: Mapping[str, str] = brief.told()
    assert len(brief.universe) <= MAX_NAMES
    assert all(len(value) <= MAX_SIGNS for value in told.values())
    bought = {target.ticker for target in allocate(here)}
    assert bought <= {part.ticker for part in brief.universe if part.technical.figures}


def test_the_brief_names_no_account_and_no_headline() -> None:
    text = json.dumps(brief_of(a_scene()).told(), ensure_ascii=False)
    assert USER.account_ref not in text
    assert "title" not in text
    assert "뉴스" not in text
