"""Money and holdings of one account, in integers. Pure: `world` feeds it journal records.

Contract: `cash` is the settled deposit; trades move cash on their settlement day (T+2) and are `pending` until then.
Cash + pending + fees + taxes is conserved to the won. Average price is cost over quantity; cost holds no fees.
Does not decide whether an order is allowed (`rules` does).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from domain.orders.types import Side


@dataclass(slots=True)
class Holding:
    """One ticker. `cost` won for `quantity` shares; the day's and yesterday's trades are what KIS shows beside it."""

    ticker: str
    quantity: int = 0
    cost: int = 0
    bought_today: int = 0
    sold_today: int = 0
    bought_before: int = 0
    sold_before: int = 0
    shown_until: date | None = None  # sold-out rows stay until their last sale settles

    @property
    def average(self) -> str:
        """Average price with KIS's four decimals."""
        if not self.quantity:
            return "0.0000"
        scaled = self.cost * 10_000 // self.quantity
        return f"{scaled // 10_000}.{scaled % 10_000:04d}"


@dataclass(slots=True)
class Traded:
    """One ticker's trades of one day. `realised` is proceeds less cost, before fees and taxes."""

    bought: int = 0
    bought_amount: int = 0
    sold: int = 0
    sold_amount: int = 0
    sold_cost: int = 0
    buy_fee: int = 0
    sell_fee: int = 0
    tax: int = 0

    @property
    def realised(self) -> int:
        return self.sold_amount - self.sold_cost


@dataclass(slots=True)
class DaySums:
    """Amounts traded on one day, won."""

    bought: int = 0
    sold: int = 0
    charges: int = 0  # fees and taxes


@dataclass(slots=True)
class Account:
    """`number` is CANO + product code, ten digits; `owner` an app key hash."""

    number: str
    owner: str
    opening_cash: int
    cash: int
    pending: dict[date, int] = field(default_factory=dict)
    holdings: dict[str, Holding] = field(default_factory=dict)
    today: DaySums = field(default_factory=DaySums)
    before: DaySums = field(default_factory=DaySums)
    trades: dict[tuple[date, str], Traded] = field(default_factory=dict)  # by day and ticker, for ever

    def __repr__(self) -> str:
        return f"Account(holdings={len(self.holdings)})"

    def due_by(self, day: date) -> int:
        """Deposit once everything due up to `day` has settled."""
        return self.cash + sum(amount for due, amount in self.pending.items() if due <= day)

    @property
    def d2_cash(self) -> int:
        """Deposit once everything has settled: the money really left (KIS prvs_rcdl_excc_amt)."""
        return self.cash + sum(self.pending.values())

    def sellable(self, ticker: str) -> int:
        held = self.holdings.get(ticker)
        return held.quantity if held else 0

    def fill(
        self, ticker: str, side: Side, quantity: int, price: int, fee: int, tax: int, day: date, settles: date
    ) -> None:
        """Book a trade of `day`: shares at once, money on `settles`."""
        amount, charges = quantity * price, fee + tax
        traded = self.trades.setdefault((day, ticker), Traded())
        held = self.holdings.setdefault(ticker, Holding(ticker))
        if side is Side.BUY:
            held.quantity += quantity
            held.cost += amount
            held.bought_today += quantity
            held.shown_until = None
            traded.bought += quantity
            traded.bought_amount += amount
            traded.buy_fee += fee
            self.today.bought += amount
            delta = -amount - charges
        else:
            if quantity > held.quantity:
                raise ValueError(f"expected a sale of at most {held.quantity} {ticker}, was {quantity}")
            cost = held.cost * quantity // held.quantity
            traded.sold += quantity
            traded.sold_amount += amount
            traded.sold_cost += cost
            traded.sell_fee += fee
            traded.tax += tax
            held.cost -= cost
            held.quantity -= quantity
            held.sold_today += quantity
            if held.quantity == 0:
                held.shown_until = settles
            self.today.sold += amount
            delta = amount - charges
        self.today.charges += charges
        self.pending[settles] = self.pending.get(settles, 0) + delta

    def settle(self, day: date) -> None:
        """Money due on `day` arrives or leaves."""
        self.cash += self.pending.pop(day, 0)

    def start_day(self, day: date) -> None:
        """Today's figures become yesterday's; rows whose last sale has settled go."""
        self.before, self.today = self.today, DaySums()
        for held in list(self.holdings.values()):
            held.bought_before, held.sold_before = held.bought_today, held.sold_today
            held.bought_today = held.sold_today = 0
            if held.quantity == 0 and (held.shown_until is None or held.shown_until <= day):
                del self.holdings[held.ticker]
