"""What notices, holdings and cash prove where no order list is shown: never too much, in the end all of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import KST
from domain.orders.types import Side
from domain.orders.words import OrderState
from execution.oms.baseline import Sent, Shown, Trace, baseline_of, is_held_back, moved_before, shown_for, trace
from execution.oms.ledger.rows import BrokerOrder, StoredNotice
from execution.oms.paperlist import Key, Moves, Start, list_again, told_by
from tools.kis.account import Balance, Holding

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)
TICKER = "005930"
QUICK = settings(max_examples=200, deadline=None)
BUY, SELL = Side.BUY, Side.SELL


def _holding(quantity: int, sellable: int | None = None, **more: Any) -> Holding:
    values: dict[str, Any] = dict.fromkeys(Holding.__dataclass_fields__)
    values |= {"ticker": TICKER, "name": "", "quantity": quantity, "sellable": sellable, "credit": False}
    return Holding(**(values | more))


def _balance(*holdings: Holding, settled: int = 10_000_000) -> Balance:
    values: dict[str, Any] = dict.fromkeys(Balance.__dataclass_fields__)
    return Balance(**(values | {"holdings": holdings, "settled_cash": settled}))


# What became of one order -----------------------------------------------------------------------------------------

WORTH = 700_105  # ten shares at 70,000 and the fee
BOUGHT, SOLD = Sent(BUY, 10, WORTH), Sent(SELL, 10, 0)
THEN = Shown(held=20, sellable=20, power=10_000_000, settled=10_000_000)
TRACES = [
    # order, figures afterwards, shares above the book, verdict
    (BOUGHT, THEN, 0, Trace.UNCHANGED),
    (BOUGHT, Shown(20, 20, 9_299_895, 10_000_000), 0, Trace.RESTING),
    (BOUGHT, Shown(20, 20, 9_300_000, 10_000_000), 0, Trace.RESTING),  # this broker holds no fee back
    (BOUGHT, Shown(30, 30, 9_299_895, 9_299_895), 10, Trace.FILLED),
    (BOUGHT, Shown(25, 25, 9_299_895, 9_649_948), 5, Trace.UNCLEAR),  # half of it: it rests, and nobody names it
    (BOUGHT, Shown(35, 35, 9_000_000, 9_000_000), 15, Trace.UNCLEAR),
    (BOUGHT, Shown(10, 10, 10_700_000, 10_700_000), -10, Trace.UNCLEAR),  # somebody sold
    (BOUGHT, Shown(20, 20, 9_650_000, 10_000_000), 0, Trace.UNCLEAR),  # half its worth is held back: for whom?
    (SOLD, THEN, 0, Trace.UNCHANGED),
    (SOLD, Shown(20, 10, 10_000_000, 10_000_000), 0, Trace.RESTING),
    (SOLD, Shown(10, 10, 10_698_000, 10_698_000), -10, Trace.FILLED),
    (SOLD, Shown(20, 15, 10_000_000, 10_000_000), 0, Trace.UNCLEAR),
    (SOLD, Shown(20, None, 10_000_000, 10_000_000), 0, Trace.UNCLEAR),
]


@pytest.mark.parametrize(("sent", "now", "moved", "verdict"), TRACES)
def test_the_brokers_figures_say_what_became_of_an_order(sent: Sent, now: Shown, moved: int, verdict: Trace) -> None:
    baseline = baseline_of(THEN, booked=20, others_tied=0)
    assert trace(sent, baseline, now, moved, others_tied=0, others_sell=0) is verdict


def test_a_baseline_that_had_not_seen_the_book_proves_nothing() -> None:
    for baseline in (baseline_of(THEN, booked=30, others_tied=0), baseline_of(None, booked=20, others_tied=0), {}):
        assert trace(BOUGHT, baseline, THEN, 0, 0, 0) is Trace.UNCLEAR
        assert trace(BOUGHT, baseline, replace(THEN, held=30), 10, 0, 0) is Trace.UNCLEAR


def test_what_other_orders_hold_back_is_taken_out() -> None:
    """Another buy over 3,000,000 was out at the send, has gone since, and one over 1,000,000 has come."""
    then = Shown(20, 20, power=7_000_000, settled=10_000_000)
    baseline = baseline_of(then, booked=20, others_tied=3_000_000)
    absent = Shown(20, 20, power=9_000_000, settled=10_000_000)
    resting = Shown(20, 20, power=9_000_000 - WORTH, settled=10_000_000)
    assert trace(BOUGHT, baseline, absent, 0, others_tied=1_000_000, others_sell=0) is Trace.UNCHANGED
    assert trace(BOUGHT, baseline, resting, 0, others_tied=1_000_000, others_sell=0) is Trace.RESTING
    sold = baseline_of(THEN, booked=20, others_tied=0)
    assert trace(SOLD, sold, replace(THEN, sellable=15), 0, 0, others_sell=5) is Trace.UNCHANGED
    assert trace(SOLD, sold, replace(THEN, sellable=5), 0, 0, others_sell=5) is Trace.RESTING


@QUICK
@given(st.integers(1, 10**9), st.integers(0, 10**10), st.integers(0, 10**9), st.integers(0, 10**9), st.booleans())
def test_money_that_fills_elsewhere_moved_never_changes_the_answer(
    worth: int, settled: int, spent: int, tied: int, held: bool
) -> None:
    """Fills in other names move settled cash and buying power alike."""
    then = Shown(0, 0, power=settled - tied, settled=settled)
    now = Shown(0, 0, power=settled - spent - tied - (worth if held else 0), settled=settled - spent)
    assert is_held_back(Sent(BUY, 1, worth), baseline_of(then, 0, tied), now, tied, 0) is held


def test_rows_that_came_twice_count_once_and_rows_that_disagree_count_nothing() -> None:
    row = _holding(10, 10)
    assert shown_for(_balance(row, row), 1, TICKER) == Shown(10, 10, 1, 10_000_000)
    assert shown_for(_balance(row, _holding(12, 10)), 1, TICKER) is None
    assert shown_for(_balance(replace(row, credit=True)), 1, TICKER) == Shown(0, 0, 1, 10_000_000)


# The list put together again --------------------------------------------------------------------------------------


def _notice(kind: str, number: int, quantity: int, price: int = 70_000, *, n: int = 0, **more: Any) -> StoredNotice:
    body = {
        "kind": kind, "branch": "00950", "number": number, "original": None, "side": "buy", "ticker": TICKER,
        "quantity": quantity, "price": price, "order_quantity": 10, "order_price": price, "type": "00",
        "at": NOON.isoformat(), "text": "",
    }  # fmt: skip
    return StoredNotice(n, "a", NOON, DAY, f"{kind} {number} {n}", body | more)


def _order(number: int, quantity: int = 10, filled: int = 0, side: Side = BUY, **more: Any) -> BrokerOrder:
    order = BrokerOrder.placed(
        "a", DAY, "00950", number, intent_id=None, kind="foreign", replaces=None, ticker=TICKER, side=side,
        order_type="limit", price=70_000, quantity=quantity, state=OrderState.LIVE, how="reply", at=NOON,
    )  # fmt: skip
    return replace(order, filled=filled, amount=filled * 70_000, **more)


def _rows(
    live: Sequence[BrokerOrder], notices: Sequence[StoredNotice], held: int, booked: int = 0, **more: Any
) -> dict[int, tuple[int, int]]:
    """(filled, remaining) by number."""
    return _again(live, [], notices, held, booked, **more)


def _again(
    live: Sequence[BrokerOrder],
    ended: Sequence[BrokerOrder],
    notices: Sequence[StoredNotice],
    held: int,
    booked: int = 0,
    **more: Any,
) -> dict[int, tuple[int, int]]:
    asked = NOON + timedelta(seconds=more.pop("later", 60))
    shown = more.pop("traded", {}), {TICKER: 71_000}, more.pop("unclear", frozenset()), more.pop("held_back", {})
    moves = Moves(asked, {TICKER: held}, *shown)
    rows = list_again(live, ended, told_by(notices), {TICKER: booked}, moves, lag_s=10.0, **more)
    return {row.order.number: (row.filled, row.remaining) for row in rows}


def test_a_notice_is_believed_only_with_the_holdings() -> None:
    fill = _notice("filled", 7, 4)
    assert _rows([_order(7)], [fill], held=0) == {7: (0, 10)}
    assert _rows([_order(7)], [fill], held=4) == {7: (4, 6)}
    assert _rows([_order(7)], [fill, fill], held=4) == {7: (4, 6)}


def test_holdings_alone_count_one_order_that_stands_alone() -> None:
    assert _rows([_order(7)], [], held=4) == {7: (4, 6)}
    assert _rows([_order(7, filled=4)], [], held=9, booked=4) == {7: (9, 1)}
    assert _rows([_order(7)], [], held=3, booked=5) == {7: (0, 10)}
    assert _rows([_order(7, side=SELL)], [], held=3, booked=5) == {7: (2, 8)}
    assert _rows([_order(7)], [], held=4, in_question={(TICKER, SELL)}) == {7: (0, 10)}
    assert _rows([_order(7)], [], held=4, unclear=frozenset({TICKER})) == {7: (0, 10)}


def test_a_move_larger_than_an_order_says_nothing_of_it() -> None:
    """Somebody else has traded the name that day, perhaps all that moved: only notices still speak of the order."""
    sale = [_order(7, 3, side=SELL)]
    assert _rows(sale, [], held=12, booked=30) == {7: (0, 3)}
    assert _rows(sale, [], held=12, booked=30, traded={(TICKER, SELL, DAY): 18}) == {7: (0, 3)}
    fill = _notice("filled", 7, 2, side="sell", order_quantity=3)
    assert _rows(sale, [fill], held=10, booked=30) == {7: (2, 1)}
    assert _rows(sale, [fill], held=10, booked=30, later=9) == {7: (0, 3)}  # the holdings may not have seen it yet
    assert _rows(sale, [], held=27, booked=30) == {7: (3, 0)}


def _starts(moved: int, *numbers: int, after: float = -60.0) -> dict[Key, Start]:
    return {(DAY, number): Start(NOON + timedelta(seconds=after), moved) for number in numbers}


def test_what_had_moved_before_an_order_left_is_not_counted_for_it() -> None:
    """Somebody sold four by hand, unheard of; the figures at the send of our sale of six had shown it."""
    sale, starts = [_order(7, 6, side=SELL)], _starts(-4, 7)
    assert _rows(sale, [], held=16, booked=20, starts=starts) == {7: (0, 6)}
    assert _rows(sale, [], held=14, booked=20, starts=starts) == {7: (2, 4)}
    by_counters = {(TICKER, SELL, DAY): 4, (TICKER, BUY, DAY): 0}
    assert _rows(sale, [], held=16, booked=20, traded=by_counters, starts=starts) == {7: (0, 6)}
    fill = _notice("filled", 7, 6, side="sell", order_quantity=6)
    assert _rows(sale, [fill], held=10, booked=20, starts=starts) == {7: (6, 0)}
    assert _rows([_order(7)], [], held=24, booked=20, starts=starts) == {7: (4, 6)}  # a purchase is none of it
    two = [_order(7, 6, side=SELL), _order(8, 3, side=SELL)]
    assert _rows(two, [], held=16, booked=20, starts=_starts(-4, 7, 8)) == {7: (0, 6), 8: (0, 3)}


def test_what_is_still_held_back_for_a_sale_has_not_filled() -> None:
    """One was bought and told of, one sold by hand and not: the shares of our own sale of four are all still tied."""
    bought = _notice("filled", 8, 1, order_quantity=1)
    both = [_order(7, 4, side=SELL), _order(8, 1)]
    sold = {(TICKER, SELL, DAY): 1, (TICKER, BUY, DAY): 1}
    assert _rows(both, [bought], held=20, booked=20, held_back={TICKER: 4}) == {7: (0, 4), 8: (1, 0)}
    assert _rows(both, [bought], held=20, booked=20, traded=sold, held_back={TICKER: 4}) == {7: (0, 4), 8: (1, 0)}
    assert _rows(both, [bought], held=18, booked=20, held_back={TICKER: 3}) == {7: (1, 3), 8: (1, 0)}
    alone = [_order(7, 4, side=SELL)]
    assert _rows(alone, [], held=19, booked=20, held_back={TICKER: 4}) == {7: (0, 4)}
    assert _rows(alone, [], held=16, booked=20, held_back={TICKER: 0}) == {7: (4, 0)}
    assert _rows(alone, [], held=18, booked=20) == {7: (2, 2)}  # the balance does not tell what is held back
    two = [_order(7, 4, side=SELL), _order(9, 3, side=SELL)]
    told = _notice("filled", 9, 1, side="sell", order_quantity=3)
    assert _rows(two, [told], held=17, booked=20, held_back={TICKER: 4}) == {7: (0, 4), 9: (1, 2)}


def test_figures_that_may_be_older_than_an_order_count_nothing_for_it_but_what_notices_tell() -> None:
    """What moved in the balance's lag before our sale left, somebody else sold."""
    sale, just_left = [_order(7, 4, side=SELL)], _starts(0, 7, after=51.0)
    assert _rows(sale, [], held=19, booked=20, starts=just_left) == {7: (0, 4)}
    assert _rows(sale, [], held=19, booked=20, starts=just_left, later=61) == {7: (1, 3)}
    fill = _notice("filled", 7, 1, side="sell", order_quantity=4)
    assert _rows(sale, [fill], held=19, booked=20, starts=just_left) == {7: (1, 3)}


