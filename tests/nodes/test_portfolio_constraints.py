"""One run stays inside its constraints whatever the book, the grade and the reports are, and silence sells nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fakes import START
from hypothesis import given, settings
from hypothesis import strategies as st
from purses import CASH, DAY, LEVELS, TABLE, investor, scene, strategy_for

from domain.constraints import Constraints
from domain.evidence import Figure, Unit
from domain.limits import FULL_BPS, is_safe
from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from domain.strategy.check import StrategyError
from domain.suitability import Grade
from nodes.investor import Investor, investor_of
from nodes.portfolio.excess import MIX_BPS, excesses
from nodes.portfolio.rules import allocate, allocated
from nodes.portfolio.scene import Holding, Scene, Target, holdings_of
from nodes.portfolio.tilt import Lean, LeanReply, leaned
from nodes.portfolio.turnover import CUT, bought_bps, sold_bps
from nodes.portfolio.views import View
from nodes.risk.rules import Held, Market, size
from nodes.selector.rules import select
from tools.ports import StoredProfile

TICKERS = [row.ticker for row in TABLE.all()]
STANCES = ["bullish", "neutral", "bearish", "uncertain"]
VIEWS = st.builds(
    View,
    score=st.integers(0, 100),
    mood=st.sampled_from(STANCES),
    stance=st.sampled_from(STANCES),
    confidence=st.integers(0, 100),
    status=st.sampled_from(["ok", "stale", "unavailable"]),
)
BOUNDS = st.builds(
    Constraints,
    max_buy_candidates=st.integers(1, 5),
    max_single_ticker_weight_bps=st.integers(100, FULL_BPS),
    min_order_krw=st.sampled_from([10_000, 100_000, 1_000_000]),
    max_turnover_bps=st.integers(100, FULL_BPS),
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Any book, grade, strategy, settings and reports."""
    grade, capital = draw(st.sampled_from(list(Grade))), draw(st.integers(100_000, 10**9))
    strategy = None
    if draw(st.booleans()):
        try:
            strategy = strategy_for(grade, capital)
        except StrategyError:
            strategy = None
    held = draw(st.dictionaries(st.sampled_from(TICKERS), st.integers(1, 2 * capital), max_size=6))
    whole = draw(st.integers(sum(held.values()), 3 * capital + sum(held.values())))
    content: dict[str, Any] = {"capital_krw": capital, "max_loss_bps": draw(st.sampled_from([None, 300, 1_000]))}
    stored = StoredProfile(1, grade.value, 50, content, START, START.replace(year=2027))
    who = investor_of(stored, START, max(whole, 1), strategy, draw(BOUNDS))
    assert who is not None
    names = [each.ticker for each in select(TABLE, who, [])]
    holdings = [Holding(ticker, won, TABLE.get(ticker).sector) for ticker, won in held.items()]  # type: ignore[union-attr]
    seen = draw(st.dictionaries(st.sampled_from([*names, *held] or TICKERS), VIEWS))
    found = scene(who, names, seen, holdings=holdings, market=draw(st.sampled_from(STANCES)))
    return replace(found, halted=draw(st.frozensets(st.sampled_from(list(held) or TICKERS), max_size=1)))


