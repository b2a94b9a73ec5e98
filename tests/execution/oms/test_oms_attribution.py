"""Fills that had to be counted before anybody could tell which number of a chain they were of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.clock import KST
from domain.orders.transitions import OrderState
from domain.orders.types import Side
from execution.oms.attribution import as_attributed
from execution.oms.ledger.rows import BrokerOrder
from tools.kis.executions import OrderRow
from tools.kis.orders import BrokerOrder as BrokerNumber

DAY = date(2026, 11, 27)
INTENT = UUID(int=1)


def row(number: int, quantity: int, filled: int, price: int, original: int | None = None) -> OrderRow:
    return OrderRow(
        order=BrokerNumber("00950", number),
        original=original,
        ticker="032640",
        name="",
        side=Side.BUY,
        type_code="00",
        type_name="",
        quantity=quantity,
        price=price,
        filled=filled,
        filled_amount=filled * price,
        average_price=None,
        remaining=0,
        cancelled=None,
        rejected=None,
        is_cancelled=False,
        ordered_at=datetime(2026, 11, 27, 15, 19, tzinfo=KST),
    )


def link(number: int, quantity: int, filled: int, replaces: int | None = None) -> BrokerOrder:
    placed = BrokerOrder.placed(
        "acct",
        DAY,
        "00950",
        number,
        intent_id=INTENT,
        kind="revise" if replaces else "order",
        replaces=replaces,
        ticker="032640",
        side=Side.BUY,
        order_type="limit",
        price=22_000,
        quantity=quantity,
        state=OrderState.LIVE,
        how="reply",
        at=datetime(2026, 11, 27, 6, 19, tzinfo=UTC),
    )
    return replace(placed, filled=filled, amount=22_000 * filled, estimated=filled > 0)


def known(*links: BrokerOrder) -> dict[tuple[date, int], BrokerOrder]:
    return {(each.trade_date, each.odno): each for each in links}


def test_shares_counted_for_the_new_number_are_not_counted_again_for_the_old_one() -> None:
    """Twenty filled as a revision was taken; the holdings told of them, and only the morning's list of whom."""
    rows = [row(1, 660, 287, 22_000), row(2, 373, 0, 21_600, original=1)]
    old, new = as_attributed(rows, known(link(1, 660, 267), link(2, 393, 20, replaces=1)))
    assert (old.filled, old.filled_amount) == (267, 267 * 22_000)
    assert (new.filled, new.filled_amount) == (20, 20 * 22_000), "at what they really cost"


def test_a_chain_of_which_a_number_is_not_shown_is_left_as_told() -> None:
    rows = [row(1, 660, 287, 22_000)]
    assert as_attributed(rows, known(link(1, 660, 267), link(2, 393, 20, replaces=1))) == rows


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=4),
)
def test_sums_stay_the_brokers_and_no_count_falls_while_the_others_can_give(counts: list[tuple[int, int]]) -> None:
    rows = [row(number, 1_000, told, 100 + number) for number, (told, _) in enumerate(counts, 1)]
    links = [link(number, 1_000, counted) for number, (_, counted) in enumerate(counts, 1)]
    found = as_attributed(rows, known(*links))
    assert sum(each.filled for each in found) == sum(each.filled for each in rows)
    assert sum(each.filled_amount or 0 for each in found) == sum(each.filled_amount or 0 for each in rows)
    short = sum(max(0, counted - each.filled) for each, (_, counted) in zip(found, counts, strict=True))
    over = sum(max(0, each.filled - counted) for each, (_, counted) in zip(found, counts, strict=True))
    assert short == 0 or over == 0


def test_an_amount_that_notices_have_told_stays_with_its_number_and_the_sum_with_the_broker() -> None:
    """The first number filled at two prices; the ledger has the first 124 shares of it to the won."""
    first = replace(row(6, 637, 219, 0), filled_amount=4_739_550)
    second = replace(row(7, 418, 418, 0, original=6), filled_amount=9_089_400)
    exact = replace(link(6, 637, 124), amount=2_682_800, estimated=False)
    told = as_attributed([first, second], known(exact, link(7, 525, 513, replaces=6)))
    assert [(each.filled, each.filled_amount) for each in told] == [(124, 2_682_800), (513, 11_146_150)]
