"""Weights and sizes: inside the whole profile for every person, and never a dead end."""

from __future__ import annotations

import pytest
from fakes import START
from hypothesis import given, settings
from hypothesis import strategies as st
from purses import (
    CASH,
    DAY,
    LEVELS,
    TABLE,
    chosen,
    investor,
    must_fit,
    proposals,
    scene,
    sized,
    strategy_for,
)

from domain.costs import fee
from domain.evidence import Figure, Unit
from domain.instruments import SECTORS, Asset, Kind
from domain.limits import FULL_BPS, equity_exposure_bps, is_safe
from domain.orders.types import Side
from domain.strategy.check import StrategyError
from domain.suitability import Grade
from nodes.investor import Investor
from nodes.portfolio.reasons import reason_for
from nodes.portfolio.rules import NO_CANDIDATES, TOO_SMALL, WEAK_CHARTS, allocate, why_nothing
from nodes.portfolio.scene import Holding, Target
from nodes.portfolio.views import View, interest, market_stance, views
from nodes.risk.rules import Held, Market, limit_price, size
from nodes.selector.rules import select
from tools.ports import StoredStrategy

CAPITALS = [100_000, 300_000, 1_000_000, 3_000_000, 20_000_000, 100_000_000, 1_000_000_000]
LOSSES = [None, 0, 300, 500, 1_000, 3_000]
WAYS = [None, "lower_share", "mix_bonds", "keep_principal", "learn", "small", "accept_loss"]
LIKED = ["", "반도체", "배당", "채권"]


def owned_strategy(grade: Grade, capital: int, **content: object) -> StoredStrategy | None:
    try:
        return strategy_for(grade, capital, **content)
    except StrategyError:
        return None


def content_of(loss: int | None, sector: str, way: str | None) -> dict[str, object]:
    return {
        "max_loss_bps": loss,
        "preferred_sectors": [sector] if sector else [],
        "ways_out": {"sector_and_loss": way} if way else {},
    }


@pytest.mark.parametrize("with_strategy", [False, True])
@pytest.mark.parametrize("grade", list(Grade))
def test_no_combination_of_profile_and_purse_is_a_dead_end_or_leaves_its_limits(
    grade: Grade, with_strategy: bool
) -> None:
    for capital in CAPITALS:
        for loss in LOSSES:
            for sector in LIKED:
                for way in WAYS:
                    content = content_of(loss, sector, way)
                    strategy = owned_strategy(grade, capital, **content) if with_strategy else None
                    who = investor(grade, capital, strategy=strategy, value=10 * capital, **content)
                    found = proposals(who, "uncertain")
                    assert found, (grade, capital, loss, sector, way)
                    must_fit(who, found)


@settings(max_examples=150, deadline=None)
@given(
    grade=st.sampled_from(list(Grade)),
    capital=st.integers(100_000, 10**10),
    loss=st.one_of(st.none(), st.integers(0, 10_000)),
    way=st.sampled_from(WAYS),
    liked=st.lists(st.sampled_from(sorted(SECTORS)), max_size=2),
    out=st.lists(st.sampled_from(sorted(SECTORS)), max_size=4),
    asked=st.sampled_from([None, *sorted(SECTORS)]),
    market=st.sampled_from(["bullish", "neutral", "bearish", "uncertain"]),
    with_strategy=st.booleans(),
)
def test_whatever_is_asked_there_are_proposals_inside_the_limits_or_a_reason(
    grade: Grade,
    capital: int,
    loss: int | None,
    way: str | None,
    liked: list[str],
    out: list[str],
    asked: str | None,
    market: str,
    with_strategy: bool,
) -> None:
    content = {**content_of(loss, "", way), "preferred_sectors": liked, "excluded_sectors": out}
    strategy = owned_strategy(grade, capital, **content) if with_strategy else None
    who = investor(grade, capital, strategy=strategy, **content)
    here = chosen(who, market, [asked] if asked else [])
    found = sized(who, allocate(here))
    must_fit(who, found)
    if not found:
        assert why_nothing(here) in (NO_CANDIDATES, TOO_SMALL)
        assert not here.candidates or capital < 1_000_000 or asked


def test_a_small_tolerated_loss_keeps_single_stocks_small() -> None:
    who = investor(Grade.AGGRESSIVE, preferred_sectors=["반도체"], max_loss_bps=500)
    equity = 0
    for each in proposals(who, "bullish"):
        row, value = TABLE.get(each.ticker), each.quantity * each.price
        equity += value * equity_exposure_bps(row) // FULL_BPS
        if row is not None and row.kind is Kind.STOCK:
            assert value <= 1_250_000
    assert 0 < equity <= 2_500_000, "a bad year of 40 % must not cost more than 5 %"


