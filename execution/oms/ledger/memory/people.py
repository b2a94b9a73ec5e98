"""The other side of the desk's tables in memory: what people, the web and the graph write there.

Contract: each call is one committed statement, with the constraints of the desk's tables (Taken, Unfit). Rows are
immutable: nothing here changes one. A newer profile or strategy is a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from domain.orders.types import Plan
from execution.oms.errors import StorageFault, Unfit
from execution.oms.ledger.desk import ProfileRow
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.deskschema import (
    AnswerRow,
    DeskAccountRow,
    OfferRow,
    OwnedProfileRow,
    PlanRow,
    QuestionRow,
    RevocationRow,
    SignatureRow,
    StrategyRow,
    UserRow,
)
from execution.oms.ledger.memory.table import Table
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.memory.values import stored, utc

Row = TypeVar("Row")


class People:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._t = database.tables.desk

    async def user(self, user_id: UUID, name: str, *, is_owner: bool = False) -> None:
        await self._insert(self._t.users, UserRow(user_id, name, is_owner))

    async def account(self, account_ref: str, owner: UUID, venue: str, at: datetime) -> None:
        await self._insert(self._t.accounts, DeskAccountRow(account_ref, owner, venue, utc(at)))

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
        profile = ProfileRow(version, grade, score, stored(content), utc(confirmed_at), utc(expires_at))
        await self._insert(self._t.profiles, OwnedProfileRow(user_id, profile))

    async def strategy(self, strategy_id: UUID, version: int, user_id: UUID, hash_: str) -> None:
        await self._insert(self._t.strategies, StrategyRow(strategy_id, version, user_id, hash_))

    async def plan(self, plan: Plan, plan_hash: str) -> None:
        legs = tuple(replace(leg, not_after=utc(leg.not_after)) for leg in sorted(plan.legs, key=lambda leg: leg.leg))
        row = replace(plan, legs=legs, created_at=utc(plan.created_at), expires_at=utc(plan.expires_at))
        await self._insert(self._t.plans, PlanRow(row, plan_hash))

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
        """What the card asks: may this version be sent?"""
        row = QuestionRow(approval_id, plan_id, version, plan_hash, account_ref, user_id, utc(expires_at))
        await self._insert(self._t.questions, row)

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
        """Of that same user, to exactly that text, once."""
        question = self._t.questions.rows.get(approval_id)
        if question is None or (question.user_id, question.plan_hash) != (user_id, plan_hash):
            raise Unfit("approvals_approval_id_user_id_plan_hash_fkey")
        lowered = stored({str(leg): quantity for leg, quantity in (quantities or {}).items()})
        row = AnswerRow(approval_id, user_id, plan_hash, decision, lowered, unsuitable_ack, utc(at))
        await self._insert(self._t.answers, row)

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
        """What a mandate would allow."""
        row = OfferRow(
            mandate_id,
            account_ref,
            user_id,
            kind,
            strategy_hash,
            stored(bounds),
            bounds_hash,
            utc(created_at),
            utc(expires_at),
        )
        await self._insert(self._t.offers, row)

    async def sign(self, mandate_id: UUID, user_id: UUID, bounds_hash: str, at: datetime) -> None:
        offer = self._t.offers.rows.get(mandate_id)
        if offer is None or (offer.user_id, offer.bounds_hash) != (user_id, bounds_hash):
            raise Unfit("mandates_mandate_id_user_id_bounds_hash_fkey")
        await self._insert(self._t.signatures, SignatureRow(mandate_id, user_id, bounds_hash, utc(at)))

    async def revoke(self, mandate_id: UUID, user_id: UUID, at: datetime) -> None:
        await self._insert(self._t.revocations, RevocationRow(mandate_id, user_id, utc(at)))

    async def _insert(self, table: Table[Row], row: Row) -> None:
        transaction = Transaction(self._database)
        try:
            await transaction.turn()
            await transaction.insert(table, row)
            await transaction.commit()
        finally:
            transaction.end(StorageFault("expected an open transaction, was over"))