def test_a_baseline_tells_what_moved_unexplained_unless_notices_were_ahead_of_the_book() -> None:
    assert moved_before(baseline_of(THEN, booked=24, others_tied=0)) == -4
    assert moved_before(baseline_of(THEN, booked=20, others_tied=0)) == 0
    assert moved_before(baseline_of(THEN, booked=24, others_tied=0, pending=True)) == 0
    assert moved_before(baseline_of(None, booked=24, others_tied=0)) == 0
    assert moved_before(None) == 0


def test_two_orders_of_a_name_are_told_apart_by_notices_or_by_the_days_counters() -> None:
    both = [_order(7), _order(8, side=SELL)]
    fills = [_notice("filled", 7, 5), _notice("filled", 8, 2, side="sell")]
    assert _rows(both, fills, held=13, booked=10) == {7: (5, 5), 8: (2, 8)}
    # Five were bought and three are there: two were sold, once the holdings have seen the notice.
    assert _rows(both, fills[:1], held=13, booked=10) == {7: (5, 5), 8: (2, 8)}
    assert _rows(both, fills[:1], held=13, booked=10, later=9) == {7: (0, 10), 8: (0, 10)}
    assert _rows(both, [], held=10, booked=10) == {7: (0, 10), 8: (0, 10)}
    assert _rows([_order(7, 4), _order(8, 9, side=SELL)], [], held=14, booked=10) == {7: (4, 0), 8: (0, 9)}
    assert _rows(both, [], held=30, booked=10) == {7: (0, 10), 8: (0, 10)}  # somebody else has traded
    traded = {(TICKER, BUY, DAY): 5, (TICKER, SELL, DAY): 2}
    assert _rows(both, [], held=13, booked=10, traded=traded) == {7: (5, 5), 8: (2, 8)}


