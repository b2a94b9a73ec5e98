"""Limits follow the grade, never lead into a dead end, and can only be tightened."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instruments import Asset, Instruments, Kind
from domain.limits import Approval, Limits, equity_exposure_bps, is_safe, limits_for, tighten, tolerated_loss
from domain.suitability import Grade, allowed_products

TABLE = Instruments.load()
CAPITALS = st.integers(100_000, 10**11)


def test_bolder_grades_have_no_stricter_limit_on_stocks() -> None:
    for careful, bold in itertools.pairwise(limits_for(grade, 50_000_000) for grade in Grade):
        assert careful.name_weights.stock <= bold.name_weights.stock
        assert careful.max_equity_bps <= bold.max_equity_bps
        assert careful.max_sector_bps <= bold.max_sector_bps
        assert careful.daily_loss_bps <= bold.daily_loss_bps
        assert careful.drawdown_bps <= bold.drawdown_bps
        assert careful.geared_allowed <= bold.geared_allowed


@pytest.mark.parametrize("grade", Grade)
@pytest.mark.parametrize("capital", [300_000, 3_000_000, 20_000_000, 1_000_000_000])
def test_no_grade_is_a_dead_end(grade: Grade, capital: int) -> None:
    limits = limits_for(grade, capital)
    safe = [row for row in TABLE.all() if is_safe(row) and limits.allows(row)]
    affordable = [row for row in safe if row.level <= limits.order_krw(row)]
    assert len(affordable) >= 2
    assert all(limits.name_weight_bps(row) == 10_000 for row in affordable)


def test_most_careful_investor_may_park_everything_in_one_order() -> None:
    limits = limits_for(Grade.STABLE, 20_000_000)
    money_market = TABLE.get("488770")
    assert limits.order_krw(money_market) == 20_000_000
    assert limits.order_krw(TABLE.get("005930")) == 2_000_000
    assert limits.name_weight_bps(TABLE.get("005930")) == 500


def test_approval_without_asking_is_for_the_bold_grades_only() -> None:
    assert [limits_for(grade, 1).approval for grade in Grade] == [Approval.ALWAYS] * 3 + [Approval.MANDATE_OK] * 2


def test_geared_products_are_for_the_boldest_grade_only() -> None:
    inverse = TABLE.get("114800")
    assert inverse is not None
    assert [limits_for(grade, 10**7).allows(inverse) for grade in Grade] == [False] * 4 + [True]


def test_unknown_name_counts_as_a_stock() -> None:
    limits = limits_for(Grade.ACTIVE, 10**7)
    assert limits.name_weight_bps(None) == limits.name_weights.stock
    assert limits.order_krw(None) == limits.max_order_krw
    assert equity_exposure_bps(None) == 10_000


def test_mixed_products_count_half() -> None:
    exposure = {row.asset: equity_exposure_bps(row) for row in TABLE.all()}
    assert exposure == {Asset.EQUITY: 10_000, Asset.MIXED: 5_000, Asset.BOND: 0, Asset.CASH: 0, Asset.COMMODITY: 0}


def test_order_size_is_capped_and_floored() -> None:
    assert limits_for(Grade.STABLE, 500_000).max_order_krw == 500_000
    assert limits_for(Grade.STABLE, 5_000_000).max_order_krw == 1_000_000
    assert limits_for(Grade.AGGRESSIVE, 10**12).max_order_krw == 300_000_000


@pytest.mark.parametrize("capital", [0, -1])
def test_capital_must_be_positive(capital: int) -> None:
    with pytest.raises(ValueError, match="expected a capital > 0"):
        limits_for(Grade.STABLE, capital)


def test_tolerated_loss_only_tightens() -> None:
    limits = limits_for(Grade.ACTIVE, 10**7)
    assert tolerated_loss(limits, 500).drawdown_bps == 500
    assert tolerated_loss(limits, 9_000) == limits
    assert tolerated_loss(limits, 0).drawdown_bps == 100, "fees and a tick of price must not end all trading"
    assert tolerated_loss(limits, None) == limits
    with pytest.raises(ValueError, match="expected a tolerated loss"):
        tolerated_loss(limits, -1)


def _numbers(limits: Limits) -> dict[str, int]:
    plain = {field.name: getattr(limits, field.name) for field in fields(limits)}
    numbers = {name: int(value) for name, value in plain.items() if isinstance(value, int)}
    weights = {f"weight_{name}": getattr(limits.name_weights, name) for name in type(limits.name_weights).__slots__}
    return numbers | weights


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(Grade), CAPITALS, st.sampled_from(Grade), CAPITALS, st.integers(0, 10_000))
def test_tightening_takes_the_stricter_everywhere(a: Grade, x: int, b: Grade, y: int, loss: int) -> None:
    left, right = limits_for(a, x), tolerated_loss(limits_for(b, y), loss)
    both = tighten(left, right)
    for name, value in _numbers(both).items():
        assert value == min(_numbers(left)[name], _numbers(right)[name]), name
    assert both.allowed_products == allowed_products(a) & allowed_products(b)
    assert both.grade.rank == min(a.rank, b.rank)
    assert replace(tighten(right, left), source="") == replace(both, source="")
    assert tighten(both, left) == replace(both, source=tighten(both, left).source)
    assert tighten(left, left) == left


def test_stocks_and_stock_etfs_have_their_own_weights() -> None:
    limits = limits_for(Grade.ACTIVE, 10**7)
    for row in TABLE.all():
        expected = "stock" if row.kind is Kind.STOCK else row.asset.value
        assert limits.name_weight_bps(row) == getattr(limits.name_weights, expected)
