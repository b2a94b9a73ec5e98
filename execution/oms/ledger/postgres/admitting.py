"""Writing down admitted orders in PostgreSQL: intents, approval, reservations, log lines and numbered events at once.

Contract: the port's. The intents' rows are the first part and the others are written from them, so where one finds its
id taken too few are written. What did not happen is counted at the end and raised or said, and the transaction is lost
with all of it. One order is a statement of its own values, several travel as one JSON text: either is planned once a
connection, whatever the number of legs.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from psycopg.types.json import Jsonb

from domain.orders.words import START, Machine
from execution.oms.ledger.postgres.intents import INSERT_INTENT, RESERVED_AGAIN, insert_intents, intent_values
from execution.oms.ledger.postgres.journal import Journal
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import Placed

# Fifty values are the most for which psycopg keeps a statement's text worked out: the intent's columns need most of
# them, so what is in its row already is taken from there.
_ONE = f"""
WITH placed AS ({INSERT_INTENT}),
 given AS (SELECT %s::timestamptz AS at, %s::boolean AS consumes),
 consumed AS (INSERT INTO ledger.consumed_approvals (approval_id, account_ref, plan_id, version, at)
   SELECT authority_id, account_ref, plan_id, version, given.at FROM placed, given WHERE given.consumes
   ON CONFLICT DO NOTHING RETURNING 1),
 held AS (INSERT INTO ledger.reservations (intent_id, account_ref, ticker, cash, shares)
   SELECT intent_id, account_ref, ticker, %s, %s FROM placed {RESERVED_AGAIN}),
 logged AS (INSERT INTO ledger.transitions
   (at, account_ref, entity, entity_id, was, event, becomes, evidence, epoch)
   SELECT given.at, account_ref, '{Machine.INTENT.value}', intent_id::text, '{START}', %s, state, %s, %s
   FROM placed, given),
 numbered AS (UPDATE ledger.accounts a SET event_seq = a.event_seq + 1 FROM placed
   WHERE a.account_ref = placed.account_ref RETURNING a.event_seq),
 told AS (INSERT INTO ledger.events (account_ref, seq, at, kind, intent_id, snapshot, message)
   SELECT account_ref, event_seq, given.at, 'order', intent_id, %s::bytea, state_note FROM placed, numbered, given
   RETURNING 1)
SELECT (SELECT count(*) FROM placed), (SELECT count(*) FROM told), (SELECT count(*) FROM consumed)
"""  # noqa: S608

# What a new order says of itself, and its type; what they all say together is in `given`.
_SAYS = {
    "intent_id": "uuid", "plan_id": "uuid", "version": "int", "leg": "int", "account_ref": "text", "user_id": "uuid",
    "ticker": "text", "side": "text", "order_type": "text", "limit_price": "bigint", "quantity": "bigint",
    "not_after": "timestamptz", "initiative": "text", "after_leg": "int", "sleeve": "text", "reason": "text",
    "payload_hash": "text", "authority": "text", "authority_id": "uuid", "profile_version": "int",
    "strategy_id": "uuid", "plan_expires_at": "timestamptz", "trade_date": "date", "state": "text",
    "state_note": "text", "created_at": "timestamptz", "updated_at": "timestamptz", "stop_price": "bigint",
    "replaces": "uuid", "whole": "bigint",
}  # fmt: skip
_MORE = {"cash": "bigint", "shares": "bigint", "evidence": "jsonb", "snapshot": "text"}
_said_by = attrgetter(*_SAYS)
_ROW = ", ".join(f"{name} {kind}" for name, kind in {"place": "int", **_SAYS, **_MORE}.items())
_NAMES = ("place", *_SAYS, *_MORE)

# Rows are written in the order of the legs: what numbers itself is numbered so.
_MANY = f"""
WITH given AS (SELECT %(at)s::timestamptz AS at, %(consumes)s::boolean AS consumes),
 said AS MATERIALIZED (SELECT * FROM json_to_recordset(%(orders)s::json) AS said ({_ROW})),
 placed AS ({insert_intents(_SAYS, "SELECT " + ", ".join(_SAYS) + " FROM said ORDER BY place")}),
 consumed AS (INSERT INTO ledger.consumed_approvals (approval_id, account_ref, plan_id, version, at)
   SELECT placed.authority_id, placed.account_ref, placed.plan_id, placed.version, given.at
   FROM placed JOIN said USING (intent_id), given WHERE given.consumes AND place = 1
   ON CONFLICT DO NOTHING RETURNING 1),
 held AS (INSERT INTO ledger.reservations (intent_id, account_ref, ticker, cash, shares)
   SELECT intent_id, placed.account_ref, placed.ticker, cash, shares FROM placed JOIN said USING (intent_id)
   ORDER BY place {RESERVED_AGAIN}),
 logged AS (INSERT INTO ledger.transitions
   (at, account_ref, entity, entity_id, was, event, becomes, evidence, epoch)
   SELECT given.at, placed.account_ref, '{Machine.INTENT.value}', intent_id::text, '{START}', %(event)s, placed.state,
   evidence, %(epoch)s FROM placed JOIN said USING (intent_id), given ORDER BY place),
 numbered AS (UPDATE ledger.accounts a SET event_seq = a.event_seq + many.orders
   FROM (SELECT account_ref, count(*) AS orders FROM placed GROUP BY account_ref) many
   WHERE a.account_ref = many.account_ref RETURNING a.account_ref, a.event_seq - many.orders AS before),
 told AS (INSERT INTO ledger.events (account_ref, seq, at, kind, intent_id, snapshot, message)
   SELECT numbered.account_ref, before + place, given.at, 'order', intent_id, decode(snapshot, 'base64'),
   placed.state_note FROM placed JOIN said USING (intent_id) JOIN numbered ON numbered.account_ref = placed.account_ref,
   given ORDER BY place RETURNING 1)
SELECT (SELECT count(*) FROM placed), (SELECT count(*) FROM told), (SELECT count(*) FROM consumed)
"""  # noqa: S608


async def admitted(
    session: Session, journal: Journal, at: datetime, orders: Sequence[Placed], event: str, *, consumes: bool
) -> bool:
    if len(orders) == 1:
        statement, values = _ONE, _one(orders[0], at, event, journal.epoch, consumes)
    else:
        text = json.dumps([_row(place, order) for place, order in enumerate(orders, start=1)], default=str)
        statement = _MANY
        values = {"at": at, "consumes": consumes, "orders": text, "event": event, "epoch": journal.epoch}
    cursor = await session.execute(statement, values)
    row = await cursor.fetchone()
    assert row is not None
    placed, told, consumed = row
    if placed != len(orders):
        raise LookupError(f"expected {[str(one.intent.intent_id) for one in orders]} to be free, were in the ledger")
    if told != len(orders):
        raise LookupError(f"expected account {orders[0].intent.account_ref} in the ledger, was not there")
    journal.events_written += told
    return bool(consumed) or not consumes


def _one(order: Placed, at: datetime, event: str, epoch: int, consumes: bool) -> Any:
    held = order.reservation
    logged = event, Jsonb(dict(order.evidence)), epoch
    told = order.message.SerializeToString()
    return (*intent_values(order.intent), at, consumes, held.cash, held.shares, *logged, told)


def _row(place: int, order: Placed) -> dict[str, Any]:
    """Ids and moments are written as text by `json.dumps`."""
    held, told = order.reservation, b64encode(order.message.SerializeToString()).decode()
    return dict(
        zip(
            _NAMES,
            (place, *_said_by(order.intent), held.cash, held.shares, dict(order.evidence), told),
            strict=True,
        )
    )
