"""One order under examination: the order, the views, and the sums over holdings and open orders that controls share.

Contract: made fresh for each check, used by one thread, never kept. `quantity` and `price` move as controls clamp; sums
exclude the order itself and the one it replaces. Slots and plain loops, because every order passes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from domain.book import MANUAL, sellable_by
from domain.clock import KST
from domain.gate.finding import Effect
from domain.gate.order import GateOrder, OrderClass, Stage
from domain.gate.view import GateView, Holding, MarketView, OpenOrder
from domain.instruments import HIGHEST_RISK, Instrument, Kind, Market
from domain.limits import FULL_BPS, equity_exposure_bps, is_safe
from domain.orders.transitions import UNANSWERED
from domain.orders.types import IntentState, OrderType, Side
from domain.ticks import Band, price_band

_UNSENT = frozenset({IntentState.NEW, IntentState.NOT_SENT})


@dataclass(slots=True)
class Hit:
    """A control's objection. `quantity` or `price` is what a clamp sets."""

    effect: Effect
    message: str
    was: int = 0
    limit: int = 0
    quantity: int | None = None
    price: int | None = None


def refuse(message: str, was: int = 0, limit: int = 0) -> Hit:
    return Hit(Effect.REFUSE, message, was, limit)


def warn(message: str, was: int = 0, limit: int = 0) -> Hit:
    return Hit(Effect.WARN, message, was, limit)


@lru_cache(maxsize=4096)
def _band(base: int, kind: Kind, on: date, leverage: int) -> Band:
    return price_band(base, kind, on, leverage)


def is_won(value: object) -> bool:
    """A usable price: an int above zero. Views may carry what a broken feed sent."""
    return type(value) is int and value > 0


