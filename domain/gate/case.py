"""One order under examination: the order, the views, and the sums over holdings and open orders that controls share.

Contract: made fresh for each check, used by one thread, never kept. `quantity` and `price` move as controls clamp; sums
exclude the order itself and the one it replaces. Every order passes here, so loops are plain, what controls read often
is a slot, and members of enums are bound to names: looking one up costs more than comparing it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from domain.book import MANUAL, sellable_by
from domain.clock import KST
from domain.gate.facts import STRANGER, STRANGERS, facts_of, weighing
from domain.gate.finding import Effect
from domain.gate.order import GateOrder, OrderClass, Stage
from domain.gate.view import GateView, Holding, MarketView, OpenOrder
from domain.instruments import Kind
from domain.limits import FULL_BPS
from domain.orders.transitions import UNANSWERED
from domain.orders.types import IntentState, OrderType, Side
from domain.ticks import Band, price_band

BUY, SELL = Side.BUY, Side.SELL
LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET
INCREASE, REDUCE = OrderClass.INCREASE, OrderClass.REDUCE
PREVIEW, ADMIT, RELEASE = Stage.PREVIEW, Stage.ADMIT, Stage.RELEASE
REFUSE, CLAMP, WARN = Effect.REFUSE, Effect.CLAMP, Effect.WARN
_UNSENT = frozenset({IntentState.NEW, IntentState.NOT_SENT})


# A control's objection: effect, sentence, figures, was and limit as of a finding, and the quantity or price that a
# clamp sets. A plain tuple: it is taken apart at once.
Hit = tuple[Effect, str, tuple[object, ...], int, int, int | None, int | None]


def refuse(sentence: str, figures: tuple[object, ...] = (), was: int = 0, limit: int = 0) -> Hit:
    return REFUSE, sentence, figures, was, limit, None, None


def warn(sentence: str, figures: tuple[object, ...] = (), was: int = 0, limit: int = 0) -> Hit:
    return WARN, sentence, figures, was, limit, None, None


@lru_cache(maxsize=4096)
def _band(base: int, kind: Kind, on: date, leverage: int) -> Band:
    return price_band(base, kind, on, leverage)


def is_won(value: object) -> bool:
    """A usable price: an int above zero. Views may carry what a broken feed sent."""
    return type(value) is int and value > 0


class Case:
    """The working state of one check. `suitable`: within the grade."""

    __slots__ = (
        "above_value", "account", "band", "buying", "clamp_allowed", "config", "cost_price", "crossing", "equity",
        "equity_value", "facts", "free", "instrument", "kind", "limits", "market", "name_resting", "name_value", "on",
        "open_count", "open_value", "order", "order_class", "own", "price", "quantity", "reference_fresh",
        "sector_value", "side", "sleeve_free", "stage", "suitable", "unanswered", "unseen_reserved", "value", "view",
        "wall",
    )  # fmt: skip

    def __init__(self, order: GateOrder, view: GateView, stage: Stage, clamp_allowed: bool, market: MarketView) -> None:
        self.order, self.view, self.stage, self.market = order, view, stage, market
        self.account, self.limits, self.config, self.wall = view.account, view.limits, view.config, view.wall
        self.equity: int | None = None  # won, not below zero; None for sales, and where the figures are old
        self.clamp_allowed = clamp_allowed and stage is not RELEASE
        number, replaces = order.intent_id.int, order.replaces
        self.own = (number,) if replaces is None else (number, replaces.int)  # itself, and what it takes over
        self.side = order.side
        self.buying = order.side is BUY
        self.quantity = order.quantity
        self.price = order.limit_price
        facts = self.facts = facts_of(view.instruments).get(order.ticker, STRANGER)
        self.instrument, self.kind = facts.instrument, facts.kind
        self.on = _day(market.now)
        self.reference_fresh = (
            is_won(market.reference)
            and market.reference_at is not None
            and fresh(market.reference_at, market.now, self.config.reference_max_age)
        )
        self.band = market.band or self._own_band()
        self.cost_price = self.price or self._market_price()
        self.value = self.quantity * self.cost_price  # at the price that counts, won
        limits = self.limits
        self.suitable = facts.product_risk in limits.allowed_products and (limits.geared_allowed or not facts.geared)
        self.order_class = INCREASE
        self.unanswered = False
        self.crossing: OpenOrder | None = None
        self.free = self.sleeve_free = 0
        self.name_value = self.sector_value = self.equity_value = self.above_value = 0
        self.open_count = self.open_value = self.unseen_reserved = self.name_resting = 0
        if self.buying:
            self._sum_buys()
        else:
            self._count_free()

    @property
    def name(self) -> str:
        return self.order.ticker if self.instrument is None else self.instrument.name

    @property
    def sector(self) -> str:
        """For people and mandates: a stranger has none."""
        return self.facts.sector or ""

    @property
    def at_broker(self) -> int:
        """How many other orders of the account have left."""
        others = (
            other for other in self.account.open_orders if other.order_id.int not in self.own and not other.waiting
        )
        return sum(other.state not in _UNSENT for other in others)

    def resize(self, quantity: int) -> None:
        self.quantity = quantity
        self.value = quantity * self.cost_price

    def reprice(self, price: int) -> None:
        self.price = self.cost_price = price
        self.value = self.quantity * price

    def _own_band(self) -> Band | None:
        base = self.market.base_price
        return _band(base, self.kind, self.on, self.facts.leverage) if base is not None and is_won(base) else None

    def _market_price(self) -> int:
        """A market buy counts at the band's top, a market sale at the last price; 0 when unknown."""
        if self.buying:
            return 0 if self.band is None else self.band.upper
        reference = self.market.reference
        return reference if reference is not None and is_won(reference) else 0

    def _sum_buys(self) -> None:
        """What rests counts like what is held; a buy that the broker may not have seen is not in its cash yet. Sectors
        are one object each (`domain.gate.facts`), and a name that no table has is the exception."""
        account, ticker, own = self.account, self.order.ticker, self.own
        if account.equity is not None and self._holdings_fresh():
            self.equity = max(0, account.equity)
        seen_until = None if account.cash is None else account.cash.asked_at - self.config.cash_lag
        limits, sector = self.limits, self.facts.sector
        weighs = weighing(self.view.instruments, limits.allowed_products, limits.geared_allowed)
        stranger = weighs[STRANGERS]
        of_name = of_sector = of_equity = above = count = total = unseen = resting = 0
        for holding in account.holdings:
            name, value = holding.ticker, holding.quantity * holding.price
            try:
                within, bps, beyond = weighs[name]
            except KeyError:
                within, bps, beyond = stranger
            if name == ticker:
                of_name += value
            if within is sector:
                of_sector += value
            if beyond:
                above += value
            of_equity += value * bps
        for other in account.open_orders:
            acked_at = other.acked_at
            if other.order_id.int in own:
                if known_by(seen_until, acked_at):  # what the broker holds for it comes back to this one
                    unseen -= other.reserved
                continue
            if other.waiting:
                continue
            name, value = other.ticker, other.remaining * other.price
            count += 1
            total += value
            if name == ticker:
                self._meet(other)
            if other.side is BUY:
                try:
                    within, bps, beyond = weighs[name]
                except KeyError:
                    within, bps, beyond = stranger
                if name == ticker:
                    resting += other.remaining
                    of_name += value
                if within is sector:
                    of_sector += value
                if beyond:
                    above += value
                of_equity += value * bps
                if acked_at is None or seen_until is None or acked_at > seen_until:
                    unseen += other.reserved
        self.open_count, self.open_value, self.unseen_reserved, self.name_resting = count, total, unseen, resting
        self.name_value, self.sector_value, self.equity_value = of_name, of_sector, of_equity // FULL_BPS
        self.above_value = above

    def _count_free(self) -> None:
        """Shares free to sell: the broker's figure less what it has not seen, and never more than the book less all."""
        account, ticker, sleeve = self.account, self.order.ticker, self.order.sleeve
        holding = self._holding()
        seen_until = account.holdings_at - self.config.cash_lag
        resting = unseen = of_sleeve = 0
        for other in account.open_orders:
            if other.ticker != ticker:
                continue
            if other.order_id.int in self.own:
                if known_by(seen_until, other.acked_at):
                    unseen -= other.remaining
                continue
            if other.waiting:
                continue
            self._meet(other)
            if other.side is SELL:
                resting += other.remaining
                if not known_by(seen_until, other.acked_at):
                    unseen += other.remaining
                if other.sleeve == sleeve:
                    of_sleeve += other.remaining
        if holding is None:
            return
        free = holding.quantity - resting
        if holding.sellable is not None and self._holdings_fresh():
            free = min(free, holding.sellable - unseen)
        self.free = max(0, free)
        if sleeve == MANUAL:  # the person owns every sleeve
            self.sleeve_free = max(0, holding.quantity - resting)
        else:
            self.sleeve_free = max(0, sellable_by(sleeve, holding.sleeves) - of_sleeve)

    def _holdings_fresh(self) -> bool:
        return fresh(self.account.holdings_at, self.wall, self.config.holdings_max_age)

    def _holding(self) -> Holding | None:
        for holding in self.account.holdings:
            if holding.ticker == self.order.ticker:
                return holding
        return None

    def _meet(self, other: OpenOrder) -> None:
        """Another order in this name: it could trade with this one, or nobody knows yet what became of it."""
        if other.side is self.side:
            self.unanswered = self.unanswered or other.state in UNANSWERED
        elif self.crossing is None and self._crosses(other):
            self.crossing = other

    def _crosses(self, other: OpenOrder) -> bool:
        if self.price is None or other.order_type is MARKET:
            return True
        return self.price >= other.price if self.buying else self.price <= other.price


def _day(at: datetime) -> date:
    """The KST day of an aware moment; what a venue serves is in KST already."""
    return at.date() if at.tzinfo is KST else at.astimezone(KST).date()


def fresh(at: datetime, now: datetime, max_age: timedelta) -> bool:
    """Not older than `max_age`, and not from the future by more than that either: a clock that lies proves nothing."""
    return abs(now - at) <= max_age


def known_by(seen_until: datetime | None, acked_at: datetime | None) -> bool:
    """Whether the broker's figure already holds an order that it acknowledged at `acked_at`."""
    return seen_until is not None and acked_at is not None and acked_at <= seen_until
