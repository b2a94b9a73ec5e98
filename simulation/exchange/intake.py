"""What becomes of a request: a journal record for an order the broker takes, or the reason why not.

Contract: `order` and `change` decide on the world as it is at `now` and change nothing. The rules themselves are in
`rules`; here they are put to a request in the broker's order.
"""

from __future__ import annotations

from datetime import datetime

from domain.calendar import Calendar
from domain.orders.types import Side
from simulation.exchange import rules
from simulation.exchange.boards import nxt_evening
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.crossing import Crossing
from simulation.exchange.divisions import DIVISIONS, Board, Division, Fate, Pricing, lived
from simulation.exchange.journal import Record
from simulation.exchange.listings import Listing
from simulation.exchange.market import Market, Snapshot
from simulation.exchange.orders import Act, ChangeRequest, Order, OrderRequest, Refused, Why
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
        late = self._late(request, now)
        division = lived(request.division, request.exchange, late=late)
        price = self._price(division, request.ticker, request.side, request.price, quote, now)
        record: Record = {
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
            "reserve_price": _reserve(division, price, quote),
            "ahead": self._crossing.ahead(request.ticker, request.side, price, division.board, now),
        }
        if request.channel:
            record |= {"channel": request.channel, "entry": request.entry}
        record |= {"late": True} if late else {}
        return record | {"trigger": request.trigger} if division.stop else record

    def credit(self, request: OrderRequest, now: datetime) -> Refused:
        """order-credit: the first reason against it; at last that the account has no credit agreement."""
        listing, quote = self._market.listings.get(request.ticker), self._market.snapshot(request.ticker, now)
        if listing is None or quote is None:
            return Refused(Why.NO_SUCH_TICKER, request.ticker)
        return self._taken(request, listing, quote, now) or Refused(Why.NO_CREDIT)

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
        price, reserve, trigger, code = original.price, original.reserve_price, original.trigger, original.division
        if revise:
            code, trigger = request.division, request.trigger or original.trigger
            decided = self._revision(original, request, quantity, now)
            if isinstance(decided, Refused):
                return decided
            price, reserve = decided
        division = lived(code, original.exchange, late=original.late)
        record: Record = {
            "t": now.isoformat(),
            "kind": "revise" if revise else "cancel",
            "date": original.day.isoformat(),
            "odno": self._next_number(),
            "original": original.odno,
            "account": original.account,
            "side": original.side.value,
            "ticker": original.ticker,
            "division": code,
            "price": price,
            "qty": quantity,
            "reserve_price": reserve,
            "ahead": self._crossing.ahead(original.ticker, original.side, price, division.board, now) if revise else 0,
        }
        if request.channel:
            record["channel"] = request.channel
        return record | {"trigger": trigger} if revise and division.stop else record

    def _revision(
        self, original: Order, change: ChangeRequest, quantity: int, now: datetime
    ) -> Refused | tuple[int, int]:
        """(price, reserved price) of an order as revised: same board, still one that rests."""
        listing = self._market.listings[original.ticker]
        quote = self._market.snapshot(original.ticker, now)
        if quote is None:
            raise KeyError(original.ticker)
        trigger = change.trigger or original.trigger
        request = OrderRequest(
            original.account,
            original.side,
            original.ticker,
            change.division,
            quantity,
            change.price,
            original.exchange,
            trigger,
        )
        refused = self._taken(request, listing, quote, now)
        if refused is not None:
            return refused
        division = lived(change.division, original.exchange, late=original.late)
        if division.board is not original.board or division.fate is not Fate.REST:
            return Refused(Why.DIVISION, division.name)
        price = self._price(division, original.ticker, original.side, change.price, quote, now)
        reserve = _reserve(division, price, quote)
        if original.side is Side.BUY:
            account = self._world.accounts[original.account]
            freed = rules.reservation(original.reserve_price, original.open)
            kept = original.open - quantity
            needed = rules.reservation(reserve, quantity) + (
                rules.reservation(original.reserve_price, kept) if kept else 0
            )
            power = rules.buying_power(account, self._world.open_orders(original.account))
            if needed > power + freed:
                return Refused(Why.CASH)
        return price, reserve

    def _refusal(self, request: OrderRequest, quote: Snapshot | None, now: datetime) -> Refused | None:
        listing = self._market.listings.get(request.ticker)
        if listing is None or quote is None:
            return Refused(Why.NO_SUCH_TICKER, request.ticker)
        if request.account.endswith(rules.PENSION):
            return Refused(Why.ACCOUNT_TYPE)
        refused = self._taken(request, listing, quote, now)
        if refused is not None:
            return refused
        account = self._world.accounts[request.account]
        division = lived(request.division, request.exchange, late=self._late(request, now))
        price = self._price(division, request.ticker, request.side, request.price, quote, now)
        reserve = _reserve(division, price, quote)
        return rules.means_refusal(request, reserve, account, self._world.open_orders(request.account))

    def _taken(self, request: OrderRequest, listing: Listing, quote: Snapshot, now: datetime) -> Refused | None:
        """Type, hours and form, whoever asks."""
        env = self._config.env
        refused = rules.type_refusal(env, request, listing)
        if refused is not None:
            return refused
        late = self._late(request, now)
        division = lived(request.division, request.exchange, late=late)
        refused = rules.hours_refusal(env, self._calendar, now, division, late=late)
        refused = refused or rules.form_refusal(request, division, listing, quote)
        daytime = division.board in (Board.REGULAR, Board.NXT, Board.MIDPOINT)
        if refused is None and quote.pause is not None and daytime and not division.auction:
            return Refused(Why.DIVISION_NOW, division.name)
        return refused

    def _price(self, division: Division, ticker: str, side: Side, asked: int, quote: Snapshot, now: datetime) -> int:
        """The price an order carries; 0 trades at any price, or has found nobody to take a price from."""
        match division.pricing:
            case Pricing.LIMIT:
                return asked
            case Pricing.CLOSE:
                return quote.base if division.board is Board.PRE_CLOSE else quote.last
            case Pricing.MARKET | Pricing.MIDPOINT:
                return 0
        book = self._crossing.book(ticker, now, division.board)
        buys = (side is Side.BUY) is (division.pricing is Pricing.OWN_BEST)
        return book.best_bid if buys else book.best_ask

    def _late(self, request: OrderRequest, now: datetime) -> bool:
        """Is it an order for NXT's evening, which needs no type of its own?"""
        division = DIVISIONS.get(request.division)
        if request.exchange != "NXT" or division is None or not division.evening:
            return False
        window = nxt_evening(self._calendar, now.date())
        return window is not None and window.takes(now)

    def _next_number(self) -> str:
        return f"{self._world.last_number + 1:010d}"


def _reserve(division: Division, price: int, quote: Snapshot) -> int:
    return quote.band.upper if division.reserves_limit or not price else price


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
