"""What proves an order where KIS paper shows no order list: ledger, notices and balance brought together.

Contract: reads inside the caller's transaction, under the account's lock; asks nobody and writes nothing. The rules are
`paperlist`'s and `baseline`'s; here is only what they judge on. A baseline is taken in every environment, the rest is
used where the environment is paper and its answer showed no order at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from domain.clock import KST
from domain.orders.transitions import POSSIBLY_LIVE, OrderState
from domain.orders.types import IntentState, Side
from execution.oms.baseline import (
    Sent,
    Trace,
    baseline_of,
    cash_rows,
    is_held_back,
    moved_before,
    shown_for,
    trace,
)
from execution.oms.core import Core
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent
from execution.oms.paperlist import Key, Moves, Start, Told, list_again, told_by
from execution.oms.reconcile import booked_shares
from execution.oms.sessions import AccountSession, Figures
from tools.kis.executions import Executions, OrderRow
from tools.kis.orders import BrokerOrder as BrokerNumber

_NUMBERLESS = (IntentState.SENDING, IntentState.UNKNOWN, IntentState.MANUAL)
_REVISING = (IntentState.REVISE_PENDING, IntentState.REVISE_UNKNOWN)  # a second number may be filling already
_CANCELLING = frozenset({IntentState.CANCEL_PENDING, IntentState.CANCEL_UNKNOWN})


async def sending_baseline(core: Core, tx: Tx, intent: Intent, figures: Figures | None) -> dict[str, Any]:
    """What stands in a SENDING row: time, figures, and every number of the day heard of before the first byte."""
    ref = intent.account_ref
    shown = shown_for(figures.balance, figures.power.amount, intent.ticker) if figures is not None else None
    booked = (await booked_shares(tx, ref)).get(intent.ticker, 0)
    numbers = await tx.orders.numbers_of_day(ref, core.market.trade_date)
    live = await tx.orders.live(ref)
    tied = await _tied(tx, ref, live, apart_from=intent.intent_id)
    pending = any(order.ticker == intent.ticker and order.noticed > order.filled for order in live)
    return {
        "market_at": core.market.now().isoformat(),
        "numbers": numbers,
        **baseline_of(shown, booked, tied, pending=pending),
    }


@dataclass(frozen=True, slots=True)
class Proof:
    """`answer` with the rows that it should have had. `alive`: numbers under cancel of which the broker's figures say
    that they live on."""

    answer: Executions
    alive: frozenset[Key]


async def put_together(core: Core, tx: Tx, session: AccountSession, answer: Executions, figures: Figures) -> Proof:
    """As far as notices and holdings prove them."""
    ref, today = session.account_ref, core.market.trade_date
    live = await tx.orders.live(ref)
    days = sorted({today, *(order.trade_date for order in live)})
    ended: list[BrokerOrder] = []
    told: dict[Key, Told] = {}
    for day in days:
        ended += [order for order in await tx.orders.of_day(ref, day) if not order.live]
        told |= told_by(await tx.orders.notices_of_day(ref, day))
    settled = {(o.ticker, o.side, o.trade_date) for o in ended if o.odno < 0}  # a number that turns up late is theirs
    told = {key: line for key, line in told.items() if (line.ticker, line.side, line.day) not in settled}
    in_question = set()
    for intent in await tx.intents.in_state(ref, *_NUMBERLESS, *_REVISING):
        chain = await tx.orders.chain(intent.intent_id)
        if not chain or (_revised(chain) and not _ended_as_itself(chain, told)):
            in_question.add((intent.ticker, intent.side))
    cancelled = await _cancelled(tx, session, figures)
    rows = list_again(
        live,
        ended,
        told,
        await booked_shares(tx, ref),
        moves_of(figures, _counted_days(core)),
        in_question=in_question,
        freed={key for key, held in cancelled.items() if not held},
        starts=await _starts(tx, live),
        lag_s=core.timing.lag_s,
    )
    shown = replace(answer, rows=tuple(sorted(rows, key=lambda row: (row.ordered_at, row.order.number))))
    return Proof(shown, frozenset(key for key, held in cancelled.items() if held))


async def _starts(tx: Tx, live: Sequence[BrokerOrder]) -> dict[Key, Start]:
    found = {}
    for order in live:
        intent = await tx.intents.get(order.intent_id) if order.intent_id is not None else None
        if intent is not None:
            found[order.trade_date, order.odno] = Start(intent.sent_at, moved_before(intent.baseline))
    return found


async def told_rows(tx: Tx, ref: str, day: date) -> list[OrderRow]:
    """What the day's notices alone say of its orders, where the broker shows no list."""
    told = told_by(await tx.orders.notices_of_day(ref, day))
    nothing = Moves(datetime.combine(day, time(), KST), {}, {}, {}, frozenset(line.ticker for line in told.values()))
    rows = list_again([], [], told, {}, nothing, lag_s=0.0)
    return [replace(row, filled=min(row.quantity, told[day, row.order.number].filled)) for row in rows]


