"""Clamps lower, never raise; prices move against us; after a clamp no limit is exceeded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.costs import fee
from domain.gate.check import check
from domain.gate.finding import Effect
from domain.gate.order import OrderClass, Stage
from domain.gate.view import Cash, IdsView
from domain.instruments import Kind
from domain.limits import FULL_BPS
from domain.orders.types import Initiative, IntentState, Side
from domain.ticks import on_tick

World = Any


def test_a_price_between_ticks_moves_against_us_and_says_so(gate: World) -> None:
    buy = check(gate.order(price=70_050), gate.view())
    assert buy.order is not None
    assert buy.order.limit_price == 70_000
    assert [(f.code, f.effect, f.was, f.limit) for f in buy.findings] == [("TICK", Effect.CLAMP, 70_050, 70_000)]
    assert buy.findings[0].message == "호가단위 100원에 맞춰 70,000원으로 낮췄어요."
    sell = check(gate.order(Side.SELL, price=70_050), gate.view(), Stage.RELEASE)
    assert sell.order is not None
    assert sell.order.limit_price == 70_100
    assert sell.findings[0].message == "호가단위 100원에 맞춰 70,100원으로 높였어요."


def test_etfs_use_their_own_ticks(gate: World) -> None:
    order = gate.order(ticker=gate.KODEX200, price=30_004)
    verdict = check(order, gate.view())
    assert verdict.order is not None
    assert verdict.order.limit_price == 30_000


def test_cash_lowers_the_quantity_to_what_can_be_paid_with_the_fee(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(1_400_000, gate.NOW)))
    verdict = check(gate.order(quantity=50), view, clamp_allowed=True)
    assert verdict.order is not None
    assert (verdict.order.quantity, verdict.asked_quantity) == (19, 50)  # 20 shares cost 1,400,000 and a fee of 210
    assert verdict.reserve == 19 * 70_000 + fee(19 * 70_000)
    assert verdict.findings[0].message == (
        "주문 가능 금액은 1,400,000원인데 수수료까지 3,500,525원이 필요해요. 50주에서 19주로 줄였어요."
    )
    refused = check(gate.order(quantity=50), view)
    assert gate.codes(refused) == ["CASH"]
    assert refused.order is not None
    assert refused.order.quantity == 50


def test_nothing_left_after_a_clamp_is_a_refusal(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(70_000, gate.NOW)))
    assert gate.codes(check(gate.order(quantity=5), view, clamp_allowed=True)) == ["CASH"]


def test_market_buys_count_at_the_top_of_the_band(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(909_999, gate.NOW)))
    verdict = check(gate.order(quantity=10, price=None), view)
    assert verdict.value == 910_000  # 91,000 is 30 % over 70,000
    assert gate.codes(verdict) == ["CASH"]


def test_clamping_never_happens_at_release(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(1_400_000, gate.NOW)))
    assert gate.codes(check(gate.order(quantity=50), view, Stage.RELEASE, clamp_allowed=True)) == ["CASH"]


def test_reservations_the_broker_has_seen_are_not_subtracted_twice(gate: World) -> None:
    seen = gate.resting(Side.BUY, 10, 60_000, acked_at=gate.NOW - timedelta(seconds=5))
    late = gate.resting(Side.BUY, 10, 59_000, acked_at=gate.NOW - timedelta(seconds=4))
    for resting, room in ((seen, 1_000_000), (late, 410_000)):
        view = gate.loose(account=gate.account(cash=Cash(1_000_000, gate.NOW), open_orders=(resting,)))
        verdict = check(gate.order(quantity=14, price=70_000), view)
        assert [f.limit for f in verdict.findings if f.code == "CASH"] == ([] if room == 1_000_000 else [room])


def test_fills_that_the_cash_figure_cannot_know_are_subtracted(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(1_000_000, gate.NOW, unseen_spent=400_000)))
    assert gate.codes(check(gate.order(quantity=10), view)) == ["CASH"]


def test_a_revise_gets_back_what_the_broker_holds_for_the_old_order(gate: World) -> None:
    old = gate.resting(Side.BUY, 10, 69_000, acked_at=gate.NOW - timedelta(minutes=1))
    account = gate.account(cash=Cash(20_000, gate.NOW), open_orders=(old,))
    view = gate.loose(account=account)
    assert gate.codes(check(gate.order(quantity=10), view)) == ["CASH"]
    assert check(gate.order(quantity=10, replaces=old.order_id), view).admissible
    assert check(gate.order(quantity=10, intent_id=old.order_id), view, Stage.RELEASE).admissible
    sale = gate.resting(Side.SELL, 100, 72_000, acked_at=gate.NOW - timedelta(minutes=1))
    held = gate.account(holdings=(gate.holding(sellable=0),), open_orders=(sale,))
    assert gate.codes(check(gate.order(Side.SELL, quantity=100), gate.view(account=held))) == ["SELLABLE", "SLEEVE"]
    cheaper = gate.order(Side.SELL, quantity=100, intent_id=sale.order_id)
    assert check(cheaper, gate.view(account=held), Stage.RELEASE).admissible


def test_no_share_is_sold_that_is_not_there(gate: World) -> None:
    view = gate.view()
    assert gate.codes(check(gate.order(Side.SELL, quantity=101), view)) == ["SELLABLE", "SLEEVE"]
    clamped = check(gate.order(Side.SELL, quantity=101), view, clamp_allowed=True)
    assert clamped.admissible
    assert clamped.order is not None
    assert clamped.order.quantity == 100
    assert clamped.order_class is OrderClass.REDUCE


def test_selling_too_much_is_told_in_the_words_of_a_sale(gate: World) -> None:
    view = gate.view(account=gate.account(day_profit=None, cash=None, equity=None))
    verdict = check(gate.order(Side.SELL, quantity=101, sleeve="outside"), view)
    assert gate.codes(verdict) == ["SELLABLE", "SLEEVE"]
    assert "지금 팔 수 있는 수량은 100주예요" in verdict.findings[0].message


def test_resting_sells_hand_orders_and_unknown_ones_take_from_what_can_be_sold(gate: World) -> None:
    for changes in ({}, {"foreign": True, "sleeve": ""}, {"state": IntentState.UNKNOWN}):
        account = gate.account(open_orders=(gate.resting(Side.SELL, 60, 75_000, **changes),))
        verdict = check(gate.order(Side.SELL, quantity=41), gate.view(account=account))
        assert "SELLABLE" in gate.codes(verdict)
        assert check(gate.order(Side.SELL, quantity=40), gate.view(account=account)).admissible


def test_where_the_broker_cannot_tell_the_book_is_the_substitute(gate: World) -> None:
    for holding in (gate.holding(sellable=None), gate.holding(sellable=0)):
        stale = gate.account(holdings=(holding,), holdings_at=gate.NOW - timedelta(hours=1))
        assert check(gate.order(Side.SELL, quantity=100), gate.view(account=stale)).admissible
    told = gate.account(holdings=(gate.holding(sellable=30),))
    assert gate.codes(check(gate.order(Side.SELL, quantity=31), gate.view(account=told))) == ["SELLABLE"]


def test_an_origin_sells_only_its_own_and_the_person_sells_everything(gate: World) -> None:
    sleeves = {"manual": 10, "outside": 20, "cycle": 30, "strategy:a": 40}
    view = gate.view(account=gate.account(holdings=(gate.holding(sleeves=sleeves),)))
    assert check(gate.order(Side.SELL, quantity=100), view).admissible
    assert check(gate.order(Side.SELL, quantity=30, sleeve="cycle"), view).admissible
    assert gate.codes(check(gate.order(Side.SELL, quantity=31, sleeve="cycle"), view)) == ["SLEEVE"]
    assert gate.codes(check(gate.order(Side.SELL, quantity=1, sleeve="strategy:b"), view)) == ["SLEEVE"]


def test_weights_count_resting_buys_too(gate: World) -> None:
    """35 % of 100,000,000 is 35,000,000; 7,000,000 are held and 20,000,000 rest: 114 more shares fit at 70,000."""
    account = gate.account(open_orders=(gate.resting(Side.BUY, 400, 50_000),))
    verdict = check(gate.order(quantity=200), gate.view(account=account), clamp_allowed=True)
    assert verdict.order is not None
    assert verdict.order.quantity == 114
    finding = next(f for f in verdict.findings if f.code == "WEIGHT_NAME")
    assert (finding.was, finding.limit) == (4_100, 3_500)
    assert finding.message == "삼성전자 비중이 35%를 넘어요. 이 주문까지 더하면 41%예요. 200주에서 114주로 줄였어요."


def test_collar_stops_fat_fingers_and_lets_patient_prices_rest(gate: World) -> None:
    view = gate.view()
    assert check(gate.order(price=73_500), view).admissible
    assert gate.codes(check(gate.order(price=73_600), view)) == ["COLLAR"]
    assert check(gate.order(price=60_000), view).admissible
    assert check(gate.order(Side.SELL, price=66_500), view).admissible
    assert gate.codes(check(gate.order(Side.SELL, price=66_400), view)) == ["COLLAR"]


@settings(max_examples=150, deadline=None)
@given(
    quantity=st.integers(1, 5_000),
    price=st.integers(50_000, 73_000),
    cash=st.integers(0, 200_000_000),
    equity=st.integers(1, 400_000_000),
    held=st.integers(0, 3_000),
    resting=st.lists(st.tuples(st.integers(1, 500), st.integers(600, 690)), max_size=4),
    traded=st.integers(0, 300_000_000),
)
def test_no_clamped_buy_ever_exceeds_a_limit(
    gate: World,
    quantity: int,
    price: int,
    cash: int,
    equity: int,
    held: int,
    resting: list[tuple[int, int]],
    traded: int,
) -> None:
    orders = tuple(
        gate.resting(Side.BUY, q, p * 100, order_id=gate.id(f"{i}"), reserved=q * p * 100 + fee(q * p * 100))
        for i, (q, p) in enumerate(resting)
    )
    account = gate.account(
        cash=Cash(cash, gate.NOW),
        equity=equity,
        day_start_value=equity,
        high_water=equity,
        holdings=(gate.holding(held),) if held else (),
        open_orders=orders,
        traded_today=traded,
    )
    view = gate.view(account=account)
    verdict = check(gate.order(quantity=quantity, price=price, initiative=Initiative.AGENT), view, clamp_allowed=True)
    order = verdict.order
    assert order is not None
    assert order.limit_price is not None
    assert order.quantity <= quantity
    assert order.limit_price <= price
    if not verdict.admissible:
        return
    assert order.quantity >= 1
    assert on_tick(order.limit_price, Kind.STOCK, gate.NOW.date())
    value = order.quantity * order.limit_price
    resting_value = sum(o.remaining * o.price for o in orders)
    assert value == verdict.value <= view.limits.max_order_krw
    assert verdict.reserve == value + fee(value)
    assert verdict.reserve + sum(o.reserved for o in orders) <= cash
    exposed = held * 70_000 + resting_value + value
    assert exposed * FULL_BPS <= view.limits.name_weights.stock * equity
    assert exposed * FULL_BPS <= view.limits.max_equity_bps * equity
    assert (traded + resting_value + value) * FULL_BPS <= view.limits.turnover_bps * equity
    # The quantity is the largest that passes: what was clamped passes unclamped, one more share does not.
    again = check(replace(order, payload_hash="again"), view)
    assert again.admissible
    if order.quantity < quantity:
        assert not check(replace(order, quantity=order.quantity + 1), view).admissible


@settings(max_examples=100, deadline=None)
@given(
    quantity=st.integers(1, 300),
    price=st.integers(66_500, 91_000),
    sellable=st.none() | st.integers(0, 150),
    resting=st.lists(st.integers(1, 80), max_size=3),
    stale=st.booleans(),
)
def test_no_clamped_sale_goes_short_or_asks_for_less(
    gate: World, quantity: int, price: int, sellable: int | None, resting: list[int], stale: bool
) -> None:
    orders = tuple(gate.resting(Side.SELL, q, 91_000, order_id=gate.id(f"{i}")) for i, q in enumerate(resting))
    at = gate.NOW - timedelta(hours=1) if stale else gate.NOW
    account = gate.account(holdings=(gate.holding(sellable=sellable),), open_orders=orders, holdings_at=at)
    verdict = check(gate.order(Side.SELL, quantity, price), gate.view(account=account), clamp_allowed=True)
    order = verdict.order
    assert order is not None
    assert order.limit_price is not None
    assert order.limit_price >= price
    assert order.quantity <= quantity
    if verdict.admissible:
        assert order.quantity + sum(resting) <= 100
        assert verdict.order_class is OrderClass.REDUCE


def test_a_hundred_orders_with_cash_for_one_let_one_through(gate: World) -> None:
    """The account's single writer admits one after the other, each seeing what the others reserved."""
    account = gate.account(cash=Cash(710_000, gate.NOW))
    admitted = 0
    for n in range(100):
        order = gate.order(quantity=10, price=70_000 - 100 * (n % 3), intent_id=gate.id(f"order {n}"))
        verdict = check(order, gate.view(account=account, ids=IdsView()))
        if verdict.admissible:
            admitted += 1
            reserved = gate.resting(
                Side.BUY, 10, 70_000, order_id=order.intent_id, state=IntentState.NEW, reserved=verdict.reserve
            )
            account = replace(account, open_orders=(*account.open_orders, reserved))
    assert admitted == 1