class Case:
    """The working state of one check."""

    __slots__ = (
        "above_value", "at_broker", "band", "clamp_allowed", "cost_price", "crossing", "equity_value", "free",
        "holding", "instrument", "kind", "market", "name_value", "on", "open_count", "open_value", "order",
        "order_class", "price", "quantity", "reference_fresh", "sector_value", "side", "sleeve_free", "stage",
        "unanswered", "unseen_reserved", "view",
    )  # fmt: skip

    def __init__(self, order: GateOrder, view: GateView, stage: Stage, clamp_allowed: bool, market: MarketView) -> None:
        self.order, self.view, self.stage, self.market = order, view, stage, market
        self.clamp_allowed = clamp_allowed and stage is not Stage.RELEASE
        self.side = order.side
        self.quantity = order.quantity
        self.price = order.limit_price
        self.instrument: Instrument | None = view.instruments.get(order.ticker)
        self.kind = Kind.STOCK if self.instrument is None else self.instrument.kind
        self.on = market.now.astimezone(KST).date()
        self.reference_fresh = (
            is_won(market.reference)
            and market.reference_at is not None
            and fresh(market.reference_at, market.now, view.config.reference_max_age)
        )
        self.band = self._band()
        self.cost_price = self._cost_price()
        self.holding: Holding | None = None
        self.order_class = OrderClass.INCREASE
        self.free = self.sleeve_free = 0
        self.name_value = self.sector_value = self.equity_value = self.above_value = 0
        self.open_count = self.open_value = self.unseen_reserved = 0
        self.at_broker = 0
        self.unanswered = False
        self.crossing: OpenOrder | None = None
        self._scan()

    @property
    def name(self) -> str:
        return self.order.ticker if self.instrument is None else self.instrument.name

    @property
    def value(self) -> int:
        """Quantity at the price that counts, won."""
        return self.quantity * self.cost_price

    @property
    def suitable(self) -> bool:
        """Within the grade; an instrument that the table does not know counts as the highest risk."""
        return self._suits(self.instrument)

    @property
    def venue_market(self) -> Market:
        """For the tax; an unknown instrument counts as KOSPI."""
        return Market.KOSPI if self.instrument is None else self.instrument.market

    @property
    def exposure_bps(self) -> int:
        """How much of the order counts as stocks."""
        return equity_exposure_bps(self.instrument)

    def reprice(self, price: int) -> None:
        self.price = self.cost_price = price

    def _band(self) -> Band | None:
        market = self.market
        if market.band is not None:
            return market.band
        if market.base_price is None or not is_won(market.base_price):
            return None
        return _band(market.base_price, self.kind, self.on, 1 if self.instrument is None else self.instrument.leverage)

    def _cost_price(self) -> int:
        """Limit price; a market buy counts at the band's top, a market sale at the last price; 0 when unknown."""
        if self.price is not None:
            return self.price
        if self.side is Side.BUY:
            return 0 if self.band is None else self.band.upper
        reference = self.market.reference
        return reference if reference is not None and is_won(reference) else 0

    def _scan(self) -> None:
        if self.side is Side.BUY:
            self._scan_holdings()
        else:
            for holding in self.view.account.holdings:
                if holding.ticker == self.order.ticker:
                    self.holding = holding
        self._scan_open_orders()

    def _scan_holdings(self) -> None:
        get, ticker = self.view.instruments.get, self.order.ticker
        sector = None if self.instrument is None else self.instrument.sector
        suitable = self.suitable
        for holding in self.view.account.holdings:
            value = holding.quantity * holding.price
            instrument = get(holding.ticker)
            if holding.ticker == ticker:
                self.holding = holding
                self.name_value += value
            self._add_exposure(value, instrument, sector, suitable)

    def _add_exposure(self, value: int, instrument: Instrument | None, sector: str | None, suitable: bool) -> None:
        """Counts `value` towards sector and stocks; towards what is above the grade only when the order is, too."""
        if (None if instrument is None else instrument.sector) == sector and not is_safe(instrument):
            self.sector_value += value
        exposure = equity_exposure_bps(instrument)
        if exposure:
            self.equity_value += value * exposure // FULL_BPS
        if not suitable and not self._suits(instrument):
            self.above_value += value

    def _suits(self, instrument: Instrument | None) -> bool:
        limits = self.view.limits
        return HIGHEST_RISK in limits.allowed_products if instrument is None else limits.allows(instrument)

    def _scan_open_orders(self) -> None:
        view, order, account = self.view, self.order, self.view.account
        get, ticker, buying = view.instruments.get, order.ticker, self.side is Side.BUY
        own, replaced = order.intent_id.int, None if order.replaces is None else order.replaces.int
        suitable = self.suitable
        sector = None if self.instrument is None else self.instrument.sector
        seen_until = None if account.cash is None else account.cash.asked_at - view.config.cash_lag
        sellable_seen_until = account.holdings_at - view.config.cash_lag
        resting = unseen = of_sleeve = 0
        for other in account.open_orders:
            other_id = other.order_id.int
            if other_id in (own, replaced):  # what the broker already holds for it comes back to this one
                if known_by(seen_until, other.acked_at):
                    self.unseen_reserved -= other.reserved
                if known_by(sellable_seen_until, other.acked_at):
                    unseen -= other.remaining
                continue
            if other.waiting:
                continue
            same_name = other.ticker == ticker
            value = other.remaining * other.price
            self.open_count += 1
            if other.state not in _UNSENT:
                self.at_broker += 1
            self.open_value += value
            if same_name and other.side is not self.side:
                if self.crossing is None and self._crosses(other):
                    self.crossing = other
            elif same_name and other.state in UNANSWERED:
                self.unanswered = True
            if other.side is Side.SELL:
                if same_name and not buying:
                    resting += other.remaining
                    if not known_by(sellable_seen_until, other.acked_at):
                        unseen += other.remaining
                    if other.sleeve == order.sleeve:
                        of_sleeve += other.remaining
            elif buying:
                if not known_by(seen_until, other.acked_at):
                    self.unseen_reserved += other.reserved
                instrument = self.instrument if same_name else get(other.ticker)
                if same_name:
                    self.name_value += value
                self._add_exposure(value, instrument, sector, suitable)
        if not buying:
            self._set_free(resting, unseen, of_sleeve)

    def _set_free(self, resting: int, unseen: int, of_sleeve: int) -> None:
        """Shares free to sell: the broker's figure less what it has not seen, and never more than the book less all."""
        holding = self.holding
        if holding is None:
            return
        free = holding.quantity - resting
        if holding.sellable is not None and self.holdings_fresh:
            free = min(free, holding.sellable - unseen)
        self.free = max(0, free)
        if self.order.sleeve == MANUAL:  # the person owns every sleeve
            self.sleeve_free = max(0, holding.quantity - resting)
        else:
            self.sleeve_free = max(0, sellable_by(self.order.sleeve, holding.sleeves) - of_sleeve)

    @property
    def holdings_fresh(self) -> bool:
        return fresh(self.view.account.holdings_at, self.view.wall, self.view.config.holdings_max_age)

    def _crosses(self, other: OpenOrder) -> bool:
        if self.price is None or other.order_type is OrderType.MARKET:
            return True
        return self.price >= other.price if self.side is Side.BUY else self.price <= other.price


def fresh(at: datetime, now: datetime, max_age: timedelta) -> bool:
    """Not older than `max_age`, and not from the future by more than that either: a clock that lies proves nothing."""
    return -max_age <= now - at <= max_age


def known_by(seen_until: datetime | None, acked_at: datetime | None) -> bool:
    """Whether the broker's figure already holds an order that it acknowledged at `acked_at`."""
    return seen_until is not None and acked_at is not None and acked_at <= seen_until
