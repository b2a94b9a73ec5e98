"""Fees and the transaction tax are exact and dated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.costs import DEFAULT_FEES, FeeSchedule, fee, sell_tax
from domain.instruments import Kind, Market


def test_default_fee_is_0_015_percent_truncated_to_one_won() -> None:
    assert fee(1_000_000) == 150
    assert fee(1_006_666) == 150
    assert fee(0) == 0
    assert DEFAULT_FEES.source


def test_a_schedule_may_truncate_to_ten_won() -> None:
    ten = FeeSchedule("ten", Fraction(15, 100_000), 10, "test")
    assert fee(1_066_666, ten) == 150


@pytest.mark.parametrize(
    ("on", "kospi", "kosdaq"),
    [
        (date(2020, 6, 1), 2_500, 2_500), (date(2021, 1, 4), 2_300, 2_300), (date(2022, 12, 29), 2_300, 2_300),
        (date(2023, 1, 2), 2_000, 2_000), (date(2024, 1, 2), 1_800, 1_800), (date(2025, 12, 30), 1_500, 1_500),
        (date(2026, 1, 2), 2_000, 2_000),
    ],
)  # fmt: skip
def test_tax_on_selling_a_million_won(on: date, kospi: int, kosdaq: int) -> None:
    assert sell_tax(1_000_000, Market.KOSPI, Kind.STOCK, on) == kospi
    assert sell_tax(1_000_000, Market.KOSDAQ, Kind.STOCK, on) == kosdaq
    assert sell_tax(1_000_000, Market.KONEX, Kind.STOCK, on) == 1_000


def test_etf_is_exempt() -> None:
    assert sell_tax(1_000_000, Market.KOSPI, Kind.ETF, date(2026, 11, 20)) == 0


def test_tax_before_the_table_is_refused_not_guessed() -> None:
    with pytest.raises(ValueError, match="transaction tax"):
        sell_tax(1_000, Market.KOSPI, Kind.STOCK, date(2018, 1, 2))


@pytest.mark.parametrize("charge", [fee, lambda n: sell_tax(n, Market.KOSPI, Kind.STOCK, date(2026, 1, 2))])
def test_negative_amount_is_refused(charge: Callable[[int], int]) -> None:
    with pytest.raises(ValueError, match="expected a traded amount"):
        charge(-1)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**13))
def test_charges_are_the_exact_share_cut_towards_zero(amount: int) -> None:
    assert fee(amount) == amount * 15 // 100_000
    assert sell_tax(amount, Market.KOSPI, Kind.STOCK, date(2025, 6, 2)) == amount * 15 // 10_000