def test_mixing_with_bonds_means_funds_and_bonds() -> None:
    who = investor(
        Grade.AGGRESSIVE, preferred_sectors=["반도체"], max_loss_bps=500, ways_out={"sector_and_loss": "mix_bonds"}
    )
    rows = [TABLE.get(each.ticker) for each in proposals(who)]
    assert all(row is not None and row.kind is Kind.ETF for row in rows)
    assert Asset.BOND in {row.asset for row in rows if row is not None}


def test_a_lower_share_of_stocks_rests_in_cash() -> None:
    who = investor(
        Grade.AGGRESSIVE, preferred_sectors=["반도체"], max_loss_bps=500, ways_out={"sector_and_loss": "lower_share"}
    )
    found = {TABLE.get(each.ticker).asset: each.quantity * each.price for each in proposals(who)}  # type: ignore[union-attr]
    assert found[Asset.CASH] > sum(found.values()) * 7 // 10


def test_a_fixed_mix_is_approached_by_its_widest_gaps() -> None:
    strategy = strategy_for(Grade.NEUTRAL)
    who = investor(Grade.NEUTRAL, strategy=strategy)
    weights = strategy.spec["sizing"]["targets"]
    found = proposals(who, "bearish")
    assert {each.ticker for each in found} <= set(weights)
    for each in found:
        assert each.quantity * each.price <= weights[each.ticker] * who.base // FULL_BPS
    widest = sorted(weights.values(), reverse=True)[:3]
    assert sorted((weights[each.ticker] for each in found), reverse=True) == widest


def test_a_signal_strategy_gives_its_names_its_weight_and_the_rest_to_parking() -> None:
    strategy = strategy_for(Grade.ACTIVE, preferred_sectors=("반도체",))
    who = investor(Grade.ACTIVE, strategy=strategy, preferred_sectors=["반도체"])
    sizing = strategy.spec["sizing"]
    found = proposals(who)
    assert {each.ticker for each in found} <= set(strategy.spec["universe"]["tickers"])
    for each in found:
        if each.ticker != sizing["parking"]:
            assert each.quantity * each.price <= sizing["name_bps"] * who.base // FULL_BPS
    assert sizing["parking"] in {each.ticker for each in found}


def test_positions_of_the_strategy_count_against_its_number_of_positions() -> None:
    strategy = strategy_for(Grade.ACTIVE, preferred_sectors=("반도체",))
    who = investor(Grade.ACTIVE, strategy=strategy, preferred_sectors=["반도체"])
    assert who.playbook is not None
    names = [ticker for ticker in who.playbook.universe if ticker != who.playbook.parking]
    held = [Holding(ticker, 200_000, "반도체") for ticker in names[: who.playbook.max_positions]]
    here = scene(who, who.playbook.universe, holdings=held)
    assert {target.ticker for target in allocate(here)} <= {who.playbook.parking}


def test_what_was_asked_for_is_all_that_is_proposed() -> None:
    who = investor(Grade.ACTIVE, strategy=strategy_for(Grade.ACTIVE))
    found = proposals(who, sectors=["배당"])
    assert found
    assert {TABLE.get(each.ticker).sector for each in found} == {"배당"}  # type: ignore[union-attr]
    assert all("말씀하신 배당" in each.reason for each in found)


def test_a_bearish_market_leaves_more_in_safety() -> None:
    def equity(market: str) -> int:
        found = proposals(investor(Grade.NEUTRAL, preferred_sectors=["반도체"]), market)
        return sum(each.quantity * each.price * equity_exposure_bps(TABLE.get(each.ticker)) for each in found)

    assert equity("bearish") < equity("bullish")


def test_a_bearish_chart_keeps_a_risky_name_out_and_is_the_reason() -> None:
    who = investor(Grade.AGGRESSIVE)
    weak, fine = View(80, stance="bearish", confidence=70, status="ok"), View(50, stance="bullish", status="ok")
    prices = {"005930": 72_000, "000660": 180_000}
    here = scene(who, ["005930", "000660"], {"005930": weak, "000660": fine}, prices)
    assert [target.ticker for target in allocate(here)] == ["000660"]
    alone = scene(who, ["005930"], {"005930": weak}, prices)
    assert allocate(alone) == ()
    assert why_nothing(alone) == WEAK_CHARTS


def test_a_silent_chart_lowers_interest_and_sells_nothing() -> None:
    assert interest(View(50)) == 40
    here = scene(investor(Grade.AGGRESSIVE), holdings=[Holding("005930", 1_000_000, "반도체")], market="uncertain")
    assert allocate(here) == ()


