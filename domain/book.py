"""What was traded and what it cost: cumulative progress of an order, positions by sleeve, cash to come.

Contract: int won and int shares only; everything is pure and immutable. Confirmed counts come from inquiry and are
cumulative, so neither the order nor the number of answers matters; notices are provisional and never enter a position.
Fee and tax are taken on an order's cumulative amount. Does not know states, prices of today or the broker's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.calendar import Calendar
from domain.costs import DEFAULT_FEES, FeeSchedule, fee, sell_tax
from domain.instruments import Kind, Market
from domain.orders.types import Side

MANUAL = "manual"
OUTSIDE = "outside"
SETTLEMENT_SESSIONS = 2


class BookConflict(Exception):
    """Evidence that contradicts the book: the account must be reconciled, nothing may be guessed."""


@dataclass(frozen=True, slots=True)
class OrderProgress:
    """Cumulative fills of one order over `quantity` shares. `estimated`: the environment shows no price."""

    quantity: int
    confirmed: int = 0
    amount: int = 0
    estimated: bool = False
    noticed: int = 0
    noticed_amount: int = 0

    @property
    def provisional(self) -> int:
        """Shares seen in notices and not yet confirmed (잠정)."""
        return max(0, self.noticed - self.confirmed)

    @property
    def filled(self) -> int:
        """Best known count, provisional included."""
        return max(self.noticed, self.confirmed)

    @property
    def remaining(self) -> int:
        """What may still trade by confirmed evidence alone: exposure is counted on this."""
        return self.quantity - self.confirmed

    def notice(self, quantity: int, price: int) -> OrderProgress:
        """One execution notice. Increments beyond the order's quantity are not believed."""
        if quantity <= 0 or price <= 0:
            raise ValueError(f"expected a notice over > 0 shares at > 0 won, was {quantity} at {price}")
        taken = min(quantity, self.quantity - self.noticed)
        return replace(self, noticed=self.noticed + taken, noticed_amount=self.noticed_amount + taken * price)

    def confirm(self, quantity: int, amount: int, *, estimated: bool = False) -> OrderProgress:
        """The broker's cumulative count and amount. An older, lower count changes nothing; an exact amount replaces an
        estimated one. Raises BookConflict for more than was ordered or two exact amounts of one count."""
        if not 0 <= quantity <= self.quantity or amount < 0 or (quantity == 0) != (amount == 0):
            raise BookConflict(f"expected 0..{self.quantity} shares and their amount, was {quantity} for {amount} won")
        if quantity < self.confirmed:
            return self
        if quantity == self.confirmed:
            if estimated or amount == self.amount:
                return self if estimated else replace(self, estimated=False)
            if not self.estimated:
                raise BookConflict(f"expected {self.amount} won for {quantity} shares, was {amount}")
        elif amount <= self.amount and not (estimated or self.estimated):
            raise BookConflict(f"expected more than {self.amount} won for {quantity} shares, was {amount}")
        return replace(self, confirmed=quantity, amount=amount, estimated=estimated)


@dataclass(frozen=True, slots=True)
class Costs:
    """Fee and tax of an order's cumulative amount, won."""

    fee: int = 0
    tax: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides the costs of an order: where and what it trades, on which trade date, under which fees."""

    side: Side
    market: Market
    kind: Kind
    on: date
    fees: FeeSchedule = DEFAULT_FEES

    def costs(self, amount: int) -> Costs:
        tax = sell_tax(amount, self.market, self.kind, self.on) if self.side is Side.SELL else 0
        return Costs(fee(amount, self.fees), tax)


@dataclass(frozen=True, slots=True)
class Fill:
    """What one more confirmed count adds to the book. Only `amount`, `fee` and `tax` may be negative: an estimate that
    became exact."""

    side: Side
    quantity: int
    amount: int
    fee: int
    tax: int

    @property
    def cash(self) -> int:
        """Signed change of cash at settlement."""
        if self.side is Side.BUY:
            return -self.amount - self.fee
        return self.amount - self.fee - self.tax


def fill_between(before: OrderProgress, after: OrderProgress, terms: Terms) -> Fill | None:
    """The difference of two progresses of one order; None when nothing confirmed changed."""
    quantity, amount = after.confirmed - before.confirmed, after.amount - before.amount
    if quantity == 0 and amount == 0:
        return None
    was, now = terms.costs(before.amount), terms.costs(after.amount)
    return Fill(terms.side, quantity, amount, now.fee - was.fee, now.tax - was.tax)


@dataclass(frozen=True, slots=True)
class Position:
    """Shares of one sleeve and what they cost, buy fees included.

    `basis_cost` and `basis_quantity` stand as of the last buy and `sold` counts shares sold since, so that the cost of
    sold shares is a difference of floor(basis_cost * sold / basis_quantity): exact, conserving to the won, and the same
    however a sale is cut into fills.
    """

    basis_quantity: int = 0
    basis_cost: int = 0
    sold: int = 0
    realised: int = 0  # after fee and tax
    fees: int = 0
    taxes: int = 0

    @property
    def quantity(self) -> int:
        return self.basis_quantity - self.sold

    @property
    def cost(self) -> int:
        """Cost of the shares that are left, won."""
        return self.basis_cost - self._cost_of(self.sold)

    def _cost_of(self, sold: int) -> int:
        return self.basis_cost * sold // self.basis_quantity if self.basis_quantity else 0

    def apply(self, fill: Fill) -> Position:
        """Raises BookConflict when more is sold than is held."""
        fees, taxes = self.fees + fill.fee, self.taxes + fill.tax
        if fill.side is Side.BUY:
            if fill.quantity == 0 and self.quantity == 0:  # an estimate became exact after everything was sold
                return replace(self, realised=self.realised + fill.cash, fees=fees, taxes=taxes)
            return replace(
                self,
                basis_quantity=self.quantity + fill.quantity,
                basis_cost=self.cost + fill.amount + fill.fee,
                sold=0,
                fees=fees,
                taxes=taxes,
            )
        if fill.quantity > self.quantity:
            raise BookConflict(f"expected a sale of at most {self.quantity} shares, was {fill.quantity}")
        cost = self._cost_of(self.sold + fill.quantity) - self._cost_of(self.sold)
        realised = self.realised + fill.cash - cost
        if fill.quantity == self.quantity:
            return Position(realised=realised, fees=fees, taxes=taxes)
        return replace(self, sold=self.sold + fill.quantity, realised=realised, fees=fees, taxes=taxes)

    def imported(self, quantity: int, cost: int) -> Position:
        """Shares found at the broker that no order of ours explains, at the broker's own cost figure."""
        return replace(self, basis_quantity=self.quantity + quantity, basis_cost=self.cost + cost, sold=0)

    def unrealised(self, price: int) -> int:
        """At `price`, before selling costs."""
        return self.quantity * price - self.cost


