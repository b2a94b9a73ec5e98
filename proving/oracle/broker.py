"""What the broker's own journal says happened, folded a second time.

Contract: `take` is given the journal's records in order, as plain mappings. An order and the revisions of it are one
chain; what may still trade of a chain, what it traded, and the money and shares of each account follow from records
alone. Raises nothing for records that tell of no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proving.oracle.money import fee_of, tax_of

Key = tuple[str, int]  # trade date, number
Signature = tuple[str, str, str, int]  # account number, ticker, side, quantity


@dataclass(slots=True)
class Order:
    """One number at the broker. `root` is the number its chain began with."""

    key: Key
    root: Key
    account: str
    ticker: str
    side: str
    quantity: int
    price: int
    filled: int = 0
    amount: int = 0
    fee: int = 0
    tax: int = 0
    gone: int = 0  # cancelled, revised away, lapsed, killed or refused
    cause: str = ""

    @property
    def open(self) -> int:
        return self.quantity - self.filled - self.gone

    @property
    def signature(self) -> Signature:
        return (self.account, self.ticker, self.side, self.quantity)


@dataclass(slots=True)
class Purse:
    """An account: cash at T+0 that is still due included, and shares."""

    opening: int
    moved: int = 0
    shares: dict[str, int] = field(default_factory=dict)


class Broker:
    """`funds` are the tickers whose sale is not taxed."""

    def __init__(self, funds: frozenset[str]) -> None:
        self.funds = funds
        self.orders: dict[Key, Order] = {}
        self.chains: dict[Key, list[Order]] = {}
        self.purses: dict[str, Purse] = {}
        self.days: list[str] = []
        self.due: dict[tuple[str, str], int] = {}  # (account, day) -> won not yet settled
        self.wrong: list[str] = []

    def take(self, record: Mapping[str, Any]) -> Order | None:
        """The order that a record concerns, after it."""
        kind = record["kind"]
        if kind == "account":
            self.purses[record["account"]] = Purse(record["cash"])
        elif kind == "day":
            self.days.append(record["date"])
        elif kind == "settle":
            self._settle(record)
        if "odno" not in record:
            return None
        key = (record["date"], int(record["odno"]))
        if kind == "order":
            return self._order(record, key, key)
        if kind in ("revise", "cancel"):
            return self._change(record, key, kind)
        order = self.orders[key]
        if kind == "fill":
            self._fill(order, record)
        elif kind in ("expire", "kill", "bounce"):
            order.gone += record["qty"]
            order.cause = kind
        if order.open < 0:
            self.wrong.append(f"{key}: more filled and gone than ordered")
        return order

    def _order(self, record: Mapping[str, Any], key: Key, root: Key) -> Order:
        if key in self.orders:
            self.wrong.append(f"{key}: a number given twice")
        order = Order(key, root, record["account"], record["ticker"], record["side"], record["qty"], record["price"])
        self.orders[key] = order
        self.chains.setdefault(root, []).append(order)
        return order

    def _change(self, record: Mapping[str, Any], key: Key, kind: str) -> Order:
        original = self.orders[(record["date"], int(record["original"]))]
        original.gone += record["qty"]
        original.cause = kind
        if kind == "revise":
            return self._order(record, key, original.root)
        return original

    def _fill(self, order: Order, record: Mapping[str, Any]) -> None:
        quantity, price = record["qty"], record["price"]
        order.filled += quantity
        order.amount += quantity * price
        order.fee += record["fee"]
        order.tax += record["tax"]
        sale = order.side == "sell"
        fee, tax = fee_of(order.amount), tax_of(order.amount, sale=sale, fund=order.ticker in self.funds)
        if (order.fee, order.tax) != (fee, tax):
            self.wrong.append(f"{order.key}: expected fee {fee} and tax {tax} won, was {order.fee} and {order.tax}")
        purse = self.purses[order.account]
        amount, charges = quantity * price, record["fee"] + record["tax"]
        change = (amount if sale else -amount) - charges
        purse.moved += change
        held = purse.shares.get(order.ticker, 0) + (-quantity if sale else quantity)
        purse.shares[order.ticker] = held
        if held < 0:
            self.wrong.append(f"{order.account}: {order.ticker} sold short by {-held}")
        due = (order.account, record["settles"])
        self.due[due] = self.due.get(due, 0) + change

    def _settle(self, record: Mapping[str, Any]) -> None:
        due = self.due.pop((record["account"], record["due"]), 0)
        if due != record["amount"]:
            self.wrong.append(f"{record['due']}: expected {due} won to settle, was {record['amount']}")
        if record["due"] in self.days and self.days.index(record["due"]) < 2:
            self.wrong.append(f"{record['due']}: settled before two sessions had passed")

    def live(self, root: Key) -> int:
        """What of a chain may still trade."""
        return sum(max(0, order.open) for order in self.chains[root])

    def filled(self, root: Key) -> int:
        return sum(order.filled for order in self.chains[root])

    def amount(self, root: Key) -> int:
        return sum(order.amount for order in self.chains[root])
