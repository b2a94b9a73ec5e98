"""The immutable views that the gate decides on: account, market, suitability, authority, ids.

Contract: every figure carries the moment it was asked for, in aware datetimes; None means "not known", never zero.
Money is int won, quantities int shares. Whoever builds a view reads it inside the account's single writer; the gate
reads nothing else. Foreign and unanswered orders are in `open_orders` like our own. Does not compute anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.calendar import Phase
from domain.gate.config import GateConfig
from domain.instruments import Instruments
from domain.limits import Limits
from domain.mandate import ExitMandate, Mandate, Usage
from domain.orders.types import IntentState, OrderType, Side, TradingState
from domain.suitability import Grade
from domain.ticks import Band


@dataclass(frozen=True, slots=True)
class Cash:
    """KIS's buying power without credit (nrcvb_buy_amt), as answered to a question asked at `asked_at`.

    `unseen_spent`: what buys first acknowledged after `asked_at` − lag have already filled for, fee included, won;
    their open remainders are in `open_orders`, their fills would be in neither figure.
    """

    amount: int
    asked_at: datetime
    unseen_spent: int = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """Shares of one name.

    `quantity` is our confirmed book's; `sellable` the broker's, asked at the account's `holdings_at`, None where it
    cannot tell; `price` the last known one, used for weights; sleeves sum to `quantity`.
    """

    ticker: str
    quantity: int
    price: int
    sellable: int | None = None
    sleeves: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """A remainder that may still trade: reserved, sent, unanswered or placed by hand.

    `price` is what a share of it counts for (limit, or the band limit of a market order). `reserved` is the cash a buy
    holds, fee included. `acked_at` is when the broker first had it for certain; None while it may not know it.
    """

    order_id: UUID  # intent id; for a foreign order the id the ledger gave it
    ticker: str
    side: Side
    remaining: int
    price: int
    state: IntentState
    order_type: OrderType = OrderType.LIMIT
    reserved: int = 0
    acked_at: datetime | None = None
    sleeve: str = ""
    foreign: bool = False
    waiting: bool = False  # for another leg to end: takes nothing yet, is gated again on its release


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account at `holdings_at`. `equity` = D+2 cash plus positions at their last price."""

    trading_state: TradingState
    holdings_at: datetime
    cash: Cash | None
    equity: int | None
    holdings: tuple[Holding, ...] = ()
    open_orders: tuple[OpenOrder, ...] = ()
    traded_today: int = 0  # bought plus sold, won
    day_start_value: int | None = None  # equity before the session, adjusted by external flows
    high_water: int | None = None  # highest day-end equity, adjusted by external flows
    day_profit: int | None = None  # realised plus unrealised since day start, after fee and tax
    reconciled: bool = True
    channel_proven: bool = True  # a notice was seen on this session's channel
    channel_up: bool = True  # it is subscribed, so that an order could prove it
    frozen_tickers: frozenset[str] = frozenset()  # a MANUAL intent lives there
    halted_sleeves: frozenset[str] = frozenset()  # strategy-level stop
    messages_last_minute: int | None = None  # orders, revises and cancels that left; None: nobody counts
    rejections_in_row: int | None = None  # by broker or exchange today, since the last order that was taken


@dataclass(frozen=True, slots=True)
class MarketView:
    """One ticker now. `now` is market time, which the venue serves; `band` is the venue's own, if it told."""

    now: datetime
    phase: Phase
    reference: int | None = None  # last price
    reference_at: datetime | None = None
    source: str = ""  # stream | rest
    base_price: int | None = None
    band: Band | None = None
    halted: bool = False
    designated: str = ""  # managed | warning, as the venue says today; "" when it says nothing
    clock_skew_ms: int = 0
    interrupted: bool | None = None  # VI or circuit breaker: no continuous trading in this name for some minutes
    average_volume: int | None = None  # shares a day, mean of the last 20 sessions


@dataclass(frozen=True, slots=True)
class SuitabilityView:
    """The confirmed profile in force; None in `GateView` when there is none. What its grade may do is in the limits."""

    grade: Grade
    version: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's answer to exactly one plan text. `quantities` are approved shares per leg."""

    approved_hash: str
    plan_hash: str
    quantities: Mapping[int, int]
    expires_at: datetime
    approved: bool = True
    unsuitable_ack: bool = False


@dataclass(frozen=True, slots=True)
class Mandated:
    """A standing approval and what it has been used for today."""

    mandate: Mandate
    usage: Usage
    bounds_hash: str  # of the signed row; must equal the mandate's own
    strategy_hash: str | None = None  # of the strategy that asks
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exiting:
    """A reduce-only authority and the shares of its position that are left."""

    mandate: ExitMandate
    remaining: int
    revoked_at: datetime | None = None


Authority = Approval | Mandated | Exiting


@dataclass(frozen=True, slots=True)
class Signature:
    """What makes two orders look like one asked twice."""

    ticker: str
    side: Side
    quantity: int
    price: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class IdsView:
    """`seen` maps intent and request ids to their payload hash; `recent` are signatures of the last minutes."""

    seen: Mapping[UUID, str] = field(default_factory=dict)
    recent: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class GateView:
    """All that the gate may look at. `market` holds the tickers concerned."""

    account: AccountView
    market: Mapping[str, MarketView]
    suitability: SuitabilityView | None
    authority: Authority | None
    ids: IdsView
    limits: Limits
    instruments: Instruments
    config: GateConfig
    wall: datetime  # our own clock, KST, which dated approvals and deadlines; business time is the market's `now`
