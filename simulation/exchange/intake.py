"""What becomes of a request: a journal record for an order the broker takes, or the reason why not.

Contract: `order` and `change` decide on the world as it is at `now` and change nothing. The rules themselves are in
`rules`; here they are put to a request in the broker's order.
"""

from __future__ import annotations

from datetime import datetime

from domain.calendar import Calendar
from domain.orders.types import Side
from simulation.exchange import rules
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.crossing import Crossing
from simulation.exchange.journal import Record
from simulation.exchange.market import Market, Snapshot
from simulation.exchange.orders import MARKET, Act, ChangeRequest, Order, OrderRequest, Refused, Why
from simulation.exchange.world import World


class Intake:
    """One per venue."""

    def __init__(
        self, config: ExchangeConfig, market: Market, calendar: Calendar, world: World, crossing: Crossing
    ) -> None:
        self._config = config
        self._market = market
        self._calendar = calendar
        self._world = world
        self._crossing = crossing

    def order(self, request: OrderRequest, now: datetime) -> Record | Refused:
        """order-cash. The account must exist."""
        quote = self._market.snapshot(request.ticker, now)
        refused = self._refusal(request, quote, now)
        if refused is not None or quote is None:
            return refused or Refused(Why.NO_SUCH_TICKER, request.ticker)
        price = 0 if request.division == MARKET else request.price
        return {
            "t": now.isoformat(),
            "kind": "order",
            "date": now.date().isoformat(),
            "odno": self._next_number(),
            "account": request.account,
            "side": request.side.value,
            "ticker": request.ticker,
            "division": request.division,
            "price": price,
            "qty": request.quantity,
            "exchange": request.exchange,
            "reserve_price": price or quote.band.upper,
            "ahead": self._crossing.ahead(request.ticker, request.side, price, now),
        }

    def change(self, request: ChangeRequest, now: datetime) -> Record | Refused:
        """order-rvsecncl: a revision or a cancel, itself an order with its own number."""
        original = self._world.today().get(request.original)
        if original is None or original.account != request.account or original.open == 0:
            return Refused(Why.NOTHING_TO_CHANGE)
        quantity = original.open if request.whole else request.quantity
        if quantity > original.open:
            return Refused(Why.CHANGE_TOO_MUCH)
        if quantity <= 0:
            return Refused(Why.QUANTITY)
        revise = request.act is Act.REVISE
        division = request.division if revise else original.division
        price = original.price if not revise else 0 if division == MARKET else request.price
        reserve = original.reserve_price
        if revise:
            refused, reserve = self._revision(original, quantity, division, price, now)
            if refused is not None:
                return refused
        return {
            "t": now.isoformat(),
            "kind": "revise" if revise else "cancel",
            "date": original.day.isoformat(),
            "odno": self._next_number(),
            "original": original.odno,
            "account": original.account,
            "side": original.side.value,
            "ticker": original.ticker,
            "division": division,
            "price": price,
            "qty": quantity,
            "reserve_price": reserve,
            "ahead": self._crossing.ahead(original.ticker, original.side, price, now) if revise else 0,
        }

    def _revision(
        self, original: Order, quantity: int, division: str, price: int, now: datetime
    ) -> tuple[Refused | None, int]:
        listing = self._market.listings[original.ticker]
        quote = self._market.snapshot(original.ticker, now)
        if quote is None:
            raise KeyError(original.ticker)
        request = OrderRequest(
            original.account, original.side, original.ticker, division, quantity, price, original.exchange
        )
        reserve = quote.band.upper if division == MARKET else price
        refused = rules.hours_refusal(self._config.env, self._calendar, now)
        refused = refused or rules.form_refusal(self._config.env, request, listing, quote)
        if refused is None and original.side is Side.BUY:
            account = self._world.accounts[original.account]
            freed = rules.reservation(original.reserve_price, original.open)
            kept = original.open - quantity
            needed = rules.reservation(reserve, quantity) + (
                rules.reservation(original.reserve_price, kept) if kept else 0
            )
            power = rules.buying_power(account, self._world.open_orders(original.account))
            if needed > power + freed:
                refused = Refused(Why.CASH)
        return refused, reserve

    def _refusal(self, request: OrderRequest, quote: Snapshot | None, now: datetime) -> Refused | None:
        listing = self._market.listings.get(request.ticker)
        if listing is None or quote is None:
            return Refused(Why.NO_SUCH_TICKER, request.ticker)
        refused = rules.hours_refusal(self._config.env, self._calendar, now)
        refused = refused or rules.form_refusal(self._config.env, request, listing, quote)
        if refused is not None:
            return refused
        account = self._world.accounts[request.account]
        reserve = quote.band.upper if request.division == MARKET else request.price
        return rules.means_refusal(request, reserve, account, self._world.open_orders(request.account))

    def _next_number(self) -> str:
        return f"{self._world.last_number + 1:010d}"


def rejection(request: OrderRequest, refused: Refused, now: datetime) -> Record:
    """What the journal keeps of an order that was not taken."""
    return {
        "t": now.isoformat(),
        "kind": "reject",
        "date": now.date().isoformat(),
        "account": request.account,
        "side": request.side.value,
        "ticker": request.ticker,
        "division": request.division,
        "price": request.price,
        "qty": request.quantity,
        "why": refused.why.value,
    }
