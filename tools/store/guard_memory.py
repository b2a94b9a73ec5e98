"""What the guard remembers over a crash: the highest price since each entry, and triggers not yet known to be ordered.

Contract: logs in as quartz_guard, which may write these two tables and nothing else. A high is only ever raised, so two
guards cannot lower each other's. Triggers are a log; whether one was carried out is the OMS's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.clock import KST
from domain.exits import ExitKind, RuleState
from tools.store.desk_tables import Tables


@dataclass(frozen=True, slots=True)
class StoredTrigger:
    """A rule met its price; `generation` is the exit that follows from it."""

    exit_mandate_id: UUID
    account_ref: str
    generation: int
    kind: ExitKind
    price: int
    level: int
    tick_at: datetime  # market time
    rule_id: int


class GuardMemory(Tables):
    """Over a pool of dictionary rows."""

    async def marks(self, exit_mandate_ids: Sequence[UUID]) -> dict[UUID, RuleState]:
        rows = await self._all(
            "SELECT exit_mandate_id, high, tick_at, volume, price FROM desk.guard_marks"
            " WHERE exit_mandate_id = ANY(%(ids)s)",
            {"ids": list(exit_mandate_ids)},
        )
        return {
            row["exit_mandate_id"]: RuleState(row["high"], row["tick_at"].astimezone(KST), row["volume"], row["price"])
            for row in rows
        }

    async def keep(self, exit_mandate_id: UUID, state: RuleState, at: datetime) -> None:
        """Raises the high; the newest tick goes with it."""
        await self._do(
            "INSERT INTO desk.guard_marks AS m (exit_mandate_id, high, tick_at, volume, price, updated_at) VALUES"
            " (%(id)s, %(high)s, %(tick_at)s, %(volume)s, %(price)s, %(at)s) ON CONFLICT (exit_mandate_id) DO UPDATE"
            " SET high = greatest(m.high, excluded.high), tick_at = excluded.tick_at, volume = excluded.volume,"
            " price = excluded.price, updated_at = excluded.updated_at",
            {
                "id": exit_mandate_id,
                "high": state.high,
                "tick_at": state.at,
                "volume": state.volume,
                "price": state.price,
                "at": at,
            },
        )

    async def remember(self, trigger: StoredTrigger, at: datetime) -> None:
        await self._do(
            "INSERT INTO desk.guard_triggers (exit_mandate_id, account_ref, generation, kind, price, level, tick_at,"
            " rule_id, at) VALUES (%(id)s, %(account)s, %(generation)s, %(kind)s, %(price)s, %(level)s, %(tick_at)s,"
            " %(rule)s, %(at)s)",
            {
                "id": trigger.exit_mandate_id,
                "account": trigger.account_ref,
                "generation": trigger.generation,
                "kind": trigger.kind.value,
                "price": trigger.price,
                "level": trigger.level,
                "tick_at": trigger.tick_at,
                "rule": trigger.rule_id,
                "at": at,
            },
        )

    async def since(self, moment: datetime) -> list[StoredTrigger]:
        """Triggers written after `moment`, oldest first."""
        rows = await self._all(
            "SELECT exit_mandate_id, account_ref, generation, kind, price, level, tick_at, rule_id"
            " FROM desk.guard_triggers WHERE at > %(moment)s ORDER BY trigger_id",
            {"moment": moment},
        )
        return [
            StoredTrigger(**{**row, "kind": ExitKind(row["kind"]), "tick_at": row["tick_at"].astimezone(KST)})
            for row in rows
        ]
