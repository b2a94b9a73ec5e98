"""Every control on every class: what it refuses, and what reduce and cancel walk past."""

# ruff: noqa: E501 (a table is read by its rows)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.calendar import Phase
from domain.gate.cancel import check_cancel
from domain.gate.check import check
from domain.gate.finding import Effect
from domain.gate.order import GateCancel, OrderClass, Stage
from domain.gate.table import BY_CODE, CONTROLS
from domain.gate.view import Cash, GateView, Signature
from domain.orders.types import Initiative, IntentState, OrderType, Side, TradingState
from domain.suitability import Grade

World = Any
Change = Callable[[World, GateView], GateView]


def _account(**changes: Any) -> Change:
    return lambda w, v: replace(v, account=replace(v.account, **changes))


def _market(**changes: Any) -> Change:
    return lambda w, v: replace(v, market={t: replace(m, **changes) for t, m in v.market.items()})


def _resting(*orders: tuple[Side, int, int], **changes: Any) -> Change:
    return lambda w, v: replace(
        v, account=replace(v.account, open_orders=tuple(w.resting(*order, **changes) for order in orders))
    )


def _limits(**changes: Any) -> Change:
    return lambda w, v: replace(v, limits=replace(v.limits, **changes))


def _live(w: World, v: GateView) -> GateView:
    return replace(v, config=w.config("live"))


def _paper_silent(w: World, v: GateView) -> GateView:
    return replace(v, config=w.config("paper"), account=replace(v.account, channel_proven=False, channel_up=False))


def _seen(w: World, v: GateView) -> GateView:
    ids = dict.fromkeys([w.id("order"), w.id("cancel")], "other")
    return replace(v, ids=replace(v.ids, seen=ids))


def _same_again(w: World, v: GateView) -> GateView:
    recent = tuple(Signature(w.SAMSUNG, side, 10, 70_000, w.NOW - timedelta(seconds=3)) for side in Side)
    return replace(v, ids=replace(v.ids, recent=recent))


def _unknown_ticker_table(w: World, v: GateView) -> GateView:
    return replace(v, instruments=type(v.instruments)(()))


def _no_profile(w: World, v: GateView) -> GateView:
    return replace(v, suitability=None)


def _old_profile(w: World, v: GateView) -> GateView:
    assert v.suitability is not None
    return replace(v, suitability=replace(v.suitability, expires_at=w.NOW))


def _careful(w: World, v: GateView) -> GateView:
    return w.view(grade=Grade.STABLE)


def _no_authority(w: World, v: GateView) -> GateView:
    return replace(v, authority=None)


def _approval(**changes: Any) -> Change:
    return lambda w, v: replace(v, authority=w.approval(**changes))


IN_R = {"increase", "reduce"}
ALL = {"increase", "reduce", "cancel"}