def _revised(chain: Sequence[BrokerOrder]) -> bool:
    """May a number that nobody has told us of be filling in place of the chain's own?"""
    return any(link.state in (OrderState.REVISE_PENDING, OrderState.REVISE_UNKNOWN) for link in chain)


def _ended_as_itself(chain: Sequence[BrokerOrder], told: Mapping[Key, Told]) -> bool:
    """A notice ended the number that was to be revised, and none told of another in its place: there is none."""
    for link in chain:
        line = told.get((link.trade_date, link.odno))
        if link.live and line is not None and line.over_at is not None:
            return not any(other.day == link.trade_date and other.original == link.odno for other in told.values())
    return False


def _counted_days(core: Core) -> tuple[date, date] | None:
    """Today and the session before, of which the balance counts what was traded. None outside a session that has begun:
    when a broker turns its counters over between two sessions is nowhere told."""
    now, calendar = core.market.now(), core.market.calendar
    today = core.market.trade_date
    hours = calendar.hours(today)
    if hours is None or now.date() != today or now.time() < hours.open:
        return None
    return today, calendar.previous_session(today)


def moves_of(figures: Figures, days: tuple[date, date] | None) -> Moves:
    """`days`: today and the session before, None when their counters may be another day's."""
    held: dict[str, int] = {}
    traded: dict[tuple[str, Side, date], int] = {}
    prices: dict[str, int] = {}
    held_back: dict[str, int] = {}
    unclear = set()
    for ticker, rows in cash_rows(figures.balance).items():
        if len(rows) > 1:
            unclear.add(ticker)
            continue
        held[ticker] = rows[0].quantity
        if rows[0].price:
            prices[ticker] = rows[0].price
        row = rows[0]
        if row.sellable is not None:
            held_back[ticker] = row.quantity - row.sellable
        for day, bought, sold in zip(
            days or (), (row.bought_today, row.bought_before), (row.sold_today, row.sold_before), strict=False
        ):
            traded |= {(ticker, side, day): n for side, n in ((Side.BUY, bought), (Side.SELL, sold)) if n is not None}
    return Moves(figures.asked_wall, held, traded, prices, frozenset(unclear), held_back)


async def what_became_of(tx: Tx, intent: Intent, figures: Figures) -> Trace:
    """An UNKNOWN of which no notice names a number, by figures asked after settle."""
    ref = intent.account_ref
    now = shown_for(figures.balance, figures.power.amount, intent.ticker)
    if now is None or intent.baseline is None:
        return Trace.UNCLEAR
    live = await tx.orders.live(ref)
    others = [o for o in live if o.ticker == intent.ticker]
    moved = now.held - (await booked_shares(tx, ref)).get(intent.ticker, 0)
    if moved and others:
        return Trace.UNCLEAR  # theirs as well as ours
    selling = sum(o.quantity - o.filled for o in others if o.side is Side.SELL)
    tied = await _tied(tx, ref, live, apart_from=intent.intent_id)
    return trace(await _sent(tx, intent), intent.baseline, now, moved, tied, selling)


