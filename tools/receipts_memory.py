"""Receipts kept in this process's memory: the whole contract of `tools.ports.ReceiptPort` without a database.

Contract: as the port says; lasts as long as the object. For virtual time, the dev server and tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.receipt import Draft, Step, StepKind, chained, ended, next_step, said_before


class MemoryReceipts:
    """ReceiptPort over a dictionary."""

    def __init__(self) -> None:
        self._chains: dict[UUID, list[Step]] = {}

    async def open(self, receipt_id: UUID, drafts: Sequence[Draft]) -> bool:
        if not drafts or receipt_id in self._chains:
            return False
        self._chains[receipt_id] = chained(receipt_id, drafts)
        return True

    async def append(self, receipt_id: UUID, kind: StepKind, body: Mapping[str, Any], at: datetime) -> str:
        chain = self._chains.setdefault(receipt_id, [])
        known = said_before(chain, kind, body)
        if known is None:
            known = next_step(chain, receipt_id, kind, body, at)
            chain.append(known)
        return known.hash

    async def chain(self, receipt_id: UUID) -> list[Step]:
        return list(self._chains.get(receipt_id, ()))

    async def unfinished(self, limit: int = 100) -> list[UUID]:
        return [receipt_id for receipt_id, chain in self._chains.items() if not ended(chain)][:limit]
