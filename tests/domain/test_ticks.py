"""Price units and the daily band follow KRX's tables of the day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import Band, on_tick, price_band, round_to_tick, tick_size

TODAY = date(2026, 11, 20)
OLD = date(2022, 6, 1)
DAYS = st.sampled_from([OLD, date(2023, 1, 24), date(2023, 1, 25), date(2023, 12, 10), TODAY])
PRICES = st.integers(1, 3_000_000)


@pytest.mark.parametrize(
    ("price", "tick"),
    [(1, 1), (1_999, 1), (2_000, 5), (4_999, 5), (5_000, 10), (19_999, 10), (20_000, 50), (49_999, 50), (50_000, 100),
     (199_999, 100), (200_000, 500), (499_999, 500), (500_000, 1_000), (2_000_000, 1_000)],
)  # fmt: skip
def test_stock_units_since_2023(price: int, tick: int) -> None:
    assert tick_size(price, Kind.STOCK, TODAY) == tick


@pytest.mark.parametrize(
    ("price", "tick"),
    [(999, 1), (1_000, 5), (9_999, 10), (10_000, 50), (50_000, 100), (100_000, 500), (500_000, 1_000)],
)
def test_stock_units_before_2023(price: int, tick: int) -> None:
    assert tick_size(price, Kind.STOCK, OLD) == tick


def test_reform_counts_from_its_day() -> None:
    assert tick_size(15_000, Kind.STOCK, date(2023, 1, 24)) == 50
    assert tick_size(15_000, Kind.STOCK, date(2023, 1, 25)) == 10


@pytest.mark.parametrize(
    ("on", "price", "tick"), [(TODAY, 1_999, 1), (TODAY, 2_000, 5), (TODAY, 1_075_180, 5), (OLD, 900, 5)]
)
def test_etf_units(on: date, price: int, tick: int) -> None:
    assert tick_size(price, Kind.ETF, on) == tick


def test_band_of_9980_by_the_two_step_truncation() -> None:
    assert price_band(9_980, Kind.STOCK, TODAY) == Band(lower=6_990, upper=12_970)


def test_band_of_9980_with_the_old_units_as_older_pages_show_it() -> None:
    assert price_band(9_980, Kind.STOCK, OLD).upper == 12_950


def test_leveraged_etf_has_twice_the_band_and_inverse_has_not() -> None:
    assert price_band(10_000, Kind.ETF, TODAY, leverage=2) == Band(4_000, 16_000)
    assert price_band(10_000, Kind.ETF, TODAY, leverage=-2) == Band(4_000, 16_000)
    assert price_band(10_000, Kind.ETF, TODAY, leverage=-1) == Band(7_000, 13_000)


def test_rounding_is_against_us() -> None:
    assert round_to_tick(70_050, Side.BUY, Kind.STOCK, TODAY) == 70_000
    assert round_to_tick(70_050, Side.SELL, Kind.STOCK, TODAY) == 70_100
    assert round_to_tick(49_990, Side.SELL, Kind.STOCK, TODAY) == 50_000


@pytest.mark.parametrize("price", [0, -5])
def test_price_that_is_not_positive_is_refused(price: int) -> None:
    with pytest.raises(ValueError, match="expected a price > 0"):
        tick_size(price, Kind.STOCK, TODAY)
    assert not on_tick(price, Kind.STOCK, TODAY)


def test_day_before_the_first_table_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a date from"):
        tick_size(1_000, Kind.STOCK, date(1999, 1, 4))


@settings(max_examples=200, deadline=None)
@given(PRICES, st.sampled_from(Side), st.sampled_from(Kind), DAYS)
def test_rounded_price_is_orderable_and_never_better_for_us(price: int, side: Side, kind: Kind, on: date) -> None:
    rounded = round_to_tick(price, side, kind, on)
    assert on_tick(rounded, kind, on)
    assert round_to_tick(rounded, side, kind, on) == rounded
    smallest = tick_size(1, kind, on)
    assert rounded <= max(price, smallest) if side is Side.BUY else rounded >= price


@settings(max_examples=200, deadline=None)
@given(PRICES, st.sampled_from(Kind), DAYS, st.sampled_from([1, 2, -1, -2]))
def test_band_ends_are_orderable_and_inside_the_limit(base: int, kind: Kind, on: date, leverage: int) -> None:
    base = round_to_tick(base, Side.SELL, kind, on)
    band = price_band(base, kind, on, leverage)
    multiple = abs(leverage) if kind is Kind.ETF else 1
    assert on_tick(band.lower, kind, on)
    assert on_tick(band.upper, kind, on)
    assert band.lower <= base <= band.upper
    assert (band.upper - base) * 100 <= base * 30 * multiple
    assert band.holds(base)
    assert not band.holds(band.upper + 1)
