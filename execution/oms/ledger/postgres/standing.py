"""How an account stands, in PostgreSQL: one statement, so one snapshot, one plan and one answer to read.

Contract: the port's. Lists come as JSON arrays of columns, in UTC; numbers of the ledger fit JSON's as PostgreSQL
writes them and Python reads them (int in, int out).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.book import Position
from domain.orders.types import TERMINAL, IntentState, Side
from execution.oms.ledger import columns
from execution.oms.ledger.desk import ProfileRow
from execution.oms.ledger.postgres.desk import ANSWER, DECISION, NEWEST, decision_of
from execution.oms.ledger.postgres.intents import SIDES, STATES, TYPES
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import ANSWERED, Pace, Sleeve
from execution.oms.ledger.standing import RECENT, ByHand, OfPlan, Recent, Standing, StandingOf, Word, Working

_moment = datetime.fromisoformat


def _words(states: object) -> str:
    return "('" + "', '".join(sorted(str(state) for state in states)) + "')"  # type: ignore[attr-defined]


_QUESTION = f"""
SELECT
 (SELECT json_agg(json_build_array(i.intent_id, i.plan_id, i.leg, i.after_leg, i.ticker, i.side, i.order_type,
     i.limit_price, i.quantity, i.filled, i.state, i.sleeve, r.cash, r.acked_at, i.replaces)
     ORDER BY i.created_at, i.leg)
   FROM ledger.intents i LEFT JOIN ledger.reservations r ON r.intent_id = i.intent_id AND r.released_at IS NULL
   WHERE i.account_ref = %(account)s AND i.state NOT IN {_words(TERMINAL)}),
 (SELECT json_agg(json_build_array(trade_date, branch, odno, ticker, side, price, quantity, filled, acked_at)
     ORDER BY acked_at)
   FROM ledger.broker_orders
   WHERE account_ref = %(account)s AND state NOT IN {_words(columns.LIVE_ENDS)} AND intent_id IS NULL),
 (SELECT json_agg(json_build_array(ticker, side, quantity, limit_price, created_at)
     ORDER BY created_at DESC, leg)
   FROM (SELECT ticker, side, quantity, limit_price, created_at, leg FROM ledger.intents
     WHERE account_ref = %(account)s AND created_at > %(recent)s AND plan_id IS DISTINCT FROM %(plan)s
     ORDER BY created_at DESC, leg LIMIT {RECENT}) n),
 (SELECT json_agg(json_build_array(intent_id, version, payload_hash) ORDER BY leg)
   FROM ledger.intents WHERE plan_id = %(plan)s),
 (SELECT json_agg(json_build_array(ticker, sleeve, basis_quantity, basis_cost, sold, realised, fees, taxes)
     ORDER BY ticker, sleeve)
   FROM ledger.sleeves WHERE account_ref = %(account)s),
 (SELECT json_build_array(version, grade, score, content, confirmed_at, expires_at)
   FROM desk.profiles WHERE user_id = %(owner)s ORDER BY version DESC LIMIT 1),
 (SELECT start_value FROM ledger.day_marks WHERE account_ref = %(account)s AND trade_date = %(day)s),
 (SELECT max(high_water) FROM ledger.day_marks WHERE account_ref = %(account)s),
 (SELECT coalesce(sum(amount), 0)::bigint FROM ledger.fills
   WHERE account_ref = %(account)s AND trade_date = %(day)s),
 (SELECT count(*) FROM ledger.intents
   WHERE account_ref = %(account)s AND created_at > %(paced)s - interval '1 day' AND sent_at > %(paced)s)
 + (SELECT count(*) FROM ledger.requests
   WHERE account_ref = %(account)s AND created_at > %(paced)s AND state <> 'ASKED'),
 ARRAY(SELECT state FROM ledger.intents
   WHERE account_ref = %(account)s AND trade_date = %(day)s AND sent_at IS NOT NULL AND state IN {_words(ANSWERED)}
   ORDER BY sent_at DESC LIMIT %(outcomes)s),
 (SELECT coalesce(sum(i.filled_amount + i.fee), 0)::bigint
   FROM ledger.intents i JOIN ledger.reservations r USING (intent_id)
   WHERE i.account_ref = %(account)s AND i.side = 'buy' AND r.acked_at > %(spent)s::timestamptz),
 {NEWEST}, {DECISION}
FROM (SELECT) one LEFT JOIN desk.approval_requests r ON r.approval_id = %(approval)s {ANSWER}
"""  # noqa: S608


async def standing(session: Session, of: StandingOf) -> Standing:
    cursor = await session.execute(
        _QUESTION,
        {
            "account": of.account_ref,
            "owner": of.owner,
            "day": of.day,
            "recent": of.recent_since,
            "paced": of.paced_since,
            "outcomes": of.outcomes,
            "spent": of.spent_since,
            "plan": of.plan_id,
            "approval": of.approval_id,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    working, by_hand, recent, of_plan, sleeves, profile, start, high, traded, sent, outcomes, spent = row[:12]
    return Standing(
        working=tuple(_working(*part) for part in working or ()),
        by_hand=tuple(_by_hand(*part) for part in by_hand or ()),
        recent=tuple(_recent(*part) for part in recent or ()),
        of_plan=tuple(OfPlan(UUID(number), version, text) for number, version, text in of_plan or ()),
        sleeves=tuple(Sleeve(part[0], part[1], Position(*part[2:])) for part in sleeves or ()),
        profile=None if profile is None else _profile(*profile),
        day_start=start,
        high_water=high,
        traded=traded,
        pace=Pace(sent, tuple(IntentState(state) for state in outcomes)),
        spent=spent,
        word=Word(row[12], decision_of(row[13:])),
    )


def _working(intent_id: str, plan_id: str, leg: int, after_leg: int | None, ticker: str, *rest: Any) -> Working:
    side, order_type, limit_price, quantity, filled, state, sleeve, cash, acked_at, replaces = rest
    return Working(
        UUID(intent_id), UUID(plan_id), leg, after_leg, ticker, SIDES[side], TYPES[order_type], limit_price,
        quantity, filled, STATES[state], sleeve, cash, None if acked_at is None else _moment(acked_at),
        None if replaces is None else UUID(replaces),
    )  # fmt: skip


def _by_hand(trade_date: str, branch: str, odno: int, ticker: str, side: str, *rest: Any) -> ByHand:
    price, quantity, filled, acked_at = rest
    day = date.fromisoformat(trade_date)
    return ByHand(day, branch, odno, ticker, Side(side), price, quantity, filled, _moment(acked_at))


def _recent(ticker: str, side: str, quantity: int, limit_price: int | None, created_at: str) -> Recent:
    return Recent(ticker, SIDES[side], quantity, limit_price, _moment(created_at))


def _profile(version: int, grade: str, score: int, content: Any, confirmed_at: str, expires_at: str) -> ProfileRow:
    return ProfileRow(version, grade, score, content, _moment(confirmed_at), _moment(expires_at))
