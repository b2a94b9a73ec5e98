"""What became of an order whose reply proved nothing, by the broker's own evidence and never by sending again.

Contract: decided only by a complete inquiry begun after settle. One fitting number that nobody owns, that was not
there before the send and that the broker does not mark as keyed in elsewhere: it is ours. None: it never arrived, where
the environment can show that. On KIS paper, whose list may stay empty, a notice names the number; without one, holdings
that moved by exactly the order fill it, and unchanged figures on a proven channel prove its absence. Anything else is
MANUAL and reduces the account until a person has decided; an answer that shows nothing where the list is the evidence
is asked for again for a while first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from domain.orders.transitions import Event
from domain.orders.types import IntentState, OrderType
from execution.oms.baseline import Trace
from execution.oms.binding import bind_ack
from execution.oms.core import Core
from execution.oms.evidence import numberless, row_of_holdings, what_became_of
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent
from execution.oms.manual import leave_to_person
from execution.oms.revising import settle_revision
from execution.oms.sessions import AccountSession, Channel, Figures
from tools.kis.executions import Executions, OrderRow

log = structlog.get_logger("oms.unknown")
UNCERTAIN = frozenset({IntentState.UNKNOWN, IntentState.CANCEL_UNKNOWN, IntentState.REVISE_UNKNOWN})
_LOCKING = (IntentState.SENDING, IntentState.UNKNOWN, IntentState.MANUAL)
_PATIENCE = 3  # settles that an answer which shows nothing is asked for again before a person must decide


class Unknowns:
    def __init__(self, core: Core) -> None:
        self._core = core

    def due_in(self, intent: Intent) -> float:
        """Seconds until an inquiry that is begun can settle this uncertain one; none left: 0 or less."""
        return (self._after(intent) - self._core.wall.now()).total_seconds()

    def _after(self, intent: Intent) -> datetime:
        """The moment from which an inquiry proves something: everything that could still arrive has arrived."""
        timing = self._core.timing
        lag = timedelta(seconds=timing.gateway_s + timing.lag_s)
        if intent.state is IntentState.UNKNOWN and intent.send_deadline is not None:
            return intent.send_deadline + lag
        return (intent.uncertain_since or intent.updated_at) + timedelta(seconds=timing.deadline_s) + lag

    async def settle(
        self,
        tx: Tx,
        session: AccountSession,
        answer: Executions,
        loose: list[OrderRow],
        begun: datetime,
        figures: Figures | None,
    ) -> list[OrderRow]:
        """Concludes about every UNKNOWN; rows that turn out to be ours leave `loose`. `figures` where they, asked after
        the list, are the evidence. Returns rows of orders that are now bound and have not been counted."""
        await self._late_evidence(tx, session.account_ref, loose)
        arisen: list[OrderRow] = []
        for intent in await tx.intents.in_state(session.account_ref, IntentState.UNKNOWN):
            candidates = [row for row in loose if self.fits(intent, row)]
            if min(begun, figures.asked_wall if figures is not None else begun) < self._after(intent):
                continue
            if not candidates and self._may_yet_show(intent, answer, begun, figures):
                continue
            arisen += await self._decide(tx, session, intent, answer, candidates, loose, figures)
        for intent in await tx.intents.in_state(session.account_ref, IntentState.REVISE_UNKNOWN):
            shown = figures is None or session.channel is Channel.PROVEN
            settled = begun >= self._after(intent) and not self._may_yet_show(intent, answer, begun, figures)
            seen = answer if shown else _blank(answer)
            arisen += await settle_revision(tx, self._core, intent, seen, loose, settled=settled)
        return arisen

    def _may_yet_show(self, intent: Intent, answer: Executions, begun: datetime, figures: Figures | None) -> bool:
        """The list is the evidence here and this answer shows nothing: the next one may."""
        patience = timedelta(seconds=self._core.timing.settle_s * _PATIENCE)
        return figures is None and answer.inconclusive and begun < self._after(intent) + patience

    async def _decide(
        self,
        tx: Tx,
        session: AccountSession,
        intent: Intent,
        answer: Executions,
        candidates: Sequence[OrderRow],
        loose: list[OrderRow],
        figures: Figures | None,
    ) -> list[OrderRow]:
        evidence: dict[str, Any] = {
            "candidates": [row.order.number for row in candidates],
            "rows": len(answer.rows),
            "inconclusive": answer.inconclusive,
            "asked_at": answer.asked_at.isoformat(),
        }
        if figures is None and len(candidates) == 1 and keyed_by_hand(candidates[0], session.marks):
            # Ours may still be missing beside it, so it proves neither that ours arrived nor that it did not.
            await leave_to_person(tx, self._core, intent, evidence | {"keyed_by": candidates[0].entry})
            log.error("unknown_manual", intent=str(intent.intent_id), candidates=1, by_hand=True)
            return []
        if len(candidates) == 1:
            row = candidates[0]
            bound = await bind_ack(
                tx,
                self._core.mover,
                intent,
                Event.FOUND_ONE,
                row.ordered_at.date(),
                row.order.branch,
                row.order.number,
                "inquiry" if figures is None else "notice",
                evidence,
            )
            loose.remove(row)
            log.info("unknown_found", intent=str(bound.intent_id))
            return [row]
        trace = await self._trace(tx, session, intent, answer, figures) if not candidates else Trace.UNCLEAR
        evidence["trace"] = trace.value
        if trace is Trace.UNCHANGED:
            await self._core.mover.intent(tx, intent, Event.FOUND_NONE, evidence)
            log.info("unknown_absent", intent=str(intent.intent_id))
        elif trace is Trace.FILLED:
            row = row_of_holdings(intent, numberless(intent.intent_id))
            day = row.ordered_at.date()
            number = row.order
            await bind_ack(
                tx,
                self._core.mover,
                intent,
                Event.FOUND_ONE,
                day,
                number.branch,
                number.number,
                "holdings",
                evidence,
            )
            log.info("unknown_filled", intent=str(intent.intent_id))
            return [row]
        else:
            await leave_to_person(tx, self._core, intent, evidence)
            log.error("unknown_manual", intent=str(intent.intent_id), candidates=len(candidates), trace=trace.value)
        return []

    async def _trace(
        self, tx: Tx, session: AccountSession, intent: Intent, answer: Executions, figures: Figures | None
    ) -> Trace:
        """What no fitting number means. An order that rests and cannot be named cannot be cancelled either, so only a
        person can take it up."""
        silence_counts = self._core.environment != "paper" or session.channel is Channel.PROVEN
        if figures is None:
            # A list that shows other orders of that day would show this one, whatever the channel would say.
            shown = any(row.ordered_at.date() == intent.trade_date for row in answer.rows)
            return Trace.UNCHANGED if (silence_counts or shown) and not answer.inconclusive else Trace.UNCLEAR
        trace = await what_became_of(tx, intent, figures)
        if trace is Trace.UNCHANGED and not silence_counts:
            return Trace.UNCLEAR
        return trace

    def fits(self, intent: Intent, row: OrderRow) -> bool:
        """Same order, in the time it could have been accepted, a number that was not there before."""
        baseline = intent.baseline or {}
        if not same_signature(intent, row) or row.order.number in baseline.get("numbers", ()):
            return False
        at = baseline.get("market_at")
        sent = datetime.fromisoformat(at) if isinstance(at, str) else intent.sent_at
        if sent is None:
            return True
        timing = self._core.timing
        earliest = sent - timedelta(seconds=timing.skew_s)
        latest = sent + timedelta(seconds=(timing.deadline_s + timing.settle_s) * max(1.0, self._core.market.speed))
        return earliest <= row.ordered_at <= latest + timedelta(seconds=timing.skew_s)

    async def _late_evidence(self, tx: Tx, account_ref: str, loose: Sequence[OrderRow]) -> None:
        """A number that fits an intent held for ABSENT: the question is open again."""
        if not loose:
            return
        locked = {(i.ticker, i.side) for i in await tx.intents.in_state(account_ref, *_LOCKING)}
        exits = {(i.ticker, i.sleeve) for i in await tx.intents.open(account_ref) if i.authority == "exit"}
        for intent in await absent_among(tx, account_ref, loose):
            if not any(self.fits(intent, row) for row in loose):
                continue
            if (intent.ticker, intent.side) in locked:
                continue  # one question of a ticker and side at a time; the number is kept until then
            if intent.authority == "exit" and (intent.ticker, intent.sleeve) in exits:
                continue  # one live exit a position: the next one has to end first
            locked.add((intent.ticker, intent.side))
            await self._core.mover.intent(tx, intent, Event.LATE_EVIDENCE, {"by": "inquiry"})


async def absent_among(tx: Tx, account_ref: str, rows: Sequence[OrderRow]) -> list[Intent]:
    """Held for ABSENT on the days of these rows, which may be over: their evidence may come late."""
    found: list[Intent] = []
    for day in sorted({row.ordered_at.date() for row in rows}):
        found += [i for i in await tx.intents.created_on(account_ref, day) if i.state is IntentState.ABSENT]
    return found


def keyed_by_hand(row: OrderRow, ours: Collection[str]) -> bool:
    """Does the broker mark it unlike every order of which we know that we keyed it in?"""
    return bool(ours) and row.entry not in ours


def _blank(answer: Executions) -> Executions:
    """A put-together answer whose silence about a number proves nothing."""
    return replace(answer, rows=())


def same_signature(intent: Intent, row: OrderRow) -> bool:
    """Could this number be this intent's order?"""
    code = "01" if intent.order_type is OrderType.MARKET else "00" if intent.stop_price is None else "22"
    return (
        row.original is None
        and row.ticker == intent.ticker
        and row.side is intent.side
        and row.quantity == intent.quantity
        and row.type_code == code
        and (intent.order_type is OrderType.MARKET or row.price == intent.limit_price)
    )
