"""The one table of order moves; the code and `docs/order-states.md` both come from it.

Contract: at most one row for (machine, from, event); what is not listed is an error. Quantities are not states: a fill
changes the book first and the state after it. The rows say what evidence a writer must hold; they do not check it.
"""

# ruff: noqa: E501 (a table is read by its rows)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.orders.words import Event, Machine, Writer


@dataclass(frozen=True, slots=True)
class Transition:
    machine: Machine
    source: str
    event: Event
    target: str  # a state's value
    evidence: str
    writer: Writer


# "A B" lists several sources; target "=" stays. P marks what only a person may decide.
_ROWS: dict[Machine, str] = {
    Machine.INTENT: """
START | admitted | NEW | gate passed, reservation and consumed approval or mandate use in one transaction
NEW | gate2_refused | REFUSED | gate on fresh views said no after the budget grant; the grant goes back
NEW | send_started | SENDING | committed with epoch, send deadline and baseline, before the first byte
NEW NOT_SENT | withdrawn | WITHDRAWN | cancelled before sending, superseded, not_after passed, leg before it failed, day's end
SENDING | not_sent | NOT_SENT | connect or TLS failure before the first byte, own deadline abort, or a listed msg_cd
NOT_SENT | requeued | NEW | not_after not passed; the gate runs again
SENDING | reply_acked | ACKED | rt_cd 0 with ODNO
SENDING | reply_rejected | REJECTED | HTTP 200, rt_cd not 0, listed msg_cd
SENDING | reply_unknown | UNKNOWN | any other reply, or none before the deadline
SENDING | recovered | UNKNOWN | a successor found SENDING of an earlier epoch after lease, deadline and settle
UNKNOWN | found_one | ACKED | complete inquiry after settle with one candidate; on paper the baseline changed by exactly this
UNKNOWN | found_none | ABSENT | complete inquiry after settle with none; on paper the baseline unchanged and the channel proven
UNKNOWN REVISE_UNKNOWN | ambiguous | MANUAL | several candidates, a tie with a hand order, or nothing can show it
ABSENT | late_evidence | UNKNOWN | a notice or inquiry row fits after all; the lock returns and inquiry decides
MANUAL | person_adopted | ACKED | resolve --adopt ODNO, re-typed confirmation, audited | P
MANUAL | person_absent | ABSENT | resolve --absent with a reason, re-typed confirmation, audited | P
ACKED | exchange_rejected | REJECTED | rejection notice or inquiry row after the broker's ACK, nothing filled
ACKED | fill_partial | PARTIAL | cumulative count above the last, below the quantity
PARTIAL CANCEL_PENDING CANCEL_UNKNOWN REVISE_PENDING REVISE_UNKNOWN MANUAL | fill_partial | = | cumulative count above the last, below the quantity
ACKED PARTIAL CANCEL_PENDING CANCEL_UNKNOWN REVISE_PENDING REVISE_UNKNOWN | fill_complete | FILLED | cumulative count equals the quantity
MANUAL | fill_complete | = | counted; the person still closes the case
CANCELLED EXPIRED | fill_partial | = | a confirmed count rose after the end; the book follows, the end stays
CANCELLED EXPIRED | fill_complete | FILLED | a confirmed count reached the quantity after the end
ACKED PARTIAL | cancel_requested | CANCEL_PENDING | a person, the guard or the day's end asks; committed before the POST; during a revision it waits until the number is known
CANCEL_PENDING CANCEL_UNKNOWN | cancel_requested | CANCEL_PENDING | sent again: a whole-remainder cancel is idempotent in effect
CANCEL_PENDING CANCEL_UNKNOWN | cancel_confirmed | CANCELLED | notice or inquiry shows no live remainder in the whole chain
CANCEL_PENDING CANCEL_UNKNOWN | cancel_refused | ACKED | inquiry shows the order live and unfilled
CANCEL_PENDING CANCEL_UNKNOWN | cancel_refused_partial | PARTIAL | inquiry shows the order live and partly filled
CANCEL_PENDING | cancel_unknown | CANCEL_UNKNOWN | reply proves nothing, or "nothing to cancel": ask, not CANCELLED
CANCEL_PENDING | recovered | CANCEL_UNKNOWN | a successor found it
ACKED PARTIAL | revise_requested | REVISE_PENDING | whole remainder, new price, nothing in the chain unknown; committed before the POST
REVISE_PENDING REVISE_UNKNOWN | revise_confirmed | ACKED | new link acknowledged or found; nothing filled
REVISE_PENDING REVISE_UNKNOWN | revise_confirmed_partial | PARTIAL | new link acknowledged or found; fills carried over
REVISE_PENDING REVISE_UNKNOWN | revise_refused | ACKED | refused, not sent, or the old link found live; nothing filled
REVISE_PENDING REVISE_UNKNOWN | revise_refused_partial | PARTIAL | refused, not sent, or the old link found live; partly filled
REVISE_PENDING | revise_unknown | REVISE_UNKNOWN | reply proves nothing; never sent again
REVISE_PENDING | recovered | REVISE_UNKNOWN | a successor found it
ACKED PARTIAL REVISE_UNKNOWN | ended_by_broker | CANCELLED | cancelled by hand or by the exchange, shown by notice or inquiry
ACKED PARTIAL CANCEL_PENDING CANCEL_UNKNOWN REVISE_UNKNOWN | expired | EXPIRED | end-of-day inquiry with the order's date: remainder lapsed
""",
    Machine.ORDER: """
START | send_started | SENDING | first link of an intent, or the link a revise will make
START | foreign_seen | FOREIGN | a number that no intent owns, and no UNKNOWN of its signature lives
SENDING | not_sent | NOT_SENT | connect or TLS failure before the first byte, own deadline abort, or a listed msg_cd
SENDING | reply_acked | LIVE | rt_cd 0 with ODNO
SENDING | reply_rejected | REJECTED | HTTP 200, rt_cd not 0, listed msg_cd
SENDING | reply_unknown | UNKNOWN | any other reply, or none before the deadline
SENDING | recovered | UNKNOWN | a successor found it
UNKNOWN | found_one | LIVE | as the intent's
UNKNOWN | found_none | ABSENT | as the intent's
UNKNOWN REVISE_UNKNOWN | ambiguous | MANUAL | as the intent's
ABSENT | late_evidence | UNKNOWN | as the intent's
MANUAL | person_adopted | LIVE | as the intent's | P
MANUAL | person_absent | ABSENT | as the intent's | P
LIVE | exchange_rejected | REJECTED | rejection notice or inquiry row after the broker's ACK
LIVE | fill_partial | PARTIAL | cumulative count of this number
PARTIAL CANCEL_PENDING CANCEL_UNKNOWN REVISE_PENDING REVISE_UNKNOWN MANUAL FOREIGN | fill_partial | = | cumulative count of this number
REPLACED CANCELLED EXPIRED FOREIGN_ENDED | fill_partial | = | a confirmed count rose after the end
LIVE PARTIAL CANCEL_PENDING CANCEL_UNKNOWN REVISE_PENDING REVISE_UNKNOWN CANCELLED EXPIRED | fill_complete | FILLED | count equals this number's quantity
MANUAL | fill_complete | = | counted; the person still closes the case
FOREIGN | fill_complete | FOREIGN_ENDED | count equals this number's quantity
LIVE PARTIAL CANCEL_PENDING CANCEL_UNKNOWN | cancel_requested | CANCEL_PENDING | cancel of this number's whole remainder
CANCEL_PENDING CANCEL_UNKNOWN | cancel_confirmed | CANCELLED | notice or inquiry shows no live remainder
CANCEL_PENDING CANCEL_UNKNOWN | cancel_refused | LIVE | inquiry shows it live and unfilled
CANCEL_PENDING CANCEL_UNKNOWN | cancel_refused_partial | PARTIAL | inquiry shows it live and partly filled
CANCEL_PENDING | cancel_unknown | CANCEL_UNKNOWN | reply proves nothing, or "nothing to cancel"
CANCEL_PENDING | recovered | CANCEL_UNKNOWN | a successor found it
LIVE PARTIAL | revise_requested | REVISE_PENDING | whole remainder to a new number
REVISE_PENDING REVISE_UNKNOWN | revise_confirmed | REPLACED | the new number is known
REVISE_PENDING REVISE_UNKNOWN | revise_confirmed_partial | REPLACED | the new number is known; this number's fills stay its own
REVISE_PENDING REVISE_UNKNOWN | revise_refused | LIVE | refused, not sent, or found live
REVISE_PENDING REVISE_UNKNOWN | revise_refused_partial | PARTIAL | refused, not sent, or found live
REVISE_PENDING | revise_unknown | REVISE_UNKNOWN | reply proves nothing
REVISE_PENDING | recovered | REVISE_UNKNOWN | a successor found it
LIVE PARTIAL REVISE_UNKNOWN | ended_by_broker | CANCELLED | cancelled by hand or by the exchange
LIVE PARTIAL CANCEL_PENDING CANCEL_UNKNOWN REVISE_UNKNOWN | expired | EXPIRED | end-of-day inquiry
FOREIGN | foreign_ended | FOREIGN_ENDED | cancelled, rejected or lapsed at the broker
FOREIGN | foreign_claimed | LIVE | a person adopted this number for a MANUAL intent | P
""",
    Machine.ACCOUNT: """
START | opened | REDUCING | a new account or a successor process: reconcile first
ACTIVE REDUCING | cause_raised | REDUCING | MANUAL intent, loss or drawdown limit, unreconciled, restart or clock jump, broker unreachable
REDUCING | causes_cleared | ACTIVE | reconciled with the broker and no cause left
ACTIVE REDUCING | person_reduced | REDUCING | the user or operator asks | P
ACTIVE REDUCING HALTED | person_halted | HALTED | the user or operator presses 정지 | P
ACTIVE REDUCING HALTED | ledger_failed | HALTED | ledger regression, lost lease that cannot be regained, or storage failure
HALTED | person_resumed | REDUCING | the user or operator resumes; reconciliation then clears it | P
""",
}


def _parse(machine: Machine, text: str) -> Iterator[Transition]:
    for line in text.strip().splitlines():
        sources, event, target, evidence, *rest = (cell.strip() for cell in line.split("|"))
        writer = Writer.PERSON if rest == ["P"] else Writer.OMS
        for source in sources.split():
            yield Transition(machine, source, Event(event), source if target == "=" else target, evidence, writer)


TRANSITIONS: tuple[Transition, ...] = tuple(row for machine, text in _ROWS.items() for row in _parse(machine, text))
