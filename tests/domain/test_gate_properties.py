"""What must hold for every order and every view: clamps only lower, a stricter limit admits no more, exits get out.

The worlds are drawn, not chosen: holdings and open orders of several names, broken and missing figures, all states.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar import Phase
from domain.gate.cancel import check_cancel
from domain.gate.check import check
from domain.gate.config import ENVIRONMENTS, GateConfig
from domain.gate.finding import Effect, Verdict
from domain.gate.order import GateCancel, GateOrder, OrderClass, Stage
from domain.gate.table import BY_CODE, CONTROLS_FOR
from domain.gate.view import AccountView, Cash, Exiting, GateView, IdsView, Mandated, MarketView, Signature
from domain.limits import FULL_BPS, Limits, limits_for, tighten
from domain.mandate import ExitMandate, Mandate, MandateKind, Usage, bounds_hash
from domain.orders.types import Initiative, IntentState, Side, TradingState
from domain.suitability import Grade
from domain.ticks import on_tick

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OPEN = [IntentState.NEW, IntentState.ACKED, IntentState.PARTIAL, IntentState.CANCEL_PENDING]


@st.composite
def accounts(draw: st.DrawFn, gate: Any, *, figures: bool = True) -> AccountView:
    """`figures`: all are there and no limit of an account is passed yet; otherwise any may be missing or absurd."""

    def some(least: int, most: int) -> Any:
        return draw(st.none() | st.integers(least, most))

    names = [gate.SAMSUNG, gate.KODEX200, gate.BOND]
    holdings = []
    for ticker in draw(st.lists(st.sampled_from(names), unique=True)):
        shares = draw(st.integers(1, 150))
        holdings.append(gate.holding(shares, ticker=ticker, price=gate.PRICES[ticker]))
    resting = draw(
        st.lists(
            st.tuples(st.sampled_from(names), st.integers(1, 30), st.sampled_from(OPEN), st.booleans()), max_size=6
        )
    )
    orders = [
        gate.resting(
            Side.BUY, shares, gate.PRICES[ticker] * 9 // 10, ticker=ticker, state=state, order_id=gate.id(f"rest {n}"),
            acked_at=gate.NOW - timedelta(minutes=1) if known else None,
        )
        for n, (ticker, shares, state, known) in enumerate(resting)
    ]  # fmt: skip
    cash = draw(st.integers(5_000_000, 300_000_000)) if figures else some(0, 300_000_000)
    equity = draw(st.integers(50_000_000, 500_000_000)) if figures else some(0, 500_000_000)
    changes: dict[str, Any] = {
        "equity": equity,
        "cash": None if cash is None else Cash(cash, gate.NOW),
        "day_start_value": equity if figures else some(1, 10**9),
        "high_water": equity * 102 // 100 if figures else some(1, 10**9),
        "day_profit": draw(st.integers(-500_000, 500_000)) if figures else some(-(10**8), 10**8),
        "traded_today": draw(st.integers(0, 10_000_000)),
        "messages_last_minute": draw(st.none() | st.integers(0, 5_999)),
        "rejections_in_row": draw(st.none() | st.integers(0, 4)),
    }
    return gate.account(holdings=tuple(holdings), open_orders=tuple(orders), **changes)  # type: ignore[no-any-return]


@st.composite
def buys(draw: st.DrawFn, gate: Any) -> GateOrder:
    ticker = draw(st.sampled_from([gate.SAMSUNG, gate.KODEX200, gate.BOND, gate.LEVERAGED]))
    price = draw(st.none() | st.integers(gate.PRICES[ticker] * 9 // 10, gate.PRICES[ticker] * 106 // 100))
    return gate.order(  # type: ignore[no-any-return]
        Side.BUY,
        draw(st.integers(1, 100) | st.integers(1, 3_000)),
        price,
        ticker=ticker,
        initiative=draw(st.sampled_from(Initiative)),
    )


@st.composite
def stricter(draw: st.DrawFn, limits: Limits) -> Limits:
    """Any limits at least as strict: the grade's row met with another and with drawn figures."""
    other = limits_for(draw(st.sampled_from(Grade)), draw(st.integers(1_000_000, 500_000_000)))
    names = ("max_equity_bps", "max_sector_bps", "daily_loss_bps", "drawdown_bps", "turnover_bps", "above_grade_bps")
    drawn = {name: draw(st.integers(0, FULL_BPS)) for name in names if draw(st.integers(0, 3)) == 3}
    return tighten(limits, replace(tighten(limits, other) if draw(st.integers(0, 3)) == 3 else limits, **drawn))


@st.composite
def stricter_config(draw: st.DrawFn, config: GateConfig) -> GateConfig:
    figures = (
        "collar_bp", "max_quantity", "max_open_orders", "max_unexecuted_bp", "max_volume_bp", "max_rejections_in_row",
        "max_messages_per_minute", "max_clock_skew_ms",
    )  # fmt: skip
    lower: dict[str, Any] = {name: draw(st.integers(0, getattr(config, name))) for name in figures}
    lower["cash_max_age"] = draw(st.sampled_from([config.cash_max_age, timedelta(0)]))
    lower["limit_phases"] = draw(st.sampled_from([config.limit_phases, frozenset({Phase.CONTINUOUS}), frozenset()]))
    return replace(config, **{name: value for name, value in lower.items() if draw(st.integers(0, 7)) == 7})


