"""What persons and the graph write into the storage's desk, and what a forger would.

Contract: each call is one committed statement under the desk's constraints; `forged` is the row of somebody who got
past them, which the OMS must refuse all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import ids
from domain.mandate import Mandate, bounds_hash, bounds_of
from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from domain.suitability import Grade
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.deskschema import AnswerRow
from execution.oms.ledger.memory.people import People
from execution.oms.ledger.memory.values import stored, utc

CAPITAL = 100_000_000


@dataclass(frozen=True, slots=True)
class Household:
    """One user with one account here."""

    name: str
    user_id: UUID
    account_ref: str
    is_owner: bool


class Desk:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._people = People(database)

    async def moves_in(self, who: Household, venue: str, now: datetime) -> None:
        await self._people.user(who.user_id, who.name, is_owner=who.is_owner)
        await self._people.account(who.account_ref, who.user_id, venue, now)
        content = {"capital_krw": CAPITAL}
        expires = now + timedelta(days=365)
        await self._people.profile(who.user_id, 1, Grade.AGGRESSIVE.value, 90, content, now, expires)

    async def plan(self, plan: Plan) -> None:
        await self._people.plan(plan, plan_hash(plan))

    async def ask(self, plan: Plan, expires_at: datetime) -> UUID:
        """The question to the person. Its id."""
        approval = ids.approval_id(plan.plan_id, plan.version)
        await self._people.question(
            approval, plan.plan_id, plan.version, plan_hash(plan), plan.account_ref, plan.user_id, expires_at
        )
        return approval

    async def answer(
        self,
        approval: UUID,
        plan: Plan,
        at: datetime,
        *,
        decision: str = "approve",
        quantities: Mapping[int, int] | None = None,
    ) -> None:
        await self._people.answer(approval, plan.user_id, plan_hash(plan), decision, at, quantities)

    async def forged(
        self, approval: UUID, plan: Plan, at: datetime, *, by: UUID | None = None, text: str | None = None
    ) -> None:
        """An answer by another person, or to another text."""
        row = AnswerRow(approval, by or plan.user_id, text or plan_hash(plan), "approve", stored({}), False, utc(at))
        answers = self._database.tables.desk.answers
        answers.put(answers.key(row), row)

    async def sign(self, mandate: Mandate, user_id: UUID, now: datetime) -> None:
        """Offered and signed."""
        await self._people.offer(
            mandate.mandate_id,
            mandate.account_ref,
            user_id,
            mandate.kind.value,
            mandate.strategy_hash,
            bounds_of(mandate),
            bounds_hash(mandate),
            now,
            mandate.expires_at,
        )
        await self._people.sign(mandate.mandate_id, user_id, bounds_hash(mandate), now)

    async def revoke(self, mandate: Mandate, user_id: UUID, now: datetime) -> None:
        await self._people.revoke(mandate.mandate_id, user_id, now)
