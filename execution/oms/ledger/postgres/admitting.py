"""Writing down an admitted order in PostgreSQL: intent, approval, reservation, log line and numbered event at once.

Contract: the port's. The intent's row is the first part and the others are written from it, so where it finds its id
taken nothing is written. What else did not happen is counted at the end and raised or said, and the transaction is
lost with all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from domain.orders.words import START, Machine
from domain.proto import oms_pb2 as pb
from execution.oms.ledger.postgres.intents import INSERT_INTENT, RESERVED_AGAIN, intent_values
from execution.oms.ledger.postgres.journal import Journal
from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import Intent, Reservation

# Fifty values are the most for which psycopg keeps a statement's text worked out: the intent's columns need most of
# them, so what is in its row already is taken from there.
_STATEMENT = f"""
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


async def admitted(
    session: Session,
    journal: Journal,
    at: datetime,
    intent: Intent,
    reservation: Reservation,
    event: str,
    evidence: Mapping[str, Any],
    order: pb.Order,
    *,
    consumes: bool,
) -> bool:
    holds = reservation.cash, reservation.shares
    logged = event, Jsonb(dict(evidence)), journal.epoch
    cursor = await session.execute(
        _STATEMENT, (*intent_values(intent), at, consumes, *holds, *logged, order.SerializeToString())
    )
    row = await cursor.fetchone()
    assert row is not None
    placed, told, consumed = row
    if placed != 1:
        raise LookupError(f"expected intent {intent.intent_id} to be free, was in the ledger")
    if told != 1:
        raise LookupError(f"expected account {intent.account_ref} in the ledger, was not there")
    journal.events_written += 1
    return bool(consumed) or not consumes
