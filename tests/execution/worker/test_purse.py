"""What a strategy may spend: what its owner has declared and not invested yet, and no more than the account has."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_stage import CAPITAL, HYNIX, SAMSUNG, limits, spec_of

from domain.clock import KST
from domain.instruments import Instruments
from domain.mandate import Mandate, MandateKind
from domain.means import Means, means_of
from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from domain.strategy.running import RunState, StrategyRun, sleeve_of
from domain.suitability import Grade
from execution.worker.deciding import decide
from execution.worker.purse import view_of
from execution.worker.seeing import Name, View

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
PARKING = "153130"
RUN = StrategyRun(1, "sim-alpha", uuid4(), uuid4(), 1, "hash", RunState.ACTIVE, NOW)
MANDATE = Mandate(
    uuid4(), "sim-alpha", MandateKind.STRATEGY, frozenset({SAMSUNG, HYNIX, PARKING}), frozenset(), CAPITAL, 2 * CAPITAL,
    time(9, 0), time(15, 30), NOW + timedelta(days=30), "hash",
)  # fmt: skip


def means(account_value: int) -> Means:
    found = means_of(Grade.AGGRESSIVE, MappingProxyType({"capital_krw": CAPITAL}), account_value)
    assert found is not None
    return found


def view(cash: int, *held: tuple[str, int, int], orders: tuple[pb.Order, ...] = ()) -> View:
    """An account of that cash, and of (ticker, shares of the strategy, price)."""
    positions = [
        pb.Position(
            ticker=ticker, quantity=own, price=price, value=own * price, sleeves={sleeve_of(RUN.strategy_id): own}
        )
        for ticker, own, price in held
    ]
    total = cash + sum(own * price for _, own, price in held)
    book = pb.BookReply(positions=positions, buying_power=cash, cash_d2=cash, total_value=total)
    return view_of(RUN, means(total), book, orders, orders, (), NOW, MANDATE, may_buy=True)


def buying(ticker: str, quantity: int, price: int, filled: int = 0) -> pb.Order:
    return pb.Order(
        intent_id=str(uuid4()), plan_id=str(uuid4()), ticker=ticker, side=Side.BUY.value, quantity=quantity,
        price=price, filled=filled, filled_amount=filled * price, state="PARTIAL" if filled else "ACKED",
        sleeve="manual",
    )  # fmt: skip


def test_an_account_that_holds_more_than_was_declared_gives_no_more_than_was_declared() -> None:
    assert view(10 * CAPITAL).cash == CAPITAL
    assert view(10 * CAPITAL, (SAMSUNG, 100, 70_000)).cash == CAPITAL - 7_000_000
    assert view(10 * CAPITAL, (SAMSUNG, 2_000, 70_000)).cash == max(0, CAPITAL - 140_000_000)


def test_what_is_being_bought_is_spent_already() -> None:
    orders = (buying(SAMSUNG, 100, 70_000), buying(HYNIX, 10, 180_000, filled=4))
    assert view(10 * CAPITAL, orders=orders).cash == CAPITAL - 7_000_000 - 6 * 180_000


@given(cash=st.integers(0, CAPITAL), shares=st.integers(0, 500))
def test_an_account_within_what_was_declared_spends_all_of_its_money(cash: int, shares: int) -> None:
    worth = min(shares, (CAPITAL - cash) // 70_000)
    assert view(cash, (SAMSUNG, worth, 70_000)).cash == cash


def test_idle_money_that_is_parked_and_names_that_were_bought_come_to_what_was_declared() -> None:
    """One bar asks for names, the next for nothing; the account could pay for all of it ten times."""
    sizing: dict[str, Any] = {"method": "per_signal", "name_bps": 2_000, "parking": PARKING}
    spec = spec_of((SAMSUNG, HYNIX, PARKING), sizing=sizing, constraints={"max_positions": 2, "min_order_krw": 50_000})
    names = {
        PARKING: Name(PARKING, fresh=True, price=100_000, reserve=100_000, close=100_000),
        SAMSUNG: Name(SAMSUNG, entry=True, fresh=True, weight_bps=2_000, price=70_000, reserve=70_000, close=70_000),
    }
    table = Instruments.load()
    first = decide(spec, limits(), table, view(10 * CAPITAL), names).wanted
    held = [(one.ticker, one.quantity, names[one.ticker].price) for one in first if one.side is Side.BUY]
    assert {ticker for ticker, *_ in held} == {SAMSUNG, PARKING}
    worth = sum(quantity * price for _, quantity, price in held)
    assert CAPITAL * 0.9 < worth <= CAPITAL
    names[HYNIX] = Name(HYNIX, entry=True, fresh=True, weight_bps=2_000, price=180_000, reserve=180_000, close=180_000)
    again = decide(spec, limits(), table, view(10 * CAPITAL - worth, *held), names)
    assert [(one.ticker, one.why) for one in again.wanted] == [(PARKING, "unpark")]
    assert again.waits == {HYNIX}


@pytest.mark.parametrize("state", ["FILLED", "CANCELLED", "REJECTED"])
def test_an_order_that_has_ended_ties_nothing(state: str) -> None:
    order = buying(SAMSUNG, 100, 70_000)
    order.state = state
    assert view(10 * CAPITAL, orders=(order,)).cash == CAPITAL
