"""Receipts in the desk's tables: `tools.ports.ReceiptPort` on psycopg as quartz_graph, which may add lines and no more.

Contract: the primary key decides which of two writers is next; the other looks again, finds its step said or adds it
behind. A chain begins whole or not at all. What is stored is the line itself, so what is read back is what was hashed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import UniqueViolation

from domain.receipt import Draft, Step, StepKind, chained, next_step, read_line, said_before
from tools.ports import PortUnavailable
from tools.store.desk_tables import Tables, connection_of

_TRIES = 8  # each lost race means that somebody else has added a step
_INSERT = (
    "INSERT INTO desk.receipts (receipt_id, seq, kind, at, line, prev, hash)"
    " VALUES (%(receipt)s, %(seq)s, %(kind)s, %(at)s, %(line)s, %(prev)s, %(hash)s)"
)


class Receipts(Tables):
    """ReceiptPort over a pool of dictionary rows that logs in as quartz_graph (or, to read, quartz_ui)."""

    async def open(self, receipt_id: UUID, drafts: Sequence[Draft]) -> bool:
        if not drafts:
            return False
        rows = [_row(step) for step in chained(receipt_id, drafts)]
        try:
            async with (
                connection_of(self._pool, "receipts") as connection,
                connection.transaction(),
                connection.cursor() as cursor,
            ):
                await cursor.executemany(_INSERT, rows)
        except UniqueViolation:
            return False
        return True

    async def append(self, receipt_id: UUID, kind: StepKind, body: Mapping[str, Any], at: datetime) -> str:
        for _ in range(_TRIES):
            chain = await self.chain(receipt_id)
            known = said_before(chain, kind, body)
            if known is not None:
                return known.hash
            step = next_step(chain, receipt_id, kind, body, at)
            try:
                await self._do(_INSERT, _row(step))
            except UniqueViolation:
                continue
            return step.hash
        raise PortUnavailable("지금은 영수증을 이어 쓰지 못했어요. 잠시 뒤 다시 시도할게요.", where="receipts")

    async def chain(self, receipt_id: UUID) -> list[Step]:
        """Raises ReceiptError for a stored line that is none."""
        rows = await self._all(
            "SELECT line FROM desk.receipts WHERE receipt_id = %(receipt)s ORDER BY seq", {"receipt": receipt_id}
        )
        return [read_line(row["line"]) for row in rows]

    async def unfinished(self, limit: int = 100) -> list[UUID]:
        rows = await self._all(
            "SELECT r.receipt_id FROM desk.receipts r WHERE r.seq = 1 AND NOT EXISTS (SELECT 1 FROM desk.receipts e"
            " WHERE e.receipt_id = r.receipt_id AND e.kind = 'end') ORDER BY r.at LIMIT %(limit)s",
            {"limit": limit},
        )
        return [row["receipt_id"] for row in rows]

    async def listed(self, limit: int = 20, account_ref: str = "") -> list[UUID]:
        """Newest first; of one account, or of all."""
        rows = await self._all(
            "SELECT r.receipt_id FROM desk.receipts r JOIN desk.plans p ON p.plan_id = r.receipt_id AND p.version = 1"
            " WHERE r.seq = 1 AND (%(account)s = '' OR p.account_ref = %(account)s)"
            " ORDER BY p.created_at DESC LIMIT %(limit)s",
            {"limit": limit, "account": account_ref},
        )
        return [row["receipt_id"] for row in rows]


def _row(step: Step) -> dict[str, Any]:
    return {
        "receipt": step.receipt_id,
        "seq": step.seq,
        "kind": step.kind.value,
        "at": step.at,
        "line": step.line,
        "prev": step.prev,
        "hash": step.hash,
    }
