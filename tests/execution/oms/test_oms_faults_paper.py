"""KIS paper at its worst: no rows in the order list, late balances, lost answers and lost notices, all at once."""

from __future__ import annotations

import pytest
from faulty_venue import Venue
from oms_path import KODEX200, SAMSUNG, Path_, Person
from quick_paper_path import oms_environment, oms_options  # noqa: F401

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    return ("--always-open", "--env", "paper", "--limits", "off", "--faults")


async def _one(path: Path_, who: Person, ticker: str, quantity: int, *states: str) -> pb.Order:
    """The newest order of that size, once it is in one of the states."""
    for _ in range(400):
        found = next(o for o in await path.orders(who) if (o.ticker, o.quantity) == (ticker, quantity))
        if found.state in states:
            return found
        await path.pause(0.2)
    raise AssertionError(f"expected {states}, was {found.state} ({found.state_note})")


async def test_an_order_of_which_nothing_is_told_is_settled_by_what_the_account_holds(path: Path_) -> None:
    who = path.person(venue="paper", owner=True)
    venue = await Venue.of(path, who)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    await _one(path, who, SAMSUNG, 1, "FILLED")  # the channel has spoken
    venue.arm("empty_executions", count=None)
    venue.arm("balance_lag", count=None, seconds=0.8)
    # The balance, 0.8 s late and up to a second old when it is used, shows the first: else nothing can be read off it.
    await path.pause(2.2)
    # Filled, the answer lost, and no notice of it.
    venue.arm("notices_silent", seconds=15.0)
    venue.arm("reset_before_reply", path="order-cash")
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, await path.marketable(SAMSUNG))))
    filled = await _one(path, who, SAMSUNG, 2, "FILLED", "MANUAL", "ABSENT")
    assert (filled.state, filled.filled) == ("FILLED", 2), filled.state_note
    # Resting, the answer lost, and no notice of it: it cannot be named, so a person decides.
    venue.arm("notices_silent", seconds=15.0)
    venue.arm("reset_before_reply", path="order-cash")
    await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 3, await path.resting(KODEX200))))
    resting = await _one(path, who, KODEX200, 3, "FILLED", "MANUAL", "ABSENT", "ACKED")
    assert resting.state == "MANUAL", resting.state_note
    assert [one["qty"] for one in venue.ours()] == [1, 2, 3], "each was sent once"
    venue.calm()
