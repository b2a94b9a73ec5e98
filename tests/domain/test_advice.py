"""What the agent may propose: never looser than the grade, and as careful as the person asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.advice import advised, equity_cap_bps, rest_asset
from domain.instruments import Asset, Instruments
from domain.limits import is_safe, limits_for
from domain.suitability import Grade

TABLE = Instruments.load()
WAYS = ["lower_share", "mix_bonds", "keep_principal", "learn", "small", "sure", "own_order"]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(Grade),
    st.integers(100_000, 10**10),
    st.one_of(st.none(), st.integers(0, 10_000)),
    st.lists(st.sampled_from(WAYS), max_size=3),
)
def test_advice_only_tightens(grade: Grade, capital: int, loss: int | None, ways: list[str]) -> None:
    limits = limits_for(grade, capital)
    found = advised(limits, loss, ways)
    assert found.max_equity_bps <= limits.max_equity_bps
    assert found.allowed_products <= limits.allowed_products
    assert found.allowed_products
    for row in TABLE.all():
        assert found.name_weight_bps(row) <= limits.name_weight_bps(row)
    assert any(is_safe(row) and found.allows(row) for row in TABLE.all())


def test_a_bad_year_costs_no_more_than_the_tolerated_loss() -> None:
    assert equity_cap_bps(limits_for(Grade.AGGRESSIVE, 10**7), 500) == 1_250
    assert equity_cap_bps(limits_for(Grade.AGGRESSIVE, 10**7), None) == 10_000
    assert advised(limits_for(Grade.AGGRESSIVE, 10**7), 500).name_weights.stock == 625


def test_no_loss_at_all_leaves_the_safest_products_only() -> None:
    found = advised(limits_for(Grade.AGGRESSIVE, 10**7), 0)
    assert {row.product_risk for row in TABLE.all() if found.allows(row)} == {6}


@pytest.mark.parametrize("way", ["mix_bonds", "learn", "small", "keep_principal"])
def test_some_ways_out_leave_single_stocks_out(way: str) -> None:
    assert advised(limits_for(Grade.AGGRESSIVE, 10**7), None, [way]).name_weights.stock == 0


def test_idle_money_rests_where_the_way_out_says() -> None:
    assert rest_asset(["mix_bonds", "lower_share"]) is Asset.BOND
    assert rest_asset([]) is Asset.CASH
