"""The words of an order that every floor shares. Prices and amounts are int won, quantities int shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """KIS ORD_DVSN 00 and 01; the orders work adds the rest."""

    LIMIT = "limit"
    MARKET = "market"


class Initiative(StrEnum):
    """Who had the idea: suitability binds what the agent proposes harder than what the user asks for."""

    AGENT = "agent"
    USER = "user"


class IntentState(StrEnum):
    """Life of one leg on its way to the broker; the allowed moves are in `domain.orders.transitions`."""

    NEW = "NEW"  # admitted and durable, waiting for its turn
    SENDING = "SENDING"  # durable before the first byte leaves
    NOT_SENT = "NOT_SENT"  # proven never to have reached the broker
    UNKNOWN = "UNKNOWN"  # the reply proves nothing
    ACKED = "ACKED"  # the broker gave an order number, nothing filled yet
    PARTIAL = "PARTIAL"
    FILLED = "FILLED"
    CANCEL_PENDING = "CANCEL_PENDING"
    CANCEL_UNKNOWN = "CANCEL_UNKNOWN"
    REVISE_PENDING = "REVISE_PENDING"
    REVISE_UNKNOWN = "REVISE_UNKNOWN"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"  # refused by broker or exchange
    REFUSED = "REFUSED"  # refused by our own gate
    ABSENT = "ABSENT"  # was UNKNOWN; the broker's evidence shows it never arrived
    WITHDRAWN = "WITHDRAWN"  # never sent: day's end, superseded, cancelled while NEW
    EXPIRED = "EXPIRED"  # remainder lapsed at day's end
    MANUAL = "MANUAL"  # a person must look


TERMINAL = frozenset(
    {
        IntentState.FILLED,
        IntentState.CANCELLED,
        IntentState.REJECTED,
        IntentState.REFUSED,
        IntentState.ABSENT,
        IntentState.WITHDRAWN,
        IntentState.EXPIRED,
    }
)


class TradingState(StrEnum):
    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of a plan. `limit_price` is None exactly for market orders; `after_leg` waits for that leg's end."""

    leg: int
    ticker: str
    side: Side
    quantity: int
    order_type: OrderType
    limit_price: int | None
    not_after: datetime
    initiative: Initiative = Initiative.AGENT
    after_leg: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A versioned set of legs for one account; immutable once written. `sleeve` is the origin its fills belong to."""

    plan_id: UUID
    version: int
    account_ref: str
    user_id: UUID
    sleeve: str
    origin: tuple[str | int, ...]
    legs: tuple[Leg, ...]
    profile_version: int | None
    strategy_id: UUID | None
    created_at: datetime
    expires_at: datetime
