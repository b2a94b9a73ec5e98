"""What the tables tell of one decision: everything a receipt can be completed from, whoever wrote it.

Contract: `Trail` is plain data as it was stored; money int won, times aware. Account numbers, keys and frames are not
among it. `TrailPort.trail` of an unknown plan is None; tables that do not answer raise PortUnavailable. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from domain.orders.types import Plan
from tools.ports import ApprovalRequest, JournalEntry, StoredMandate, StoredProfile, StoredStrategy


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to a card, and through which face."""

    approval_id: UUID
    decision: str  # approve | reject
    quantities: Mapping[int, int]
    unsuitable_ack: bool
    channel: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class IntentFact:
    """A leg as the order management took it. `authority` approval | mandate; `filled_amount`, `fee`, `tax` won."""

    intent_id: UUID
    plan_id: UUID
    version: int
    leg: int
    ticker: str
    side: str
    order_type: str
    limit_price: int | None
    quantity: int
    payload_hash: str
    authority: str
    authority_id: UUID | None
    state: str
    filled: int
    filled_amount: int
    fee: int
    tax: int
    amount_estimated: bool
    trade_date: date | None
    replaces: UUID | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OrderFact:
    """A number at the broker."""

    intent_id: UUID
    trade_date: date
    number: int
    kind: str  # order | revise
    price: int
    quantity: int
    filled: int
    amount: int
    state: str
    acked_at: datetime


@dataclass(frozen=True, slots=True)
class FillFact:
    """Confirmed progress of one number: what an inquiry added. Negative amounts mend an estimate."""

    intent_id: UUID
    trade_date: date
    number: int
    quantity: int
    amount: int
    fee: int
    tax: int
    estimated: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """Why a strategy asked for the plan."""

    strategy_hash: str
    why: str
    bar_end: int  # seconds since 1970, market time
    mandate_id: UUID


@dataclass(frozen=True, slots=True)
class Trail:
    """`plans` by version, oldest first; `strategy` is the version that the plan was made under."""

    plans: tuple[Plan, ...]
    hashes: Mapping[int, str]  # of the versions, as stored
    profile: StoredProfile | None = None
    strategy: StoredStrategy | None = None
    questions: tuple[ApprovalRequest, ...] = ()
    answers: Mapping[UUID, Answer] | None = None
    mandates: Mapping[UUID, StoredMandate] | None = None
    journal: tuple[JournalEntry, ...] = ()
    asked: Asked | None = None
    intents: tuple[IntentFact, ...] = ()
    orders: tuple[OrderFact, ...] = ()
    fills: tuple[FillFact, ...] = ()
    counts_fills: bool = True  # False: whoever told this knows sums and no single fill


class TrailPort(Protocol):
    async def trail(self, plan_id: UUID) -> Trail | None: ...

    async def moved(self, limit: int = 50) -> list[UUID]:
        """Plans whose receipt is missing, unfinished, or older than what became of their orders; oldest first."""
        ...

    async def recent(self, account_ref: str, limit: int = 20) -> list[Plan]:
        """The newest version of the account's plans, newest first."""
        ...


def plain(value: Any) -> Any:
    """The value as a receipt's body may hold it: no fractions, no ids or times that are not text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, frozenset | set):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, datetime):
        from domain.receipt import moment

        return moment(value)
    return str(value)