# case, what is changed in the view, which control must object, on which classes it must refuse
REFUSALS: list[tuple[str, Change, str, set[str]]] = [
    ("live switch off", _live, "LIVE_SWITCH", ALL),
    ("halted", _account(trading_state=TradingState.HALTED), "HALT", IN_R),
    ("reducing", _account(trading_state=TradingState.REDUCING), "HALT", {"increase"}),
    ("strategy stopped", _account(halted_sleeves=frozenset({"manual"})), "HALT", {"increase"}),
    ("manual case on the name", _account(frozen_tickers=frozenset({"005930"})), "FROZEN", IN_R),
    ("not reconciled", _account(reconciled=False), "RECONCILED", {"increase"}),
    ("clock behind", _market(clock_skew_ms=-2_001), "CLOCK_SKEW", {"increase"}),
    ("not subscribed to notices on paper", _paper_silent, "CHANNEL", {"increase"}),
    ("id seen with another payload", _seen, "ID_SEEN", ALL),
    ("the same order three seconds ago", _same_again, "DUPLICATE", IN_R),
    ("too late", lambda w, v: replace(v, wall=w.NOW + timedelta(minutes=5)), "DEADLINE", IN_R),
    ("unknown name", _unknown_ticker_table, "INSTRUMENT", {"increase"}),
    ("halted name", _market(halted=True), "INSTRUMENT", IN_R),
    ("market closed", _market(phase=Phase.CLOSED), "SESSION", ALL),
    ("after market", _market(phase=Phase.AFTER_MARKET), "SESSION", IN_R),
    ("no band", _market(base_price=None), "BAND", IN_R),
    ("price above the band", _market(base_price=50_000), "BAND", IN_R),
    ("price below the band", _market(base_price=200_000), "BAND", IN_R),
    ("no reference", _market(reference=None), "COLLAR", {"increase"}),
    ("stale reference", lambda w, v: _market(reference_at=w.NOW - timedelta(seconds=11))(w, v), "COLLAR", {"increase"}),
    ("reference from the future", lambda w, v: _market(reference_at=w.NOW + timedelta(seconds=11))(w, v), "COLLAR", {"increase"}),
    ("broken reference", _market(reference=float("nan")), "COLLAR", {"increase"}),
    ("own sale rests at the price", _resting((Side.SELL, 5, 70_000), state=IntentState.ACKED), "SELF_TRADE", {"increase"}),
    ("own buy rests at the price", _resting((Side.BUY, 5, 70_000)), "SELF_TRADE", {"reduce"}),
    ("own market buy", _resting((Side.BUY, 5, 1), order_type=OrderType.MARKET), "SELF_TRADE", {"reduce"}),
    ("hand order opposite", _resting((Side.BUY, 5, 71_000), foreign=True), "SELF_TRADE", {"reduce"}),
    ("no profile", _no_profile, "PROFILE", {"increase"}),
    ("expired profile", _old_profile, "PROFILE", {"increase"}),
    ("above the grade without confirmation", _careful, "SUITABILITY", {"increase"}),
    ("loss limit reached", _account(day_profit=-5_000_000), "DAILY_LOSS", {"increase"}),
    ("result of the day unknown", _account(day_profit=None), "DAILY_LOSS", {"increase"}),
    ("far below the top", _account(high_water=150_000_000), "DRAWDOWN", {"increase"}),
    ("sent too many this minute", _account(messages_last_minute=6_000), "MESSAGE_RATE", {"increase"}),
    ("refused five times in a row", _account(rejections_in_row=5), "REJECTIONS", {"increase"}),
    ("volatility interruption", _market(interrupted=True), "INTERRUPTION", {"increase"}),
    ("locked at the top", _market(reference=91_000), "LIMIT_LOCK", {"increase"}),
    ("locked at the bottom", _market(reference=49_000), "LIMIT_LOCK", {"increase"}),
    ("more than the market takes", _market(average_volume=999), "VOLUME_SHARE", {"increase"}),
    ("figures of an hour ago", lambda w, v: _account(holdings_at=w.NOW - timedelta(hours=1))(w, v), "WEIGHT_NAME", {"increase"}),
    ("loss of an hour ago", lambda w, v: _account(holdings_at=w.NOW - timedelta(hours=1))(w, v), "DAILY_LOSS", {"increase"}),
    ("fifty open orders", _resting(*[(Side.BUY, n, 60_000) for n in range(1, 51)]), "OPEN_ORDERS", {"increase"}),
    ("nobody said yes", _no_authority, "APPROVAL", IN_R),
    ("the user said no", _approval(approved=False), "APPROVAL", IN_R),
    ("another text was approved", _approval(approved_hash="other"), "APPROVAL", IN_R),
    ("approval too old", lambda w, v: replace(v, authority=w.approval(expires_at=w.NOW)), "APPROVAL", IN_R),
    ("fewer shares were approved", _approval(quantity=9), "APPROVAL", IN_R),
    ("order too large", _limits(max_order_krw=699_999), "ORDER_VALUE", {"increase"}),
    ("traded enough today", _account(traded_today=200_000_000), "TURNOVER", {"increase"}),
    ("too much open", _resting((Side.BUY, 1_510, 66_000)), "UNEXECUTED", {"increase"}),
    ("name too heavy", _account(equity=10_000_000, high_water=None, day_start_value=10_000_000), "WEIGHT_NAME", {"increase"}),
    ("sector too heavy", _limits(max_sector_bps=760), "WEIGHT_SECTOR", {"increase"}),
    ("stocks too heavy", _limits(max_equity_bps=760), "WEIGHT_EQUITY", {"increase"}),
    ("equity unknown", _account(equity=None), "WEIGHT_NAME", {"increase"}),
    ("cash not enough", lambda w, v: replace(v, account=replace(v.account, cash=Cash(700_000, w.NOW))), "CASH", {"increase"}),
    ("cash unknown", _account(cash=None), "CASH", {"increase"}),
    ("cash asked long ago", lambda w, v: replace(v, account=replace(v.account, cash=Cash(10**8, w.NOW - timedelta(minutes=1)))), "CASH", {"increase"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "refused"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_each_control_refuses_exactly_the_classes_it_binds(
    gate: World, change: Change, code: str, refused: set[str]
) -> None:
    view = change(gate, gate.view())
    cancel_view = replace(
        view, account=replace(view.account, open_orders=(*view.account.open_orders, gate.resting(Side.BUY, 1, 60_100)))
    )
    target = gate.id(f"resting {Side.BUY} 1 60100")
    verdicts = {
        "increase": check(gate.order(), view),
        "reduce": check(gate.order(Side.SELL), view),
        "cancel": check_cancel(GateCancel(gate.id("cancel"), target), cancel_view),
    }
    assert verdicts["increase"].order_class is OrderClass.INCREASE
    assert verdicts["reduce"].order_class is OrderClass.REDUCE
    assert {name for name, v in verdicts.items() if code in gate.codes(v)} == refused
    assert refused <= {c.value for c in BY_CODE[code].binds}
    for name, verdict in verdicts.items():
        assert verdict.admissible == (not verdict.refusals)
        if name not in refused and code not in ("LIVE_SWITCH",):
            assert all(f.code != code or f.effect is Effect.WARN for f in verdict.findings)


def test_an_ordinary_order_of_each_class_passes_without_a_word(gate: World) -> None:
    for verdict in (check(gate.order(), gate.view()), check(gate.order(Side.SELL), gate.view())):
        assert verdict.findings == ()
        assert verdict.admissible
    account = gate.account(open_orders=(gate.resting(Side.BUY, 1, 60_000),))
    target = account.open_orders[0].order_id
    assert check_cancel(GateCancel(gate.id("cancel"), target), gate.view(account=account)).findings == ()


def test_every_control_has_a_case_here_or_in_a_test_of_its_own() -> None:
    own = {
        "UNANSWERED",
        "QUANTITY",
        "TICK",
        "SELLABLE",
        "SLEEVE",
        "ABOVE_GRADE",
        "MANDATE",
        "EXIT_MANDATE",
        "CANCEL_TARGET",
    }
    assert {row[2] for row in REFUSALS} | own == {control.code for control in CONTROLS}


def test_on_unproven_paper_one_order_leaves_and_the_next_waits_for_its_notice(gate: World) -> None:
    def view(*orders: Any) -> GateView:
        account = gate.account(channel_proven=False, open_orders=orders)
        return gate.view(account=account, config=gate.config("paper"))

    first = check(gate.order(), view(), Stage.ADMIT)
    assert first.admissible
    assert gate.codes(first, Effect.WARN) == ["CHANNEL"]
    assert check(gate.order(), view(), Stage.RELEASE).admissible
    queued = gate.resting(Side.BUY, 1, 60_000, state=IntentState.NEW)
    assert check(gate.order(), view(queued), Stage.RELEASE).admissible
    for state in (IntentState.SENDING, IntentState.UNKNOWN, IntentState.ACKED, IntentState.CANCEL_PENDING):
        out = gate.resting(Side.BUY, 1, 60_000, state=state, ticker=gate.KODEX200)
        assert gate.codes(check(gate.order(), view(out), Stage.RELEASE)) == ["CHANNEL"], state
        assert check(gate.order(Side.SELL), view(out), Stage.RELEASE).admissible


def test_a_figure_at_its_limit_passes_and_one_beyond_it_does_not(gate: World) -> None:
    """1 % of 1,100 shares is 11: one rests, ten are asked for."""
    resting = gate.account(open_orders=(gate.resting(Side.BUY, 1, 60_000),))
    busy = _market(average_volume=1_100)(gate, gate.view(account=resting))
    assert check(gate.order(), busy).admissible
    assert gate.codes(check(gate.order(quantity=11), busy)) == ["VOLUME_SHARE"]
    clamped = check(gate.order(quantity=300), busy, clamp_allowed=True)
    assert clamped.order is not None
    assert clamped.order.quantity == 10
    assert check(gate.order(), gate.view(account=gate.account(messages_last_minute=5_999))).admissible
    assert check(gate.order(), gate.view(account=gate.account(rejections_in_row=4))).admissible


def test_what_nobody_counts_is_left_to_its_substitute(gate: World) -> None:
    """An environment that cannot tell interruptions or volumes would otherwise refuse everything."""
    view = _market(interrupted=None, average_volume=None)(gate, gate.view())
    assert check(gate.order(quantity=300), view).findings == ()


def test_a_reducing_sale_is_told_of_an_interruption_and_of_a_locked_floor_and_leaves(gate: World) -> None:
    interrupted = check(gate.order(Side.SELL), _market(interrupted=True)(gate, gate.view()))
    locked = check(gate.order(Side.SELL), _market(reference=49_000)(gate, gate.view()))
    assert gate.codes(interrupted, Effect.WARN) == ["INTERRUPTION"]
    assert gate.codes(locked, Effect.WARN) == ["LIMIT_LOCK"]
    assert interrupted.admissible
    assert locked.admissible
    high = gate.order(Side.SELL, price=91_000)
    assert check(high, _market(reference=91_000)(gate, gate.view())).findings == ()


def test_a_reducing_sale_ignores_all_that_the_contract_names(gate: World) -> None:
    """Turnover, weight, loss, grade, profile expiry: all broken at once, the sale still leaves."""
    account = gate.account(
        equity=1, traded_today=10**12, day_profit=-(10**9), high_water=10**10, cash=None, reconciled=False,
        trading_state=TradingState.REDUCING, messages_last_minute=10**6, rejections_in_row=100,
    )  # fmt: skip
    view = replace(gate.view(account=account, grade=Grade.STABLE), suitability=None)
    assert check(gate.order(Side.SELL), view).admissible


def test_halted_leaves_cancels_alone(gate: World) -> None:
    resting = gate.resting(Side.BUY, 1, 60_000, state=IntentState.CANCEL_UNKNOWN)
    account = gate.account(
        trading_state=TradingState.HALTED,
        open_orders=(resting,),
        frozen_tickers=frozenset({gate.SAMSUNG}),
        reconciled=False,
    )
    assert check_cancel(GateCancel(gate.id("cancel"), resting.order_id), gate.view(account=account)).admissible


def test_cancel_needs_something_to_cancel(gate: World) -> None:
    verdict = check_cancel(GateCancel(gate.id("cancel"), gate.id("nothing")), gate.view())
    assert gate.codes(verdict) == ["CANCEL_TARGET"]


def test_a_leg_that_was_never_sent_is_cancelled_at_any_hour(gate: World) -> None:
    waiting = gate.resting(Side.BUY, 1, 60_000, state=IntentState.NEW)
    view = _market(phase=Phase.CLOSED)(gate, gate.view(account=gate.account(open_orders=(waiting,))))
    assert check_cancel(GateCancel(gate.id("cancel"), waiting.order_id), view).admissible


def test_broken_orders_are_refused_before_any_arithmetic(gate: World) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({"quantity": 0}, "QUANTITY"),
        ({"quantity": -1}, "QUANTITY"),
        ({"quantity": 1.5}, "QUANTITY"),
        ({"quantity": True}, "QUANTITY"),
        ({"limit_price": 0}, "TICK"),
        ({"limit_price": 70_000.0}, "TICK"),
        ({"limit_price": None}, "TICK"),
        ({"order_type": OrderType.MARKET}, "TICK"),
        ({"ticker": "000000"}, "SESSION"),
    ]
    for changes, code in bad:
        assert gate.codes(check(replace(gate.order(), **changes), gate.view())) == [code], changes


def test_a_repeat_is_told_from_a_conflict(gate: World) -> None:
    view = gate.view()
    same = replace(view, ids=replace(view.ids, seen={gate.id("order"): "hash"}))
    other = replace(view, ids=replace(view.ids, seen={gate.id("order"): "other"}))
    assert "이미 접수한" in check(gate.order(), same).findings[0].message
    assert "내용이 다른" in check(gate.order(), other).findings[0].message
    assert check(gate.order(), same, Stage.RELEASE).admissible


def test_an_unanswered_order_makes_the_next_one_wait_and_not_leave(gate: World) -> None:
    view = _resting((Side.BUY, 1, 60_000), state=IntentState.UNKNOWN)(gate, gate.view())
    assert gate.codes(check(gate.order(), view), Effect.WARN) == ["UNANSWERED"]
    assert gate.codes(check(gate.order(), view, Stage.RELEASE)) == ["UNANSWERED"]
    assert "UNANSWERED" not in gate.codes(check(gate.order(Side.SELL, price=72_000), view, Stage.RELEASE), None)


def test_preview_asks_for_no_authority(gate: World) -> None:
    assert check(gate.order(), gate.view(authority=None), Stage.PREVIEW).admissible


def test_own_reservation_does_not_count_against_its_release(gate: World) -> None:
    own = gate.resting(Side.BUY, 700, 70_000, order_id=gate.id("order"), state=IntentState.NEW)
    view = gate.loose(account=gate.account(open_orders=(own,), cash=Cash(50_000_000, gate.NOW)))
    assert check(gate.order(quantity=700), view, Stage.RELEASE).admissible


def test_what_the_user_wants_above_the_grade_needs_a_confirmation_and_room(gate: World) -> None:
    view = replace(gate.view(grade=Grade.STABLE), account=gate.account(holdings=()))
    mine, agents = gate.order(), gate.order(initiative=Initiative.AGENT)
    preview = check(mine, view, Stage.PREVIEW)
    assert preview.admissible
    assert preview.needs_unsuitable_ack
    assert not check(mine, view).admissible
    confirmed = replace(view, authority=gate.approval(unsuitable_ack=True))
    assert check(mine, confirmed).admissible
    assert not check(agents, confirmed).admissible
    assert not check(agents, view, Stage.PREVIEW).admissible
    limits = replace(view.limits, above_grade_bps=69, name_weights=replace(view.limits.name_weights, stock=10_000))
    assert gate.codes(check(mine, replace(confirmed, limits=limits))) == ["ABOVE_GRADE"]


def test_within_the_grade_a_careful_person_may_put_everything_into_short_bonds(gate: World) -> None:
    view = replace(gate.view(grade=Grade.STABLE), account=gate.account(holdings=()))
    order = gate.order(ticker=gate.BOND, quantity=490, price=100_000, initiative=Initiative.AGENT)
    assert check(order, view).findings == ()