def _admitted(verdict: Verdict) -> int:
    return verdict.order.quantity if verdict.admissible and verdict.order is not None else 0


def _market(view: GateView, **changes: Any) -> GateView:
    market: dict[str, MarketView] = {ticker: replace(seen, **changes) for ticker, seen in view.market.items()}
    return replace(view, market=market)


@QUICK
@given(st.data(), st.sampled_from(Grade), st.sampled_from(Stage), st.booleans())
def test_a_clamp_never_raises_a_quantity_or_a_buyers_price(
    gate: Any, data: st.DataObject, grade: Grade, stage: Stage, clamp: bool
) -> None:
    order = data.draw(buys(gate))
    view = gate.view(grade=grade, account=data.draw(accounts(gate, figures=data.draw(st.booleans()))))
    view = _market(view, average_volume=data.draw(st.none() | st.integers(0, 10**6)))
    verdict = check(order, view, stage, clamp_allowed=clamp)
    after = verdict.order
    assert after is not None
    assert 1 <= after.quantity <= order.quantity == verdict.asked_quantity
    assert (after.limit_price is None) == (order.limit_price is None)
    if order.limit_price is not None and after.limit_price is not None:
        assert after.limit_price <= order.limit_price
        kind = view.instruments.get(order.ticker).kind
        assert on_tick(after.limit_price, kind, gate.NOW.date())
    if stage is Stage.RELEASE or not clamp:
        assert after.quantity == order.quantity
    assert replace(after, quantity=order.quantity, limit_price=order.limit_price) == order
    assert all(finding.effect in (Effect.REFUSE, Effect.CLAMP, Effect.WARN) for finding in verdict.findings)


@QUICK
@given(st.data(), st.sampled_from([Grade.AGGRESSIVE, Grade.ACTIVE, Grade.NEUTRAL]), st.booleans())
def test_a_stricter_limit_never_admits_more(gate: Any, data: st.DataObject, grade: Grade, clamp: bool) -> None:
    order = data.draw(buys(gate))
    view = gate.view(grade=grade, account=data.draw(accounts(gate)))
    view = _market(view, average_volume=data.draw(st.none() | st.integers(1_000, 10**6)))
    view = replace(view, authority=gate.approval(unsuitable_ack=True))
    tight = replace(view, limits=data.draw(stricter(view.limits)), config=data.draw(stricter_config(view.config)))
    loosely, tightly = (check(order, each, clamp_allowed=clamp) for each in (view, tight))
    assert _admitted(tightly) <= _admitted(loosely)