def row_of_holdings(intent: Intent, number: BrokerNumber) -> OrderRow:
    """The row of an order that filled and whose number nobody told us."""
    at = intent.sent_at or intent.created_at
    return OrderRow(
        order=number,
        original=None,
        ticker=intent.ticker,
        name="",
        side=intent.side,
        type_code="01" if intent.limit_price is None else "00",
        type_name="",
        quantity=intent.quantity,
        price=intent.limit_price or 0,
        filled=intent.quantity,
        filled_amount=None,
        average_price=None,
        remaining=0,
        cancelled=0,
        rejected=0,
        is_cancelled=False,
        ordered_at=at.replace(year=intent.trade_date.year, month=intent.trade_date.month, day=intent.trade_date.day),
    )


def numberless(intent_id: UUID) -> BrokerNumber:
    """Where the broker's number should stand: below zero, where no broker's is, and the same at every look."""
    return BrokerNumber("", -(intent_id.int % (2**53 - 1)) - 1)


async def _cancelled(tx: Tx, session: AccountSession, figures: Figures) -> dict[Key, bool]:
    """Numbers whose cancel was sent, and whether the broker still holds cash or shares for them, where it shows."""
    ref, found = session.account_ref, {}
    for intent in await tx.intents.in_state(ref, *_CANCELLING):
        chain = [link for link in await tx.orders.chain(intent.intent_id) if link.live]
        now = shown_for(figures.balance, figures.power.amount, intent.ticker)
        asked = [r for r in await tx.intents.requests_of(intent.intent_id) if r.kind == "cancel"]
        known = max((r.updated_at for r in asked if r.state in ("ACKED", "UNKNOWN")), default=None)
        if not chain or now is None or intent.baseline is None or known is None or figures.asked_wall <= known:
            continue
        link = chain[0]
        live = await tx.orders.live(ref)
        others = [o for o in live if o.ticker == link.ticker and o.odno != link.odno]
        moved = now.held - (await booked_shares(tx, ref)).get(link.ticker, 0)
        if moved:
            continue  # count first
        selling = sum(o.quantity - o.filled for o in others if o.side is Side.SELL)
        tied = await _tied(tx, ref, live, apart_from=intent.intent_id)
        sent = await _sent(tx, intent)
        rest = link.quantity - link.filled
        left = replace(sent, quantity=rest, worth=sent.worth * rest // sent.quantity)
        held = is_held_back(left, intent.baseline, now, tied, selling)
        if held is not None:
            found[link.trade_date, link.odno] = held
    return found


async def _sent(tx: Tx, intent: Intent) -> Sent:
    worth = (intent.limit_price or 0) * intent.quantity
    for row in await tx.intents.held(intent.account_ref):
        if row.intent_id == intent.intent_id:
            worth = row.cash
    return Sent(intent.side, intent.quantity, worth if intent.side is Side.BUY else 0)


async def _tied(tx: Tx, ref: str, live: Sequence[BrokerOrder], *, apart_from: UUID) -> int:
    """What the account's other live buys, placed by hand ones too, hold back, won."""
    held: Mapping[UUID, int] = {row.intent_id: row.cash for row in await tx.intents.held(ref)}
    total = 0
    for intent in await tx.intents.open(ref):
        if intent.side is Side.BUY and intent.state in POSSIBLY_LIVE and intent.intent_id != apart_from:
            cash = held.get(intent.intent_id, (intent.limit_price or 0) * intent.quantity)
            total += cash * (intent.quantity - intent.filled) // intent.quantity
    for order in live:
        if order.intent_id is None and order.side is Side.BUY:
            total += (order.quantity - order.filled) * order.price
    return total
