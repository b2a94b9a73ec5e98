"""Mandates: what they cover, what ends them, what the person signs; exits that outlive everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from domain.clock import KST
from domain.gate.check import check
from domain.gate.plan import check_plan
from domain.gate.view import Exiting, Mandated
from domain.mandate import (
    ExitMandate,
    Mandate,
    MandateKind,
    Request,
    Usage,
    bounds_hash,
    bounds_of,
    describe,
    mandate_of,
    permits,
)
from domain.orders.types import Initiative, Side, TradingState
from domain.suitability import Grade

World = Any
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


def _mandate(gate: World, **changes: Any) -> Mandate:
    base = Mandate(
        mandate_id=gate.id("mandate"),
        account_ref="acc",
        kind=MandateKind.CYCLE,
        tickers=frozenset({"005930"}),
        sectors=frozenset({"시장대표"}),
        max_per_order=3_000_000,
        max_per_day=5_000_000,
        from_time=time(9, 5),
        until_time=time(15, 15),
        expires_at=NOW + timedelta(days=30),
    )
    return replace(base, **changes)


def _request(**changes: Any) -> Request:
    return Request("005930", "반도체", Side.BUY, 1_000_000, NOW, NOW, reduces=False)._replace(**changes)


CASES: list[tuple[dict[str, Any], dict[str, Any], int, str | None]] = [
    ({}, {}, 0, None),
    ({}, {"ticker": "069500", "sector": "시장대표"}, 0, None),
    ({}, {"ticker": "035720", "sector": "인터넷"}, 0, "universe"),
    ({"tickers": frozenset(), "sectors": frozenset()}, {}, 0, "universe"),
    ({}, {"wall": NOW + timedelta(days=30)}, 0, "expiry"),
    ({}, {"at": NOW.replace(hour=9, minute=4)}, 0, "hours"),
    ({}, {"at": NOW.replace(hour=15, minute=15)}, 0, "hours"),
    ({}, {"value": 3_000_000}, 0, None),
    ({}, {"value": 3_000_001}, 0, "per_order"),
    ({}, {}, 4_000_000, None),
    ({}, {}, 4_000_001, "per_day"),
    ({"sides": frozenset({Side.BUY})}, {"side": Side.SELL, "reduces": True}, 0, "side"),
    ({"kind": MandateKind.STRATEGY, "strategy_hash": "a"}, {"strategy_hash": "a"}, 0, None),
    ({"kind": MandateKind.STRATEGY, "strategy_hash": "a"}, {"strategy_hash": "b"}, 0, "strategy"),
    # A reducing sale ignores expiry and amounts, never the universe.
    ({}, {"side": Side.SELL, "reduces": True, "wall": NOW + timedelta(days=99), "value": 10**9}, 10**9, None),
    ({}, {"side": Side.SELL, "reduces": True, "ticker": "035720", "sector": "인터넷"}, 0, "universe"),
]


@pytest.mark.parametrize(("mandate", "request_", "used", "bound"), CASES)
def test_bounds(gate: World, mandate: dict[str, Any], request_: dict[str, Any], used: int, bound: str | None) -> None:
    breach = permits(_mandate(gate, **mandate), _request(**request_), Usage(used))
    assert (breach.bound if breach else None) == bound


def test_room_is_what_would_still_pass(gate: World) -> None:
    mandate = _mandate(gate)
    breach = permits(mandate, _request(value=4_000_000), Usage(4_500_000))
    assert breach is not None
    assert breach.message == "위임은 한 번에 300만원까지예요. 이 주문은 400만원이에요."
    assert (breach.bound, breach.was, breach.limit, breach.room) == ("per_order", 4_000_000, 3_000_000, 500_000)


def test_the_signature_covers_every_bound(gate: World) -> None:
    base = _mandate(gate)
    changes: list[dict[str, Any]] = [
        {"mandate_id": gate.id("other")},
        {"account_ref": "other"},
        {"kind": MandateKind.SAVINGS},
        {"tickers": frozenset()},
        {"sectors": frozenset()},
        {"max_per_order": 1},
        {"max_per_day": 1},
        {"from_time": time(9, 0)},
        {"until_time": time(15, 0)},
        {"expires_at": NOW},
        {"sides": frozenset({Side.BUY})},
        {"kind": MandateKind.STRATEGY, "strategy_hash": "a"},
    ]
    hashes = {bounds_hash(base), *(bounds_hash(replace(base, **change)) for change in changes)}
    assert len(hashes) == len(changes) + 1
    assert bounds_hash(replace(base, expires_at=base.expires_at.astimezone())) == bounds_hash(base)


def test_stored_bounds_come_back_as_the_same_mandate(gate: World) -> None:
    base = _mandate(gate)
    again = mandate_of(base.mandate_id, "acc", "cycle", None, bounds_of(base), base.expires_at)
    assert again == base


def test_nonsense_is_no_mandate(gate: World) -> None:
    for change in (
        {"max_per_order": 0},
        {"from_time": time(16)},
        {"expires_at": datetime(2026, 12, 1)},  # noqa: DTZ001
        {"strategy_hash": "a"},
        {"kind": MandateKind.STRATEGY},
    ):
        with pytest.raises(ValueError, match="expected"):
            _mandate(gate, **change)


def test_the_card_says_every_bound_in_korean(gate: World) -> None:
    lines = describe(_mandate(gate), {"005930": "삼성전자"})
    assert lines == (
        "종류: 정기 점검",
        "범위: 삼성전자(005930), 시장대표 업종",
        "주문: 매수·매도",
        "한 번에: 300만원까지",
        "하루에: 500만원까지",
        "시간: 09:05~15:15",
        "기한: 2026년 12월 23일 10:00까지",
        "손실을 줄이는 매도는 기한이 지나도 보유하는 동안 계속돼요.",
    )


def _mandated(gate: World, mandate: Mandate, **changes: Any) -> Mandated:
    return replace(Mandated(mandate, Usage(), bounds_hash(mandate)), **changes)


def test_the_gate_lets_a_mandated_order_through_and_lowers_what_is_too_much(gate: World) -> None:
    view = gate.view(authority=_mandated(gate, _mandate(gate)))
    order = gate.order(quantity=43, initiative=Initiative.AGENT)
    assert gate.codes(check(order, view)) == ["MANDATE"]
    clamped = check(order, view, clamp_allowed=True)
    assert clamped.admissible
    assert clamped.order is not None
    assert clamped.order.quantity == 42


def test_forged_revoked_and_unwanted_mandates_are_refused(gate: World) -> None:
    mandate = _mandate(gate)
    forged = _mandated(gate, mandate, bounds_hash=bounds_hash(replace(mandate, max_per_day=1)))
    revoked = _mandated(gate, mandate, revoked_at=NOW)
    for authority in (forged, revoked):
        assert gate.codes(check(gate.order(), gate.view(authority=authority))) == ["MANDATE"]
    careful = gate.view(grade=Grade.STABLE, authority=_mandated(gate, replace(mandate, tickers=frozenset({gate.BOND}))))
    assert gate.codes(check(gate.order(ticker=gate.BOND, price=100_000), careful)) == ["MANDATE"]


def test_a_mandate_never_covers_what_is_above_the_grade(gate: World) -> None:
    view = replace(gate.view(grade=Grade.NEUTRAL), authority=_mandated(gate, _mandate(gate)))
    assert "SUITABILITY" in gate.codes(check(gate.order(initiative=Initiative.USER), view))


def test_legs_of_one_plan_share_the_mandates_day(gate: World) -> None:
    view = gate.loose(authority=_mandated(gate, _mandate(gate)))
    legs = [gate.order(quantity=40 - n, leg=n, intent_id=gate.id(f"leg {n}")) for n in (1, 2)]
    verdict = check_plan(legs, view)
    assert [gate.codes(leg.verdict) for leg in verdict.legs] == [[], ["MANDATE"]]
    assert verdict.findings[0].was == (39 + 38) * 70_000


def _exiting(gate: World, **changes: Any) -> Exiting:
    held = ExitMandate(gate.id("exit"), "acc", gate.SAMSUNG, "manual", gate.id("approval"))
    return replace(Exiting(held, 100), **changes)


def test_an_exit_works_when_everything_else_has_expired(gate: World) -> None:
    account = gate.account(
        trading_state=TradingState.REDUCING, reconciled=False, cash=None, equity=None, day_profit=None
    )
    view = replace(gate.view(account=account, authority=_exiting(gate)), suitability=None)
    assert check(gate.order(Side.SELL, quantity=100, price=None), view).admissible


def test_an_exit_mandate_only_reduces_its_own_position(gate: World) -> None:
    view = gate.view(authority=_exiting(gate))
    assert gate.codes(check(gate.order(), view)) == ["EXIT_MANDATE"]
    assert gate.codes(check(gate.order(Side.SELL, sleeve="cycle"), view)) == ["SLEEVE", "EXIT_MANDATE"]
    partly = gate.view(authority=_exiting(gate, remaining=9))
    assert gate.codes(check(gate.order(Side.SELL), partly)) == ["EXIT_MANDATE"]
    legs = [gate.order(Side.SELL, 60 - n, leg=n, intent_id=gate.id(f"leg {n}")) for n in (1, 2)]
    assert gate.codes(check_plan(legs, gate.view(authority=_exiting(gate))).legs[1].verdict) == [
        "SELLABLE",
        "SLEEVE",
        "EXIT_MANDATE",
    ]
    gone = gate.view(authority=_exiting(gate, revoked_at=NOW))
    assert gate.codes(check(gate.order(Side.SELL), gone)) == ["EXIT_MANDATE"]


@pytest.mark.parametrize(
    "bounds",
    [
        {"max_per_order": None},
        {"max_per_order": "unlimited"},
        {"max_per_day": [1]},
        {"tickers": 5},
        {"tickers": [["005930"]]},
        {"sides": None},
        {"from_time": 9},
        {"max_per_order": float("inf")},
    ],
)
def test_bounds_of_a_strange_shape_are_no_mandate(gate: World, bounds: dict[str, Any]) -> None:
    base = _mandate(gate)
    with pytest.raises(ValueError, match=r"\S"):
        mandate_of(base.mandate_id, "acc", "cycle", None, bounds_of(base) | bounds, base.expires_at)
