"""Constraints of one run: what the settings say, and who is given less."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.constraints import DEFAULT, Constraints
from domain.instruments import Instruments
from domain.limits import FULL_BPS, limits_for
from domain.suitability import Grade

ANY = st.builds(
    Constraints,
    max_buy_candidates=st.integers(1, 5),
    max_single_ticker_weight_bps=st.integers(0, FULL_BPS),
    min_order_krw=st.integers(1, 10**7),
    max_turnover_bps=st.integers(0, FULL_BPS),
)


def test_the_settings_shares_are_parts_of_one() -> None:
    assert Constraints.of(3, Decimal("0.2"), 100_000, Decimal("0.3")) == DEFAULT


@settings(max_examples=60, deadline=None)
@given(constraints=ANY, grade=st.sampled_from(list(Grade)), capital=st.integers(100_000, 10**10))
def test_a_grade_and_a_persons_limits_only_ever_tighten(constraints: Constraints, grade: Grade, capital: int) -> None:
    tight = constraints.for_grade(grade).within(limits_for(grade, capital))
    for name, value in tight.to_json().items():
        assert value <= constraints.to_json()[name]
    assert tight.min_order_krw == constraints.min_order_krw
    assert tight.for_grade(grade).within(limits_for(grade, capital)) == tight


def test_a_more_careful_grade_never_gets_more_than_a_bolder_one() -> None:
    rows = [DEFAULT.for_grade(grade) for grade in sorted(Grade, key=lambda grade: grade.rank)]
    for careful, bold in itertools.pairwise(rows):
        assert all(value <= bold.to_json()[name] for name, value in careful.to_json().items())


def test_a_bond_fund_is_bound_by_the_grade_alone_and_a_stock_by_the_constraint() -> None:
    table = Instruments.load()
    assert DEFAULT.name_weight_bps(table.get("488770")) == FULL_BPS
    assert DEFAULT.name_weight_bps(table.get("005930")) == 2_000
    assert DEFAULT.name_weight_bps(None) == 2_000


@pytest.mark.parametrize(("base", "turnover"), [(10_000_000, 3_000_000), (300_000, 200_000), (150_000, 150_000)])
def test_a_small_purse_may_still_trade_two_smallest_orders_in_a_run(base: int, turnover: int) -> None:
    assert DEFAULT.turnover_krw(base) == turnover


@pytest.mark.parametrize(("base", "smallest"), [(10_000_000, 100_000), (150_000, 75_000)])
def test_a_small_purse_has_smaller_orders(base: int, smallest: int) -> None:
    assert DEFAULT.smallest_order_krw(base) == smallest


def test_a_share_above_one_is_refused_with_the_name_of_the_bound() -> None:
    with pytest.raises(ValueError, match="expected max_turnover_bps within 0"):
        Constraints(max_turnover_bps=30_000)
