"""Units, rounding and bands at every boundary, against figures worked out by hand from the rules, to the won.

KRX 업무규정 시행세칙: price units of stocks since 2023-01-25 (KOSPI and KOSDAQ alike), of ETFs since 2023-12-11; the
price limit of ±30 % since 2015-06-15, cut to the base price's unit and then to its own (`domain/data/ticks.yaml`).
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import Band, price_band, round_to_tick, tick_size

TODAY = date(2026, 11, 23)

# price, what a buyer may order, what a seller may order
STOCK_ROUNDING = [
    (1, 1, 1), (1_998, 1_998, 1_998), (1_999, 1_999, 1_999), (2_000, 2_000, 2_000), (2_001, 2_000, 2_005),
    (2_004, 2_000, 2_005), (4_994, 4_990, 4_995), (4_996, 4_995, 5_000), (4_999, 4_995, 5_000), (5_000, 5_000, 5_000),
    (5_001, 5_000, 5_010), (5_009, 5_000, 5_010), (19_989, 19_980, 19_990), (19_991, 19_990, 20_000),
    (19_999, 19_990, 20_000), (20_000, 20_000, 20_000), (20_001, 20_000, 20_050), (20_049, 20_000, 20_050),
    (49_949, 49_900, 49_950), (49_951, 49_950, 50_000), (49_999, 49_950, 50_000), (50_000, 50_000, 50_000),
    (50_001, 50_000, 50_100), (50_099, 50_000, 50_100), (199_899, 199_800, 199_900), (199_901, 199_900, 200_000),
    (199_999, 199_900, 200_000), (200_000, 200_000, 200_000), (200_001, 200_000, 200_500), (200_499, 200_000, 200_500),
    (499_499, 499_000, 499_500), (499_501, 499_500, 500_000), (499_999, 499_500, 500_000), (500_000, 500_000, 500_000),
    (500_001, 500_000, 501_000), (500_999, 500_000, 501_000), (1_836_500, 1_836_000, 1_837_000),
]  # fmt: skip
ETF_ROUNDING = [
    (1, 1, 1), (1_998, 1_998, 1_998), (1_999, 1_999, 1_999), (2_000, 2_000, 2_000), (2_001, 2_000, 2_005),
    (2_004, 2_000, 2_005), (4_999, 4_995, 5_000), (5_001, 5_000, 5_005), (19_999, 19_995, 20_000),
    (20_001, 20_000, 20_005), (50_001, 50_000, 50_005), (200_003, 200_000, 200_005), (500_004, 500_000, 500_005),
    (1_075_183, 1_075_180, 1_075_185),
]  # fmt: skip
# The worst answer for a buyer below the smallest unit is the unit itself: there is no price of 0.
OLD_ETF_ROUNDING = [(1, 5, 5), (4, 5, 5), (1_999, 1_995, 2_000), (30_001, 30_000, 30_005)]

# base price, lower, upper; the width is 30 % cut to the base's unit, then each end is cut to its own
STOCK_BANDS = [
    (1, 1, 1), (3, 3, 3), (4, 3, 5), (1_000, 700, 1_300),
    (1_538, 1_077, 1_999),  # 461.4 → 461
    (1_539, 1_078, 2_000),  # 461.7 → 461: the top ends on the boundary
    (1_999, 1_400, 2_595),  # 599.7 → 599; 2,598 is cut to its unit of 5
    (2_000, 1_400, 2_600), (2_005, 1_405, 2_605),  # 601.5 → 600
    (3_845, 2_695, 4_995),  # 1,153.5 → 1,150
    (4_995, 3_500, 6_490),  # 1,498.5 → 1,495
    (5_000, 3_500, 6_500), (5_010, 3_510, 6_510), (9_980, 6_990, 12_970),
    (15_380, 10_770, 19_990),  # 4,614 → 4,610
    (15_390, 10_780, 20_000),  # 4,617 → 4,610
    (19_990, 14_000, 25_950),  # 5,997 → 5,990; 25,980 is cut to its unit of 50
    (20_000, 14_000, 26_000), (20_050, 14_050, 26_050),  # 6,015 → 6,000
    (49_950, 35_000, 64_900),  # 14,985 → 14,950
    (50_000, 35_000, 65_000), (70_000, 49_000, 91_000),
    (199_900, 140_000, 259_500),  # 59,970 → 59,900; 259,800 is cut to its unit of 500
    (200_000, 140_000, 260_000),
    (499_500, 350_000, 649_000),  # 149,850 → 149,500
    (500_000, 350_000, 650_000), (707_000, 495_000, 919_000),  # 212,100 → 212,000
]  # fmt: skip
# base price, leverage, lower, upper
ETF_BANDS = [
    (1_999, 1, 1_400, 2_595), (2_000, 1, 1_400, 2_600), (2_005, 1, 1_405, 2_605), (30_005, 1, 21_005, 39_005),
    (108_140, 1, 75_700, 140_580),  # 32,442 → 32,440
    (10_005, 2, 4_005, 16_005),  # 6,003 → 6,000
    (10_005, -1, 7_005, 13_005), (10_005, -2, 4_005, 16_005), (1_999, 2, 800, 3_195),  # 1,199.4 → 1,199; 3,198 → 3,195
]  # fmt: skip


@pytest.mark.parametrize(("price", "buyer", "seller"), STOCK_ROUNDING)
def test_a_stock_price_moves_down_for_a_buyer_and_up_for_a_seller(price: int, buyer: int, seller: int) -> None:
    assert round_to_tick(price, Side.BUY, Kind.STOCK, TODAY) == buyer
    assert round_to_tick(price, Side.SELL, Kind.STOCK, TODAY) == seller


@pytest.mark.parametrize(("price", "buyer", "seller"), ETF_ROUNDING)
def test_an_etf_price_has_its_own_table(price: int, buyer: int, seller: int) -> None:
    assert round_to_tick(price, Side.BUY, Kind.ETF, TODAY) == buyer
    assert round_to_tick(price, Side.SELL, Kind.ETF, TODAY) == seller


@pytest.mark.parametrize(("price", "buyer", "seller"), OLD_ETF_ROUNDING)
def test_an_etf_price_before_december_2023_is_a_multiple_of_five(price: int, buyer: int, seller: int) -> None:
    last_day = date(2023, 12, 10)
    assert round_to_tick(price, Side.BUY, Kind.ETF, last_day) == buyer
    assert round_to_tick(price, Side.SELL, Kind.ETF, last_day) == seller


@pytest.mark.parametrize(("base", "lower", "upper"), STOCK_BANDS)
def test_a_stock_band_is_thirty_percent_cut_twice(base: int, lower: int, upper: int) -> None:
    assert price_band(base, Kind.STOCK, TODAY) == Band(lower, upper)


@pytest.mark.parametrize(("base", "leverage", "lower", "upper"), ETF_BANDS)
def test_an_etf_band_is_cut_to_etf_units(base: int, leverage: int, lower: int, upper: int) -> None:
    assert price_band(base, Kind.ETF, TODAY, leverage) == Band(lower, upper)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 2_000_000), st.sampled_from(Kind))
def test_no_rounding_is_ever_for_us_and_none_moves_a_whole_unit(price: int, kind: Kind) -> None:
    buyer, seller = (round_to_tick(price, side, kind, TODAY) for side in (Side.BUY, Side.SELL))
    unit = tick_size(price, kind, TODAY)
    assert price - unit < buyer <= price <= seller < price + unit
    assert buyer == seller if price % unit == 0 else buyer + unit == seller


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 2_000_000), st.integers(0, 5_000), st.sampled_from(Kind), st.sampled_from(Side))
def test_a_higher_price_never_rounds_below_a_lower_one(price: int, more: int, kind: Kind, side: Side) -> None:
    assert round_to_tick(price, side, kind, TODAY) <= round_to_tick(price + more, side, kind, TODAY)
    assert tick_size(price, kind, TODAY) <= tick_size(price + more, kind, TODAY)
