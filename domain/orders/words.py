"""Names of the three order machines: their states beyond `IntentState`, their events, and who may write a move.

Contract: words only; which move is allowed is in `domain.orders.table`. `START` is the state of a thing that does not
exist yet.
"""

from __future__ import annotations

from enum import StrEnum

START = "START"


class Machine(StrEnum):
    """What has a state: one leg (intent), one link of its chain at the broker (order), one account's trading."""

    INTENT = "intent"
    ORDER = "order"
    ACCOUNT = "account"


class Writer(StrEnum):
    """Who may cause the move. The ledger row itself is always written by the OMS under its epoch."""

    OMS = "oms"
    PERSON = "person"  # an authenticated decision, carried out by the OMS and audited


class OrderState(StrEnum):
    """Life of one broker order: one link of an intent's chain, or an order placed by hand (FOREIGN)."""

    SENDING = "SENDING"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"
    LIVE = "LIVE"
    PARTIAL = "PARTIAL"
    CANCEL_PENDING = "CANCEL_PENDING"
    CANCEL_UNKNOWN = "CANCEL_UNKNOWN"
    REVISE_PENDING = "REVISE_PENDING"
    REVISE_UNKNOWN = "REVISE_UNKNOWN"
    REPLACED = "REPLACED"  # a revise took its whole remainder; the next link carries on
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    ABSENT = "ABSENT"
    EXPIRED = "EXPIRED"
    MANUAL = "MANUAL"
    FOREIGN = "FOREIGN"  # live, placed by hand; counts in exposure, sellable and self-trade
    FOREIGN_ENDED = "FOREIGN_ENDED"


ORDER_TERMINAL = frozenset(
    {
        OrderState.NOT_SENT,
        OrderState.REPLACED,
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.REJECTED,
        OrderState.ABSENT,
        OrderState.EXPIRED,
        OrderState.FOREIGN_ENDED,
    }
)


class Event(StrEnum):
    """What happened. `_PARTIAL` twins are the same fact about an order that already has fills."""

    ADMITTED = "admitted"
    GATE2_REFUSED = "gate2_refused"
    WITHDRAWN = "withdrawn"
    SEND_STARTED = "send_started"
    NOT_SENT = "not_sent"
    REQUEUED = "requeued"
    REPLY_ACKED = "reply_acked"
    REPLY_REJECTED = "reply_rejected"
    REPLY_UNKNOWN = "reply_unknown"
    RECOVERED = "recovered"
    FOUND_ONE = "found_one"
    FOUND_NONE = "found_none"
    AMBIGUOUS = "ambiguous"
    LATE_EVIDENCE = "late_evidence"
    EXCHANGE_REJECTED = "exchange_rejected"
    FILL_PARTIAL = "fill_partial"
    FILL_COMPLETE = "fill_complete"
    CANCEL_REQUESTED = "cancel_requested"
    CANCEL_CONFIRMED = "cancel_confirmed"
    CANCEL_REFUSED = "cancel_refused"
    CANCEL_REFUSED_PARTIAL = "cancel_refused_partial"
    CANCEL_UNKNOWN = "cancel_unknown"
    REVISE_REQUESTED = "revise_requested"
    REVISE_CONFIRMED = "revise_confirmed"
    REVISE_CONFIRMED_PARTIAL = "revise_confirmed_partial"
    REVISE_REFUSED = "revise_refused"
    REVISE_REFUSED_PARTIAL = "revise_refused_partial"
    REVISE_UNKNOWN = "revise_unknown"
    ENDED_BY_BROKER = "ended_by_broker"
    EXPIRED = "expired"
    PERSON_ADOPTED = "person_adopted"
    PERSON_ABSENT = "person_absent"
    FOREIGN_SEEN = "foreign_seen"
    FOREIGN_ENDED = "foreign_ended"
    FOREIGN_CLAIMED = "foreign_claimed"
    # Account
    OPENED = "opened"
    CAUSE_RAISED = "cause_raised"
    CAUSES_CLEARED = "causes_cleared"
    PERSON_REDUCED = "person_reduced"
    PERSON_HALTED = "person_halted"
    LEDGER_FAILED = "ledger_failed"
    PERSON_RESUMED = "person_resumed"


_TWINS = {
    Event.CANCEL_REFUSED: Event.CANCEL_REFUSED_PARTIAL,
    Event.REVISE_CONFIRMED: Event.REVISE_CONFIRMED_PARTIAL,
    Event.REVISE_REFUSED: Event.REVISE_REFUSED_PARTIAL,
}


def with_fills(event: Event, filled: int) -> Event:
    """The event as it concerns an order of which `filled` shares are done: its `_PARTIAL` twin, where it has one."""
    return _TWINS.get(event, event) if filled > 0 else event


def fill_event(filled: int, quantity: int) -> Event:
    """The event of a cumulative count `filled` of an order over `quantity` shares."""
    if not 0 < filled <= quantity:
        raise ValueError(f"expected 0 < filled <= {quantity} shares, was {filled}")
    return Event.FILL_COMPLETE if filled == quantity else Event.FILL_PARTIAL
