"""The order list that KIS paper leaves empty, put together again from notices and holdings.

Notices name an order's number and what they know of its fills; holdings, which nobody can lose, say how many shares
really moved. Contract: pure. A count goes up only with holdings, never above them, and only where the shares can be
nobody else's: all notices together explain the move exactly, or one order alone could have caused it. Amounts are the
notices' where they cover the count, else left out, so that they become an estimate. An order is over only by a notice
that figures asked later have outlived, or by `freed`: the numbers whose cancel the broker's own figures confirm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
    """What a day's notices say of one number. `over_at` is when one said that nothing is left."""

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

    @property
    def key(self) -> Key:
        return (self.day, self.number)


@dataclass(frozen=True, slots=True)
class Moves:
    """What the broker's balance shows, asked at `asked_at`: shares held by ticker, traded today by (ticker, side) where
    it tells, last prices. Tickers that it shows in contradiction are left out and in `unclear`."""

    asked_at: datetime
    held: Mapping[str, int]
    traded: Mapping[tuple[str, Side], int]
    prices: Mapping[str, int]
    unclear: frozenset[str] = frozenset()


def told_by(notices: Iterable[StoredNotice]) -> dict[Key, Told]:
    """Each notice counts once however often it came; two equal fills of one second therefore count as one, and the
    holdings say that there were more."""
    found: dict[Key, Told] = {}
    ends: dict[Key, tuple[datetime, bool]] = {}
    seen: set[str] = set()
    for notice in notices:
        if notice.digest in seen:
            continue
        seen.add(notice.digest)
        body, day = notice.body, notice.trade_date
        kind, number, original = NoticeKind(body["kind"]), int(body["number"]), body.get("original")
        if kind is NoticeKind.CANCELLED and original:
            ends[day, int(original)] = (notice.received_at, False)
        elif kind is NoticeKind.REJECTED and not original:
            ends[day, number] = (notice.received_at, True)
        elif kind is NoticeKind.LAPSED:
            ends[day, number] = (notice.received_at, False)
        elif kind in _PLACED:
            if kind is NoticeKind.REVISED and original:
                ends[day, int(original)] = (notice.received_at, False)
            found[day, number] = _with(found.get((day, number)), notice, kind)
    for key, (at, rejected) in ends.items():
        if key in found:
            found[key] = replace(found[key], over_at=at, rejected=rejected)
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
        known = replace(known, filled=known.filled + count, amount=known.amount + count * int(body["price"]))
    return known


@dataclass(slots=True)
class _Order:
    """One order that may have caused a move: in the ledger, or only told of."""

    key: Key
    ticker: str
    side: Side
    quantity: int
    counted: int  # confirmed in the ledger
    told: Told | None
    known: BrokerOrder | None

    @property
    def noticed(self) -> int:
        return max(self.counted, min(self.quantity, self.told.filled)) if self.told is not None else self.counted

    @property
    def sign(self) -> int:
        return 1 if self.side is Side.BUY else -1


def list_again(
    live: Sequence[BrokerOrder],
    ended: Collection[BrokerOrder],
    told: Mapping[Key, Told],
    booked: Mapping[str, int],
    moves: Moves,
    *,
    in_question: Collection[tuple[str, Side]] = (),
    freed: Collection[Key] = (),
    lag_s: float,
    today: date,
) -> list[OrderRow]:
    """One row for every live order of the ledger and every number that only notices know. `ended` are the day's other
    orders of the ledger, `booked` the confirmed book's shares, `in_question` where an order without a number may be
    moving shares too."""
    known = {(order.trade_date, order.odno) for order in (*live, *ended)}
    orders = [
        _Order((o.trade_date, o.odno), o.ticker, o.side, o.quantity, o.filled, told.get((o.trade_date, o.odno)), o)
        for o in live
    ]
    orders += [_Order(t.key, t.ticker, t.side, t.quantity, 0, t, None) for key, t in told.items() if key not in known]
    rows = []
    for ticker in dict.fromkeys(order.ticker for order in orders):
        mine = [order for order in orders if order.ticker == ticker]
        counts = _counts(ticker, mine, ended, booked, moves, in_question, today)
        rows += [_row(order, counts[order.key], moves, freed, lag_s) for order in mine if order.quantity > 0]
    return rows


def _counts(
    ticker: str,
    orders: Sequence[_Order],
    ended: Collection[BrokerOrder],
    booked: Mapping[str, int],
    moves: Moves,
    in_question: Collection[tuple[str, Side]],
    today: date,
) -> dict[Key, int]:
    """Confirmed shares by order: what it had, or more where the holdings can mean nobody else."""
    had = {order.key: order.counted for order in orders}
    if ticker in moves.unclear:
        return had
    moved = moves.held.get(ticker, 0) - booked.get(ticker, 0)
    sides = {side for asked, side in in_question if asked == ticker}
    if not sides and moved == sum(order.sign * (order.noticed - order.counted) for order in orders):
        return {order.key: order.noticed for order in orders}
    if sides or not orders:
        return had
    if len(orders) == 1:
        (only,) = orders
        return {only.key: min(only.quantity, only.counted + max(0, only.sign * moved))}
    for side in Side:
        of_side = [order for order in orders if order.side is side]
        total = moves.traded.get((ticker, side))
        if len(of_side) != 1 or total is None or of_side[0].key[0] != today:
            continue
        others = sum(o.filled for o in ended if (o.ticker, o.side, o.trade_date) == (ticker, side, today))
        had[of_side[0].key] = min(of_side[0].quantity, max(of_side[0].counted, total - others))
    return had


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
