"""Fee, tax, settlement day and reservation against figures worked out by hand from the rules, to the won.

증권거래세법 시행령: the rate of each year, with 농어촌특별세 of 0.15 % in KOSPI's; from 2026-01-01 KOSPI 0.05 + 0.15, KOSDAQ 0.20,
KONEX 0.10 %. Settlement is on the second business day after the trade (T+2). The fee is the broker's, a setting.
"""

# ruff: noqa: E501 (a table is read by its rows)

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import KrxCalendar
from domain.costs import FeeSchedule, fee, sell_tax
from domain.gate.check import check
from domain.gate.config import gate_config
from domain.instruments import Kind, Market
from domain.orders.types import Side

KOSPI, KOSDAQ, KONEX = Market.KOSPI, Market.KOSDAQ, Market.KONEX
LAST_2023, LAST_2024, LAST_2025 = date(2023, 12, 28), date(2024, 12, 30), date(2025, 12, 30)
FIRST_2025, FIRST_2026 = date(2025, 1, 2), date(2026, 1, 2)

# day, amount sold, tax on KOSPI, KOSDAQ, KONEX: 0.20 % in 2023, 0.18 % in 2024, 0.15 % in 2025, 0.20 % from 2026
TAXES = [
    (LAST_2023, 1_234_567, 2_469, 2_469, 1_234),  # 2,469.134
    (LAST_2024, 1_234_567, 2_222, 2_222, 1_234),  # 2,222.2206
    (FIRST_2025, 1_234_567, 1_851, 1_851, 1_234),  # 1,851.8505
    (LAST_2025, 1_234_567, 1_851, 1_851, 1_234),
    (date(2025, 12, 31), 1_234_567, 1_851, 1_851, 1_234),
    (date(2026, 1, 1), 1_234_567, 2_469, 2_469, 1_234),
    (FIRST_2026, 1_234_567, 2_469, 2_469, 1_234),
    (LAST_2025, 666, 0, 0, 0), (LAST_2025, 667, 1, 1, 0),  # 0.999, 1.0005
    (FIRST_2026, 499, 0, 0, 0), (FIRST_2026, 500, 1, 1, 0),  # 0.998, 1
    (FIRST_2026, 999, 1, 1, 0), (FIRST_2026, 1_000, 2, 2, 1),
    (LAST_2025, 333_333, 499, 499, 333), (FIRST_2026, 333_333, 666, 666, 333),
    (LAST_2025, 700_000, 1_050, 1_050, 700), (FIRST_2026, 700_000, 1_400, 1_400, 700),
    (FIRST_2026, 0, 0, 0, 0), (FIRST_2026, 9_999_999_999, 19_999_999, 19_999_999, 9_999_999),
]  # fmt: skip

# amount traded, fee at 0.015 % cut to 1 won, cut to 10 won
FEES = [
    (0, 0, 0), (6_666, 0, 0), (6_667, 1, 0), (13_333, 1, 0), (13_334, 2, 0), (66_666, 9, 0), (66_667, 10, 10),
    (70_000, 10, 10), (133_333, 19, 10), (133_334, 20, 20), (700_000, 105, 100), (1_234_567, 185, 180),
    (91_000_000, 13_650, 13_650), (9_999_999_999, 1_499_999, 1_499_990),
]  # fmt: skip

# trade day, settlement day two business days later
SETTLEMENTS = [
    (date(2026, 11, 16), date(2026, 11, 18)),
    (date(2026, 11, 19), date(2026, 11, 23)),  # Thursday, over a weekend
    (date(2026, 11, 20), date(2026, 11, 24)),
    (date(2026, 9, 21), date(2026, 9, 23)),  # before 추석 (24 to 26 September)
    (date(2026, 9, 22), date(2026, 9, 28)),
    (date(2026, 9, 23), date(2026, 9, 29)),
    (date(2026, 12, 28), date(2026, 12, 30)),
    (date(2026, 12, 29), date(2027, 1, 4)),  # closed on 31 December and 1 January, then a weekend
    (date(2026, 12, 30), date(2027, 1, 5)),
]


@pytest.mark.parametrize(("on", "amount", "kospi", "kosdaq", "konex"), TAXES)
def test_tax_of_the_trade_day_to_the_won(on: date, amount: int, kospi: int, kosdaq: int, konex: int) -> None:
    told = [sell_tax(amount, market, Kind.STOCK, on) for market in (KOSPI, KOSDAQ, KONEX)]
    assert told == [kospi, kosdaq, konex]
    assert sell_tax(amount, KOSPI, Kind.ETF, on) == 0


@pytest.mark.parametrize(("amount", "to_one", "to_ten"), FEES)
def test_fee_is_cut_and_never_rounded_up(amount: int, to_one: int, to_ten: int) -> None:
    rate = Fraction(15, 100_000)
    for unit, due in ((1, to_one), (10, to_ten)):
        schedule = FeeSchedule("by hand", rate, unit, "test")
        assert fee(amount, schedule) == due
        assert gate_config("sim", fees=schedule).fee(amount) == due


@pytest.mark.parametrize(("traded", "settled"), SETTLEMENTS)
def test_settlement_is_two_business_days_later(traded: date, settled: date) -> None:
    assert KrxCalendar().add_sessions(traded, 2) == settled


# side, shares, limit (None: market), value, cash reserved, fee, tax; band of 70,000: 49,000 to 91,000; sold on 2026-11-23
RESERVATIONS = [
    (Side.BUY, 10, 70_000, 700_000, 700_105, 105, 0),
    (Side.BUY, 1, 69_900, 69_900, 69_910, 10, 0),  # 10.485
    (Side.BUY, 7, 66_600, 466_200, 466_269, 69, 0),  # 69.93
    (Side.BUY, 10, 69_950, 699_000, 699_104, 104, 0),  # moved to 69,900; 104.85
    (Side.BUY, 10, None, 910_000, 910_136, 136, 0),  # counts at the band's top; 136.5
    (Side.SELL, 10, 70_000, 700_000, 0, 105, 1_400),
    (Side.SELL, 3, 70_050, 210_300, 0, 31, 420),  # moved to 70,100; 31.545 and 420.6
    (Side.SELL, 3, None, 210_000, 0, 31, 420),  # counts at the last price; 31.5
]


@pytest.mark.parametrize(("side", "shares", "limit", "value", "reserve", "due", "tax"), RESERVATIONS)
def test_a_buy_reserves_value_and_fee_and_a_sale_nothing(
    gate: Any, side: Side, shares: int, limit: int | None, value: int, reserve: int, due: int, tax: int
) -> None:
    verdict = check(gate.order(side, shares, limit), gate.view())
    assert verdict.admissible
    assert (verdict.value, verdict.reserve, verdict.fee, verdict.tax) == (value, reserve, due, tax)


@settings(max_examples=200, deadline=None)
@given(
    amount=st.integers(0, 10**12),
    parts=st.lists(st.integers(0, 10**10), max_size=6),
    on=st.sampled_from([LAST_2024, LAST_2025, FIRST_2026]),
    market=st.sampled_from(Market),
)
def test_charges_grow_with_the_amount_and_parts_never_cost_more(
    amount: int, parts: list[int], on: date, market: Market
) -> None:
    """Cut towards zero each: a total of the parts is at most what the whole costs, and less by under a won a part."""
    whole = amount + sum(parts)
    for charge in (fee, lambda n: sell_tax(n, market, Kind.STOCK, on)):
        split = charge(amount) + sum(charge(part) for part in parts)
        assert split <= charge(whole) <= split + len(parts)
        assert charge(amount) <= charge(whole)
