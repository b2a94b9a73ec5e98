"""What a run has met: faults, states, transitions and what people did, by name and count, over all of its seeds.

Contract: adds up over processes (`merge`); `missing` names what a long run must have met and has not. A row of the
transition table that no code of the OMS writes in a world is listed in `UNWRITTEN` with its reason, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from domain.orders.table import TRANSITIONS
from domain.orders.types import IntentState
from domain.orders.words import Machine, OrderState
from proving.faults import EVERY

LONG = 1_000  # seeds from which a zero is a failure


@dataclass(slots=True)
class Coverage:
    faults: Counter[str] = field(default_factory=Counter)
    transitions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)

    def moved(self, machine: str, was: str, event: str, becomes: str) -> None:
        self.transitions[(machine, was, event)] += 1
        self.states[(machine, becomes)] += 1

    def merge(self, other: Coverage) -> None:
        for mine, its in (
            (self.faults, other.faults),
            (self.acts, other.acts),
            (self.refusals, other.refusals),
        ):
            mine.update(its)
        self.transitions.update(other.transitions)
        self.states.update(other.states)

    def missing(self) -> list[str]:
        found = [f"fault {kind.value}" for kind in EVERY if not self.faults[kind.value]]
        for row in TRANSITIONS:
            name = (row.machine.value, row.source, row.event.value)
            if not self.transitions[name] and name not in UNWRITTEN:
                found.append(f"transition {' '.join(name)}")
        written = {(row.machine.value, row.target) for row in TRANSITIONS if _name(row) not in UNWRITTEN}
        for state in (*IntentState, *OrderState):
            machine = Machine.INTENT if isinstance(state, IntentState) else Machine.ORDER
            name_of = (machine.value, state.value)
            if name_of in written and not self.states[name_of]:
                found.append(f"state {' '.join(name_of)}")
        return found


def _name(row: object) -> tuple[str, str, str]:
    return (row.machine.value, row.source, row.event.value)  # type: ignore[attr-defined]


# A link of a chain enters the ledger when the broker has given its number, so these rows of the order machine, which
# speak of a link before that, are the intent's alone. The causes of an account live in the memory of the process that
# sees them; a regression of the ledger is written as a trading state.
_BEFORE_A_NUMBER = ("SENDING", "UNKNOWN", "ABSENT", "MANUAL", "NOT_SENT")
_IN_MEMORY = ("opened", "cause_raised", "ledger_failed")
# No OMS of a world runs through a night, which would cost more than its days, and every start makes a cancel under way
# a question. The OMS's own tests live through that night ("lapses with its day").
_OVER_NIGHT = ("CANCEL_PENDING", "expired")
UNWRITTEN: frozenset[tuple[str, str, str]] = frozenset(
    _name(row)
    for row in TRANSITIONS
    if (row.machine is Machine.ORDER and {row.source, row.target} & set(_BEFORE_A_NUMBER))
    or (row.machine is Machine.ACCOUNT and row.event.value in _IN_MEMORY)
    or (row.source, row.event.value) == _OVER_NIGHT
)
