"""Rows of the ledger as immutable values. Money int won, quantities int shares, times aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.book import OrderProgress, Position
from domain.orders.types import TERMINAL, Initiative, IntentState, OrderType, Side
from domain.orders.words import ORDER_TERMINAL, OrderState
from domain.proto import oms_pb2 as pb


@dataclass(frozen=True, slots=True)
class Intent:
    """One leg on its way: what was admitted, and where it stands."""

    intent_id: UUID
    plan_id: UUID
    version: int
    leg: int
    account_ref: str
    user_id: UUID
    ticker: str
    side: Side
    order_type: OrderType
    limit_price: int | None
    quantity: int
    not_after: datetime
    initiative: Initiative
    after_leg: int | None
    sleeve: str
    reason: str
    payload_hash: str
    authority: str  # approval | mandate | exit
    authority_id: UUID
    profile_version: int | None
    strategy_id: UUID | None
    plan_expires_at: datetime
    trade_date: date
    state: IntentState
    state_note: str
    created_at: datetime
    updated_at: datetime
    filled: int = 0
    provisional: int = 0
    filled_amount: int = 0
    fee: int = 0
    tax: int = 0
    amount_estimated: bool = False
    epoch: int | None = None
    sent_at: datetime | None = None
    send_deadline: datetime | None = None
    baseline: Mapping[str, Any] | None = None
    uncertain_since: datetime | None = None
    stop_price: int | None = None  # an exit that rests at the broker until this price is seen
    replaces: UUID | None = None  # the intent whose remainder it takes over once that one has ended
    whole: int | None = None  # what both together may fill

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def remaining(self) -> int:
        """Shares not yet seen filled, confirmed or not."""
        return self.quantity - self.filled - self.provisional


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """One number at the broker. Of an intent's chain at most one is live; without an intent it was placed by hand."""

    account_ref: str
    trade_date: date
    branch: str
    odno: int
    intent_id: UUID | None
    kind: str  # order | revise | foreign
    replaces: int | None
    ticker: str
    side: Side
    order_type: str
    price: int
    quantity: int
    filled: int
    amount: int
    estimated: bool
    noticed: int
    noticed_amount: int
    cancelled: int
    rejected: int
    state: OrderState
    how: str  # reply | inquiry | notice | person
    acked_at: datetime
    updated_at: datetime

    @classmethod
    def placed(
        cls,
        account_ref: str,
        trade_date: date,
        branch: str,
        odno: int,
        *,
        intent_id: UUID | None,
        kind: str,
        replaces: int | None,
        ticker: str,
        side: Side,
        order_type: str,
        price: int,
        quantity: int,
        state: OrderState,
        how: str,
        at: datetime,
    ) -> BrokerOrder:
        """A number of which nothing has been counted yet."""
        return cls(
            account_ref=account_ref,
            trade_date=trade_date,
            branch=branch,
            odno=odno,
            intent_id=intent_id,
            kind=kind,
            replaces=replaces,
            ticker=ticker,
            side=side,
            order_type=order_type,
            price=price,
            quantity=quantity,
            filled=0,
            amount=0,
            estimated=False,
            noticed=0,
            noticed_amount=0,
            cancelled=0,
            rejected=0,
            state=state,
            how=how,
            acked_at=at,
            updated_at=at,
        )

    @property
    def live(self) -> bool:
        return self.state not in ORDER_TERMINAL

    @property
    def progress(self) -> OrderProgress:
        return OrderProgress(
            quantity=self.quantity,
            confirmed=self.filled,
            amount=self.amount,
            estimated=self.estimated,
            noticed=self.noticed,
            noticed_amount=self.noticed_amount,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A cancel or a revision asked for: of an intent, or of a number that no intent owns (cancels only)."""

    account_ref: str
    request_id: str
    intent_id: UUID | None
    kind: str  # cancel | revise
    new_price: int | None
    state: str  # ASKED | SENDING | ACKED | REFUSED | UNKNOWN | DONE
    odno: int | None
    code: str
    message: str
    asked_by: str
    created_at: datetime
    updated_at: datetime
    trade_date: date | None = None  # with branch and number: of the order placed by hand
    branch: str | None = None
    number: int | None = None

    @classmethod
    def asked(
        cls, intent: Intent, request_id: str, kind: str, state: str, by: str, at: datetime, new_price: int | None = None
    ) -> Request:
        """Nothing is known of its reply yet."""
        return cls(
            account_ref=intent.account_ref,
            request_id=request_id,
            intent_id=intent.intent_id,
            kind=kind,
            new_price=new_price,
            state=state,
            odno=None,
            code="",
            message="",
            asked_by=by,
            created_at=at,
            updated_at=at,
        )

    @classmethod
    def of_number(cls, order: BrokerOrder, request_id: str, by: str, at: datetime) -> Request:
        """A cancel of an order placed by hand; nothing is known of its reply yet."""
        return cls(
            account_ref=order.account_ref,
            request_id=request_id,
            intent_id=None,
            kind="cancel",
            new_price=None,
            state="ASKED",
            odno=None,
            code="",
            message="",
            asked_by=by,
            created_at=at,
            updated_at=at,
            trade_date=order.trade_date,
            branch=order.branch,
            number=order.odno,
        )

    @property
    def target(self) -> tuple[date, str, int] | None:
        """The number placed by hand, None for an intent's."""
        if self.trade_date is None or self.branch is None or self.number is None:
            return None
        return self.trade_date, self.branch, self.number


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an intent holds back: cash for a buy, shares for a sell."""

    intent_id: UUID
    account_ref: str
    ticker: str
    cash: int
    shares: int
    acked_at: datetime | None
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A new order as it is written down: what it holds back, why, and how its numbered event shows it."""

    intent: Intent
    reservation: Reservation
    evidence: Mapping[str, Any]
    message: pb.Order


@dataclass(frozen=True, slots=True)
class Sleeve:
    """The share of a position that belongs to one origin."""

    ticker: str
    sleeve: str
    position: Position


@dataclass(frozen=True, slots=True)
class Protected:
    """A position under a live exit mandate. `entered_on` is the trade date of its first buy; `exits` counts the exits
    that were ever admitted under the mandate."""

    exit_mandate_id: UUID
    account_ref: str
    ticker: str
    sleeve: str
    source_id: UUID
    position: Position
    entered_on: date
    exits: int


@dataclass(frozen=True, slots=True)
class Fill:
    """What one inquiry added to an order. `fee` and `tax` are computed; `realised` is after both."""

    account_ref: str
    trade_date: date
    branch: str
    odno: int
    intent_id: UUID | None
    ticker: str
    side: Side
    sleeve: str
    quantity: int
    amount: int
    cumulative: int
    fee: int
    tax: int
    realised: int
    estimated: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class StateRow:
    """The newest word on whether trading is allowed in a scope."""

    scope: str
    account_ref: str | None
    state: str
    reason: str
    set_by: str
    at: datetime
    sleeve: str = ""  # of a strategy's scope


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """An execution notice as stored, without the fields that name the person."""

    id: int
    account_ref: str
    received_at: datetime
    trade_date: date
    digest: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over fills, won."""

    realised: int
    fee: int
    tax: int
    bought: int
    sold: int


# Sent, and the broker has said yes or no.
ANSWERED = frozenset(IntentState) - {
    IntentState.NEW,
    IntentState.SENDING,
    IntentState.NOT_SENT,
    IntentState.UNKNOWN,
    IntentState.MANUAL,
    IntentState.ABSENT,
    IntentState.REFUSED,
    IntentState.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How an account has been sending: messages that left, and what became of the newest orders, newest first."""

    sent: int
    outcomes: tuple[IntentState, ...]


@dataclass(frozen=True, slots=True)
class TickerTotals:
    ticker: str
    realised: int
    fee: int
    tax: int


@dataclass(frozen=True, slots=True)
class DayLine:
    """One trading day of an account. `start_value` and `high_water` are 0 when no quiet moment came to mark it; `flow`
    is what was paid in less what was paid out."""

    day: date
    start_value: int
    high_water: int
    realised: int
    fee: int
    tax: int
    flow: int


@dataclass(frozen=True, slots=True)
class LeaseKey:
    """Of which ledger: one broker environment, one key."""

    environment: str
    key_hash: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a ledger stands: which database it is (system, timeline, database), and its last sequence."""

    system: str
    timeline: int
    database: int
    seq: int