def test_a_name_that_outgrew_its_limit_is_trimmed_to_it() -> None:
    who = investor(Grade.ACTIVE)
    (target,) = allocate(scene(who, holdings=[Holding("005930", 8_000_000, "반도체")]))
    assert target.weight_bps == who.limits.name_weight_bps(TABLE.get("005930"))
    assert "40%로 한 종목 한도 25%" in target.reason
    (sale,), _ = size(TABLE, who, [target], {"005930": Market(80_000)}, {"005930": Held(100, 100, 8_000_000)}, 0, DAY)
    assert sale.side is Side.SELL
    assert sale.quantity == (8_000_000 - target.weight_bps * who.base // FULL_BPS) // 80_000


def test_what_the_user_bought_beyond_our_advice_is_not_sold() -> None:
    who = investor(Grade.ACTIVE, ways_out={"sector_and_loss": "mix_bonds"}, max_loss_bps=500)
    assert allocate(scene(who, holdings=[Holding("005930", 4_000_000, "반도체")])) == ()


def test_holdings_count_against_every_limit() -> None:
    who = investor(Grade.ACTIVE)
    held = [Holding("005930", 19_500_000, "반도체")]
    targets = allocate(scene(who, ["000660", "488770"], holdings=held))
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


def figure(key: str, value: object, unit: Unit) -> dict[str, object]:
    return Figure(id=key, value=value, unit=unit, source="s", as_of=START).to_json()  # type: ignore[arg-type]


REPORTS = [
    {
        "analyst": "selector",
        "ticker": "005930",
        "stance": "bullish",
        "confidence": 70,
        "drivers": ["뉴스"],
        "status": "ok",
        "figures": [figure("s.news", 2, Unit.COUNT)],
    },
    {
        "analyst": "technical",
        "ticker": "005930",
        "stance": "bullish",
        "confidence": 60,
        "status": "ok",
        "figures": [figure("t.rsi", "54.2", Unit.POINTS), figure("t.change20", "3.1", Unit.CHANGE)],
    },
    {"analyst": "macro", "ticker": None, "stance": "neutral", "confidence": 50, "status": "ok"},
]


def test_views_join_what_selector_and_chart_said() -> None:
    view = views(REPORTS)["005930"]
    assert (view.score, view.mood, view.stance, view.confidence, view.status) == (70, "bullish", "bullish", 60, "ok")
    assert set(view.figures) == {"s.news", "t.rsi", "t.change20"}
    assert market_stance(REPORTS) == "neutral"


def reason(who: Investor, ticker: str, **more: object) -> str:
    row = TABLE.get(ticker)
    assert row is not None
    return reason_for(row, who, views(REPORTS).get(ticker), "neutral", **more)  # type: ignore[arg-type]


def test_a_reason_is_one_sentence_with_its_real_figures() -> None:
    said = reason(investor(Grade.ACTIVE, preferred_sectors=["반도체"]), "005930")
    assert said == (
        "선호하시는 반도체 업종이고, 최근 뉴스 2개는 우호적이고, "
        "차트 흐름이 좋고(RSI 54.2포인트, 20일 +3.1%), 거시 지표는 중립이에요."
    )


def test_what_nobody_measured_is_left_out_of_a_reason() -> None:
    said = reason(investor(Grade.ACTIVE), "000660")
    assert "뉴스" not in said
    assert "차트" not in said
    assert said.endswith("거시 지표는 중립이에요.")


def test_a_safe_product_is_explained_by_its_calm() -> None:
    said = reason(investor(Grade.STABLE), "488770")
    assert said == "안정형에 맞는, 현금처럼 쓰는 단기 상품이고, 가격 변동이 작은 편이에요."


@settings(max_examples=60, deadline=None)
@given(
    grade=st.sampled_from(list(Grade)),
    capital=st.integers(300_000, 10**10),
    held=st.integers(0, 10**8),
    cash=st.integers(0, 10**9),
)
def test_money_is_never_spent_twice(grade: Grade, capital: int, held: int, cash: int) -> None:
    who = investor(grade, capital)
    holdings = [Holding("005930", held, "반도체")] if held else []
    names = [each.ticker for each in select(TABLE, who, [])]
    targets = allocate(scene(who, names, holdings=holdings, market="bullish"))
    owned = {"005930": Held(held // 72_000, held // 72_000, held)}
    found, _ = size(TABLE, who, targets, {t: Market(p) for t, p in LEVELS.items()}, owned, cash, DAY)
    spent = sum(e.quantity * e.price + fee(e.quantity * e.price) for e in found if e.side is Side.BUY)
    assert spent <= cash
    assert all(e.quantity > 0 for e in found)
    assert any(is_safe(TABLE.get(ticker)) for ticker in names)
