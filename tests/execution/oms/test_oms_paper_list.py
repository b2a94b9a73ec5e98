"""KIS paper where the order list stays empty: notices name the numbers, holdings confirm what was filled."""

from __future__ import annotations

from oms_path import KODEX200, SAMSUNG, Path_, Person
from quick_paper_path import exchange_options, oms_environment, oms_options  # noqa: F401

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb


async def test_where_the_order_list_stays_empty_notices_and_holdings_settle_everything(path: Path_) -> None:
    """As the real paper server answers for some accounts: totals, and no row ever."""
    who = path.person(venue="paper", owner=True)
    await path.orders(who)  # opens the account
    before = await path.agrees(who, seconds=30)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    first = await _one(path, who, SAMSUNG, 1, "FILLED")  # the channel has spoken
    await path.agrees(who, seconds=30)
    path.proxy.rows = lambda row: None
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
    assert {p.ticker: p.quantity for p in book.positions} == {SAMSUNG: 3}
    assert book.cash_d2 == before.cash_d2 - sum(order.filled_amount + order.fee for order in (first, filled))
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"


async def _one(path: Path_, who: Person, ticker: str, quantity: int, state: str, seconds: float = 30.0) -> pb.Order:
    """The newest order of that size, once it is in that state."""
    for _ in range(int(seconds * 5)):
        found = next(o for o in await path.orders(who) if (o.ticker, o.quantity) == (ticker, quantity))
        if found.state == state:
            return found
        await path.pause(0.2)
    raise AssertionError(f"expected {state}, was {found.state} ({found.state_note})")
