"""The whole path against the real paper exchange: an approved plan becomes an order, a fill, a book that agrees."""

from __future__ import annotations

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from tests.execution.oms.conftest import SAMSUNG, Path_


async def test_an_approved_plan_fills_and_exchange_ledger_and_book_agree_to_the_won(path: Path_) -> None:
    who = path.person()
    price = await path.marketable(SAMSUNG)
    reply = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 10, price)))
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    (order,) = await path.until(who, "FILLED")
    assert order.filled == 10
    book = await path.agrees(who)
    assert [(p.ticker, p.quantity) for p in book.positions] == [(SAMSUNG, 10)]
    assert book.cash_d2 == 100_000_000 - order.filled_amount - order.fee
