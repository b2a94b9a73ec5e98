"""KIS paper, with everything missing that it lacks: the first order proves the notice channel, then the round trip.

One request a second, TR ids of the paper host, no open-order list, no sellable quantity, no holiday list, small pages.
"""

from __future__ import annotations

import pytest
from oms_path import KODEX200, SAMSUNG, Path_, Person
from paper_path import exchange_options, oms_environment, oms_options  # noqa: F401

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb


@pytest.fixture(scope="module")
def people() -> list[Person]:
    """KIS paper has one account, the owner's."""
    return []


def _owner(path: Path_, people: list[Person]) -> Person:
    if not people:
        people.append(path.person(venue="paper", owner=True))
    return people[0]


async def test_the_first_order_on_paper_proves_the_channel_and_the_round_trip_agrees(
    path: Path_, people: list[Person]
) -> None:
    who = _owner(path, people)
    await path.orders(who)  # opens the account
    for _ in range(200):
        if (await path.client.status(who.identity)).channel == "unproven":
            break
        await path.pause(0.1)
    price = await path.marketable(SAMSUNG)
    bought = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 3, price)))
    assert bought.outcome == pb.SubmitReply.ADMITTED, bought
    assert [f.code for f in bought.findings] == ["CHANNEL"]
    (buy,) = await path.until(who, "FILLED", seconds=30)
    assert (await path.client.status(who.identity)).channel == "proven"
    # Now that it is proven, a sale and another resting buy may be out together.
    resting = await path.resting(SAMSUNG)
    both = who.approved((SAMSUNG, Side.SELL, 3, None), (SAMSUNG, Side.BUY, 1, resting), after={2: 1})
    assert (await path.client.submit(who.identity, both)).outcome == pb.SubmitReply.ADMITTED
    await path.until(who, "FILLED", count=2, seconds=30)
    orders = await path.until(who, "ACKED", seconds=30)
    sell = next(order for order in orders if order.side == "sell")
    rest = next(order for order in orders if order.state == "ACKED")
    assert (sell.state, sell.filled) == ("FILLED", 3)
    cancelled = await path.client.cancel(who.identity, rest.intent_id, "c-1")
    assert cancelled.accepted
    await path.until(who, "CANCELLED", seconds=20)
    book = await path.agrees(who, seconds=20)
    assert not book.positions
    gained = sell.filled_amount - sell.fee - sell.tax - buy.filled_amount - buy.fee
    assert book.cash_d2 == 100_000_000 + gained


async def test_where_the_order_list_stays_empty_notices_and_holdings_settle_everything(
    path: Path_, people: list[Person]
) -> None:
    """As the real paper server answers for some accounts: totals, and no row ever."""
    who = _owner(path, people)
    path.proxy.rows = lambda row: None
    before = await path.agrees(who, seconds=30)
    # Filled: the holdings confirm what the notices told.
    price = await path.marketable(SAMSUNG)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, price)))
    filled = await _one(path, who, SAMSUNG, 2, "FILLED")
    assert (filled.filled, filled.amount_estimated) == (2, False)
    # A lost reply: the accept notice names the number.
    path.proxy.order_fault = "lost_reply"
    resting = await path.resting(KODEX200)
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 3, resting)))
    rest = await _one(path, who, KODEX200, 3, "ACKED", seconds=60)
    assert (await path.moves(rest.intent_id))[-2:] == ["reply_unknown", "found_one"]
    assert int(rest.broker_order_no) == int(path.exchange.journal("order")[-1]["odno"])
    # A cancel: its notice, outlived by the balance, is its confirmation.
    await path.client.cancel(who.identity, rest.intent_id, "c-2")
    await _one(path, who, KODEX200, 3, "CANCELLED", seconds=60)
    # Never arrived: nothing moved and nothing is held back, on a channel that has spoken.
    path.proxy.order_fault = "never_arrives"
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 5, resting)))
    await _one(path, who, KODEX200, 5, "ABSENT", seconds=60)
    book = await path.agrees(who, seconds=30)
    assert {p.ticker: p.quantity for p in book.positions} == {SAMSUNG: 2}
    assert book.cash_d2 == before.cash_d2 - filled.filled_amount - filled.fee
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"


async def _one(path: Path_, who: Person, ticker: str, quantity: int, state: str, seconds: float = 30.0) -> pb.Order:
    """The newest order of that size, once it is in that state."""
    for _ in range(int(seconds * 5)):
        found = next(o for o in await path.orders(who) if (o.ticker, o.quantity) == (ticker, quantity))
        if found.state == state:
            return found
        await path.pause(0.2)
    raise AssertionError(f"expected {state}, was {found.state} ({found.state_note})")
