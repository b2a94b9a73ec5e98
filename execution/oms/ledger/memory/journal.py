"""The append-only logs in memory: transitions, numbered events, resolutions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.proto import oms_pb2 as pb
from execution.oms.ledger.memory.rows import EventRow, ResolutionRow, TransitionRow
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.memory.values import stored, utc


class Journal:
    def __init__(self, transaction: Transaction, tables: Tables, epoch: int) -> None:
        self._tx = transaction
        self._t = tables
        self._epoch = epoch
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
        await self._tx.turn()
        seq = self._t.transitions.next_number()
        row = TransitionRow(
            seq, utc(at), account_ref, entity, entity_id, was, event, becomes, stored(evidence), self._epoch
        )
        await self._tx.put(self._t.transitions, row)

    async def transitions_of(self, entity_id: str) -> list[tuple[str, str, str]]:
        await self._tx.turn()
        rows = sorted(self._tx.find(self._t.transitions, "entity", entity_id), key=lambda row: row.seq)
        return [(row.was, row.event, row.becomes) for row in rows]

    async def event(
        self, at: datetime, account_ref: str, kind: str, message: str, order: pb.Order | None = None
    ) -> int:
        await self._tx.turn()
        account = await self._tx.lock_key(self._t.accounts, account_ref)
        if account is None:
            raise LookupError(f"expected account {account_ref} in the ledger, was not there")
        seq = account.event_seq + 1
        await self._tx.put(self._t.accounts, account._replace(event_seq=seq))
        await self._tx.turn()
        snapshot = order.SerializeToString() if order is not None else b""
        await self._tx.insert(self._t.events, EventRow(account_ref, seq, utc(at), kind, snapshot, message))
        self.events_written += 1
        return seq

    async def events_after(self, account_ref: str, seq: int, limit: int = 200) -> list[pb.Event]:
        await self._tx.turn()
        found: list[pb.Event] = []
        # Numbers have no gaps, so they are asked for one after the other.
        while len(found) < limit and (row := self._tx.get(self._t.events, (account_ref, seq + 1))) is not None:
            seq = row.seq
            event = pb.Event(seq=seq, account_ref=account_ref, kind=row.kind, message=row.message)
            event.at.FromDatetime(row.at)
            if row.snapshot:
                event.order.ParseFromString(row.snapshot)
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
        await self._tx.turn()
        number = self._t.resolutions.next_number()
        row = ResolutionRow(number, intent_id, verdict, odno, reason, decided_by, stored(evidence))
        await self._tx.put(self._t.resolutions, row)
