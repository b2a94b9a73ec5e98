"""Weights and sizes: inside the limits for every grade, and never a dead end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from fakes import START
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.costs import fee
from domain.instruments import Instruments
from domain.limits import FULL_BPS, equity_exposure_bps
from domain.orders.types import Side
from domain.suitability import Grade
from domain.ticks import on_tick
from nodes.investor import Investor, investor_of
from nodes.portfolio.rules import Holding, Target, View, allocate, interest, views
from nodes.risk.rules import MIN_ORDER_KRW, Held, Market, limit_price, size
from nodes.selector.rules import select
from tools.ports import StoredProfile

TABLE = Instruments.load()
DAY = date(2026, 11, 23)
LEVELS = {row.ticker: row.level for row in TABLE.all()}
CASH = 100_000_000


def investor(grade: Grade, capital: int = 20_000_000, **content: Any) -> Investor:
    stored = StoredProfile(1, grade.value, 50, {"capital_krw": capital, **content}, START, START + timedelta(days=300))
    found = investor_of(stored, START, CASH)
    assert found is not None
    return found


def proposals(who: Investor, market: str = "neutral", views_: dict[str, View] | None = None) -> Any:
    chosen = select(TABLE, who, [])
    seen = views_ if views_ is not None else {each.ticker: View(each.score, each.reasons[0]) for each in chosen}
    targets = allocate(TABLE, who, [each.ticker for each in chosen], seen, LEVELS, [], market)
    markets = {ticker: Market(level) for ticker, level in LEVELS.items()}
    return size(TABLE, who, targets, markets, {}, CASH, DAY)


@pytest.mark.parametrize("grade", list(Grade))
@pytest.mark.parametrize("capital", [300_000, 1_000_000, 5_000_000, 20_000_000, 100_000_000, 3_000_000_000])
@pytest.mark.parametrize("sector", ["반도체", "2차전지", "은행", ""])
@pytest.mark.parametrize("market", ["bullish", "bearish", "uncertain"])
def test_every_grade_and_capital_ends_in_a_proposal_inside_its_limits(
    grade: Grade, capital: int, sector: str, market: str
) -> None:
    who = investor(grade, capital, preferred_sectors=[sector] if sector else [])
    found, _ = proposals(who, market)
    assert 0 < len(found) <= 3
    equity = 0
    for each in found:
        row = TABLE.get(each.ticker)
        assert row is not None
        value = each.quantity * each.price
        assert each.side is Side.BUY
        assert who.limits.allows(row)
        assert MIN_ORDER_KRW <= value <= who.limits.order_krw(row)
        assert value * FULL_BPS <= (who.limits.name_weight_bps(row) + 1) * who.base
        assert on_tick(each.price, row.kind, DAY)
        equity += value * equity_exposure_bps(row) // FULL_BPS
    assert equity * FULL_BPS <= (who.limits.max_equity_bps + 3) * who.base
    spent = sum(each.quantity * each.price + fee(each.quantity * each.price) for each in found)
    assert spent <= who.base


def test_a_bearish_market_leaves_more_in_safety() -> None:
    def equity(market: str) -> int:
        found, _ = proposals(investor(Grade.NEUTRAL, preferred_sectors=["반도체"]), market)
        return sum(each.quantity * each.price * equity_exposure_bps(TABLE.get(each.ticker)) for each in found)

    assert equity("bearish") < equity("bullish")


def test_a_bearish_chart_keeps_a_risky_name_out() -> None:
    who = investor(Grade.AGGRESSIVE)
    seen = {"005930": View(80, "이유", "bearish", 70, "ok"), "000660": View(50, "이유", "bullish", 60, "ok")}
    targets = allocate(TABLE, who, ["005930", "000660"], seen, {"005930": 72_000, "000660": 180_000}, [], "neutral")
    assert [target.ticker for target in targets] == ["000660"]


def test_a_silent_chart_lowers_interest_and_sells_nothing() -> None:
    assert interest(View(50, "", "uncertain", 0, "unavailable")) == 40
    who = investor(Grade.AGGRESSIVE)
    targets = allocate(TABLE, who, [], {}, {}, [Holding("005930", 1_000_000, "반도체")], "uncertain")
    assert targets == ()


def test_a_name_that_outgrew_its_limit_is_trimmed_to_it() -> None:
    who = investor(Grade.ACTIVE)
    (target,) = allocate(TABLE, who, [], {}, {}, [Holding("005930", 8_000_000, "반도체")], "neutral")
    assert target.weight_bps == who.limits.name_weight_bps(TABLE.get("005930"))
    (sale,), _ = size(TABLE, who, [target], {"005930": Market(80_000)}, {"005930": Held(100, 100, 8_000_000)}, 0, DAY)
    assert sale.side is Side.SELL
    assert sale.quantity == (8_000_000 - target.weight_bps * who.base // FULL_BPS) // 80_000


def test_holdings_count_against_every_limit() -> None:
    who = investor(Grade.ACTIVE)
    held = [Holding("005930", 19_500_000, "반도체")]
    targets = allocate(TABLE, who, ["000660", "488770"], {}, LEVELS, held, "neutral")
    assert [target.ticker for target in targets] == ["005930"]


def test_a_sale_never_exceeds_what_is_sellable() -> None:
    who = investor(Grade.ACTIVE)
    found, _ = size(
        TABLE, who, [Target("005930", 0, "r")], {"005930": Market(80_000)}, {"005930": Held(100, 7, 8_000_000)}, 0, DAY
    )
    assert found[0].quantity == 7


def test_a_buy_is_cut_to_the_cash_and_the_cut_is_said() -> None:
    who = investor(Grade.AGGRESSIVE)
    found, clamps = size(TABLE, who, [Target("005930", 2_000, "r")], {"005930": Market(72_000)}, {}, 500_000, DAY)
    assert found[0].quantity == 6
    assert [clamp.code for clamp in clamps] == ["CASH"]


def test_the_fee_fits_into_the_cash() -> None:
    who = investor(Grade.AGGRESSIVE)
    found, _ = size(TABLE, who, [Target("005930", 2_000, "r")], {"005930": Market(72_000)}, {}, 720_000, DAY)
    assert found[0].quantity == 9


def test_an_order_below_the_smallest_falls_away_and_is_said() -> None:
    who = investor(Grade.AGGRESSIVE)
    found, clamps = size(TABLE, who, [Target("005930", 40, "r")], {"005930": Market(72_000)}, {}, CASH, DAY)
    assert not found
    assert clamps[0].code == "MIN_ORDER"


def test_what_the_grade_forbids_is_not_sized() -> None:
    found, clamps = size(
        TABLE, investor(Grade.STABLE), [Target("005930", 500, "r")], {"005930": Market(72_000)}, {}, CASH, DAY
    )
    assert not found
    assert clamps[0].code == "GRADE"


def test_a_name_without_a_price_is_left_out() -> None:
    _, clamps = size(TABLE, investor(Grade.ACTIVE), [Target("005930", 500, "r")], {}, {}, CASH, DAY)
    assert clamps[0].code == "NO_PRICE"


@pytest.mark.parametrize(
    ("market", "side", "expected"),
    [
        (Market(72_000, 71_900, 72_100), Side.BUY, 72_300),
        (Market(72_000, 71_900, 72_100), Side.SELL, 71_700),
        (Market(72_000, 71_900, 75_000), Side.BUY, 72_200),
        (Market(72_050), Side.BUY, 72_200),
        (Market(72_000, ask=72_000, upper=72_100), Side.BUY, 72_100),
        (Market(72_050), Side.SELL, 71_900),
    ],
)
def test_limit_price_reaches_a_little_past_a_near_counterpart_or_the_last_price(
    market: Market, side: Side, expected: int
) -> None:
    row = TABLE.get("005930")
    assert row is not None
    assert limit_price(market, side, row.kind, DAY) == expected


def test_views_join_what_selector_and_chart_said() -> None:
    found = views(
        [
            {
                "analyst": "selector",
                "ticker": "A",
                "stance": "bullish",
                "confidence": 70,
                "drivers": ["선호"],
                "status": "ok",
            },
            {"analyst": "technical", "ticker": "A", "stance": "bearish", "confidence": 60, "status": "ok"},
            {"analyst": "macro", "ticker": None, "stance": "neutral", "confidence": 50, "status": "ok"},
        ]
    )
    assert found == {"A": View(70, "선호", "bearish", 60, "ok")}


@settings(max_examples=60, deadline=None)
@given(
    grade=st.sampled_from(list(Grade)),
    capital=st.integers(300_000, 10**10),
    held=st.integers(0, 10**8),
    cash=st.integers(0, 10**9),
)
def test_money_is_never_spent_twice(grade: Grade, capital: int, held: int, cash: int) -> None:
    who = investor(grade, capital)
    chosen = [each.ticker for each in select(TABLE, who, [])]
    holdings = [Holding("005930", held, "반도체")] if held else []
    targets = allocate(TABLE, who, chosen, {}, LEVELS, holdings, "bullish")
    owned = {"005930": Held(held // 72_000, held // 72_000, held)}
    found, _ = size(TABLE, who, targets, {t: Market(p) for t, p in LEVELS.items()}, owned, cash, DAY)
    spent = sum(e.quantity * e.price + fee(e.quantity * e.price) for e in found if e.side is Side.BUY)
    assert spent <= cash
    assert all(e.quantity > 0 for e in found)
