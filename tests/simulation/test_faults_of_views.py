"""Inquiries that show the account or the market wrong, and what the market itself does: the journal is the truth."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from itertools import count

import pytest
from aiohttp.test_utils import TestServer
from faulty_exchange import Customer, FaultyExchange
from wire_caller import Wire

from domain.clock import KST, ManualClock
from domain.costs import fee
from simulation.exchange.app import make_app
from simulation.exchange.config import ExchangeConfig, Limits
from simulation.exchange.exchange import build
from simulation.exchange.faults import Fault, FaultKind, Faults
from tools.kis.errors import OutcomeUnknown
from tools.kis.events import Notice
from tools.kis.executions import Executions
from tools.kis.notices import NoticeKind

numbers = count(2001)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyExchange]:
    place = FaultyExchange(tmp_path_factory.mktemp("faulty") / "data")
    yield place
    place.stop()


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyExchange]:
    options = ("--always-open", "--limits", "off", "--faults", "--env", "paper")
    place = FaultyExchange(tmp_path_factory.mktemp("paper") / "data", *options)
    yield place
    place.stop()


@pytest.fixture
async def customer(exchange: FaultyExchange) -> AsyncIterator[Customer]:
    made = Customer(exchange, next(numbers))
    yield made
    await made.client.aclose()


async def _list(customer: Customer) -> Executions:
    today = datetime.now(KST).date()
    return await customer.client.order_list.executions(today, today)


async def test_a_balance_shows_a_fill_only_after_its_lag() -> None:
    clock = ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=KST))
    exchange = build(ExchangeConfig(any_account=True, limits=Limits.OFF), clock)
    faults = Faults(random.Random(1), clock)
    async with TestServer(make_app(exchange, faults)) as server:
        wire = await Wire(str(server.make_url("")).rstrip("/")).login()
        await wire.order("buy", 2)
        clock.advance(5)
        faults.arm(Fault(FaultKind.BALANCE_LAG, count=None))
        before = await _held(wire)
        await wire.order("buy", 3)
        for seconds, held in ((0, 2), (4.9, 2), (0.2, 5)):
            clock.advance(seconds)
            assert (await _held(wire))[0] == held
            assert ((await _held(wire)) == before) is (held == 2)
        paid = sum(
            one["qty"] * one["price"] + one["fee"] for one in exchange.journal.recover() if one["kind"] == "fill"
        )
        assert await _held(wire) == (5, 100_000_000 - paid)
        await wire.order("sell", 5)
        body = (await wire.balance()).json()
        assert body["output1"][0]["hldg_qty"] == "5", "sold, and not yet shown"
        assert (await wire.order("sell", 1))["rt_cd"] != "0", "orders are decided on the account as it is"
        await wire.http.aclose()


async def _held(wire: Wire) -> tuple[int, int]:
    """(shares of the one holding, money on D+2) as the balance shows them."""
    body = (await wire.balance()).json()
    return int(body["output1"][0]["hldg_qty"]), int(body["output2"][0]["prvs_rcdl_excc_amt"])


async def test_an_account_that_never_traded_lags_as_it_is(customer: Customer) -> None:
    customer.arm("balance_lag", count=None, seconds=60)
    assert (await customer.client.account.balance()).settled_cash == 100_000_000
    await customer.buy(1)
    assert (await customer.client.account.balance()).holdings == ()
    assert [row.filled for row in (await _list(customer)).rows] == [1], "only balances lag"


async def test_holding_rows_come_twice(customer: Customer) -> None:
    await customer.buy(4)
    customer.arm("duplicated_holdings")
    balance = await customer.client.account.balance()
    assert [held.quantity for held in balance.holdings] == [4, 4]
    assert balance.duplicated == ("005930",)
    assert (await customer.client.account.balance()).duplicated == ()
    assert sum(one["qty"] for one in customer.journal("fill")) == 4


async def test_paper_lists_no_executions_although_its_sums_are_right(paper: FaultyExchange) -> None:
    customer = Customer(paper, next(numbers), paper=True)
    await customer.buy(2)
    paper.arm("empty_executions", account=customer.account, count=None)
    answer = await _list(customer)
    assert (answer.rows, answer.inconclusive) == ((), True)
    wire = await Wire(paper.url, key=customer.appkey, account=customer.account).login()
    raw = await wire.executions(datetime.now(KST), "VTTC0081R")
    body = raw.json()
    assert (body["rt_cd"], body["msg_cd"], body["output1"]) == ("0", "70070000", [])
    assert body["output2"]["tot_ccld_qty"] == "2"
    assert (raw.headers["tr_cont"], body["ctx_area_nk100"]) == ("D", " " * 100)
    assert sum(one["qty"] for one in customer.journal("fill")) == 2
    await wire.http.aclose()
    await customer.client.aclose()


async def test_fields_nobody_knows_change_no_reading(customer: Customer) -> None:
    await customer.buy(1)
    plain = await customer.client.account.balance()
    customer.exchange.arm("extra_fields", account=customer.account, count=None)
    extended = await customer.client.account.balance()
    assert extended.holdings[0].quantity == plain.holdings[0].quantity
    assert extended.settled_cash == plain.settled_cash
    assert len((await _list(customer)).rows) == 1
    ack = await customer.buy(1)
    assert int(customer.journal("order")[-1]["odno"]) == ack.order.number
    wire = await Wire(customer.exchange.url, key=customer.appkey, account=customer.account).login()
    body = (await wire.balance()).json()
    assert {"new_fld_01"} <= set(body) & set(body["output1"][0]) & set(body["output2"][0])
    await wire.http.aclose()


async def test_a_frozen_quote_stands_still_and_then_moves(customer: Customer) -> None:
    customer.exchange.arm("quote_frozen", path="inquire-price", ticker="005930", seconds=2.5)
    seen = []
    for _ in range(3):
        quote = await customer.client.quotes.price("005930")
        assert quote is not None
        seen.append(quote.volume)
        await asyncio.sleep(0.5)
    assert len(set(seen)) == 1
    for _ in range(100):
        quote = await customer.client.quotes.price("005930")
        if quote is not None and quote.volume > seen[0]:
            break
        await asyncio.sleep(0.2)
    assert quote is not None
    assert quote.volume > seen[0]


async def test_one_order_fills_in_equal_pieces_within_a_second(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("equal_fills", parts=3)
        ack = await customer.buy(6)
        heard = [one.notice for one in await ear.of(Notice, 4)]
    fills = customer.journal("fill")
    assert [one["qty"] for one in fills] == [2, 2, 2]
    assert len({(one["price"], one["t"], one["odno"]) for one in fills}) == 1
    assert sum(one["fee"] for one in fills) == fee(6 * fills[0]["price"]), "charges do not depend on the pieces"
    told = [one for one in heard if one.kind is NoticeKind.FILLED]
    assert len(told) == 3
    assert len({one.digest for one in told}) == 1, "nothing on the wire tells them apart"
    (row,) = (await _list(customer)).rows
    assert (row.order.number, row.filled) == (ack.order.number, 6)


async def test_pieces_that_do_not_divide_leave_a_rest_of_their_own(customer: Customer) -> None:
    customer.arm("equal_fills", parts=4)
    await customer.buy(6)
    assert Counter(one["qty"] for one in customer.journal("fill")) == {1: 4, 2: 1}


async def test_the_exchange_refuses_what_the_broker_took(customer: Customer) -> None:
    async with customer.listening() as ear:
        customer.arm("rejected_after_ack")
        ack = await customer.buy(2)
        heard = [one.notice for one in await ear.of(Notice, 2)]
    assert [one.kind for one in heard] == [NoticeKind.ACCEPTED, NoticeKind.REJECTED]
    assert {one.order.number for one in heard} == {ack.order.number}
    (row,) = (await _list(customer)).rows
    assert (row.filled, row.rejected, row.remaining) == (0, 2, 0)
    assert [(one["kind"], one.get("why")) for one in customer.journal("order", "fill", "bounce")] == [
        ("order", None),
        ("bounce", "exchange"),
    ]
    assert (await customer.client.account.balance()).settled_cash == 100_000_000


@pytest.mark.parametrize("marked", [True, False])
async def test_the_same_order_by_hand_stands_beside_ours(customer: Customer, marked: bool) -> None:
    price = await customer.resting_price()
    customer.arm("hand_order", marked=marked)
    ack = await customer.buy(1, price=price)
    by_hand, ours = customer.journal("order")
    assert int(ours["odno"]) == ack.order.number == int(by_hand["odno"]) + 1
    assert [one.get("channel") for one in (by_hand, ours)] == ["hand", None]
    rows = (await _list(customer)).rows
    assert len({(row.ticker, row.side, row.quantity, row.price, row.type_code) for row in rows}) == 1
    assert len({row.entry for row in rows}) == (2 if marked else 1)


async def test_the_same_order_by_hand_stands_alone_when_ours_never_arrives(customer: Customer) -> None:
    await customer.client.tokens.require_for_order()
    customer.arm("hand_order")
    customer.arm("timeout_before_accept", path="order-cash", seconds=0.2)
    with pytest.raises(OutcomeUnknown):
        await customer.buy(1, price=await customer.resting_price())
    assert [one.get("channel") for one in customer.journal("order")] == ["hand"]


async def test_somebody_orders_and_cancels_in_the_brokers_own_app(customer: Customer) -> None:
    await customer.buy(3)
    sold = customer.exchange.by_hand({"account": customer.account, "side": "sell", "ticker": "005930", "quantity": 2})
    assert sold.status_code == 201, sold.text
    assert [held.quantity for held in (await customer.client.account.balance()).holdings] == [1]
    ack = await customer.buy(1, price=await customer.resting_price())
    gone = customer.exchange.by_hand({"account": customer.account, "cancel": f"{ack.order.number:010d}"})
    assert gone.status_code == 201
    (cancel,) = customer.journal("cancel")
    assert (int(cancel["original"]), cancel["channel"]) == (ack.order.number, "hand")
    refused = customer.exchange.by_hand({"account": customer.account, "cancel": f"{ack.order.number:010d}"})
    assert (refused.status_code, refused.json()) == (409, {"refused": "nothing_to_change"})
    for wrong in ({}, {"account": "7"}, {"account": customer.account, "side": "up"}, [1]):
        answer = customer.exchange.by_hand(wrong)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("expected ")
