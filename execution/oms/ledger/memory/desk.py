"""What the desk wrote, read from the tables in memory."""

from __future__ import annotations

from uuid import UUID

from domain.orders.types import IntentState, Plan
from execution.oms.ledger.desk import Decision, DeskAccount, MandateRow, ProfileRow
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.standing import Submitted, Word


class Desk:
    def __init__(self, transaction: Transaction, tables: Tables) -> None:
        self._tx = transaction
        self._t = tables.desk
        self._intents = tables.intents

    async def account(self, account_ref: str) -> DeskAccount | None:
        await self._tx.turn()
        row = self._tx.get(self._t.accounts, account_ref)
        return None if row is None else DeskAccount(row.account_ref, row.owner, row.venue)

    async def accounts_at(self, venue: str) -> list[DeskAccount]:
        await self._tx.turn()
        rows = sorted(self._tx.find(self._t.accounts, "venue", venue), key=lambda row: row.created_at)
        return [DeskAccount(row.account_ref, row.owner, row.venue) for row in rows]

    async def is_owner(self, user_id: UUID) -> bool:
        await self._tx.turn()
        row = self._tx.get(self._t.users, user_id)
        return row is not None and row.is_owner

    async def plan(self, plan_id: UUID, version: int) -> tuple[Plan, str] | None:
        await self._tx.turn()
        row = self._tx.get(self._t.plans, (plan_id, version))
        return None if row is None else (row.plan, row.plan_hash)

    async def submitted(self, plan_id: UUID, version: int, approval_id: UUID | None) -> Submitted | None:
        await self._tx.turn()
        row = self._tx.get(self._t.plans, (plan_id, version))
        if row is None:
            return None
        known = self._tx.get(self._t.accounts, row.plan.account_ref)
        account = None if known is None else DeskAccount(known.account_ref, known.owner, known.venue)
        waiting = (IntentState.NEW, IntentState.NOT_SENT)
        queued = sum(i.state in waiting for i in self._tx.find(self._intents, "open", row.plan.account_ref))
        started = bool(self._tx.find(self._intents, "plan", plan_id))
        return Submitted(row.plan, row.plan_hash, account, self.told(plan_id, approval_id), started, queued)

    async def word(self, plan_id: UUID, approval_id: UUID | None) -> Word:
        await self._tx.turn()
        return self.told(plan_id, approval_id)

    def told(self, plan_id: UUID | None, approval_id: UUID | None) -> Word:
        return Word(
            0 if plan_id is None else self._newest(plan_id),
            None if approval_id is None else self._decision(approval_id),
        )

    async def latest_version(self, plan_id: UUID) -> int:
        await self._tx.turn()
        return self._newest(plan_id)

    def _newest(self, plan_id: UUID) -> int:
        return max((row.plan.version for row in self._tx.find(self._t.plans, "plan", plan_id)), default=0)

    async def decision(self, approval_id: UUID) -> Decision | None:
        await self._tx.turn()
        return self._decision(approval_id)

    def _decision(self, approval_id: UUID) -> Decision | None:
        question = self._tx.get(self._t.questions, approval_id)
        if question is None:
            return None
        answer = self._tx.get(self._t.answers, approval_id)
        return Decision(
            approval_id=approval_id,
            plan_id=question.plan_id,
            version=question.version,
            plan_hash=question.plan_hash,
            account_ref=question.account_ref,
            user_id=question.user_id,
            expires_at=question.expires_at,
            decision=None if answer is None else answer.decision,
            answered_hash=None if answer is None else answer.plan_hash,
            answered_by=None if answer is None else answer.user_id,
            quantities={} if answer is None else {int(leg): int(n) for leg, n in answer.quantities.items()},
            unsuitable_ack=answer is not None and answer.unsuitable_ack,
            decided_at=None if answer is None else answer.decided_at,
        )

    async def mandate(self, mandate_id: UUID) -> MandateRow | None:
        await self._tx.turn()
        offer = self._tx.get(self._t.offers, mandate_id)
        if offer is None:
            return None
        signed = self._tx.get(self._t.signatures, mandate_id)
        revoked = self._tx.get(self._t.revocations, mandate_id)
        return MandateRow(
            mandate_id=mandate_id,
            account_ref=offer.account_ref,
            user_id=offer.user_id,
            kind=offer.kind,
            strategy_hash=offer.strategy_hash,
            bounds=offer.bounds,
            bounds_hash=offer.bounds_hash,
            created_at=offer.created_at,
            expires_at=offer.expires_at,
            signed_at=None if signed is None else signed.signed_at,
            signed_by=None if signed is None else signed.user_id,
            revoked_at=None if revoked is None else revoked.revoked_at,
        )

    async def profile(self, user_id: UUID) -> ProfileRow | None:
        await self._tx.turn()
        found = [row.profile for row in self._tx.find(self._t.profiles, "user", user_id)]
        return max(found, key=lambda profile: profile.version, default=None)

    async def strategy_hash(self, strategy_id: UUID) -> str | None:
        await self._tx.turn()
        found = self._tx.find(self._t.strategies, "strategy", strategy_id)
        newest = max(found, key=lambda row: row.version, default=None)
        return None if newest is None else newest.hash