@QUICK
@given(st.data(), st.booleans())
def test_less_money_and_more_resting_never_admit_more(gate: Any, data: st.DataObject, clamp: bool) -> None:
    order, account = data.draw(buys(gate)), data.draw(accounts(gate))
    view = gate.view(account=account)
    more = gate.resting(Side.BUY, data.draw(st.integers(1, 500)), 60_000, order_id=gate.id("one more"))
    worse = data.draw(
        st.sampled_from(
            [
                {"cash": replace(account.cash, amount=account.cash.amount // 2)},
                {"open_orders": (*account.open_orders, more)},
                {"traded_today": account.traded_today + 10_000_000},
                {"day_profit": account.day_profit - 5_000_000},
                {"high_water": account.high_water + 50_000_000},
                {"equity": None},
                {"cash": None},
                {"day_profit": None},
                {"holdings_at": gate.NOW - timedelta(hours=1)},
                {"trading_state": TradingState.REDUCING},
                {"trading_state": TradingState.HALTED},
                {"reconciled": False},
            ]
        )
    )
    after = gate.view(account=replace(account, **worse))
    poorer, richer = (check(order, each, clamp_allowed=clamp) for each in (after, view))
    assert _admitted(poorer) <= _admitted(richer)


@QUICK
@given(st.data(), st.sampled_from(Grade), st.sampled_from(Stage), st.sampled_from(["ACTIVE", "REDUCING"]))
def test_a_reducing_sale_is_never_blocked_by_what_binds_increases(
    gate: Any, data: st.DataObject, grade: Grade, stage: Stage, state: str
) -> None:
    """Whatever the account, the limits and the person's papers look like, shares that are free can be sold."""
    account = data.draw(accounts(gate, figures=False))
    held = data.draw(st.integers(1, 2_000))
    others = tuple(other for other in account.open_orders if other.ticker != gate.SAMSUNG)
    account = replace(
        account, trading_state=TradingState[state], reconciled=data.draw(st.booleans()), open_orders=others,
        holdings=(gate.holding(held),), halted_sleeves=frozenset({"manual"}), channel_proven=False, channel_up=False,
    )  # fmt: skip
    config = gate.config(data.draw(st.sampled_from(["sim", "paper"])))
    config = replace(data.draw(stricter_config(config)), max_quantity=10**6, limit_phases=config.limit_phases)
    view = gate.view(grade=grade, account=account, config=config)
    view = replace(view, suitability=None, limits=data.draw(stricter(view.limits)))
    view = _market(
        view, clock_skew_ms=10**6, interrupted=True, average_volume=0, reference=data.draw(st.none() | st.just(70_000))
    )
    verdict = check(gate.order(Side.SELL, data.draw(st.integers(1, held))), view, stage)
    assert verdict.order_class is OrderClass.REDUCE
    assert verdict.admissible, verdict.refusals
    assert all(OrderClass.REDUCE in BY_CODE[finding.code].binds for finding in verdict.findings)


@QUICK
@given(st.data(), st.sampled_from(Side), st.sampled_from(Stage), st.booleans())
def test_halted_leaves_cancels_and_nothing_else(
    gate: Any, data: st.DataObject, side: Side, stage: Stage, clamp: bool
) -> None:
    account = replace(data.draw(accounts(gate, figures=False)), trading_state=TradingState.HALTED)
    resting = gate.resting(Side.BUY, 1, 60_000, order_id=gate.id("target"), state=data.draw(st.sampled_from(OPEN)))
    view = gate.view(account=replace(account, open_orders=(*account.open_orders, resting)))
    order = data.draw(buys(gate)) if side is Side.BUY else gate.order(Side.SELL, data.draw(st.integers(1, 100)))
    placed = check(order, view, stage, clamp_allowed=clamp)
    assert "HALT" in gate.codes(placed)
    assert check_cancel(GateCancel(gate.id("cancel"), resting.order_id), view).findings == ()


@QUICK
@given(st.data(), st.sampled_from(Grade), st.sampled_from(Side))
def test_what_was_admitted_reserves_its_value_and_its_fee(
    gate: Any, data: st.DataObject, grade: Grade, side: Side
) -> None:
    """The fee is 15 in 100,000 of the value, cut; recomputed here without the gate's own arithmetic."""
    order = data.draw(buys(gate)) if side is Side.BUY else gate.order(Side.SELL, data.draw(st.integers(1, 100)))
    account = data.draw(accounts(gate)) if side is Side.BUY else gate.account()
    verdict = check(order, gate.view(grade=grade, account=account), clamp_allowed=True)
    if not verdict.admissible or verdict.order is None:
        return
    top = {gate.SAMSUNG: 91_000, gate.KODEX200: 39_000, gate.BOND: 130_000, gate.LEVERAGED: 160_000}
    price = verdict.order.limit_price or top[order.ticker]
    value = verdict.order.quantity * price
    assert verdict.value == value
    assert verdict.fee == value * 15 // 100_000
    assert verdict.reserve == (value + value * 15 // 100_000 if side is Side.BUY else 0)
    assert verdict.tax == (0 if side is Side.BUY else value * 20 // 10_000)
    if side is Side.BUY:
        unseen = sum(o.reserved for o in account.open_orders if o.acked_at is None)
        assert verdict.reserve <= account.cash.amount - unseen


@settings(QUICK, max_examples=250)
@given(st.data(), st.sampled_from(Grade), st.sampled_from(Side), st.sampled_from(Stage))
def test_a_control_that_is_not_asked_would_have_said_nothing(
    gate: Any, data: st.DataObject, grade: Grade, side: Side, stage: Stage
) -> None:
    order = data.draw(buys(gate)) if side is Side.BUY else gate.order(Side.SELL, data.draw(st.integers(1, 200)))
    account = data.draw(accounts(gate, figures=data.draw(st.booleans())))
    more = (gate.resting(Side.SELL, 5, 60_000), gate.resting(side, 5, 60_000, state=IntentState.UNKNOWN))
    account = replace(account, open_orders=(*account.open_orders, *data.draw(st.sampled_from([(), more[:1], more]))))
    account = replace(account, channel_proven=data.draw(st.booleans()))
    bounds = Mandate(
        gate.id("mandate"), "acc", MandateKind.CYCLE, data.draw(st.sampled_from([frozenset(), frozenset(gate.PRICES)])),
        frozenset(), 3_000_000, 5_000_000, time(9, 5), time(15, 15), gate.NOW + timedelta(days=30),
    )  # fmt: skip
    mandate = Mandated(bounds, Usage(), bounds_hash(bounds))
    exiting = Exiting(ExitMandate(gate.id("exit"), "acc", gate.SAMSUNG, "manual", gate.id("source")), 20)
    view = gate.view(
        grade=grade, account=account, config=gate.config(data.draw(st.sampled_from(ENVIRONMENTS))),
        authority=data.draw(st.sampled_from([None, gate.approval(5), mandate, exiting])),
        ids=IdsView({order.intent_id: data.draw(st.sampled_from(["hash", "other"]))}, (Signature(
            order.ticker, order.side, order.quantity, order.limit_price, gate.NOW),)),
    )  # fmt: skip
    asked = check(order, view, stage)
    everything = CONTROLS_FOR[OrderClass.INCREASE if side is Side.BUY else OrderClass.REDUCE]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("domain.gate.check.speaking", lambda *_: everything)
        assert check(order, view, stage) == asked
