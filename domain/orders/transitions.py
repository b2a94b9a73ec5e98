"""Moves intents, broker orders and accounts from state to state by the table; an unlisted move raises.

Contract: pure and total over the table. `advance` takes and returns the machine's own enum; the evidence a row asks for
is the caller's to hold and to store. Does not touch quantities or money: see `domain.book`.
"""

from __future__ import annotations

from typing import Literal, overload

from domain.orders.table import TRANSITIONS, Transition
from domain.orders.types import TERMINAL, IntentState, TradingState
from domain.orders.words import ORDER_TERMINAL, START, Event, Machine, OrderState, Writer, fill_event, with_fills

State = IntentState | OrderState | TradingState

STATES: dict[Machine, type[IntentState] | type[OrderState] | type[TradingState]] = {
    Machine.INTENT: IntentState,
    Machine.ORDER: OrderState,
    Machine.ACCOUNT: TradingState,
}


class IllegalTransition(Exception):
    """A move that the table does not list: a bug or evidence that contradicts the ledger; never to be ignored."""

    def __init__(self, machine: Machine, state: str, event: Event) -> None:
        listed = ", ".join(sorted(e.value for e in events_from(machine, state))) or "nothing"
        super().__init__(f"expected one of [{listed}] for {machine.value} in {state}, was {event.value}")
        self.machine, self.state, self.event = machine, state, event


def _index() -> dict[tuple[Machine, str], dict[Event, tuple[State, Transition]]]:
    index: dict[tuple[Machine, str], dict[Event, tuple[State, Transition]]] = {}
    for row in TRANSITIONS:
        if row.source != START:
            STATES[row.machine](row.source)
        moves = index.setdefault((row.machine, row.source), {})
        if row.event in moves:
            raise ValueError(f"expected one row for {row.machine.value} {row.source} {row.event.value}, was two")
        moves[row.event] = (STATES[row.machine](row.target), row)
    return index


_INDEX = _index()


def events_from(machine: Machine, state: str) -> frozenset[Event]:
    """What may happen in `state` (an enum member, its value, or `START`)."""
    return frozenset(_INDEX.get((machine, str(state)), {}))


def transition(machine: Machine, state: str, event: Event) -> Transition:
    """The table's row. Raises IllegalTransition."""
    try:
        return _INDEX[machine, str(state)][event][1]
    except KeyError:
        raise IllegalTransition(machine, str(state), event) from None


def allowed(machine: Machine, state: str, event: Event) -> bool:
    return event in _INDEX.get((machine, str(state)), {})


@overload
def advance(machine: Literal[Machine.INTENT], state: str, event: Event) -> IntentState: ...
@overload
def advance(machine: Literal[Machine.ORDER], state: str, event: Event) -> OrderState: ...
@overload
def advance(machine: Literal[Machine.ACCOUNT], state: str, event: Event) -> TradingState: ...
@overload
def advance(machine: Machine, state: str, event: Event) -> State: ...
def advance(machine: Machine, state: str, event: Event) -> State:
    """State after `event`; `state` is an enum member, its value, or `START`. Raises IllegalTransition."""
    try:
        return _INDEX[machine, str(state)][event][0]
    except KeyError:
        raise IllegalTransition(machine, str(state), event) from None


# Of an intent: the broker may hold a live remainder, so exposure, cash and sellable count it.
POSSIBLY_LIVE = frozenset(
    {
        IntentState.SENDING,
        IntentState.UNKNOWN,
        IntentState.ACKED,
        IntentState.PARTIAL,
        IntentState.CANCEL_PENDING,
        IntentState.CANCEL_UNKNOWN,
        IntentState.REVISE_PENDING,
        IntentState.REVISE_UNKNOWN,
        IntentState.MANUAL,
    }
)
# Reserves cash, shares and room: everything possibly live and what waits to be sent.
RESERVING = POSSIBLY_LIVE | {IntentState.NEW, IntentState.NOT_SENT}
# Unanswered: no other order for (account, ticker, side) leaves while one of these lives.
UNANSWERED = frozenset({IntentState.UNKNOWN, IntentState.MANUAL, IntentState.REVISE_UNKNOWN})

__all__ = [
    "ORDER_TERMINAL",
    "POSSIBLY_LIVE",
    "RESERVING",
    "START",
    "STATES",
    "TERMINAL",
    "UNANSWERED",
    "Event",
    "IllegalTransition",
    "Machine",
    "OrderState",
    "State",
    "Writer",
    "advance",
    "allowed",
    "events_from",
    "fill_event",
    "transition",
    "with_fills",
]