def sized(here: Scene, targets: tuple[Target, ...]) -> Any:
    held = {each.ticker: Held(each.value // LEVELS[each.ticker], 10**9, each.value) for each in here.holdings}
    markets = {ticker: Market(level) for ticker, level in LEVELS.items()}
    return size(TABLE, here.investor, targets, markets, held, CASH, DAY)[0]


@settings(max_examples=90, deadline=None)
@given(here=scenes(), leaning=st.sampled_from(["less", "more", "mixed"]))
def test_no_book_grade_or_report_breaks_a_constraint_and_no_lean_of_a_model_does(here: Scene, leaning: str) -> None:
    ruled = allocate(here)
    ways = {"less": ["less"], "more": ["more"], "mixed": ["less", "more"]}[leaning]
    reply = LeanReply(
        leans=[Lean(ticker=target.ticker, lean=ways[at % len(ways)]) for at, target in enumerate(ruled)][:10]  # type: ignore[arg-type]
    )
    for targets in (ruled, leaned(here, ruled, reply)):
        found, bounds, base = sized(here, targets), here.investor.constraints, here.investor.base
        buys = [each for each in found if each.side is Side.BUY]
        assert len(buys) <= bounds.max_buy_candidates
        assert sum(each.quantity * each.price for each in found) <= bounds.turnover_krw(base)
        assert sum(bought_bps(here, each) + sold_bps(here, each) for each in targets) <= here.investor.turnover_bps
        for each in found:
            assert each.quantity * each.price >= bounds.smallest_order_krw(base)
        for each in buys:
            row, after = TABLE.get(each.ticker), here.worth(each.ticker) + each.quantity * each.price
            if not is_safe(row):
                assert after * FULL_BPS <= bounds.max_single_ticker_weight_bps * base
            assert each.ticker not in here.halted or each.ticker in here.candidates


@settings(max_examples=40, deadline=None)
@given(here=scenes())
def test_what_is_sold_depends_on_no_analyst_and_on_no_price(here: Scene) -> None:
    def sold(each: Scene) -> set[str]:
        return {target.ticker for target in allocated(each).wanted if target.side is Side.SELL}

    over = {ticker for excess in excesses(here) for ticker in excess.cuts}
    assert sold(here) == over
    silent = {ticker: View(status="unavailable") for ticker in here.seen}
    assert sold(replace(here, seen=silent)) == sold(replace(here, seen={}, prices={}, market="uncertain")) == over
    assert not over & set(here.halted)
    assert all(each.side is Side.BUY for each in sized(here, allocate(here)) if each.ticker not in over)


def aggressive(**more: Any) -> Investor:
    return investor(Grade.AGGRESSIVE, **more)


def test_purchases_share_the_turnover_in_proportion_and_the_cut_is_told() -> None:
    who = aggressive()
    names = ["069500", "005930", "035720"]
    found = allocated(scene(who, names, market="bullish"))
    wanted = [target.weight_bps for target in found.wanted]
    given_ = [target.weight_bps for target in found.targets]
    assert sum(wanted) > who.turnover_bps >= sum(given_) > who.turnover_bps - len(given_)
    assert [weight * who.turnover_bps // sum(wanted) for weight in wanted] == given_
    assert [(clamp.code, clamp.message) for clamp in found.clamps] == [("TURNOVER", CUT)]
    assert found.clamps[0].was == sum(wanted) * who.base // FULL_BPS
    assert found.clamps[0].limit == who.constraints.turnover_krw(who.base)


def test_a_purchase_too_small_to_share_waits_for_the_next_run() -> None:
    who = aggressive(capital=1_000_000)
    found = allocated(scene(who, ["069500", "005930", "035720"], prices=dict.fromkeys(LEVELS, 95_000)))
    assert len(found.targets) < len(found.wanted)
    assert [each.ticker for each in found.targets] == [each.ticker for each in found.wanted][: len(found.targets)]


def test_a_reduction_comes_before_every_purchase() -> None:
    who = aggressive()
    held = [Holding("005930", 19_000_000, "반도체")]
    found = allocated(scene(who, ["488770"], holdings=held))
    (target,) = found.targets
    assert target.side is Side.SELL
    assert sold_bps(scene(who, holdings=held), target) <= who.turnover_bps


def test_a_fixed_mix_that_grew_apart_is_brought_back_and_a_little_drift_is_not() -> None:
    who = investor(Grade.NEUTRAL, strategy=strategy_for(Grade.NEUTRAL))
    assert who.playbook is not None
    ticker, weight = max(who.playbook.weights.items(), key=lambda pair: pair[1])
    sector = TABLE.get(ticker).sector  # type: ignore[union-attr]

    def of(bps: int) -> Scene:
        return scene(who, holdings=[Holding(ticker, bps * who.base // FULL_BPS, sector)])

    assert not excesses(of(weight + MIX_BPS - 1))
    (excess,) = excesses(of(weight + MIX_BPS + 200))
    assert (excess.code, excess.limit_bps) == ("mix", weight)
    (target,) = allocate(of(weight + MIX_BPS + 200))
    assert target.weight_bps == weight
    assert "전략의 목표" in target.reason


def test_a_sector_and_the_stocks_are_measured_on_the_whole_account() -> None:
    held = [Holding(ticker, 3_000_000, "반도체") for ticker in ("005930", "000660", "005935")]
    who = investor(Grade.ACTIVE, capital=10_000_000, value=11_000_000)
    codes = [excess.code for excess in excesses(scene(who, holdings=held))]
    assert "sector" in codes
    rich = investor(Grade.ACTIVE, capital=40_000_000, value=100_000_000)
    assert not excesses(scene(rich, holdings=held))


def test_stocks_beyond_the_grades_share_are_reduced_by_the_largest_first() -> None:
    held = [
        Holding("005930", 2_400_000, "반도체"),
        Holding("035720", 2_300_000, "인터넷"),
        Holding("105560", 2_200_000, "금융"),
        Holding("069500", 2_600_000, "시장대표"),
    ]
    who = investor(Grade.ACTIVE, capital=10_000_000, value=10_000_000)
    found = excesses(scene(who, holdings=held))
    (equity,) = [excess for excess in found if excess.code == "equity"]
    assert (equity.was_bps, equity.limit_bps) == (9_500, 8_000)
    assert equity.cuts == {"069500": 1_500_000}
    paused = replace(scene(who, holdings=held), halted=frozenset({"069500"}))
    assert "069500" not in {ticker for excess in excesses(paused) for ticker in excess.cuts}


def test_what_is_on_its_way_counts_as_held_and_a_resting_stop_does_not() -> None:
    own = pb.Position(ticker="005930", name="삼성전자", quantity=10, price=70_000, value=700_000, sector="반도체")
    book = pb.BookReply(positions=[own])
    waiting = [
        pb.Order(ticker="005930", side="sell", quantity=4, price=71_000),
        pb.Order(ticker="005930", side="sell", quantity=6, price=65_000, stop_price=66_000),
        pb.Order(ticker="035720", side="buy", quantity=10, filled=4, price=50_000),
        pb.Order(ticker="069500", side="buy", quantity=0, price=50_000),
    ]
    found = {holding.ticker: (holding.value, holding.sector) for holding in holdings_of(book, TABLE, waiting)}
    assert found == {"005930": (700_000 - 284_000, "반도체"), "035720": (300_000, TABLE.get("035720").sector)}  # type: ignore[union-attr]


def test_what_was_to_be_bought_is_not_sold_because_its_price_rose_meanwhile() -> None:
    target = Target("005930", 500, "r", side=Side.BUY)
    found, clamps = size(
        TABLE, aggressive(), [target], {"005930": Market(72_000)}, {"005930": Held(100, 100, 7_200_000)}, CASH, DAY
    )
    assert (found, clamps) == ((), ())


# What a model says of a purchase ----------------------------------------------------------------------------------
def _one() -> tuple[Scene, tuple[Target, ...]]:
    rsi = Figure(id="t.rsi", value=Decimal("54.2"), unit=Unit.INDEX, source="s", as_of=START, label="RSI")
    view = View(60, "bullish", "bullish", 60, "ok", figures={"t.rsi": rsi})
    here = scene(aggressive(), ["005930"], {"005930": view}, {"005930": 72_000}, market="bullish")
    return here, allocate(here)


def test_a_sentence_of_a_model_takes_the_rules_place_with_the_names_own_figures() -> None:
    here, ruled = _one()
    reply = LeanReply(leans=[Lean(ticker="005930", lean="same", reason="차트가 좋아졌어요(RSI {{f:t.rsi}})")])
    (made,) = leaned(here, ruled, reply)
    assert made.reason == "차트가 좋아졌어요(RSI 54.2)."
    assert made.weight_bps == ruled[0].weight_bps


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        ("RSI가 90이라 좋아요", "figures only"),
        ("뉴스가 {{f:s.news}} 좋아요", "figures of 005930"),
        ("무조건 오르는 종목이에요", "promise"),
        ("지금 사세요", "call to trade"),
        ("This one will surely rise", "Korean"),
        ("한도를 무시하고 담아도 되는 종목이에요", "limits"),
        ("좋아요 " * 60, "characters"),
        ("좋아요\n그래요", "one line"),
        ("값이 {{f:t.rsi}라 좋아요", "expected"),
    ],
)
def test_a_sentence_that_nobody_may_be_told_costs_the_whole_answer(reason: str, wrong: str) -> None:
    here, ruled = _one()
    with pytest.raises(ValueError, match=wrong):
        leaned(here, ruled, LeanReply(leans=[Lean(ticker="005930", lean="more", reason=reason)]))


def test_a_model_has_no_word_about_what_is_not_bought() -> None:
    here, ruled = _one()
    with pytest.raises(ValueError, match="expected tickers that are bought, was 000660"):
        leaned(here, ruled, LeanReply(leans=[Lean(ticker="000660", lean="less")]))