def apportion(total: int, weights: Iterable[int]) -> tuple[int, ...]:
    """`total` in proportion to `weights`, exactly: cumulative floors, so the parts sum to the whole."""
    parts, running = list(weights), 0
    whole = sum(parts)
    if whole <= 0 or min(parts) < 0:
        raise ValueError(f"expected weights >= 0 with a positive sum, was {parts}")
    shares, given = [], 0
    for weight in parts:
        running += weight
        upto = total * running // whole
        shares.append(upto - given)
        given = upto
    return tuple(shares)


def sellable_by(sleeve: str, sleeves: Mapping[str, int]) -> int:
    """Shares that an origin may sell: a strategy or cycle its own; the person (`manual`, or by hand: `outside`)
    everything of the account."""
    return sum(sleeves.values()) if sleeve in (MANUAL, OUTSIDE) else sleeves.get(sleeve, 0)


def split_sale(sleeve: str, quantity: int, sleeves: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Whose shares a sale takes: an origin's own; a person's sale takes manual, then outside, then the rest by name,
    one by hand at the broker outside first."""
    if quantity > sellable_by(sleeve, sleeves):
        raise BookConflict(f"expected at most {sellable_by(sleeve, sleeves)} shares of {sleeve}, was {quantity}")
    names = [sleeve]
    if sleeve in (MANUAL, OUTSIDE):
        names += [
            OUTSIDE if sleeve == MANUAL else MANUAL,
            *sorted(name for name in sleeves if name not in (MANUAL, OUTSIDE)),
        ]
    taken, left = [], quantity
    for name in names:
        part = min(left, sleeves.get(name, 0))
        if part:
            taken.append((name, part))
            left -= part
    return tuple(taken)


def book_fill(positions: Mapping[str, Position], sleeve: str, fill: Fill) -> dict[str, Position]:
    """One ticker's positions by sleeve after a fill of an order of `sleeve`; sums are conserved to the won."""
    after = dict(positions)
    if fill.side is Side.BUY or fill.quantity == 0:
        after[sleeve] = after.get(sleeve, Position()).apply(fill)
        return after
    parts = split_sale(sleeve, fill.quantity, {name: p.quantity for name, p in positions.items()})
    weights = [quantity for _, quantity in parts]
    money = zip(*(apportion(total, weights) for total in (fill.amount, fill.fee, fill.tax)), strict=True)
    for (name, quantity), (amount, fee_part, tax_part) in zip(parts, money, strict=True):
        after[name] = after[name].apply(Fill(Side.SELL, quantity, amount, fee_part, tax_part))
    return after


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Signed won that moves on `settles`."""

    settles: date
    amount: int


def settlement_of(fill: Fill, trade_date: date, calendar: Calendar) -> CashFlow:
    """T+2 in business days of the venue's calendar."""
    return CashFlow(calendar.add_sessions(trade_date, SETTLEMENT_SESSIONS), fill.cash)


@dataclass(frozen=True, slots=True)
class CashBook:
    """Settled cash and what is to come; `flows` may hold past dates until `settled` folds them in."""

    deposit: int
    flows: tuple[CashFlow, ...] = ()

    def settled(self, today: date) -> CashBook:
        """Flows due by `today` become deposit."""
        due = sum(flow.amount for flow in self.flows if flow.settles <= today)
        return CashBook(self.deposit + due, tuple(flow for flow in self.flows if flow.settles > today))

    def expect(self, flow: CashFlow) -> CashBook:
        return replace(self, flows=(*self.flows, flow))

    @property
    def d2(self) -> int:
        """Cash after all settlements; proceeds of confirmed sales are in it, so this is the expected buying power."""
        return self.deposit + sum(flow.amount for flow in self.flows)

    @property
    def withdrawable(self) -> int:
        """Lowest balance on the way: proceeds not settled cannot be withdrawn, debts to come are kept back."""
        lowest = balance = self.deposit
        due: dict[date, int] = {}
        for flow in self.flows:
            due[flow.settles] = due.get(flow.settles, 0) + flow.amount
        for day in sorted(due):
            balance += due[day]
            lowest = min(lowest, balance)
        return max(0, lowest)
