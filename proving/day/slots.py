"""The rows of who ran what, in memory: `graph.schedule.ports.SlotPort` with one unique key.

Contract: the first claim of a slot wins and its first end stands, as in the table; every row and every word is kept in
the order in which it came, for the judge.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.slots import Kind, Outcome, Slot

Key = tuple[str, Kind, str]


class Slots:
    """`desk.slots` and `desk.slot_ends`."""

    def __init__(self) -> None:
        self.rows: dict[Key, Slot] = {}
        self.refused: list[Key] = []  # claims that came second

    async def claim(self, account_ref: str, kind: Kind, slot: str, at: datetime, by: str) -> bool:
        key = (account_ref, kind, slot)
        if key in self.rows:
            self.refused.append(key)
            return False
        self.rows[key] = Slot(account_ref, kind, slot, at, by)
        return True

    async def ended(
        self, account_ref: str, kind: Kind, slot: str, at: datetime, outcome: Outcome, text: str = ""
    ) -> bool:
        row = self.rows[account_ref, kind, slot]
        if row.ended_at is not None:
            return False
        self.rows[account_ref, kind, slot] = replace(row, ended_at=at, outcome=outcome, text=text)
        return True

    async def newest(self, kind: Kind, account_ref: str) -> Slot | None:
        found = (row for key, row in self.rows.items() if key[:2] == (account_ref, kind))
        return max(found, key=lambda row: row.slot, default=None)

    async def newest_of_all(self, since: datetime) -> list[Slot]:
        newest: dict[tuple[str, Kind], Slot] = {}
        for row in sorted(self.rows.values(), key=lambda row: row.slot):
            if row.claimed_at >= since:
                newest[row.account_ref, row.kind] = row
        return list(newest.values())

    async def without_end(self, before: datetime) -> list[Slot]:
        return [row for row in self.rows.values() if row.claimed_at < before and row.ended_at is None]
