"""The client against the paper exchange's own process: the wire protocol as somebody else has written it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.clock import SystemClock
from domain.orders.types import OrderType, Side
from tools.embedded.ports import free_port
from tools.kis.charts import Period
from tools.kis.client import KisClient
from tools.kis.deadline import Deadline
from tools.kis.environment import PAPER
from tools.kis.errors import NotOffered, NotSent, Rejected
from tools.kis.events import Down, Gap, Notice, QuoteFrame
from tools.kis.notices import NoticeKind
from tools.kis.orders import CashOrder
from tools.kis.replies import RejectKind, reject_kind

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("simulation.exchange.__main__") is None, reason="expected the paper exchange, was absent"
)
ROOT = Path(__file__).resolve().parents[3]
TICKER = "005930"


@contextlib.asynccontextmanager
async def exchange(folder: Path, *options: str, port: int = 0, killed: bool = False) -> AsyncIterator[str]:
    """A running exchange; yields its address. `killed`: it ends without a chance to say goodbye."""
    arguments = ["-m", "simulation.exchange", "--port", str(port), "--always-open", "--any-account", "--limits", "off"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        *("--data-dir", str(folder), *options),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            while line := await process.stdout.readline():
                if b'"listening"' in line:
                    break
        yield json.loads(line)["url"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill() if killed else process.terminate()
        await process.wait()


@pytest.fixture
async def client(tmp_path: Path, make_client: Any) -> AsyncIterator[KisClient]:
    async with exchange(tmp_path) as url:
        made: KisClient = make_client(url, clock=SystemClock())
        yield made
        await made.aclose()


def soon() -> Deadline:
    return Deadline.after(10)


async def until(events: AsyncIterator[Any], wanted: Any) -> Any:
    async with asyncio.timeout(20):
        async for event in events:
            if wanted(event):
                return event
    raise AssertionError("the stream ended")


async def test_everything_that_is_read_is_read_from_the_exchange(client: KisClient) -> None:
    now = SystemClock().now()
    quote = await client.quotes.price(TICKER)
    assert quote is not None
    assert quote.lower is not None
    assert quote.upper is not None
    assert quote.lower < quote.price < quote.upper
    book = await client.quotes.order_book(TICKER)
    assert book is not None
    assert len(book.asks) == len(book.bids) == 10
    assert book.asks[0].price > book.bids[0].price
    assert await client.quotes.price("999999") is None
    many = await client.quotes.many([TICKER, "000660", "999999"])
    assert many[TICKER] is not None
    assert many["999999"] is None
    chart = await client.charts.bars(TICKER, now.date() - timedelta(days=400), now.date())
    assert chart is not None
    assert len(chart.bars) > 200
    assert [bar.day for bar in chart.bars] == sorted({bar.day for bar in chart.bars})
    assert all(bar.low <= bar.close <= bar.high for bar in chart.bars)
    for period, least in ((Period.WEEK, 50), (Period.MONTH, 12)):
        longer = await client.charts.bars(TICKER, now.date() - timedelta(days=400), now.date(), period=period)
        assert longer is not None
        assert len(longer.bars) >= least
    minutes = await client.charts.minutes_today(TICKER, since=time(0, 0), until=SystemClock().now().time())
    assert [bar.at for bar in minutes] == sorted({bar.at for bar in minutes})
    assert all(headline.title for headline in await client.news.headlines(TICKER))
    balance = await client.account.balance()
    assert (balance.holdings, balance.settled_cash) == ((), 100_000_000)
    power = await client.account.buying_power(TICKER, quote.price)
    assert power.quantity is not None
    assert 0 < power.quantity * quote.price <= 100_000_000
    assert (await client.account.sellable(TICKER)).quantity == 0
    assert (await client.trading_days.days_from(now.date()))[0].day == now.date()
    assert client.skew is not None
    assert abs(client.skew.offset) < timedelta(seconds=2)


async def test_an_order_is_placed_revised_cancelled_and_found_in_the_lists(client: KisClient) -> None:
    today = SystemClock().now().date()
    quote = await client.quotes.price(TICKER)
    assert quote is not None
    assert quote.lower is not None
    assert quote.tick is not None
    resting = CashOrder(Side.BUY, TICKER, 3, OrderType.LIMIT, quote.lower)
    ack = await client.orders.place(resting, deadline=soon(), priority=None)
    (open_order,) = await client.order_list.open_orders()
    assert (open_order.order, open_order.cancellable, open_order.price) == (ack.order, 3, quote.lower)
    revised = await client.orders.revise(
        ack.order,
        order_type=OrderType.LIMIT,
        quantity=3,
        price=quote.lower + quote.tick,
        deadline=soon(),
        priority=None,
    )
    assert revised.order.number != ack.order.number
    await client.orders.cancel(revised.order, deadline=soon())
    assert await client.order_list.open_orders() == ()
    with pytest.raises(Rejected) as caught:
        await client.orders.cancel(revised.order, deadline=soon())
    assert reject_kind(caught.value.code, caught.value.message) is RejectKind.NOTHING_LEFT
    found = await client.order_list.executions(today, today, ticker=TICKER)
    numbers = {row.order.number for row in found.rows}
    assert {ack.order.number, revised.order.number} <= numbers
    assert not found.inconclusive
    assert found.duplicated == ()
    assert sum(row.filled for row in found.rows) == 0


async def test_refusals_come_with_their_reason(client: KisClient) -> None:
    quote = await client.quotes.price(TICKER)
    assert quote is not None
    assert quote.tick is not None
    assert quote.upper is not None
    cases = [
        (CashOrder(Side.BUY, TICKER, 1, OrderType.LIMIT, quote.price + quote.tick // 2), RejectKind.TICK),
        (CashOrder(Side.BUY, TICKER, 1, OrderType.LIMIT, quote.upper + 1000), RejectKind.BAND),
        (CashOrder(Side.BUY, TICKER, 100_000, OrderType.LIMIT, quote.price), RejectKind.CASH),
        (CashOrder(Side.SELL, TICKER, 1, OrderType.LIMIT, quote.price), RejectKind.QUANTITY),
    ]
    for order, kind in cases:
        with pytest.raises(Rejected) as caught:
            await client.orders.place(order, deadline=soon(), priority=None)
        assert reject_kind(caught.value.code, caught.value.message) is kind, caught.value.message


@pytest.mark.parametrize("layout", ["legacy", "current"])
async def test_a_bought_share_is_told_by_notice_list_and_balance(
    layout: str, tmp_path: Path, make_client: Any, kit: Any
) -> None:
    async with exchange(tmp_path, "--layout", layout) as url:
        client: KisClient = make_client(url, clock=SystemClock())
        stream = client.stream()
        stream.subscribe(client.environment.notice_tr, kit.HTS_ID)
        stream.subscribe("H0STCNT0", TICKER)
        stream.subscribe("H0STASP0", TICKER)
        async with stream:
            events = stream.events()
            assert (await until(events, lambda event: isinstance(event, Gap))).settled
            order = CashOrder(Side.BUY, TICKER, 2, OrderType.MARKET, 0)
            ack = await client.orders.place(order, deadline=soon(), priority=None)
            fill = await until(
                events,
                lambda event: isinstance(event, Notice) and event.notice.kind is NoticeKind.FILLED,
            )
            assert (fill.notice.order, fill.notice.ticker, fill.notice.own_account) == (ack.order, TICKER, True)
            frame = await until(events, lambda event: isinstance(event, QuoteFrame) and event.records)
            assert frame.records[0].ticker == TICKER
        found = await client.order_list.executions(ack.trade_date, ack.trade_date)
        (row,) = [row for row in found.rows if row.order.number == ack.order.number]
        assert (row.filled, row.remaining, row.order.branch) == (2, 0, ack.order.branch)
        balance = await client.account.balance()
        assert [(holding.ticker, holding.quantity) for holding in balance.holdings] == [(TICKER, 2)]
        assert row.filled_amount is not None
        assert 0 <= 100_000_000 - balance.settled_cash - row.filled_amount < 1_000
        await client.aclose()


async def test_the_paper_host_takes_paper_ids_and_knows_less(tmp_path: Path, make_client: Any) -> None:
    async with exchange(tmp_path, "--env", "paper") as url:
        client: KisClient = make_client(PAPER.at(url, url.replace("http", "ws")), clock=SystemClock())
        quote = await client.quotes.price(TICKER)
        assert quote is not None
        assert quote.lower is not None
        order = CashOrder(Side.BUY, TICKER, 1, OrderType.LIMIT, quote.lower)
        ack = await client.orders.place(order, deadline=soon(), priority=None)
        await client.orders.cancel(ack.order, deadline=soon())
        assert (await client.account.balance()).holdings == ()
        with pytest.raises(NotOffered):
            await client.order_list.open_orders()
        await client.aclose()


async def test_a_killed_exchange_is_found_again_with_its_orders(tmp_path: Path, make_client: Any, kit: Any) -> None:
    port = free_port()  # one that nobody comes by while the exchange is down
    async with exchange(tmp_path, port=port, killed=True) as url:
        client: KisClient = make_client(url, clock=SystemClock())
        quote = await client.quotes.price(TICKER)
        assert quote is not None
        assert quote.lower is not None
        order = CashOrder(Side.BUY, TICKER, 1, OrderType.LIMIT, quote.lower)
        first = await client.orders.place(order, deadline=soon(), priority=None)
        stream = client.stream()
        stream.subscribe(client.environment.notice_tr, kit.HTS_ID)
        await stream.__aenter__()
        events = stream.events()
        await until(events, lambda event: isinstance(event, Gap))
    try:
        await until(events, lambda event: isinstance(event, Down))
        with pytest.raises(NotSent):
            await client.orders.place(order, deadline=soon(), priority=None)
        async with exchange(tmp_path, port=port):
            gap = await until(events, lambda event: isinstance(event, Gap))
            assert gap.settled
            assert gap.since is not None
            (resting,) = await client.order_list.open_orders()
            assert resting.order == first.order
            second = await client.orders.place(order, deadline=soon(), priority=None)
            notice = await until(events, lambda event: isinstance(event, Notice))
            assert (notice.notice.kind, notice.notice.order) == (NoticeKind.ACCEPTED, second.order)
    finally:
        await stream.__aexit__()
