"""What a parity world keeps for the worker and for ingest: questions, places, exit rules, snapshots, files of the lake.

Contract: in memory, one committed statement a call, and it outlives the processes. Nothing that was written is lost to
those who compare later: `seen` has every state of every place in the order in which the worker stored it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from domain.clock import Clock
from domain.exits import ExitRule, RuleRow, RuleSource
from domain.proto import market_pb2 as pb
from market.snapshots import Snapshots
from tools.store.worker_memory import Asked, StoredPlace


class Questions:
    """`execution.worker.ports.Memory`."""

    def __init__(self) -> None:
        self.asks: dict[UUID, Asked] = {}
        self.seen: list[StoredPlace] = []
        self._places: dict[tuple[str, UUID, str, str], StoredPlace] = {}

    async def ask(self, asked: Asked) -> None:
        self.asks.setdefault(asked.plan_id, asked)

    async def answered(self, plan_id: UUID, answer: str, at: datetime) -> None:
        if not self.asks[plan_id].answer:
            self.asks[plan_id] = replace(self.asks[plan_id], answer=answer)

    async def asked(self, plan_id: UUID) -> Asked | None:
        return self.asks.get(plan_id)

    async def unanswered(self) -> list[Asked]:
        return [one for one in self.asks.values() if not one.answer]

    async def since(self, account_ref: str, strategy_id: UUID, since: datetime) -> list[Asked]:
        mine = [one for one in self.asks.values() if (one.account_ref, one.strategy_id) == (account_ref, strategy_id)]
        return [one for one in mine if one.asked_at >= since]

    async def places(self, account_ref: str, strategy_id: UUID, hash_: str) -> list[StoredPlace]:
        wanted = (account_ref, strategy_id, hash_)
        return [place for key, place in self._places.items() if key[:3] == wanted]

    async def keep(self, places: Sequence[StoredPlace], at: datetime) -> None:
        for place in places:
            self._places[place.account_ref, place.strategy_id, place.hash, place.ticker] = place
            self.seen.append(place)


class Rules:
    """`execution.worker.ports.Rules`, and what of it the worker reads again."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, RuleRow]] = []

    async def put(
        self,
        account_ref: str,
        user_id: UUID,
        rule: ExitRule | None,
        *,
        source: RuleSource,
        ticker: str = "",
        sleeve: str = "",
        strategy_id: UUID | None = None,
        channel: str,
    ) -> None:
        self.rows.append((account_ref, RuleRow(len(self.rows) + 1, source, ticker, sleeve, rule)))


class MemorySnapshots(Snapshots):
    """Snapshots without a Redis: the reading and what is read are the product's, only the bytes lie here."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(Redis(), "parity", clock)  # a client that is never asked
        self._kept: dict[str, bytes] = {}

    async def _get(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self._kept.get(key) for key in keys]

    async def _set(self, pairs: Sequence[tuple[str, Any]]) -> None:
        self._kept |= {key: message.SerializeToString() for key, message in pairs}

    async def keep(self, snapshots: Iterable[pb.Snapshot]) -> None:
        await super().keep(list(snapshots))


class MemoryLake:
    """`tools.lake.Lake`."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def list(self, folder: str) -> list[str]:
        return sorted(path for path in self._files if path.startswith(folder.rstrip("/") + "/"))

    def read(self, path: str) -> bytes:
        try:
            return self._files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def write(self, path: str, data: bytes) -> None:
        self._files[path] = data

    def delete(self, path: str) -> None:
        self._files.pop(path, None)