def test_what_filled_on_both_sides_while_nobody_listened_is_told_by_the_counters_of_that_day() -> None:
    """The next morning as many are held as before; the balance still counts what the session before has traded."""
    both = [_order(7), _order(8, side=SELL)]
    assert _rows(both, [], held=10, booked=10, traded={(TICKER, BUY, DAY): 4, (TICKER, SELL, DAY): 4}) == {
        7: (4, 6),
        8: (4, 6),
    }
    later = DAY + timedelta(days=1)
    assert _rows(both, [], held=10, booked=10, traded={(TICKER, BUY, later): 4}) == {7: (0, 10), 8: (0, 10)}


def test_what_a_revision_took_over_says_what_had_filled() -> None:
    moved = _notice("revised", 8, 3, original=7)
    old, new = _order(7, kind="order", state=OrderState.REPLACED), _order(8, kind="revise", replaces=7)
    rows = _again([new], [old], [moved], held=7)
    assert rows == {7: (7, 3), 8: (0, 3)}
    rows = _again([new], [old], [moved, _notice("filled", 8, 3)], held=10)
    assert rows == {7: (7, 3), 8: (3, 0)}


def test_what_a_cancel_took_away_says_what_had_filled() -> None:
    """The rest of what moved is of the order that was cancelled, and of no other that rests beside it."""
    ended = replace(_order(7, filled=3), state=OrderState.FOREIGN_ENDED)
    notices = [_notice("accepted", 7, 10), _notice("cancelled", 9, 6, original=7, n=1)]
    assert _again([_order(8)], [ended], notices, held=4, booked=3) == {7: (4, 0), 8: (0, 10)}


