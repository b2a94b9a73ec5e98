"""Plans: later legs see what earlier legs take; dependent legs what those would bring, marked provisional."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from domain import ids
from domain.gate.finding import Effect
from domain.gate.order import GateOrder, Stage, order_of, payload_of
from domain.gate.plan import buying_power, check_plan, lowered
from domain.gate.view import Cash
from domain.orders.types import Leg, OrderType, Plan, Side

World = Any


def _legs(gate: World, *legs: tuple[Side, str, int, int, int | None]) -> list[GateOrder]:
    return [
        gate.order(
            side, quantity, price, ticker=ticker, leg=n, after_leg=after, intent_id=gate.id(f"leg {n}"), sleeve="manual"
        )
        for n, (side, ticker, quantity, price, after) in enumerate(legs, start=1)
    ]


def test_legs_share_one_purse(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(1_000_000, gate.NOW)))
    legs = _legs(gate, (Side.BUY, gate.SAMSUNG, 10, 70_000, None), (Side.BUY, gate.KODEX200, 20, 30_000, None))
    verdict = check_plan(legs, view)
    assert [leg.verdict.admissible for leg in verdict.legs] == [True, False]
    assert not verdict.admissible
    assert [(f.code, f.leg) for f in verdict.findings] == [("CASH", 2)]
    clamped = check_plan(legs, view, clamp_allowed=True)
    assert [leg.verdict.order.quantity for leg in clamped.legs if leg.verdict.order] == [10, 9]
    assert clamped.admissible
    assert (clamped.cash_before, clamped.cash_after) == (1_000_000, 1_000_000 - 700_105 - 270_040)


def test_a_sale_funds_only_the_legs_that_wait_for_it(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(100_000, gate.NOW)))
    sale, waiting = (Side.SELL, gate.SAMSUNG, 100, 70_000, None), (Side.BUY, gate.KODEX200, 200, 30_000, 1)
    verdict = check_plan(_legs(gate, sale, waiting), view)
    assert verdict.admissible
    assert [leg.provisional for leg in verdict.legs] == [False, True]
    proceeds = 7_000_000 - 1_050 - 14_000  # fee 0.015 %, tax 0.20 % in 2026
    assert verdict.cash_after == 100_000 + proceeds - 6_000_900
    assert not check_plan(_legs(gate, sale, (*waiting[:4], None)), view).admissible


def test_waiting_legs_share_the_proceeds_and_do_not_touch_the_purse_of_the_others(gate: World) -> None:
    view = gate.loose(account=gate.account(cash=Cash(1_000_000, gate.NOW)))
    sale = (Side.SELL, gate.SAMSUNG, 100, 70_000, None)
    waiting, now = (Side.BUY, gate.KODEX200, 200, 30_000, 1), (Side.BUY, gate.BOND, 9, 100_000, None)
    assert check_plan(_legs(gate, sale, waiting, now), view).admissible
    another = (Side.BUY, gate.LEVERAGED, 20, 100_000, 1)
    both = check_plan(_legs(gate, sale, waiting, another), view)
    assert [gate.codes(leg.verdict) for leg in both.legs] == [[], [], ["CASH"]]


def test_an_admitted_leg_that_waits_takes_nothing_until_its_release(gate: World) -> None:
    waiting = gate.resting(Side.BUY, 100, 70_000, waiting=True)
    account = gate.account(cash=Cash(1_000_000, gate.NOW), open_orders=(waiting,))
    assert check_plan(_legs(gate, (Side.BUY, gate.SAMSUNG, 10, 70_000, None)), gate.loose(account=account)).admissible
    assert buying_power(gate.view(account=account)) == 1_000_000
    waits_no_more = replace(account, open_orders=(replace(waiting, waiting=False),))
    assert buying_power(gate.view(account=waits_no_more)) == 0


def test_a_dependent_leg_sees_the_weight_that_the_sale_frees(gate: World) -> None:
    account = gate.account(holdings=(gate.holding(500),), cash=Cash(10**8, gate.NOW))
    sale, buy = (Side.SELL, gate.SAMSUNG, 500, 70_000, None), (Side.BUY, gate.SAMSUNG, 100, 69_000, 1)
    assert check_plan(_legs(gate, sale, buy), gate.view(account=account)).admissible
    apart = check_plan(_legs(gate, sale, (*buy[:4], None)), gate.view(account=account))
    assert gate.codes(apart.legs[1].verdict) == ["WEIGHT_NAME"]


def test_two_legs_cannot_sell_the_same_shares_or_meet_each_other(gate: World) -> None:
    view = gate.view()
    sale = (Side.SELL, gate.SAMSUNG, 60, 70_000, None)
    twice = check_plan(_legs(gate, sale, (Side.SELL, gate.SAMSUNG, 60, 71_000, None)), view)
    assert gate.codes(twice.legs[1].verdict) == ["SELLABLE", "SLEEVE"]
    crossing = check_plan(_legs(gate, sale, (Side.BUY, gate.SAMSUNG, 10, 70_000, None)), view)
    assert gate.codes(crossing.legs[1].verdict) == ["SELF_TRADE"]


def test_two_equal_legs_are_one_order_asked_twice(gate: World) -> None:
    leg = (Side.BUY, gate.SAMSUNG, 10, 70_000, None)
    assert gate.codes(check_plan(_legs(gate, leg, leg), gate.view()).legs[1].verdict) == ["DUPLICATE"]


def test_an_empty_plan_is_not_admissible(gate: World) -> None:
    assert not check_plan([], gate.view()).admissible


def test_the_user_may_lower_a_leg_or_leave_it_out_but_not_raise_it(gate: World) -> None:
    legs = _legs(gate, (Side.BUY, gate.SAMSUNG, 10, 70_000, None), (Side.BUY, gate.KODEX200, 20, 30_000, None))
    assert [order.quantity for order in lowered(legs, {1: 4, 2: 99})] == [4, 20]
    assert [order.leg for order in lowered(legs, {1: 0})] == [2]


def test_buying_power_is_unknown_and_not_zero_without_a_figure(gate: World) -> None:
    assert buying_power(gate.view(account=gate.account(cash=None))) is None
    resting = gate.resting(Side.BUY, 10, 70_000)
    account = gate.account(cash=Cash(1_000_000, gate.NOW), open_orders=(resting,))
    assert buying_power(gate.view(account=account)) == 300_000
    seen = replace(resting, acked_at=gate.NOW - timedelta(seconds=5))
    assert buying_power(gate.view(account=replace(account, open_orders=(seen,)))) == 1_000_000


def test_a_plan_above_the_grade_asks_for_the_confirmation_once(gate: World) -> None:
    from domain.suitability import Grade

    view = replace(gate.view(grade=Grade.NEUTRAL), account=gate.account(holdings=()), authority=None)
    plan = check_plan(_legs(gate, (Side.BUY, gate.SAMSUNG, 10, 70_000, None)), view, Stage.PREVIEW)
    assert plan.admissible
    assert plan.needs_unsuitable_ack
    assert [f.effect for f in plan.findings] == [Effect.WARN]


def test_orders_of_a_plan_have_ids_that_prices_cannot_change(gate: World) -> None:
    leg = Leg(1, gate.SAMSUNG, Side.BUY, 10, OrderType.LIMIT, 70_000, gate.NOW)
    plan = Plan(uuid4(), 1, "a", uuid4(), "manual", ("chat", 1), (leg,), 1, None, gate.NOW, gate.NOW)
    order = order_of(plan, leg)
    dearer = order_of(plan, replace(leg, limit_price=71_000))
    assert order.intent_id == dearer.intent_id == ids.intent_id(plan.plan_id, 1)
    assert order.payload_hash != dearer.payload_hash
    assert order_of(plan, leg, quantity=3).payload_hash == order.payload_hash


def test_a_lowered_order_is_another_payload_than_the_whole_leg(gate: World) -> None:
    (leg,) = _legs(gate, (Side.BUY, gate.SAMSUNG, 10, 70_000, None))
    whole = replace(leg, payload_hash=ids.payload_hash(payload_of(leg)))
    (same,), (less,), (again,) = (lowered([whole], {1: quantity}) for quantity in (10, 4, 4))
    assert same.payload_hash == whole.payload_hash
    assert less.payload_hash == again.payload_hash != whole.payload_hash
