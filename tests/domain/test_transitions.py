"""The table of moves is complete, unambiguous and the only way from state to state."""

from __future__ import annotations

import pytest

from domain.orders.table import TRANSITIONS
from domain.orders.transitions import (
    ORDER_TERMINAL,
    POSSIBLY_LIVE,
    RESERVING,
    START,
    STATES,
    TERMINAL,
    Event,
    IllegalTransition,
    Machine,
    OrderState,
    Writer,
    advance,
    allowed,
    events_from,
    fill_event,
    transition,
    with_fills,
)
from domain.orders.types import IntentState, TradingState

INTENT, ORDER, ACCOUNT = Machine.INTENT, Machine.ORDER, Machine.ACCOUNT


@pytest.mark.parametrize("machine", list(Machine))
def test_every_state_is_reachable_from_the_start(machine: Machine) -> None:
    seen, frontier = {START}, [START]
    while frontier:
        state = frontier.pop()
        for row in TRANSITIONS:
            if row.machine is machine and row.source == state and row.target not in seen:
                seen.add(row.target)
                frontier.append(row.target)
    assert seen - {START} == {state.value for state in STATES[machine]}


@pytest.mark.parametrize("machine", list(Machine))
def test_table_names_exactly_the_states_of_the_enum(machine: Machine) -> None:
    named = {s for row in TRANSITIONS if row.machine is machine for s in (row.source, row.target)}
    assert named == {state.value for state in STATES[machine]} | {START}


def test_every_event_has_a_row() -> None:
    assert {row.event for row in TRANSITIONS} == set(Event)


def test_terminal_intents_have_only_the_documented_exits() -> None:
    exits = {
        (row.source, row.event)
        for row in TRANSITIONS
        if row.machine is INTENT and IntentState.__members__.get(row.source) in TERMINAL
    }
    assert exits == {
        ("ABSENT", Event.LATE_EVIDENCE),
        ("CANCELLED", Event.FILL_PARTIAL),
        ("CANCELLED", Event.FILL_COMPLETE),
        ("EXPIRED", Event.FILL_PARTIAL),
        ("EXPIRED", Event.FILL_COMPLETE),
    }


def test_terminal_orders_only_count_late_fills_or_reopen_absence() -> None:
    events = {row.event for row in TRANSITIONS if row.machine is ORDER and row.source in set(ORDER_TERMINAL)}
    assert events == {Event.LATE_EVIDENCE, Event.FILL_PARTIAL, Event.FILL_COMPLETE}


def test_every_intent_that_is_not_terminal_has_a_way_to_an_end() -> None:
    for state in IntentState:
        seen, frontier = {state.value}, [state.value]
        while frontier:
            source = frontier.pop()
            for row in TRANSITIONS:
                if row.machine is INTENT and row.source == source and row.target not in seen:
                    seen.add(row.target)
                    frontier.append(row.target)
        assert seen & {s.value for s in TERMINAL}, state


def test_an_unlisted_move_says_what_was_expected() -> None:
    with pytest.raises(
        IllegalTransition, match=r"expected one of \[.*send_started.*\] for intent in NEW, was fill_partial"
    ):
        advance(INTENT, IntentState.NEW, Event.FILL_PARTIAL)
    with pytest.raises(IllegalTransition, match=r"expected one of \[nothing\] for intent in FILLED"):
        transition(INTENT, IntentState.FILLED, Event.FILL_PARTIAL)
    with pytest.raises(IllegalTransition):
        advance(INTENT, "no such state", Event.ADMITTED)


def test_every_pair_is_either_listed_or_raises() -> None:
    for machine, enum in STATES.items():
        for state in [START, *enum]:
            for event in Event:
                if allowed(machine, state, event):
                    assert isinstance(advance(machine, state, event), enum)
                else:
                    with pytest.raises(IllegalTransition):
                        advance(machine, state, event)


