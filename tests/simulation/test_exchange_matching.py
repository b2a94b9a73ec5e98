"""Matching and money as properties: nobody trades outside his limit, nothing appears or vanishes, to the won."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar import KrxCalendar
from domain.clock import KST, ManualClock
from domain.instruments import Instruments
from domain.orders.types import Side
from domain.ticks import tick_size
from simulation.exchange import rules
from simulation.exchange.book import Ladder, Level, next_down, next_up
from simulation.exchange.clock import WallClock
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.divisions import DIVISIONS, Fate
from simulation.exchange.history import SeededDaily
from simulation.exchange.journal import MemoryJournal
from simulation.exchange.listings import load_listings
from simulation.exchange.market import Market
from simulation.exchange.matching import pass_by, sweep
from simulation.exchange.orders import LIMIT, MARKET, Accepted, Act, ChangeRequest, Order, OrderRequest
from simulation.exchange.venue import Venue
from simulation.exchange.world import World

START = datetime(2026, 11, 23, 9, 30, tzinfo=KST)
OPENING = 100_000_000


@cache
def shared_market() -> Market:
    """Pure, so one for all examples."""
    listings = load_listings(Instruments.load())
    return Market(SeededDaily(7, listings, KrxCalendar().is_session), listings, KrxCalendar(), 7)


class Desk:
    """A venue on a manual clock with two accounts."""

    accounts = ("1111111101", "2222222201")

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.journal = MemoryJournal()
        market = shared_market()
        self.venue = Venue(ExchangeConfig(), market, KrxCalendar(), WallClock(self.clock), self.journal, World())
        for number in self.accounts:
            self.venue.open_account(number, f"owner-{number}")

    def place(
        self, account: int, side: Side, ticker: str, quantity: int, ticks: int | None, division: str | None = None
    ) -> Any:
        """`ticks` away from the last price, towards a worse price when negative; None is a market order."""
        price = 0
        if ticks is not None:
            instrument = self.venue.market.listings[ticker].instrument
            price = self.venue.snapshot_at(ticker, self.venue.advance()).last
            for _ in range(abs(ticks)):
                price = (next_up if ticks > 0 else next_down)(price, instrument.kind, self.clock.now().date())
        division = division or (LIMIT if ticks is not None else MARKET)
        request = OrderRequest(self.accounts[account], side, ticker, division, quantity, price, trigger=price)
        return self.venue.place(request)


def _check(desk: Desk) -> None:
    """Recompute everything from the journal with arithmetic of our own."""
    cash = dict.fromkeys(desk.accounts, OPENING)
    held: dict[tuple[str, str], int] = defaultdict(int)
    orders: dict[tuple[str, str], dict[str, Any]] = {}
    done: dict[tuple[str, str], int] = defaultdict(int)
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    fees: dict[tuple[str, str], int] = defaultdict(int)
    for record in desk.journal.records:
        key = (record.get("date", ""), record.get("odno", ""))
        match record["kind"]:
            case "order" | "revise":
                assert key not in orders, "an order number is used once a day"
                orders[key] = record
            case "cancel":
                done[(record["date"], record["original"])] += record["qty"]
            case "fill":
                order = orders[key]
                done[key] += record["qty"]
                amounts[key] += record["qty"] * record["price"]
                fees[key] += record["fee"]
                amount = record["qty"] * record["price"]
                buying = order["side"] == "buy"
                if order["price"] and order["division"] != "02":
                    assert record["price"] <= order["price"] if buying else record["price"] >= order["price"]
                cash[order["account"]] += (-amount if buying else amount) - record["fee"] - record["tax"]
                held[(order["account"], order["ticker"])] += record["qty"] if buying else -record["qty"]
                assert record["tax"] == 0 or not buying
            case "expire" | "kill" | "bounce":
                done[key] += record["qty"]
                assert record["kind"] == "expire" or record["qty"] > 0
        if record["kind"] == "revise":
            done[(record["date"], record["original"])] += record["qty"]
    for key, order in orders.items():
        assert done[key] <= order["qty"]
        assert fees[key] == amounts[key] * 15 // 100_000, "the fee of an order is that of its whole amount"
    for number in desk.accounts:
        account = desk.venue.world.accounts[number]
        assert account.d2_cash == cash[number]
        assert account.d2_cash >= 0
        for ticker, holding in account.holdings.items():
            assert holding.quantity == held[(number, ticker)] >= 0
            assert (holding.cost > 0) == (holding.quantity > 0)
            assert rules.sellable(account, ticker, desk.venue.world.open_orders(number)) >= 0
        assert rules.buying_power(account, desk.venue.world.open_orders(number)) >= 0
    again = World()
    for record in desk.journal.records:
        again.apply(record)
    for number in desk.accounts:
        assert again.accounts[number] == desk.venue.world.accounts[number]
    for day, orders in desk.venue.world.orders.items():
        for number, order in orders.items():
            assert replace(again.orders[day][number], ahead=0) == replace(order, ahead=0)
            assert order.open >= 0
            assert not (order.open and DIVISIONS[order.division].fate is not Fate.REST), "only resting types rest"
            assert order.open == 0 or order.day == desk.venue.world.day


_TICKERS = st.sampled_from(["005930", "069500", "247540"])
_STEP = st.one_of(
    st.tuples(
        st.just("place"),
        st.integers(0, 1),
        st.sampled_from(Side),
        _TICKERS,
        st.integers(1, 400),
        st.none() | st.integers(-6, 6),
    ),
    st.tuples(
        st.just("typed"),
        st.integers(0, 1),
        st.sampled_from(Side),
        _TICKERS,
        st.integers(1, 400),
        st.integers(-6, 6),
        st.sampled_from(sorted(DIVISIONS)),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 30), st.booleans()),
    st.tuples(st.just("revise"), st.integers(0, 30), st.integers(-4, 4)),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 60, 1800, 3 * 3600, 5 * 3600, 26 * 3600])),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(_STEP, min_size=4, max_size=25))
def test_money_and_shares_are_conserved_and_limits_kept_over_days(steps: list[tuple[Any, ...]]) -> None:
    desk = Desk()
    for step in steps:
        match step:
            case ("place", account, side, ticker, quantity, ticks):
                desk.place(account, side, ticker, quantity, ticks)
            case ("typed", account, side, ticker, quantity, ticks, code):
                desk.place(account, side, ticker, quantity, ticks, code)
            case ("cancel", nth, whole):
                _change(desk, nth, Act.CANCEL, whole, 0)
            case ("revise", nth, ticks):
                _change(desk, nth, Act.REVISE, True, ticks)
            case ("wait", seconds):
                desk.clock.advance(seconds)
                desk.venue.advance()
    _check(desk)


def _change(desk: Desk, nth: int, act: Act, whole: bool, ticks: int) -> None:
    opened = desk.venue.world.open_orders()
    if not opened:
        return
    order = opened[nth % len(opened)]
    kind = desk.venue.market.listings[order.ticker].instrument.kind
    price = max(1, order.price + ticks * tick_size(max(order.price, 1), kind, order.day))
    request = ChangeRequest(order.account, order.number, act, LIMIT, max(1, order.open // 2), price, whole)
    before = order.open
    if isinstance(desk.venue.change(request), Accepted) and whole:
        assert order.open == 0
        assert before > 0


def _order(number: int, side: Side, price: int, quantity: int, ahead: int = 0) -> Order:
    return Order(date(2026, 11, 23), number, "1111111101", side, "005930", LIMIT, price, quantity, START, ahead=ahead)


_RESTING = st.lists(st.tuples(st.integers(95, 105), st.integers(1, 50)), min_size=1, max_size=8)


@settings(deadline=None)
@given(
    rows=_RESTING,
    price=st.integers(94, 106),
    volume=st.integers(0, 120),
    asks=st.lists(st.integers(0, 30), max_size=10),
    auction=st.booleans(),
)
def test_passing_market_serves_better_prices_first_then_earlier_orders(
    rows: list[tuple[int, int]], price: int, volume: int, asks: list[int], auction: bool
) -> None:
    orders = [_order(i, Side.BUY, limit, quantity) for i, (limit, quantity) in enumerate(rows, start=1)]
    book = Ladder(tuple(Level(price + 1 + i, quantity) for i, quantity in enumerate(asks)), ())
    executions, taken = pass_by(orders, price, volume, book, 1, 1000, auction=auction)
    got = {order.number: 0 for order in orders}
    for execution in executions:
        assert execution.price <= execution.order.price
        assert execution.price == (price if auction else execution.order.price)
        got[execution.order.number] += execution.quantity
    assert sum(got.values()) <= volume + sum(taken.values())
    assert all(quantity <= asks[level - price - 1] for level, quantity in taken.items())
    ranked = sorted(orders, key=lambda o: (-o.price, o.number))
    for better, worse in pairwise(ranked):
        if got[worse.number]:
            assert got[better.number] == better.quantity


@settings(deadline=None)
@given(
    rows=_RESTING,
    limit=st.integers(90, 110),
    quantity=st.integers(1, 300),
    bids=st.lists(st.integers(0, 30), max_size=10),
)
def test_incoming_order_takes_best_prices_and_never_crosses_its_limit(
    rows: list[tuple[int, int]], limit: int, quantity: int, bids: list[int]
) -> None:
    resting = [_order(i, Side.BUY, price, size) for i, (price, size) in enumerate(rows, start=1)]
    incoming = _order(99, Side.SELL, limit, quantity)
    book = Ladder((), tuple(Level(100 - i, size) for i, size in enumerate(bids)))
    met = sweep(incoming, book, resting, 1, 1000)
    mine = [execution for execution in met.executions if execution.order is incoming]
    theirs = [execution for execution in met.executions if execution.order is not incoming]
    prices = [execution.price for execution in mine]
    assert prices == sorted(prices, reverse=True)
    assert all(price >= limit for price in prices)
    assert sum(e.quantity for e in mine) == sum(e.quantity for e in theirs) + sum(met.taken.values())
    total = sum(e.quantity for e in mine)
    reachable = sum(o.quantity for o in resting if o.price >= limit)
    reachable += sum(size for i, size in enumerate(bids) if 100 - i >= limit)
    assert total == min(quantity, reachable)
    got = {order.number: sum(e.quantity for e in theirs if e.order is order) for order in resting}
    ranked = sorted(resting, key=lambda o: (-o.price, o.number))
    for better, worse in pairwise(ranked):
        if got[worse.number]:
            assert got[better.number] == better.quantity


def test_order_waits_for_the_shares_that_stood_before_it_at_its_price() -> None:
    order = _order(1, Side.BUY, 100, 10, ahead=25)
    empty = Ladder((), ())
    assert pass_by([order], 100, 20, empty, 1, 1000, auction=False)[0] == []
    executions, _ = pass_by([order], 100, 9, empty, 1, 1000, auction=False)
    assert [(e.quantity, e.price) for e in executions] == [(4, 100)]


def test_limit_order_rests_and_fills_at_its_price_when_the_market_comes() -> None:
    desk = Desk()
    outcome = desk.place(0, Side.BUY, "005930", 10, -2)
    assert isinstance(outcome, Accepted)
    limit = outcome.order.price
    low = desk.venue.snapshot_at("005930", desk.clock.now()).low
    while outcome.order.open and desk.clock.now().hour < 15:
        desk.clock.advance(60)
        desk.venue.advance()
        low = desk.venue.snapshot_at("005930", desk.clock.now()).low
    fills = [record for record in desk.journal.records if record["kind"] == "fill"]
    assert low <= limit, "this seed's day comes down to the limit"
    assert sum(record["qty"] for record in fills) == 10
    assert {record["price"] for record in fills} == {limit}
    _check(desk)


def test_market_order_eats_the_ladder_at_level_prices_and_can_fill_in_parts() -> None:
    desk = Desk()
    book = desk.venue.book("247540", desk.venue.advance())
    two_levels = book.asks[0].quantity + book.asks[1].quantity
    price = shared_market().snapshot("247540", desk.clock.now())
    assert price is not None
    quantity = min(two_levels - 1, 70_000_000 // price.band.upper)
    outcome = desk.place(0, Side.BUY, "247540", quantity, None)
    assert isinstance(outcome, Accepted)
    fills = [(r["price"], r["qty"]) for r in desk.journal.records if r["kind"] == "fill"]
    assert fills[0][0] == book.asks[0].price
    assert fills[0][1] == min(quantity, book.asks[0].quantity)
    assert sum(size for _, size in fills) == quantity
    shown = desk.venue.book("247540", desk.clock.now())
    assert sum(level.quantity for level in shown.asks) < sum(level.quantity for level in book.asks)


def test_two_users_meet_at_one_price_the_earlier_first() -> None:
    desk = Desk()
    for account in (0, 1):
        assert isinstance(desk.place(account, Side.BUY, "069500", 100, None), Accepted)
    first = desk.place(0, Side.SELL, "069500", 40, 0 if _ask_is_last(desk) else 1)
    assert isinstance(first, Accepted)
    best = desk.venue.book("069500", desk.clock.now()).asks[0]
    assert best.price == first.order.price
    assert first.order.ahead + 40 == best.quantity


def _ask_is_last(desk: Desk) -> bool:
    now = desk.clock.now()
    return desk.venue.book("069500", now).best_ask == desk.venue.snapshot_at("069500", now).last


def test_cash_settles_two_sessions_after_the_trade_and_sold_out_rows_stay_until_then() -> None:
    desk = Desk()
    account = desk.venue.world.accounts[desk.accounts[0]]
    desk.place(0, Side.BUY, "005930", 10, None)
    assert account.cash == OPENING
    assert account.d2_cash < OPENING
    desk.clock.advance(24 * 3600)
    desk.venue.advance()
    assert account.cash == OPENING, "Tuesday: D+1"
    assert account.holdings["005930"].bought_before == 10
    desk.place(0, Side.SELL, "005930", 10, None)
    desk.clock.advance(24 * 3600)
    desk.venue.advance()
    assert account.cash < OPENING, "Wednesday: the purchase has settled, the sale has not"
    assert account.holdings["005930"].quantity == 0, "the sold-out row is still shown"
    desk.clock.advance(24 * 3600)
    desk.venue.advance()
    assert account.pending == {}
    assert account.cash == account.d2_cash
    assert "005930" not in account.holdings
    settled = [record for record in desk.journal.records if record["kind"] == "settle"]
    assert [record["date"] for record in settled] == ["2026-11-25", "2026-11-26"]


def test_unfilled_orders_expire_at_the_close_and_numbers_start_again() -> None:
    desk = Desk()
    resting = desk.place(0, Side.BUY, "005930", 5, -6)
    assert isinstance(resting, Accepted)
    price_far_below = desk.venue.snapshot_at("005930", desk.clock.now()).band.lower
    far = desk.venue.place(OrderRequest(desk.accounts[0], Side.BUY, "005930", LIMIT, 5, price_far_below))
    assert isinstance(far, Accepted)
    desk.clock.advance(timedelta(hours=6, minutes=1).total_seconds())
    desk.venue.advance()
    expired = [record for record in desk.journal.records if record["kind"] == "expire"]
    assert far.order.odno in [record["odno"] for record in expired]
    assert {record["t"] for record in expired} == {"2026-11-23T15:30:00+09:00"}
    assert desk.venue.world.resting == {}
    desk.clock.advance(timedelta(hours=18).total_seconds())
    again = desk.place(0, Side.BUY, "005930", 1, None)
    assert isinstance(again, Accepted)
    assert again.order.odno == "0000000001"


def test_orders_before_the_open_trade_at_the_opening_price() -> None:
    desk = Desk()
    desk.clock.advance(timedelta(hours=23, minutes=10).total_seconds())  # Tuesday 08:40
    quote = desk.venue.snapshot_at("005930", desk.clock.now())
    request = OrderRequest(desk.accounts[0], Side.BUY, "005930", LIMIT, 7, quote.band.upper - quote.band.upper % 1000)
    outcome = desk.venue.place(request)
    assert isinstance(outcome, Accepted)
    assert outcome.order.filled == 0
    desk.clock.advance(timedelta(minutes=21).total_seconds())
    desk.venue.advance()
    opened = desk.venue.snapshot_at("005930", desk.clock.now()).open
    assert (outcome.order.filled, outcome.order.amount) == (7, 7 * opened)


def test_market_buy_that_waits_for_the_auction_keeps_the_upper_limit_reserved() -> None:
    desk = Desk()
    desk.clock.advance(timedelta(hours=23, minutes=10).total_seconds())  # Tuesday 08:40
    request = OrderRequest(desk.accounts[0], Side.BUY, "005930", MARKET, 7, 0)
    assert isinstance(desk.venue.place(request), Accepted)
    upper = desk.venue.snapshot_at("005930", desk.clock.now()).band.upper
    account = desk.venue.world.accounts[desk.accounts[0]]
    power = rules.buying_power(account, desk.venue.world.open_orders(account.number))
    assert power == OPENING - 7 * upper - 7 * upper * 15 // 100_000


def test_selling_a_part_leaves_the_average_price_and_selling_all_leaves_no_cost() -> None:
    desk = Desk()
    account = desk.venue.world.accounts[desk.accounts[0]]
    desk.place(0, Side.BUY, "005930", 10, None)
    cost = account.holdings["005930"].cost
    desk.clock.advance(4 * 3600)
    assert desk.venue.snapshot_at("005930", desk.venue.advance()).last * 10 != cost
    desk.place(0, Side.SELL, "005930", 4, None)
    assert account.holdings["005930"].cost == cost - cost * 4 // 10
    desk.place(0, Side.SELL, "005930", 6, None)
    assert account.holdings["005930"].cost == 0
