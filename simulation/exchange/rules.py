"""What the broker checks before it takes an order: pure questions over plain views.

Contract: returns the first reason to refuse, or None. Order of checks: ticker, type, day, hour, quantity, price,
then money or shares. A limit buy reserves price × quantity + fee; one that may trade at any price the upper limit.
"""

from __future__ import annotations

from datetime import datetime

from domain.calendar import Calendar, Phase
from domain.costs import fee
from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import on_tick
from simulation.exchange.boards import window_of
from simulation.exchange.config import Environment
from simulation.exchange.divisions import DIVISIONS, Board, Division, Pricing
from simulation.exchange.ledger import Account
from simulation.exchange.listings import Listing
from simulation.exchange.market import Snapshot
from simulation.exchange.orders import Order, OrderRequest, Refused, Why

_TAKING = {
    Environment.REAL: (Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSING_AUCTION),
    Environment.PAPER: (Phase.CONTINUOUS, Phase.CLOSING_AUCTION),
}

PENSION = "29"  # product code of an IRP account, which may hold but not order


def hours_refusal(
    env: Environment, calendar: Calendar, at: datetime, division: Division, *, late: bool = False
) -> Refused | None:
    """Is the order's board taking orders? NXT's evening (`late`) takes them earlier than KRX's."""
    day = at.date()
    if not calendar.is_session(day):
        return Refused(Why.HOLIDAY)
    phase = calendar.phase(at)
    if division.board is not Board.REGULAR:
        window = window_of(calendar, day, division.board)
        if window is None:
            return Refused(Why.DIVISION, division.name)
        if window.takes(at):
            return None
        if late:  # nothing trades yet, so there is no price to take
            return None if division.auction else Refused(Why.DIVISION_NOW, division.name)
        return Refused(Why.BEFORE_OPEN if at < window.takes_from else Why.AFTER_CLOSE)
    if phase in _TAKING[env]:
        too_late = division.turns_market and phase is Phase.CLOSING_AUCTION
        if too_late or (phase is not Phase.CONTINUOUS and not division.auction):
            return Refused(Why.DIVISION_NOW, division.name)
        return None
    if phase is Phase.AFTER_MARKET:
        return Refused(Why.AFTER_MARKET_TYPE)
    early = phase in (Phase.PRE_OPEN, Phase.OPENING_AUCTION)
    return Refused(Why.BEFORE_OPEN if early else Why.AFTER_CLOSE)


def type_refusal(env: Environment, request: OrderRequest, listing: Listing) -> Refused | None:
    """Does this environment know the type, and does the venue named take it?"""
    division = DIVISIONS.get(request.division)
    if division is None or (env is Environment.PAPER and not division.paper):
        return Refused(Why.DIVISION, request.division)
    if request.exchange not in (("KRX",) if env is Environment.PAPER else ("KRX", "SOR", "NXT")):
        return Refused(Why.EXCHANGE, request.exchange)
    if request.exchange not in division.venues or (request.exchange == "NXT" and not listing.instrument.nxt):
        return Refused(Why.EXCHANGE, request.exchange)
    return None


def form_refusal(request: OrderRequest, division: Division, listing: Listing, quote: Snapshot) -> Refused | None:
    """Quantity, tradability, price unit and band."""
    if request.quantity <= 0:
        return Refused(Why.QUANTITY)
    if quote.halted or listing.instrument.status == "halted":
        return Refused(Why.HALTED)
    if division.pricing is Pricing.MARKET and listing.instrument.status == "managed":
        return Refused(Why.NO_MARKET_ORDERS)
    if division.board in (Board.AFTER, Board.NXT_PRE) and listing.instrument.kind is Kind.ETF:
        return Refused(Why.NOT_ON_THIS_BOARD)
    if division.pricing is not Pricing.LIMIT:
        return None
    refused = price_refusal(request.price, listing, quote)
    if refused is None and division.stop and price_refusal(request.trigger, listing, quote) is not None:
        return Refused(Why.TRIGGER, str(request.trigger))
    return refused


def price_refusal(price: int, listing: Listing, quote: Snapshot) -> Refused | None:
    """A limit price on its unit and inside the day's band."""
    if price <= 0 or not on_tick(price, listing.instrument.kind, quote.day):
        return Refused(Why.TICK, str(price))
    if price > quote.band.upper:
        return Refused(Why.ABOVE_BAND, str(price))
    if price < quote.band.lower:
        return Refused(Why.BELOW_BAND, str(price))
    return None


def reservation(price: int, quantity: int) -> int:
    """What a resting buy keeps from being spent, fee included."""
    return price * quantity + fee(price * quantity)


def buying_power(account: Account, open_orders: list[Order]) -> int:
    """Money that may be promised to new buys: everything that will have settled, less what resting buys reserve."""
    reserved = sum(reservation(order.reserve_price, order.open) for order in open_orders if order.side is Side.BUY)
    return account.d2_cash - reserved


def sellable(account: Account, ticker: str, open_orders: list[Order]) -> int:
    """Shares held and not already offered."""
    offered = sum(order.open for order in open_orders if order.side is Side.SELL and order.ticker == ticker)
    return account.sellable(ticker) - offered


def means_refusal(
    request: OrderRequest, reserve_price: int, account: Account, open_orders: list[Order]
) -> Refused | None:
    """Enough money for a buy, enough free shares for a sale."""
    if request.side is Side.BUY:
        if reservation(reserve_price, request.quantity) > buying_power(account, open_orders):
            return Refused(Why.CASH)
        return None
    if account.sellable(request.ticker) == 0:
        return Refused(Why.NOTHING_HELD)
    if request.quantity > sellable(account, request.ticker, open_orders):
        return Refused(Why.SELLABLE)
    return None
