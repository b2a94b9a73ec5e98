"""What the broker checks before it takes an order: pure questions over plain views.

Contract: returns the first reason to refuse, or None. Order of checks: ticker, day, hour, type, quantity, price,
then money or shares. A limit buy reserves price × quantity + fee, a market buy the upper limit.
"""

from __future__ import annotations

from datetime import datetime

from domain.calendar import Calendar, Phase
from domain.costs import fee
from domain.orders.types import Side
from domain.ticks import on_tick
from simulation.exchange.config import Environment
from simulation.exchange.ledger import Account
from simulation.exchange.listings import Listing
from simulation.exchange.market import Snapshot
from simulation.exchange.orders import LIMIT, MARKET, Order, OrderRequest, Refused, Why

_TAKING = {
    Environment.REAL: (Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSING_AUCTION),
    Environment.PAPER: (Phase.CONTINUOUS, Phase.CLOSING_AUCTION),
}


def hours_refusal(env: Environment, calendar: Calendar, at: datetime) -> Refused | None:
    """Is the order book taking regular orders?"""
    if not calendar.is_session(at.date()):
        return Refused(Why.HOLIDAY)
    phase = calendar.phase(at)
    if phase in _TAKING[env]:
        return None
    early = phase in (Phase.PRE_OPEN, Phase.OPENING_AUCTION)
    return Refused(Why.BEFORE_OPEN if early else Why.AFTER_CLOSE)


def form_refusal(env: Environment, request: OrderRequest, listing: Listing, quote: Snapshot) -> Refused | None:
    """Type, quantity, price unit and band."""
    if request.division not in (LIMIT, MARKET):
        return Refused(Why.DIVISION, request.division)
    if request.exchange not in (("KRX",) if env is Environment.PAPER else ("KRX", "SOR", "NXT")):
        return Refused(Why.EXCHANGE, request.exchange)
    if request.exchange == "NXT" and (not listing.instrument.nxt or request.division == MARKET):
        return Refused(Why.EXCHANGE, request.exchange)
    if request.quantity <= 0:
        return Refused(Why.QUANTITY)
    if quote.halted or listing.instrument.status == "halted":
        return Refused(Why.HALTED)
    if request.division == MARKET:
        return None
    return price_refusal(request.price, listing, quote)


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