PATHS = {
    "filled in two steps": ["admitted", "send_started", "reply_acked", "fill_partial", "fill_complete", "FILLED"],
    "refused at the second gate": ["admitted", "gate2_refused", "REFUSED"],
    "not sent, queued again": ["admitted", "send_started", "not_sent", "requeued", "send_started", "SENDING"],
    "withdrawn while waiting": ["admitted", "withdrawn", "WITHDRAWN"],
    "found after a time-out": ["admitted", "send_started", "reply_unknown", "found_one", "fill_complete", "FILLED"],
    "absent, then late evidence": [
        "admitted", "send_started", "reply_unknown", "found_none", "late_evidence", "found_one", "ACKED",
    ],
    "crash while sending": ["admitted", "send_started", "recovered", "UNKNOWN"],
    "a person decides": ["admitted", "send_started", "recovered", "ambiguous", "person_absent", "ABSENT"],
    "exchange rejects after the ACK": ["admitted", "send_started", "reply_acked", "exchange_rejected", "REJECTED"],
    "cancel crosses a full fill": [
        "admitted", "send_started", "reply_acked", "cancel_requested", "fill_complete",
        "FILLED",
    ],
    "cancel sent again": [
        "admitted", "send_started", "reply_acked", "cancel_requested", "cancel_unknown", "cancel_requested",
        "cancel_confirmed", "CANCELLED",
    ],
    "revise unknown, then old link lives": [
        "admitted", "send_started", "reply_acked", "fill_partial", "revise_requested", "revise_unknown",
        "revise_refused_partial", "expired", "EXPIRED",
    ],
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS.values(), ids=list(PATHS))
def test_the_usual_lives_of_an_intent(path: list[str]) -> None:
    state: str = START
    for event in path[:-1]:
        state = advance(INTENT, state, Event(event))
    assert state == path[-1]


def test_unknown_never_goes_back_to_the_queue() -> None:
    """Sending again what may have arrived is the one thing that doubles orders."""
    for row in TRANSITIONS:
        if row.machine is INTENT and row.target in {"NEW", "SENDING", "NOT_SENT"}:
            assert row.source in {START, "NEW", "SENDING", "NOT_SENT"}
            assert row.event in {Event.ADMITTED, Event.REQUEUED, Event.SEND_STARTED, Event.NOT_SENT}


def test_halt_is_lifted_by_a_person_and_only_to_reducing() -> None:
    rows = [r for r in TRANSITIONS if r.machine is ACCOUNT and r.source == "HALTED" and r.target != "HALTED"]
    assert [(r.event, r.target, r.writer) for r in rows] == [(Event.PERSON_RESUMED, "REDUCING", Writer.PERSON)]
    assert advance(ACCOUNT, TradingState.REDUCING, Event.CAUSES_CLEARED) is TradingState.ACTIVE


def test_manual_is_left_by_a_person_alone() -> None:
    for machine in (INTENT, ORDER):
        rows = [r for r in TRANSITIONS if r.machine is machine and r.source == "MANUAL" and r.target != "MANUAL"]
        assert rows
        assert {r.writer for r in rows} == {Writer.PERSON}


def test_sets_of_states_agree_with_the_terminal_ones() -> None:
    assert set(IntentState) == RESERVING | TERMINAL
    assert not RESERVING & TERMINAL
    assert RESERVING > POSSIBLY_LIVE


def test_fill_events_count_cumulatively() -> None:
    assert fill_event(3, 10) is Event.FILL_PARTIAL
    assert fill_event(10, 10) is Event.FILL_COMPLETE
    with pytest.raises(ValueError, match="expected 0 < filled <= 10 shares, was 11"):
        fill_event(11, 10)
    assert with_fills(Event.CANCEL_REFUSED, 0) is Event.CANCEL_REFUSED
    assert with_fills(Event.CANCEL_REFUSED, 3) is Event.CANCEL_REFUSED_PARTIAL
    assert with_fills(Event.FOUND_ONE, 3) is Event.FOUND_ONE


def test_a_foreign_order_can_be_adopted_or_ends() -> None:
    assert advance(ORDER, START, Event.FOREIGN_SEEN) is OrderState.FOREIGN
    assert events_from(ORDER, OrderState.FOREIGN) == {
        Event.FILL_PARTIAL, Event.FILL_COMPLETE, Event.FOREIGN_ENDED, Event.FOREIGN_CLAIMED,
    }  # fmt: skip
