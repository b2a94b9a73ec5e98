"""Asking the broker what it has, and drawing the ledger's conclusions from the whole answer.

Contract: one complete (paged) question, begun at a moment we know, applied in one transaction: counts of known numbers,
then what is UNKNOWN, then numbers that nobody owns (FOREIGN), then what ended with its day. An answer proves an absence
only when it was begun after the settle time and the environment can show one. Where KIS paper shows no list, what
notices and holdings prove stands in its place (`evidence`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog

from domain.book import BookConflict
from domain.orders.transitions import Event, OrderState
from domain.orders.types import IntentState
from execution.oms.attribution import as_attributed
from execution.oms.byhand import settle_hand_cancels
from execution.oms.core import Core
from execution.oms.evidence import put_together
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder
from execution.oms.paperlist import Key
from execution.oms.progress import Progress
from execution.oms.revising import late_link
from execution.oms.sessions import QUIET_S, AccountSession, Channel, Figures
from execution.oms.unknown import UNCERTAIN, Unknowns, absent_among, same_signature
from tools.kis.budget import Priority
from tools.kis.errors import KisError
from tools.kis.executions import Executions, OrderRow

log = structlog.get_logger("oms.inquiry")
_IDLE_S, _LEAST_S = 0.25, 0.01
_LATE = timedelta(days=7)  # a broker's last word on a day, also over a long holiday
_FARTHEST = timedelta(days=85)  # older orders are in another list of the broker, and have long been settled
_TOGETHER_S = 0.15  # notices of one burst become one question
_UNSEEN_S = 60.0  # between questions about days of which the broker has shown no list yet


class Inquiry:
    def __init__(self, core: Core, progress: Progress, unknowns: Unknowns) -> None:
        self._core = core
        self._progress = progress
        self._unknowns = unknowns

    async def run(self, session: AccountSession) -> None:
        """Asks when there is evidence to look up, when something is uncertain, and while orders are open."""
        while True:
            hinted = session.ask_hint.is_set()
            session.ask_hint.clear()
            if hinted:
                await asyncio.sleep(_TOGETHER_S)
                session.ask_hint.clear()
            pause = _IDLE_S
            try:
                due, pause = await self._due(session, hinted)
                if due is not None and self._core.ledger.lease.held:
                    await self.ask(session, due)
            except KisError as error:
                log.warning("inquiry_failed", account=session.account_ref, reason=error.message)
                session.ask_hint.set()
                await asyncio.sleep(1.0)
            await session.ask_hint.within(pause)

    async def _due(self, session: AccountSession, hinted: bool) -> tuple[Priority | None, float]:
        """With which priority to ask now, None when there is nothing to ask for; and the seconds to the next look."""
        core = self._core
        async with core.ledger.read() as tx:
            open_intents = await tx.intents.open(session.account_ref)
            live = await tx.orders.live(session.account_ref)
        since = core.wall.monotonic() - session.last_inquiry
        doubts = [self._unknowns.due_in(i) for i in open_intents if i.state in UNCERTAIN]
        settles = max(min(doubts, default=QUIET_S), min(1.0, core.timing.poll_s) - since)
        if doubts and settles <= 0:
            return Priority.UNKNOWN, _IDLE_S
        if hinted:
            return Priority.RECONCILE, _IDLE_S
        every = core.timing.proven_poll_s if session.channel is Channel.PROVEN else core.timing.poll_s
        polls = every - since if live else QUIET_S
        if session.unseen is not None:
            polls = min(polls, _UNSEEN_S - since)
        if polls <= 0:
            return Priority.RECONCILE, _IDLE_S
        return None, max(_LEAST_S, min(settles, polls, QUIET_S))

    async def ask(self, session: AccountSession, priority: Priority = Priority.RECONCILE) -> Executions:
        """One complete question and its conclusions. Raises KisError when it cannot be had whole."""
        core = self._core
        async with core.ledger.read() as tx:
            first = await self._first_day(tx, session)
        begun = core.wall.now()
        today = core.market.trade_date
        answer = await session.client.order_list.executions(min(first, today), today, priority=priority)
        session.last_inquiry, session.asked_on = core.wall.monotonic(), today
        core.market.learn(session.client.skew)
        figures = None
        if answer.inconclusive and core.environment == "paper":  # then notices and holdings are the evidence
            figures = await session.figures(max_age_s=0.0, priority=priority)
        async with core.ledger.write(session.account_ref) as tx:
            moved = await self._apply(tx, session, answer, begun, figures)
        if moved:
            session.forget_figures()
        if not answer.inconclusive:
            session.unseen = None
        elif first < today:
            session.unseen = first
        session.send_hint.set()
        return answer

    async def _first_day(self, tx: Tx, session: AccountSession) -> date:
        """The oldest day with something unfinished, or asked for while the broker showed no list. The first question
        of a session goes back to the last two days that the ledger knows: what was traded since, by hand or by a ledger
        that is lost, is imported with its own numbers, and what was counted blindly is counted again. The first
        question of a day goes back to orders that lately seemed never to have arrived: their day is over now, and its
        list says the last word."""
        account_ref, today = session.account_ref, self._core.market.trade_date
        days = [o.trade_date for o in await tx.orders.live(account_ref)]
        days += [i.trade_date for i in await tx.intents.open(account_ref)]
        if session.last_inquiry == float("-inf"):
            days += [line.day for line in await tx.books.days(account_ref, 2)]
            days += await self._counted_blindly(tx, account_ref)
        if session.unseen is not None:
            days.append(session.unseen)
        if session.asked_on != today:
            absent = await tx.intents.in_state(account_ref, IntentState.ABSENT)
            days += [i.trade_date for i in absent if i.trade_date >= today - _LATE]
        return max(min(days, default=today), today - _FARTHEST)

    async def _counted_blindly(self, tx: Tx, account_ref: str) -> list[date]:
        """Days of KIS paper, lately, whose orders lapsed or were counted by what holdings prove, which may be less than
        filled: a list that shows them now has the last word, also for an OMS that never knew that none was shown."""
        if self._core.environment != "paper":
            return []
        today = self._core.market.trade_date
        found = []
        for back in range(1, _LATE.days + 1):
            day = today - timedelta(days=back)
            orders = await tx.orders.of_day(account_ref, day)
            if any(order.estimated or order.state is OrderState.EXPIRED for order in orders):
                found.append(day)
        return found

    async def _apply(
        self, tx: Tx, session: AccountSession, answer: Executions, begun: datetime, figures: Figures | None
    ) -> bool:
        account_ref = session.account_ref
        alive: frozenset[Key] | None = None
        if figures is not None:
            proof = await put_together(self._core, tx, session, answer, figures)
            answer, alive = proof.answer, proof.alive
        known = await self._known(tx, account_ref, answer.rows)
        moved = False
        loose: list[OrderRow] = []
        for row in as_attributed(answer.rows, known):
            key = (row.ordered_at.date(), row.order.number)
            order = known.get(key)
            if order is None:
                loose.append(row)
                continue
            if order.intent_id is not None and order.how == "reply" and row.entry:
                session.marks.add(row.entry)
            if alive is None or row.filled > order.filled or row.remaining == 0:
                moved |= await self._take(tx, order, row)
            if alive is None or key in alive:
                await self._settle_cancel(tx, order, row, begun)
            if order.intent_id is None:
                shown = row.remaining if alive is None else 0
                await settle_hand_cancels(tx, self._core, order, begun, remaining=shown)
        how = "inquiry" if alive is None else "notice"
        for late in await self._unknowns.settle(tx, session, answer, loose, begun, figures):
            bound = await tx.orders.get(account_ref, late.ordered_at.date(), late.order.number)
            if bound is not None:
                moved |= await self._take(tx, bound, late)
        await self._foreign(tx, account_ref, loose, how)
        await self._lapsed(tx, account_ref, answer, begun)
        return moved

    async def _take(self, tx: Tx, order: BrokerOrder, row: OrderRow) -> bool:
        """One order's counts. Evidence that contradicts the ledger stops this order only, and increases everywhere."""
        try:
            async with tx.savepoint():
                over = order.trade_date < self._core.market.trade_date
                return await self._progress.take(tx, order, row, day_over=over)
        except BookConflict as error:
            log.error("book_conflict", account=order.account_ref, order=order.odno, text=str(error))
            self._core.states.raise_cause(
                order.account_ref, "unreconciled", "체결 내역이 장부와 맞지 않아 확인하고 있어요."
            )
            return False

    async def _known(self, tx: Tx, account_ref: str, rows: Sequence[OrderRow]) -> dict[tuple[date, int], BrokerOrder]:
        found = {}
        for day in {row.ordered_at.date() for row in rows}:
            for order in await tx.orders.of_day(account_ref, day):
                found[(day, order.odno)] = order
        return found

    async def _settle_cancel(self, tx: Tx, order: BrokerOrder, row: OrderRow, begun: datetime) -> None:
        """A cancel that proved nothing or was only received: an inquiry begun after settle shows whether the order
        lives on."""
        if order.intent_id is None:
            return
        intent = await tx.intents.get(order.intent_id)
        if intent is None or intent.state not in (IntentState.CANCEL_UNKNOWN, IntentState.CANCEL_PENDING):
            return
        since = intent.uncertain_since
        if intent.state is IntentState.CANCEL_PENDING:
            requests = [r for r in await tx.intents.requests_of(intent.intent_id) if r.kind == "cancel"]
            if any(r.state in ("ASKED", "SENDING") for r in requests):
                return  # still being asked for
            since = max((r.updated_at for r in requests if r.state == "ACKED"), default=None)
        if since is not None and (begun - since).total_seconds() >= self._core.timing.settle_s:
            again = await tx.orders.get(order.account_ref, order.trade_date, order.odno)
            if again is not None and again.live:
                await self._progress.still_live(tx, again, row)

    async def _foreign(self, tx: Tx, account_ref: str, loose: Sequence[OrderRow], how: str) -> None:
        """Numbers that no intent owns: placed by hand. Held back while an UNKNOWN of their signature lives."""
        if not loose:
            return
        uncertain = await tx.intents.in_state(
            account_ref, IntentState.UNKNOWN, IntentState.SENDING, IntentState.MANUAL, IntentState.REVISE_UNKNOWN
        )
        absent = await absent_among(tx, account_ref, loose)
        for row in loose:
            if await tx.orders.get(account_ref, row.ordered_at.date(), row.order.number) is not None:
                continue  # bound meanwhile
            if row.original is not None and (row.remaining == 0 and row.filled == 0):
                continue  # the number of a cancel, not an order
            if any(same_signature(intent, row) for intent in uncertain):
                continue
            if any(self._unknowns.fits(intent, row) for intent in absent):
                continue  # late evidence that waits for another question of that ticker and side
            if row.original is not None and await self._revising(tx, account_ref, row):
                continue
            if (late := await late_link(tx, self._core, account_ref, row, how)) is not None:
                await self._take(tx, late, row)
                continue
            order = _foreign_order(account_ref, row, how, tx)
            added = await self._core.mover.new_order(
                tx, order, "START", Event.FOREIGN_SEEN, {"number": row.order.number}
            )
            if added is not None:
                log.info("foreign_order", account=account_ref, ticker=row.ticker)
                await self._take(tx, added, row)

    async def _revising(self, tx: Tx, account_ref: str, row: OrderRow) -> bool:
        """Is it the number that a revision of ours is about to bring, or a person to name?"""
        assert row.original is not None
        old = await tx.orders.get(account_ref, row.ordered_at.date(), row.original)
        intent = await tx.intents.get(old.intent_id) if old is not None and old.intent_id is not None else None
        waits = (IntentState.REVISE_PENDING, IntentState.REVISE_UNKNOWN, IntentState.MANUAL)
        return intent is not None and intent.state in waits

    async def _lapsed(self, tx: Tx, account_ref: str, answer: Executions, begun: datetime) -> None:
        """Orders of days that are over, after a question that covered their date."""
        today = self._core.market.trade_date
        shown = {(row.ordered_at.date(), row.order.number) for row in answer.rows}
        for order in await tx.orders.live(account_ref):
            if order.trade_date < today and ((order.trade_date, order.odno) in shown or not answer.inconclusive):
                await self._progress.lapse(tx, order)
                if order.intent_id is None:
                    await settle_hand_cancels(tx, self._core, order, begun)
        for intent in await tx.intents.in_state(account_ref, IntentState.ACKED, IntentState.PARTIAL):
            if intent.trade_date < today and not any(link.live for link in await tx.orders.chain(intent.intent_id)):
                # Every number of it has ended and its day is over: what it lacks was filled by nobody's evidence.
                await self._core.mover.intent(tx, intent, Event.EXPIRED, {"day": "over", "live": 0})
        for intent in await tx.intents.in_state(account_ref, IntentState.NEW, IntentState.NOT_SENT):
            if intent.trade_date < today:
                await self._core.mover.intent(
                    tx, intent, Event.WITHDRAWN, {"day": "over"}, note="장이 끝나 보내지 않고 거뒀어요."
                )


def _foreign_order(account_ref: str, row: OrderRow, how: str, tx: Tx) -> BrokerOrder:
    return BrokerOrder.placed(
        account_ref,
        row.ordered_at.date(),
        row.order.branch,
        row.order.number,
        intent_id=None,
        kind="foreign",
        replaces=row.original,
        ticker=row.ticker,
        side=row.side,
        order_type="market" if row.type_code == "01" else "limit",
        price=row.price,
        quantity=row.quantity,
        state=OrderState.FOREIGN,
        how=how,
        at=tx.now,
    )
