"""Everything durable about the exchange: a fold over journal records.

Contract: `apply` is the only way state changes, live and after a restart alike, so that what was answered is what
comes back. Knows nothing of the market, the wire or time beyond what a record says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.orders.types import Side
from simulation.exchange.divisions import Board
from simulation.exchange.journal import Record
from simulation.exchange.ledger import Account
from simulation.exchange.orders import OWN_ENTRY, Act, Order
from simulation.exchange.pushes import Push, Session
from simulation.exchange.reserved import Reservation, Sent


@dataclass(slots=True)
class TakenVolume:
    """What user orders took out of the book on one day, on top of the tape."""

    shares: int = 0
    value: int = 0
    high: int = 0
    low: int = 0

    def add(self, quantity: int, price: int) -> None:
        self.shares += quantity
        self.value += quantity * price
        self.high = max(self.high, price)
        self.low = min(self.low or price, price)


@dataclass(slots=True)
class World:
    """Accounts, orders by day, key pairs. `orders` of a day are in acceptance order."""

    accounts: dict[str, Account] = field(default_factory=dict)
    orders: dict[date, dict[int, Order]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # key hash -> hash of its secret
    issued: dict[str, int] = field(default_factory=dict)  # key hash -> epoch second of its newest token
    revoked: set[str] = field(default_factory=set)
    resting: dict[str, list[Order]] = field(default_factory=dict)  # by ticker, oldest first
    taken: dict[tuple[str, Board], TakenVolume] = field(default_factory=dict)  # today
    reservations: dict[int, Reservation] = field(default_factory=dict)  # by RSVN_ORD_SEQ
    pushes: dict[Session, list[Push]] = field(default_factory=dict)  # test mode
    day: date | None = None
    opened_on: date | None = None  # first day of an always-open venue
    last_time: datetime | None = None
    last_number: int = 0

    def apply(self, record: Record) -> None:
        """Fold one journal record in."""
        when = datetime.fromisoformat(record["t"])
        self.last_time = when if self.last_time is None else max(self.last_time, when)
        match record["kind"]:
            case "venue":
                self.opened_on = self.opened_on or date.fromisoformat(record["opened_on"])
            case "key":
                self.secrets[record["key"]] = record["secret"]
            case "token":
                self.issued[record["key"]] = record["issued"]
            case "revoke":
                self.revoked.add(record["jti"])
            case "account":
                number = record["account"]
                self.accounts[number] = Account(number, record["owner"], record["cash"], record["cash"])
            case "day":
                self._start_day(date.fromisoformat(record["date"]))
            case "order":
                self._order(record, when)
            case "revise" | "cancel":
                self._change(record, when)
            case "fill":
                self._fill(record)
            case "expire" | "kill" | "bounce":
                self._end(record)
            case "convert":
                self.order(record).price = 0
            case "trigger":
                order = self.order(record)
                order.waiting, order.ahead = False, record["ahead"]
            case "settle":
                self.accounts[record["account"]].settle(date.fromisoformat(record["due"]))
            case "reserve" | "reserve_revise":
                self._reserve(record, when)
            case "reserve_cancel":
                self.reservations[record["reservation"]].cancelled_at = when
            case "reserve_sent":
                sent = Sent(date.fromisoformat(record["date"]), int(record["became"] or 0), record["why"])
                self.reservations[record["reservation"]].sent.append(sent)
            case "push":
                session = record["ticker"], date.fromisoformat(record["date"]), Board(record["board"])
                self.pushes.setdefault(session, []).append(Push(record["index"], record["off"], record["to"]))
            case "clock" | "reject":
                pass
            case other:
                raise ValueError(f"expected a known journal record, was kind {other!r}")

    def order(self, record: Record) -> Order:
        return self.orders[date.fromisoformat(record["date"])][int(record["odno"])]

    def today(self) -> dict[int, Order]:
        return self.orders.get(self.day, {}) if self.day is not None else {}

    def resting_on(self, ticker: str, board: Board) -> list[Order]:
        """Orders of one board that wait for a trade, oldest first; stop orders not yet seen are among them."""
        return [order for order in self.resting.get(ticker, ()) if order.board is board]

    def open_orders(self, account: str | None = None) -> list[Order]:
        """Resting orders, oldest first."""
        found = [o for orders in self.resting.values() for o in orders if account is None or o.account == account]
        return sorted(found, key=lambda order: order.number)

    def accounts_of(self, owner_prefix: str) -> list[Account]:
        return [account for account in self.accounts.values() if account.owner.startswith(owner_prefix)]

    def orders_of(self, reservation: Reservation) -> list[Order]:
        """The orders that a reservation has become, oldest first."""
        return [self.orders[sent.day][sent.number] for sent in reservation.sent if sent.number]

    def _reserve(self, record: Record, when: datetime) -> None:
        before = self.reservations.get(record["reservation"])
        self.reservations[record["reservation"]] = Reservation(
            seq=record["reservation"],
            account=record["account"],
            side=Side(record["side"]),
            ticker=record["ticker"],
            division=record["division"],
            price=record["price"],
            quantity=record["qty"],
            until=date.fromisoformat(record["until"]) if record["until"] else None,
            taken_at=before.taken_at if before is not None else when,
            sent=before.sent if before is not None else [],
        )

    def _start_day(self, day: date) -> None:
        self.day = day
        self.last_number = 0
        self.taken = {}
        self.orders.setdefault(day, {})
        for account in self.accounts.values():
            account.start_day(day)

    def _order(self, record: Record, when: datetime) -> None:
        order = Order(
            day=date.fromisoformat(record["date"]),
            number=int(record["odno"]),
            account=record["account"],
            side=Side(record["side"]),
            ticker=record["ticker"],
            division=record["division"],
            price=record["price"],
            quantity=record["qty"],
            accepted_at=when,
            exchange=record["exchange"],
            reserve_price=record["reserve_price"],
            ahead=record["ahead"],
            trigger=record.get("trigger", 0),
            waiting="trigger" in record,
            late=record.get("late", False),
            entry=record.get("entry", OWN_ENTRY),
        )
        self._keep(order)

    def _change(self, record: Record, when: datetime) -> None:
        original = self.orders[date.fromisoformat(record["date"])][int(record["original"])]
        act = Act.REVISE if record["kind"] == "revise" else Act.CANCEL
        order = Order(
            day=original.day,
            number=int(record["odno"]),
            account=original.account,
            side=original.side,
            ticker=original.ticker,
            division=record["division"],
            price=record["price"],
            quantity=record["qty"],
            accepted_at=when,
            act=act,
            original=original.number,
            exchange=original.exchange,
            reserve_price=record["reserve_price"],
            ahead=record["ahead"],
            trigger=record.get("trigger", 0),
            waiting="trigger" in record,
            late=original.late,
        )
        if act is Act.REVISE:
            original.revised += order.quantity
        else:
            original.cancelled += order.quantity
        self._tidy(original.ticker)
        self._keep(order)

    def _keep(self, order: Order) -> None:
        self.orders.setdefault(order.day, {})[order.number] = order
        self.last_number = max(self.last_number, order.number)
        if order.open:
            self.resting.setdefault(order.ticker, []).append(order)

    def _end(self, record: Record) -> None:
        """What is left of an order ends by itself: at the close, as an IOC remainder, or refused by the exchange."""
        order = self.order(record)
        match record["kind"]:
            case "expire":
                order.expired += record["qty"]
            case "kill":
                order.cancelled += record["qty"]
            case _:
                order.bounced += record["qty"]
        self._tidy(order.ticker)

    def _fill(self, record: Record) -> None:
        order = self.order(record)
        quantity, price = record["qty"], record["price"]
        order.filled += quantity
        order.amount += quantity * price
        order.fee += record["fee"]
        order.tax += record["tax"]
        account = self.accounts[order.account]
        settles = date.fromisoformat(record["settles"])
        account.fill(order.ticker, order.side, quantity, price, record["fee"], record["tax"], order.day, settles)
        if record["taker"]:
            self.taken.setdefault((order.ticker, order.board), TakenVolume()).add(quantity, price)
        self._tidy(order.ticker)

    def _tidy(self, ticker: str) -> None:
        left = [order for order in self.resting.get(ticker, []) if order.open]
        if left:
            self.resting[ticker] = left
        else:
            self.resting.pop(ticker, None)
