"""The book conserves shares and won, whatever the order and the cutting of fills."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.book import (
    BookConflict,
    CashBook,
    CashFlow,
    Fill,
    OrderProgress,
    Position,
    Terms,
    apportion,
    book_fill,
    fill_between,
    sellable_by,
    settlement_of,
    split_sale,
)
from domain.calendar import KrxCalendar
from domain.costs import fee, sell_tax
from domain.instruments import Kind, Market
from domain.orders.types import Side

DAY = date(2026, 11, 23)
BUY = Terms(Side.BUY, Market.KOSPI, Kind.STOCK, DAY)
SELL = Terms(Side.SELL, Market.KOSPI, Kind.STOCK, DAY)


def _buy(quantity: int, amount: int) -> Fill:
    return Fill(Side.BUY, quantity, amount, fee(amount), 0)


def _sell(quantity: int, amount: int) -> Fill:
    return Fill(Side.SELL, quantity, amount, fee(amount), sell_tax(amount, Market.KOSPI, Kind.STOCK, DAY))


def test_notices_are_provisional_and_capped_at_the_order() -> None:
    progress = OrderProgress(10).notice(4, 70_000).notice(4, 70_100).notice(4, 70_200)
    assert (progress.filled, progress.provisional, progress.confirmed) == (10, 10, 0)
    assert progress.remaining == 10  # exposure counts confirmed evidence alone
    assert progress.noticed_amount == 4 * 70_000 + 4 * 70_100 + 2 * 70_200
    assert progress.confirm(10, 701_000).provisional == 0


@given(st.permutations([(3, 210_000), (5, 350_500), (9, 630_900), (9, 630_900), (3, 210_000)]))
def test_order_and_repetition_of_answers_and_notices_do_not_matter(answers: list[tuple[int, int]]) -> None:
    progress = OrderProgress(10)
    booked = 0
    for quantity, amount in answers:
        after = progress.notice(1, 70_000).confirm(quantity, amount)
        fill = fill_between(progress, after, BUY)
        booked += fill.amount if fill else 0
        progress = after
    assert (progress.confirmed, progress.amount, booked) == (9, 630_900, 630_900)


def test_impossible_answers_are_conflicts_and_not_guessed() -> None:
    progress = OrderProgress(10).confirm(5, 350_000)
    for quantity, amount in ((11, 770_000), (-1, 0), (0, 5), (5, 0), (5, 350_001), (6, 350_000), (6, -1)):
        with pytest.raises(BookConflict):
            progress.confirm(quantity, amount)
    with pytest.raises(ValueError, match="expected a notice"):
        progress.notice(0, 70_000)


def test_an_estimated_amount_gives_way_to_the_exact_one() -> None:
    estimated = OrderProgress(10).confirm(5, 350_000, estimated=True)
    exact = estimated.confirm(5, 351_000)
    assert (exact.amount, exact.estimated) == (351_000, False)
    assert exact.confirm(5, 999_999, estimated=True) == exact
    fill = fill_between(estimated, exact, BUY)
    assert fill == Fill(Side.BUY, 0, 1_000, fee(351_000) - fee(350_000), 0)
    assert Position().apply(_buy(5, 350_000)).apply(fill).cost == 351_000 + fee(351_000)


def test_nothing_new_is_no_fill() -> None:
    progress = OrderProgress(10).confirm(5, 350_000)
    assert fill_between(progress, progress.notice(2, 70_000), BUY) is None


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1_000, 99_999)), min_size=1, max_size=8))
def test_fee_and_tax_depend_on_the_order_and_not_on_how_it_was_cut(steps: list[tuple[int, int]]) -> None:
    total = sum(q for q, _ in steps)
    progress, fees, taxes = OrderProgress(total), 0, 0
    for quantity, price in steps:
        after = progress.confirm(progress.confirmed + quantity, progress.amount + quantity * price)
        fill = fill_between(progress, after, SELL)
        assert fill is not None
        fees, taxes, progress = fees + fill.fee, taxes + fill.tax, after
    assert fees == fee(progress.amount)
    assert taxes == sell_tax(progress.amount, Market.KOSPI, Kind.STOCK, DAY)


def test_average_cost_by_hand() -> None:
    """3 shares for 100 won: selling one costs 33, the next 33, the last 34."""
    position = Position().apply(Fill(Side.BUY, 3, 100, 0, 0))
    costs = []
    for _ in range(3):
        before = position.cost
        position = position.apply(Fill(Side.SELL, 1, 50, 0, 0))
        costs.append(before - position.cost)
    assert costs == [33, 33, 34]
    assert (position.quantity, position.cost, position.realised) == (0, 0, 50)


def test_realised_result_is_after_fee_and_tax_on_both_sides() -> None:
    position = Position().apply(_buy(10, 700_000)).apply(_sell(10, 720_000))
    assert position.realised == 720_000 - 108 - 1_440 - 700_000 - 105
    assert (position.fees, position.taxes) == (213, 1_440)
    assert Position().apply(_buy(10, 700_000)).unrealised(71_000) == 10_000 - 105


@given(
    bought=st.integers(2, 200),
    amount=st.integers(1, 10**9),
    cuts=st.lists(st.integers(1, 199), max_size=5),
)
def test_a_sale_cut_into_fills_costs_what_the_whole_sale_costs(bought: int, amount: int, cuts: list[int]) -> None:
    marks = sorted({0, bought - 1, *(cut % bought for cut in cuts)})
    start = Position().apply(_buy(bought, amount))
    whole = start.apply(Fill(Side.SELL, bought - 1, 1_000, 0, 0)) if bought > 1 else start
    cut = start
    for low, high in itertools.pairwise(marks):
        cut = cut.apply(Fill(Side.SELL, high - low, 0, 0, 0))
    assert (cut.quantity, cut.cost) == (whole.quantity, whole.cost)


_STEP = st.tuples(
    st.sampled_from(list(Side)), st.sampled_from(["manual", "cycle"]), st.integers(1, 99), st.integers(1, 10**7)
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_STEP, max_size=30))
def test_every_won_is_somewhere(steps: list[tuple[Side, str, int, int]]) -> None:
    """Cash out = cost of what is left − realised result, at every step; sleeves never mix and sum to the position."""
    positions: dict[str, Position] = {"outside": Position().imported(50, 12_345)}
    cash, shares = -12_345, 50
    for side, sleeve, quantity, amount in steps:
        if side is Side.SELL:
            can = sellable_by(sleeve, {name: p.quantity for name, p in positions.items()})
            if quantity > can:
                with pytest.raises(BookConflict):
                    book_fill(positions, sleeve, _sell(quantity, amount))
                continue
        fill = _buy(quantity, amount) if side is Side.BUY else _sell(quantity, amount)
        others = {n: p for n, p in positions.items() if n != sleeve}
        positions = book_fill(positions, sleeve, fill)
        cash += fill.cash
        shares += quantity if side is Side.BUY else -quantity
        assert sum(p.quantity for p in positions.values()) == shares
        assert cash == sum(p.realised - p.cost for p in positions.values())
        assert all(p.quantity >= 0 and p.cost >= 0 for p in positions.values())
        if sleeve != "manual":
            assert {n: p for n, p in positions.items() if n != sleeve} == others


def test_whose_shares_a_sale_takes() -> None:
    sleeves = {"cycle": 5, "manual": 2, "outside": 3, "strategy:a": 9}
    assert split_sale("outside", 11, sleeves) == (("outside", 3), ("manual", 2), ("cycle", 5), ("strategy:a", 1))
    assert split_sale("manual", 11, sleeves) == (("manual", 2), ("outside", 3), ("cycle", 5), ("strategy:a", 1))
    assert split_sale("cycle", 5, sleeves) == (("cycle", 5),)
    with pytest.raises(BookConflict, match="expected at most 5 shares of cycle, was 6"):
        split_sale("cycle", 6, sleeves)


def test_more_than_held_is_never_sold() -> None:
    with pytest.raises(BookConflict, match="expected a sale of at most 3 shares, was 4"):
        Position().apply(_buy(3, 300)).apply(_sell(4, 400))


def test_an_exact_amount_that_arrives_after_the_last_share_was_sold_is_realised() -> None:
    position = Position().apply(_buy(5, 350_000)).apply(_sell(5, 360_000)).apply(Fill(Side.BUY, 0, 1_000, 0, 0))
    assert (position.quantity, position.cost) == (0, 0)
    assert position.realised == 360_000 - 54 - 720 - 350_000 - 52 - 1_000


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 1_000), min_size=1, max_size=9).filter(any))
def test_apportioned_parts_sum_to_the_whole(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_apportioning_over_nothing_is_refused() -> None:
    for weights in ([0], [-1, 2], []):
        with pytest.raises(ValueError, match="expected weights"):
            apportion(1, weights)


def test_cash_settles_two_sessions_later_over_a_weekend() -> None:
    calendar = KrxCalendar()
    assert settlement_of(_buy(1, 1_000_000), date(2026, 11, 26), calendar) == CashFlow(date(2026, 11, 30), -1_000_150)
    assert settlement_of(_sell(1, 1_000_000), DAY, calendar) == CashFlow(date(2026, 11, 25), 1_000_000 - 150 - 2_000)


def test_proceeds_can_buy_at_once_and_leave_only_when_settled() -> None:
    sold = CashBook(1_000_000).expect(CashFlow(date(2026, 11, 25), 500_000))
    assert (sold.deposit, sold.d2, sold.withdrawable) == (1_000_000, 1_500_000, 1_000_000)
    bought = sold.expect(CashFlow(date(2026, 11, 25), -1_400_000))
    assert (bought.d2, bought.withdrawable) == (100_000, 100_000)
    assert bought.settled(date(2026, 11, 24)) == bought
    assert bought.settled(date(2026, 11, 25)) == CashBook(100_000)
