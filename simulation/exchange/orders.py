"""A broker order as the exchange keeps it. Quantities int shares, prices and amounts int won.

Contract: `open = quantity − filled − cancelled − revised − expired − bounced`; cancels and revisions are orders of
their own with their own numbers, pointing at `original`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.orders.types import Side
from simulation.exchange.divisions import Board, Division, lived

LIMIT, MARKET = "00", "01"
OWN_ENTRY, HAND_ENTRY = (
    "OpnAPI",
    "HTS",
)  # ordr_empno: the first as captured, the broker's word for the other is not known


class Act(StrEnum):
    """What an order number stands for."""

    NEW = "new"
    REVISE = "revise"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """order-cash as understood by the exchange."""

    account: str
    side: Side
    ticker: str
    division: str  # ORD_DVSN
    quantity: int
    price: int  # 0 when unpriced
    exchange: str = "KRX"
    trigger: int = 0  # CNDT_PRIC of a stop order
    channel: str = ""  # where it came from when not from the API
    entry: str = OWN_ENTRY


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """order-rvsecncl as understood by the exchange."""

    account: str
    original: int
    act: Act
    division: str
    quantity: int
    price: int
    whole: bool
    trigger: int = 0
    channel: str = ""


@dataclass(slots=True)
class Order:
    """One order number of one trade date."""

    day: date
    number: int
    account: str
    side: Side
    ticker: str
    division: str
    price: int  # 0 trades at any price
    quantity: int
    accepted_at: datetime
    act: Act = Act.NEW
    original: int = 0
    exchange: str = "KRX"
    reserve_price: int = 0  # a market buy reserves the upper limit
    ahead: int = 0  # shares of others that stand before it at its price
    filled: int = 0
    amount: int = 0
    fee: int = 0
    tax: int = 0
    cancelled: int = 0
    revised: int = 0
    expired: int = 0
    bounced: int = 0  # refused by the exchange after the broker took it
    trigger: int = 0
    waiting: bool = False  # a stop order whose price has not been seen
    late: bool = False  # taken by NXT in the evening
    entry: str = OWN_ENTRY  # who keyed it in

    @property
    def type(self) -> Division:
        return lived(self.division, self.exchange, late=self.late)

    @property
    def board(self) -> Board:
        return self.type.board

    @property
    def at_any_price(self) -> bool:
        return self.price == 0

    @property
    def open(self) -> int:
        if self.act is Act.CANCEL:
            return 0
        return self.quantity - self.filled - self.cancelled - self.revised - self.expired - self.bounced

    @property
    def odno(self) -> str:
        return f"{self.number:010d}"

    def accepts(self, price: int) -> bool:
        """May it trade at `price`?"""
        if self.at_any_price:
            return True
        return price <= self.price if self.side is Side.BUY else price >= self.price


@dataclass(frozen=True, slots=True)
class Accepted:
    """The broker took it."""

    order: Order


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker did not; `rejects` knows KIS's words for it."""

    why: Why
    detail: str = ""


class Why(StrEnum):
    """Reasons for a business reject, one per KIS message."""

    NO_SUCH_TICKER = "no_such_ticker"
    HALTED = "halted"
    HOLIDAY = "holiday"
    BEFORE_OPEN = "before_open"
    AFTER_CLOSE = "after_close"
    DIVISION = "division"
    DIVISION_NOW = "division_now"
    AFTER_MARKET_TYPE = "after_market_type"
    NO_MARKET_ORDERS = "no_market_orders"
    NOT_ON_THIS_BOARD = "not_on_this_board"
    TRIGGER = "trigger"
    EXCHANGE = "exchange"
    QUANTITY = "quantity"
    TICK = "tick"
    ABOVE_BAND = "above_band"
    BELOW_BAND = "below_band"
    CASH = "cash"
    NOTHING_HELD = "nothing_held"
    SELLABLE = "sellable"
    NOTHING_TO_CHANGE = "nothing_to_change"
    CHANGE_TOO_MUCH = "change_too_much"
    NO_CREDIT = "no_credit"
    ACCOUNT_TYPE = "account_type"
    RESERVED_UNTIL = "reserved_until"
