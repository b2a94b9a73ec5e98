"""How an account stands, in memory: read in one turn, so that nobody commits between its parts."""

from __future__ import annotations

from execution.oms.ledger.memory.books import Books
from execution.oms.ledger.memory.desk import Desk
from execution.oms.ledger.memory.intents import Intents, oldest_first
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.rows import Intent
from execution.oms.ledger.standing import RECENT, ByHand, OfPlan, Recent, Standing, StandingOf, Working


async def standing(transaction: Transaction, tables: Tables, of: StandingOf) -> Standing:
    await transaction.turn()
    ref, find = of.account_ref, transaction.find
    intents, books = Intents(transaction, tables), Books(transaction, tables)
    marks = find(tables.day_marks, "account", ref)
    by_hand = [order for order in find(tables.broker_orders, "live", ref) if order.intent_id is None]
    recent = [
        intent
        for intent in find(tables.intents, "account", ref)
        if intent.created_at > of.recent_since and intent.plan_id != of.plan_id
    ]
    recent.sort(key=lambda intent: intent.leg)
    recent.sort(key=lambda intent: intent.created_at, reverse=True)
    mine = find(tables.intents, "plan", of.plan_id) if of.plan_id is not None else []
    profiles = [row.profile for row in find(tables.desk.profiles, "user", of.owner)]
    sums = books.sums(ref, of.day)
    return Standing(
        working=tuple(_working(transaction, tables, i) for i in oldest_first(find(tables.intents, "open", ref))),
        by_hand=tuple(
            ByHand(o.trade_date, o.branch, o.odno, o.ticker, o.side, o.price, o.quantity, o.filled, o.acked_at)
            for o in sorted(by_hand, key=lambda order: order.acked_at)
        ),
        recent=tuple(Recent(i.ticker, i.side, i.quantity, i.limit_price, i.created_at) for i in recent[:RECENT]),
        of_plan=tuple(
            OfPlan(i.intent_id, i.version, i.payload_hash) for i in sorted(mine, key=lambda intent: intent.leg)
        ),
        sleeves=tuple(books.parts(ref)),
        profile=max(profiles, key=lambda profile: profile.version, default=None),
        day_start=next((mark.start_value for mark in marks if mark.trade_date == of.day), None),
        high_water=max((mark.high_water for mark in marks), default=None),
        traded=sums.bought + sums.sold,
        pace=intents.paced(ref, of.day, of.paced_since, of.outcomes),
        spent=0 if of.spent_since is None else intents.spent(ref, of.spent_since),
        word=Desk(transaction, tables).told(of.plan_id, of.approval_id),
    )


def _working(transaction: Transaction, tables: Tables, intent: Intent) -> Working:
    held = transaction.get(tables.reservations, intent.intent_id)
    holds = held if held is not None and held.released_at is None else None
    return Working(
        intent.intent_id, intent.plan_id, intent.leg, intent.after_leg, intent.ticker, intent.side, intent.order_type,
        intent.limit_price, intent.quantity, intent.filled, intent.state, intent.sleeve,
        None if holds is None else holds.cash, None if holds is None else holds.acked_at, intent.replaces,
    )  # fmt: skip
