"""KIS paper, with everything missing that it lacks: the first order proves the notice channel, then the round trip.

One request a second, TR ids of the paper host, no open-order list, no sellable quantity, no holiday list, small pages.
"""

from __future__ import annotations

from oms_path import SAMSUNG, Path_
from paper_path import exchange_options, oms_environment, oms_options  # noqa: F401

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb


async def test_the_first_order_on_paper_proves_the_channel_and_the_round_trip_agrees(path: Path_) -> None:
    who = path.person(venue="paper", owner=True)
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
