"""The order list that KIS paper leaves empty, put together again from notices and holdings.

Notices name an order's number and what they know of its fills; holdings, which nobody can lose, say how many shares
really moved. Contract: pure. A count goes up only to what must have filled: all notices together explain the move
exactly, a day's own counters name a side, or whatever else may have filled cannot account for the rest. Amounts are
the notices' where they cover the count, else left out, so that they become an estimate. An order is over only by a
notice that figures asked later have outlived, or by `freed`: numbers whose cancel the broker's own figures confirm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from domain.clock import KST
from domain.orders.types import Side
from execution.oms.ledger.rows import BrokerOrder, StoredNotice
from tools.kis.executions import OrderRow
from tools.kis.notices import NoticeKind
from tools.kis.orders import BrokerOrder as BrokerNumber

Key = tuple[date, int]  # trade date and number
_PLACED = (NoticeKind.ACCEPTED, NoticeKind.REVISED, NoticeKind.FILLED)


@dataclass(frozen=True, slots=True)
class Told:
    """What a day's notices say of one number. `over_at` is when one said that nothing is left, `let_go` how many shares
    a cancel took away then, `newest` when the last of its fills was told."""

    day: date
    branch: str
    number: int
    original: int | None
    ticker: str
    side: Side
    type_code: str
    quantity: int
    price: int
    at: datetime
    filled: int = 0
    amount: int = 0
    rejected: bool = False
    over_at: datetime | None = None
    let_go: int = 0
    newest: datetime | None = None

    @property
    def key(self) -> Key:
        return (self.day, self.number)


@dataclass(frozen=True, slots=True)
class Moves:
    """What the broker's balance shows, asked at `asked_at`: shares held by ticker, traded by (ticker, side, day) where
    it tells (today, and the session before), last prices, shares that sales still hold back where it tells. Tickers
    that it shows in contradiction are left out and in `unclear`."""

    asked_at: datetime
    held: Mapping[str, int]
    traded: Mapping[tuple[str, Side, date], int]
    prices: Mapping[str, int]
    unclear: frozenset[str] = frozenset()
    held_back: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """When an order left, and how many shares of its name had moved unexplained by then."""

    at: datetime | None
    moved: int


def told_by(notices: Iterable[StoredNotice]) -> dict[Key, Told]:
    """Each notice counts once however often it came; two equal fills of one second therefore count as one, and the
    holdings say that there were more."""
    found: dict[Key, Told] = {}
    ends: dict[Key, tuple[datetime, bool, int]] = {}
    seen: set[str] = set()
    for notice in notices:
        if notice.digest in seen:
            continue
        seen.add(notice.digest)
        body, day = notice.body, notice.trade_date
        kind, number, original = NoticeKind(body["kind"]), int(body["number"]), body.get("original")
        if kind is NoticeKind.CANCELLED and original:
            ends[day, int(original)] = (notice.received_at, False, int(body["quantity"]))
        elif kind is NoticeKind.REJECTED and not original:
            ends[day, number] = (notice.received_at, True, 0)
        elif kind is NoticeKind.LAPSED:
            ends[day, number] = (notice.received_at, False, 0)
        elif kind in _PLACED:
            if kind is NoticeKind.REVISED and original:
                ends[day, int(original)] = (notice.received_at, False, 0)
            found[day, number] = _with(found.get((day, number)), notice, kind)
    for key, (at, rejected, let_go) in ends.items():
        if key in found:
            found[key] = replace(found[key], over_at=at, rejected=rejected, let_go=let_go)
    return found


def _with(known: Told | None, notice: StoredNotice, kind: NoticeKind) -> Told:
    body = notice.body
    filling = kind is NoticeKind.FILLED
    quantity = int(body["order_quantity"] or 0) if filling else int(body["quantity"])
    price = int(body.get("order_price") or 0) if filling else int(body["price"])
    if known is None:
        known = Told(
            day=notice.trade_date,
            branch=str(body["branch"]),
            number=int(body["number"]),
            original=int(body["original"]) if body.get("original") else None,
            ticker=str(body["ticker"]),
            side=Side(body["side"]),
            type_code=str(body.get("type") or ("00" if price else "01")),
            quantity=quantity,
            price=price,
            at=datetime.fromisoformat(str(body["at"])),
        )
    elif not filling:
        at = min(known.at, datetime.fromisoformat(str(body["at"])))
        known = replace(known, quantity=quantity or known.quantity, price=price or known.price, at=at)
    if filling:
        count = int(body["quantity"])
        amount = known.amount + count * int(body["price"])
        known = replace(known, filled=known.filled + count, amount=amount, newest=notice.received_at)
    return known


@dataclass(slots=True)
class _Order:
    """One order that may have caused a move: in the ledger, or only told of."""

    key: Key
    ticker: str
    side: Side
    quantity: int
    counted: int  # confirmed in the ledger
    heard: int  # what notices say has filled at least
    told: Told | None
    known: BrokerOrder | None
    before: int = 0  # shares of the name that had moved unexplained before it left
    most: int | None = None  # shares that can have filled by what the figures show of itself; None: they do not tell

    @property
    def noticed(self) -> int:
        """Shares above the count that notices know of."""
        return max(0, min(self.quantity, self.heard) - self.counted)

    @property
    def room(self) -> int:
        """Shares above the count that may have filled; of an order that has ended those of its notices alone."""
        return self.quantity - self.counted if self.known is None or self.known.live else self.noticed

    @property
    def sign(self) -> int:
        return 1 if self.side is Side.BUY else -1

    def its(self, moved: int) -> int:
        """Shares of a move in its own direction that may be its: not those that had moved before it left."""
        return min(self.sign * moved, self.sign * (moved - self.before))

    def bounded(self, count: int) -> int:
        """A count that was concluded from what moved, within what the figures show of the order itself."""
        return count if self.most is None else min(count, max(self.most, self.counted + self.noticed))


def list_again(
    live: Sequence[BrokerOrder],
    ended: Collection[BrokerOrder],
    told: Mapping[Key, Told],
    booked: Mapping[str, int],
    moves: Moves,
    *,
    in_question: Collection[tuple[str, Side]] = (),
    freed: Collection[Key] = (),
    starts: Mapping[Key, Start] | None = None,
    lag_s: float,
) -> list[OrderRow]:
    """One row for every live order of the ledger, every ended one with a fill uncounted, and every number that notices
    alone know. `ended` are the day's other orders of the ledger, `booked` the confirmed book's shares, `in_question`
    where an order without a number may be moving shares too, `starts` the moment in which each left."""
    known = {(order.trade_date, order.odno) for order in (*live, *ended)}
    moved_on = {(line.day, line.original): line.quantity for line in told.values() if line.original is not None}
    orders = [_of(order, told, moved_on) for order in live]
    for order in orders:
        start = (starts or {}).get(order.key)
        order.before = start.moved if start is not None else 0
        order.most = _most(order, orders, start, moves, lag_s)
    orders += [late for order in ended if (late := _of(order, told, moved_on)).noticed > 0]
    orders += [
        _Order(line.key, line.ticker, line.side, line.quantity, 0, line.filled, line, None)
        for key, line in told.items()
        if key not in known
    ]
    rows = []
    for ticker in dict.fromkeys(order.ticker for order in orders):
        mine = [order for order in orders if order.ticker == ticker]
        counts = _counts(ticker, mine, ended, booked, moves, in_question, lag_s)
        rows += [_row(order, counts[order.key], moves, freed, lag_s) for order in mine if order.quantity > 0]
    return rows


def _counts(
    ticker: str,
    orders: Sequence[_Order],
    ended: Collection[BrokerOrder],
    booked: Mapping[str, int],
    moves: Moves,
    in_question: Collection[tuple[str, Side]],
    lag_s: float,
) -> dict[Key, int]:
    """Confirmed shares by order: what it had, or more where the holdings can mean nobody else."""
    had = {order.key: order.counted for order in orders}
    if ticker in moves.unclear:
        return had
    moved = moves.held.get(ticker, 0) - booked.get(ticker, 0)
    asked = {side for name, side in in_question if name == ticker}
    if asked or not orders:
        return had
    if moved == sum(order.sign * order.noticed for order in orders):
        had = {order.key: order.counted + order.noticed for order in orders}
    elif len(orders) == 1 and orders[0].sign * moved <= orders[0].room:
        had = {orders[0].key: orders[0].counted + max(0, orders[0].its(moved))}
    else:
        told_at = [o.told.newest for o in orders if o.told is not None and o.told.newest is not None]
        if all((moves.asked_at - at).total_seconds() >= lag_s for at in told_at):  # the holdings have seen every notice
            had |= _at_least(orders, moved)
    for day in {order.key[0] for order in orders}:
        for key, count in _by_counters([o for o in orders if o.key[0] == day], ended, moves, ticker, day).items():
            had[key] = max(had[key], count)
    return {order.key: order.bounded(had[order.key]) for order in orders}


def _most(order: _Order, live: Sequence[_Order], start: Start | None, moves: Moves, lag_s: float) -> int | None:
    """What is still held back for a sale has not filled, and figures that may be older than an order say nothing of it:
    whatever moved then, perhaps by hand and unheard of, another one moved."""
    if start is not None and start.at is not None and (moves.asked_at - start.at).total_seconds() < lag_s:
        return order.counted
    held_back = moves.held_back.get(order.ticker)
    if order.side is Side.BUY or held_back is None:
        return None
    others = (o for o in live if o is not order and (o.ticker, o.side) == (order.ticker, order.side))
    return order.quantity - max(0, held_back - sum(other.quantity - other.counted for other in others))


def _by_counters(
    orders: Sequence[_Order], ended: Collection[BrokerOrder], moves: Moves, ticker: str, day: date
) -> dict[Key, int]:
    """What the day's own counters say, where one order a side makes up all that they count. Anything more on either
    side means that somebody else has traded, perhaps all of it: then they say nothing."""
    found = {}
    for side in Side:
        total = moves.traded.get((ticker, side, day))
        if total is None:
            return {}
        rest = total - sum(o.filled for o in ended if (o.ticker, o.side, o.trade_date) == (ticker, side, day))
        of_side = [order for order in orders if order.side is side]
        if len(of_side) == 1 and rest <= of_side[0].counted + of_side[0].room:
            found[of_side[0].key] = rest - max(0, of_side[0].sign * of_side[0].before)
        elif rest > sum(order.counted for order in of_side):
            return {}
    return found


def _at_least(orders: Sequence[_Order], moved: int) -> dict[Key, int]:
    """What each must have filled for the move to come about, whatever the others did within their bounds."""
    found = {}
    for order in orders:
        others = [other for other in orders if other is not order]
        same = sum(other.room for other in others if other.side is order.side)
        against = sum(other.noticed for other in others if other.side is not order.side)
        found[order.key] = order.its(moved) - same + against
    if any(found[order.key] > order.room for order in orders):
        # No fills of these orders make up this move: somebody else has traded, perhaps all of it.
        return {order.key: order.counted + order.noticed for order in orders}
    return {order.key: order.counted + max(order.noticed, found[order.key]) for order in orders}


def _of(order: BrokerOrder, told: Mapping[Key, Told], moved_on: Mapping[Key, int]) -> _Order:
    """`moved_on`: how much of a number a revision took over; the rest of it had filled."""
    key = (order.trade_date, order.odno)
    line = told.get(key)
    heard = line.filled if line is not None else 0
    if key in moved_on:
        heard = max(heard, order.quantity - moved_on[key])
    elif line is not None and line.let_go and order.replaces is None:  # what a cancel did not take away had filled
        heard = max(heard, order.quantity - line.let_go)
    quantity = order.quantity
    if line is not None and order.kind == "revise" and order.filled <= line.quantity < quantity:
        quantity = line.quantity  # what was left when it was moved
    return _Order(key, order.ticker, order.side, quantity, order.filled, heard, line, order)


def _row(order: _Order, filled: int, moves: Moves, freed: Collection[Key], lag_s: float) -> OrderRow:
    told, known = order.told, order.known
    over = order.key in freed or _outlived(told, moves.asked_at, lag_s)
    rejected = order.quantity - filled if over and told is not None and told.rejected else 0
    cancelled = order.quantity - filled - rejected if over else 0
    covered = told is not None and told.filled == filled > 0
    number = BrokerNumber(known.branch, known.odno) if known is not None else _number(told)
    at = told.at if told is not None else datetime.combine(order.key[0], time(), KST)
    return OrderRow(
        order=number,
        original=known.replaces if known is not None else told.original if told is not None else None,
        ticker=order.ticker,
        name="",
        side=order.side,
        type_code=told.type_code if told is not None else "01" if known and known.order_type == "market" else "00",
        type_name="",
        quantity=order.quantity,
        price=(known.price if known is not None else told.price if told is not None else 0)
        or moves.prices.get(order.ticker, 0),
        filled=filled,
        filled_amount=told.amount if covered and told is not None else None,
        average_price=None,
        remaining=order.quantity - filled - cancelled - rejected,
        cancelled=cancelled,
        rejected=rejected,
        is_cancelled=over and filled == 0,
        ordered_at=datetime.combine(order.key[0], at.astimezone(KST).time(), KST),
    )


def _number(told: Told | None) -> BrokerNumber:
    assert told is not None
    return BrokerNumber(told.branch, told.number)


def _outlived(told: Told | None, asked_at: datetime, lag_s: float) -> bool:
    """Figures asked long enough after the end that every fill before it is in them."""
    return told is not None and told.over_at is not None and (asked_at - told.over_at).total_seconds() >= lag_s
