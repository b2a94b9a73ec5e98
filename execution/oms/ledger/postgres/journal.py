"""The append-only logs in PostgreSQL: transitions, numbered events, resolutions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.proto import oms_pb2 as pb
from execution.oms.ledger.postgres.session import Session


class Journal:
    def __init__(self, session: Session, epoch: int) -> None:
        self._db = session
        self.epoch = epoch
        self.events_written = 0

    async def transition(
        self,
        at: datetime,
        account_ref: str,
        entity: str,
        entity_id: str,
        was: str,
        event: str,
        becomes: str,
        evidence: Mapping[str, Any],
    ) -> None:
        await self._db.execute(
            "INSERT INTO ledger.transitions (at, account_ref, entity, entity_id, was, event, becomes, evidence, epoch)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (at, account_ref, entity, entity_id, was, event, becomes, Jsonb(dict(evidence)), self.epoch),
        )

    async def transitions_of(self, entity_id: str) -> list[tuple[str, str, str]]:
        cursor = await self._db.execute(
            "SELECT was, event, becomes FROM ledger.transitions WHERE entity_id = %s ORDER BY seq", (entity_id,)
        )
        return [(str(r[0]), str(r[1]), str(r[2])) for r in await cursor.fetchall()]

    async def event(
        self, at: datetime, account_ref: str, kind: str, message: str, order: pb.Order | None = None
    ) -> int:
        """Numbers and stores it. Only under the account's lock, which is what makes the numbers gapless."""
        cursor = await self._db.execute(
            "WITH numbered AS (UPDATE ledger.accounts SET event_seq = event_seq + 1 WHERE account_ref = %s"
            " RETURNING account_ref, event_seq)"
            " INSERT INTO ledger.events (account_ref, seq, at, kind, intent_id, snapshot, message)"
            " SELECT account_ref, event_seq, %s, %s, %s::uuid, %s::bytea, %s FROM numbered RETURNING seq",
            (
                account_ref,
                at,
                kind,
                UUID(order.intent_id) if order is not None else None,
                order.SerializeToString() if order is not None else b"",
                message,
            ),
        )
        row = await cursor.fetchone()
        if row is None:
            raise LookupError(f"expected account {account_ref} in the ledger, was not there")
        self.events_written += 1
        return int(row[0])

    async def events_after(self, account_ref: str, seq: int, limit: int = 200) -> list[pb.Event]:
        cursor = await self._db.execute(
            "SELECT seq, at, kind, snapshot, message FROM ledger.events WHERE account_ref = %s AND seq > %s"
            " ORDER BY seq LIMIT %s",
            (account_ref, seq, limit),
        )
        found = []
        for row in await cursor.fetchall():
            event = pb.Event(seq=row[0], account_ref=account_ref, kind=row[2], message=row[4])
            event.at.FromDatetime(row[1])
            if row[3]:
                event.order.ParseFromString(bytes(row[3]))
            found.append(event)
        return found

    async def resolution(
        self,
        intent_id: UUID,
        verdict: str,
        odno: int | None,
        reason: str,
        decided_by: str,
        evidence: Mapping[str, Any],
        at: datetime,
    ) -> None:
        await self._db.execute(
            "INSERT INTO ledger.resolutions (intent_id, verdict, odno, reason, decided_by, evidence, at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (intent_id, verdict, odno, reason, decided_by, Jsonb(dict(evidence)), at),
        )