def test_a_cancel_says_nothing_of_a_number_whose_size_a_revision_made() -> None:
    """Seven had filled when it was revised; the ledger has the new number with all ten, and three were cancelled."""
    old, new = _order(7, kind="order", state=OrderState.REPLACED), _order(8, kind="revise", replaces=7)
    notices = [_notice("revised", 8, 3, original=7), _notice("cancelled", 9, 3, original=8, n=1)]
    assert {number: filled for number, (filled, _) in _again([new], [old], notices, held=7).items()} == {7: 7, 8: 0}


def test_an_order_by_hand_that_notices_name_is_a_row_of_its_own() -> None:
    hand = [_notice("accepted", 9, 3), _notice("filled", 9, 3, order_quantity=3, n=1)]
    assert _rows([_order(7)], hand, held=3) == {7: (0, 10), 9: (3, 0)}


def test_an_order_is_over_when_figures_have_outlived_its_end() -> None:
    cancel = _notice("cancelled", 12, 10, original=7)
    accepted = _notice("accepted", 7, 10)
    assert _rows([_order(7)], [accepted, cancel], held=0, later=9) == {7: (0, 10)}
    assert _rows([_order(7)], [accepted, cancel], held=3, later=10) == {7: (3, 0)}
    assert _rows([_order(7)], [], held=0, freed={(DAY, 7)}) == {7: (0, 0)}
    refused_cancel = _notice("rejected", 12, 10, original=7)
    assert _rows([_order(7)], [accepted, refused_cancel], held=0) == {7: (0, 10)}
    refused = _notice("rejected", 7, 10, n=1)
    assert _rows([_order(7)], [accepted, refused], held=0) == {7: (0, 0)}


