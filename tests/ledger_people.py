"""`execution.oms.ledger.memory.people.People` with the tables of PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from ledger_rows import NOW
from psycopg.types.json import Jsonb

from domain.orders.types import Plan


class PostgresPeople:
    """`People` with the tables of PostgreSQL."""

    def __init__(self, admin: psycopg.AsyncConnection[Any]) -> None:
        self._db = admin

    async def user(self, user_id: UUID, name: str, *, is_owner: bool = False) -> None:
        await self._insert("chat.users", user_id, name, is_owner, NOW)

    async def account(self, account_ref: str, owner: UUID, venue: str, at: datetime) -> None:
        await self._insert("desk.accounts", account_ref, owner, venue, "계좌", at)

    async def profile(
        self,
        user_id: UUID,
        version: int,
        grade: str,
        score: int,
        content: Mapping[str, Any],
        confirmed_at: datetime,
        expires_at: datetime,
    ) -> None:
        row = (user_id, version, grade, score, Jsonb(dict(content)), confirmed_at, expires_at)
        await self._insert("desk.profiles", *row)

    async def strategy(self, strategy_id: UUID, version: int, user_id: UUID, hash_: str) -> None:
        await self._insert("desk.strategies", strategy_id, version, user_id, hash_, Jsonb({}), NOW)

    async def plan(self, plan: Plan, plan_hash: str) -> None:
        async with self._db.transaction():
            await self._insert(
                "desk.plans",
                plan.plan_id,
                plan.version,
                plan.account_ref,
                plan.user_id,
                plan.sleeve,
                Jsonb(list(plan.origin)),
                plan.profile_version,
                plan.strategy_id,
                plan_hash,
                plan.created_at,
                plan.expires_at,
            )
            for leg in plan.legs:
                await self._insert(
                    "desk.plan_legs",
                    plan.plan_id,
                    plan.version,
                    leg.leg,
                    leg.ticker,
                    leg.side,
                    leg.quantity,
                    leg.order_type,
                    leg.limit_price,
                    leg.not_after,
                    leg.initiative,
                    leg.after_leg,
                    leg.reason,
                )

    async def question(
        self,
        approval_id: UUID,
        plan_id: UUID,
        version: int,
        plan_hash: str,
        account_ref: str,
        user_id: UUID,
        expires_at: datetime,
    ) -> None:
        row = (approval_id, plan_id, version, plan_hash, account_ref, user_id, "t", Jsonb({}), NOW, expires_at)
        await self._insert("desk.approval_requests", *row)

    async def answer(
        self,
        approval_id: UUID,
        user_id: UUID,
        plan_hash: str,
        decision: str,
        at: datetime,
        quantities: Mapping[int, int] | None = None,
        *,
        unsuitable_ack: bool = False,
    ) -> None:
        lowered = Jsonb({str(leg): n for leg, n in (quantities or {}).items()})
        row = (approval_id, user_id, plan_hash, decision, lowered, unsuitable_ack, "web", at)
        await self._insert("desk.approvals", *row)

    async def offer(
        self,
        mandate_id: UUID,
        account_ref: str,
        user_id: UUID,
        kind: str,
        strategy_hash: str | None,
        bounds: Mapping[str, Any],
        bounds_hash: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> None:
        await self._insert(
            "desk.mandate_offers",
            mandate_id,
            account_ref,
            user_id,
            kind,
            strategy_hash,
            Jsonb(dict(bounds)),
            bounds_hash,
            created_at,
            expires_at,
        )

    async def sign(self, mandate_id: UUID, user_id: UUID, bounds_hash: str, at: datetime) -> None:
        await self._insert("desk.mandates", mandate_id, user_id, bounds_hash, "web", at)

    async def revoke(self, mandate_id: UUID, user_id: UUID, at: datetime) -> None:
        await self._insert("desk.mandate_revocations", mandate_id, user_id, "web", at)

    async def _insert(self, table: str, *values: Any) -> None:
        await self._db.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(values))})", values)
