"""How an account stands while an order is judged: all that a view wants of the ledger and the desk, in one question.

Contract: immutable rows. Everything in a `Standing` was true in the same moment; inside `write` it is the moment of
the account's single writer. Says what is there and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domain.orders.types import IntentState, OrderType, Plan, Side
from execution.oms.ledger.desk import Decision, DeskAccount, ProfileRow
from execution.oms.ledger.rows import Pace, Sleeve


@dataclass(frozen=True, slots=True)
class StandingOf:
    """Whose, and since when: `recent_since` for orders of other plans that this might repeat, `paced_since` for what
    left, the newest `outcomes` of it, `spent_since` for fills that the broker's cash may not show yet (None: its cash
    is not known). `plan_id` asks for the ids of that plan too, `approval_id` for the answer to that."""

    account_ref: str
    owner: UUID
    day: date
    recent_since: datetime
    paced_since: datetime
    outcomes: int
    spent_since: datetime | None
    plan_id: UUID | None = None
    approval_id: UUID | None = None


class Working(NamedTuple):
    """An intent that has not ended. `cash` is what it holds back, None when it holds nothing."""

    intent_id: UUID
    plan_id: UUID
    leg: int
    after_leg: int | None
    ticker: str
    side: Side
    order_type: OrderType
    limit_price: int | None
    quantity: int
    filled: int
    state: IntentState
    sleeve: str
    cash: int | None
    acked_at: datetime | None  # of what it holds
    replaces: UUID | None = None  # the intent whose remainder it waits for


class ByHand(NamedTuple):
    """A live order at the broker that no intent owns."""

    trade_date: date
    branch: str
    odno: int
    ticker: str
    side: Side
    price: int
    quantity: int
    filled: int
    acked_at: datetime


class Recent(NamedTuple):
    """What tells that an order has just been asked for."""

    ticker: str
    side: Side
    quantity: int
    limit_price: int | None
    created_at: datetime


class OfPlan(NamedTuple):
    """An id that a plan has used."""

    intent_id: UUID
    version: int
    payload_hash: str


@dataclass(frozen=True, slots=True)
class Word:
    """The newest version of a plan (0: there is none) and the answer to its approval (None: nothing was asked)."""

    newest: int
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Standing:
    """`working` oldest first, then by leg; `by_hand` oldest first; `recent` newest first and at most 50; won."""

    working: tuple[Working, ...]
    by_hand: tuple[ByHand, ...]
    recent: tuple[Recent, ...]
    of_plan: tuple[OfPlan, ...]
    sleeves: tuple[Sleeve, ...]  # by ticker and sleeve
    profile: ProfileRow | None
    day_start: int | None
    high_water: int | None
    traded: int  # bought plus sold on the day
    pace: Pace
    spent: int
    word: Word


@dataclass(frozen=True, slots=True)
class Submitted:
    """A plan as a Submit names it: with the hash beside it, its account, its word, whether it has orders in the ledger,
    and how many orders of the account wait for their turn."""

    plan: Plan
    plan_hash: str
    account: DeskAccount | None
    word: Word
    started: bool
    queued: int


RECENT = 50
