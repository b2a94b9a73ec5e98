"""`docs/order-states.md` as text, printed from the table of moves."""

from __future__ import annotations

from domain.orders.table import TRANSITIONS
from domain.orders.transitions import ORDER_TERMINAL, POSSIBLY_LIVE, STATES, TERMINAL, UNANSWERED
from domain.orders.words import Machine

_TITLES = {
    Machine.INTENT: "Intent: one leg on its way to the broker",
    Machine.ORDER: "Order: one link of an intent's chain at the broker, or an order placed by hand",
    Machine.ACCOUNT: "Account: what may be traded at all",
}


def page() -> str:
    """The whole page, ending in a newline."""
    lines = [
        "# Order states",
        "",
        "Printed from `domain/orders/table.py` by `python -m tools.reference`; a move that is not here raises",
        "`IllegalTransition`. Writer `person` means an authenticated decision that the OMS carries out and audits.",
        "",
        f"- Ends of an intent: {_names(TERMINAL)}.",
        f"- Possibly live at the broker (counts in exposure, cash and sellable): {_names(POSSIBLY_LIVE)}.",
        f"- Unanswered (no other order of that account, ticker and side leaves): {_names(UNANSWERED)}.",
        f"- Ends of an order: {_names(ORDER_TERMINAL)}.",
    ]
    for machine, states in STATES.items():
        lines += ["", f"## {_TITLES[machine]}", "", f"{len(states)} states.", ""]
        lines += ["| from | event | to | evidence | writer |", "|---|---|---|---|---|"]
        lines += [
            f"| {row.source} | {row.event.value} | {row.target} | {row.evidence} | {row.writer.value} |"
            for row in TRANSITIONS
            if row.machine is machine
        ]
    return "\n".join(lines) + "\n"


def _names(states: frozenset[object]) -> str:
    return ", ".join(sorted(str(state) for state in states))