@dataclass
class Broker:
    """A broker of one name, with the orders that the ledger knows and the ones placed by hand."""

    rng: random.Random
    held: int = 100
    orders: dict[int, BrokerOrder] = field(default_factory=dict)
    true: dict[int, int] = field(default_factory=dict)
    sent: list[StoredNotice] = field(default_factory=list)

    def place(self, number: int, side: Side, quantity: int) -> None:
        self.orders[number] = _order(number, quantity, side=side)
        self.true[number] = 0
        self.sent.append(self.notice("accepted", number, quantity))

    def fill(self, number: int, quantity: int) -> None:
        order = self.orders[number]
        count = min(quantity, order.quantity - self.true[number])
        if count == 0:
            return
        self.true[number] += count
        self.held += count if order.side is BUY else -count
        self.sent.append(self.notice("filled", number, count))

    def notice(self, kind: str, number: int, quantity: int) -> StoredNotice:
        order = self.orders[number]
        return _notice(kind, number, quantity, n=len(self.sent), side=order.side.value, order_quantity=order.quantity)


@QUICK
@given(st.data())
def test_counts_never_pass_the_truth_and_reach_it_when_every_notice_came(data: st.DataObject) -> None:
    """At most one order a side, as the queue keeps it on paper; notices are lost, doubled and late, balances trail."""
    broker = Broker(random.Random(data.draw(st.integers(0, 2**32))))
    sides = data.draw(st.sampled_from([(BUY,), (SELL,), (BUY, SELL)]))
    for number, side in enumerate(sides, start=7):
        broker.place(number, side, data.draw(st.integers(1, 50)))
    ledger = dict(broker.orders)
    book = 100
    lossy = data.draw(st.booleans())
    shown_before = broker.held
    for _ in range(data.draw(st.integers(1, 6))):
        broker.fill(data.draw(st.sampled_from(sorted(broker.orders))), data.draw(st.integers(1, 20)))
        arrived = [n for n in broker.sent if not lossy or broker.rng.random() < 0.6]
        arrived = arrived + [n for n in arrived if broker.rng.random() < 0.3]
        stale = broker.rng.random() < 0.4
        held, shown_before = shown_before if stale else broker.held, broker.held
        book = _count(ledger, arrived, held, book, asked_s=0 if stale else 60)
        assert all(ledger[n].filled <= broker.true[n] for n in ledger)
    book = _count(ledger, broker.sent, broker.held, book)
    assert {n: o.filled for n, o in ledger.items()} == broker.true
    assert book == broker.held


def _count(
    ledger: dict[int, BrokerOrder], notices: Sequence[StoredNotice], held: int, book: int, asked_s: int = 60
) -> int:
    """The ledger's counts after one look; returns the book's shares."""
    live = [order for order in ledger.values() if order.filled < order.quantity]
    ended = [order for order in ledger.values() if order.filled == order.quantity]
    moves = Moves(NOON + timedelta(seconds=asked_s), {TICKER: held}, {}, {})
    told = told_by(notices)
    keys: set[Key] = {(DAY, order.odno) for order in ended}
    told = {key: line for key, line in told.items() if key not in keys}
    for row in list_again(live, ended, told, {TICKER: book}, moves, lag_s=10.0):
        before = ledger[row.order.number]
        more = max(0, row.filled - before.filled)
        book += more if before.side is BUY else -more
        ledger[row.order.number] = replace(before, filled=before.filled + more)
    return book
