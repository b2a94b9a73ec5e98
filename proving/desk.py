"""What persons and the graph write into the storage's desk, and what a forger would.

Contract: each call is one committed statement under the desk's constraints; `forged` is the row of somebody who got
past them, which the OMS must refuse all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import ids
from domain.mandate import Mandate, bounds_hash, bounds_of
from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from domain.suitability import Grade
from execution.oms.errors import CommitInDoubt, StorageFault, Taken
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.deskschema import AnswerRow
from execution.oms.ledger.memory.people import People
from execution.oms.ledger.memory.values import stored, utc

CAPITAL = 100_000_000
_TRIES = 120


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

    async def _written(self, write: Callable[[], Awaitable[None]]) -> None:
        """Until it is there: what was not answered is tried again, and found there if it was kept after all."""
        mistaken = []  # doubts that were meant for the OMS: they wait for it again
        try:
            for _ in range(_TRIES):
                doubts = len(self._database.doubted)
                try:
                    await write()
                except Taken:
                    return
                except StorageFault:
                    await asyncio.sleep(1.0)
                except CommitInDoubt:
                    if len(self._database.doubted) > doubts:
                        mistaken.append(self._database.doubted.pop())
                else:
                    return
        finally:
            for outcome in mistaken:
                self._database.in_doubt(outcome)
        raise StorageFault("expected the desk to be written in the end, was never")

    async def plan(self, plan: Plan) -> None:
        await self._written(lambda: self._people.plan(plan, plan_hash(plan)))

    async def ask(self, plan: Plan, expires_at: datetime) -> UUID:
        """The question to the person. Its id."""
        approval = ids.approval_id(plan.plan_id, plan.version)
        text = plan_hash(plan)
        await self._written(
            lambda: self._people.question(
                approval, plan.plan_id, plan.version, text, plan.account_ref, plan.user_id, expires_at
            )
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
        text = plan_hash(plan)
        await self._written(lambda: self._people.answer(approval, plan.user_id, text, decision, at, quantities))

    async def forged(
        self, approval: UUID, plan: Plan, at: datetime, *, by: UUID | None = None, text: str | None = None
    ) -> None:
        """An answer by another person, or to another text."""
        row = AnswerRow(approval, by or plan.user_id, text or plan_hash(plan), "approve", stored({}), False, utc(at))
        answers = self._database.tables.desk.answers
        answers.put(answers.key(row), row)

    async def sign(self, mandate: Mandate, user_id: UUID, now: datetime) -> None:
        """Offered and signed."""
        text = bounds_hash(mandate)
        await self._written(
            lambda: self._people.offer(
                mandate.mandate_id,
                mandate.account_ref,
                user_id,
                mandate.kind.value,
                mandate.strategy_hash,
                bounds_of(mandate),
                text,
                now,
                mandate.expires_at,
            )
        )
        await self._written(lambda: self._people.sign(mandate.mandate_id, user_id, text, now))

    async def revoke(self, mandate: Mandate, user_id: UUID, now: datetime) -> None:
        await self._written(lambda: self._people.revoke(mandate.mandate_id, user_id, now))
