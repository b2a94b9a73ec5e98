"""The desk of a parity world as the worker's role may use it, and the person who starts a strategy and signs for it.

Contract: plans, mandates and profiles are the rows that the OMS reads (`ledger/memory`); the strategy's text and what
was said of it are kept here. The declared capital lies far above the account, because live reckons with the smaller of
the two and a backtest knows the account alone.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from domain.exits import RuleRow
from domain.instruments import Instruments
from domain.limits import limits_for
from domain.mandate import bounds_hash, bounds_of
from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from domain.strategy.running import RunState, StrategyRun, strategy_mandate
from domain.strategy.spec import StrategySpec
from domain.suitability import Grade
from execution.oms.errors import Taken
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.people import People
from proving.parity.memory import Rules
from tools.ports import Identity, JournalEntry, StoredMandate, StoredProfile, StoredStrategy

GRADE = Grade.AGGRESSIVE
CAPITAL = 1_000_000_000
STRATEGY = UUID(int=0xAA << 100)
WHO = Identity(UUID(int=0x51 << 100), "owner", "acct-owner", "live")
_RENEWS_DAYS = 4
_YEARS = timedelta(days=3_650)


class Papers:
    """`execution.worker.ports.Papers` and `Runs`, of one person with one strategy."""

    def __init__(self, database: Database, rules: Rules, spec: StrategySpec, table: Instruments) -> None:
        self._people = People(database)
        self._desk = database.tables.desk
        self._rules = rules
        self._spec = spec
        self._table = table
        self._run: StrategyRun | None = None
        self._signed: list[StoredMandate] = []
        self.journal: list[JournalEntry] = []

    # The person ---------------------------------------------------------------------------------------------------

    async def begins(self, now: datetime) -> None:
        """Moves in, stores the strategy, switches it on and signs."""
        await self._people.user(WHO.user_id, WHO.name, is_owner=True)
        await self._people.account(WHO.account_ref, WHO.user_id, WHO.venue, now)
        content = {"capital_krw": CAPITAL}
        await self._people.profile(WHO.user_id, 1, GRADE.value, 90, content, now, now + _YEARS)
        hash_ = self._spec.content_hash()
        await self._people.strategy(STRATEGY, 1, WHO.user_id, hash_)
        self._run = StrategyRun(1, WHO.account_ref, WHO.user_id, STRATEGY, 1, hash_, RunState.ACTIVE, now)
        await self.signs(now)

    async def signs(self, now: datetime) -> None:
        """A mandate, where none lasts for the days that come."""
        if self._signed and self._signed[-1].expires_at > now + timedelta(days=_RENEWS_DAYS):
            return
        limits = limits_for(GRADE, CAPITAL)
        drawn = strategy_mandate(
            WHO.account_ref, self._spec, limits, CAPITAL, self._table, "krx", now, (len(self._signed),)
        )
        text, bounds = bounds_hash(drawn), bounds_of(drawn)
        await self._people.offer(
            drawn.mandate_id, WHO.account_ref, WHO.user_id, drawn.kind.value, drawn.strategy_hash, bounds, text, now,
            drawn.expires_at,
        )  # fmt: skip
        await self._people.sign(drawn.mandate_id, WHO.user_id, text, now)
        self._signed.append(
            StoredMandate(
                drawn.mandate_id,
                WHO.account_ref,
                drawn.kind.value,
                drawn.strategy_hash,
                bounds,
                now,
                drawn.expires_at,
                None,
            )
        )

    # What the worker reads and writes -----------------------------------------------------------------------------

    async def everybodys(self) -> list[StrategyRun]:
        return [self._run] if self._run is not None else []

    async def identity_of(self, account_ref: str) -> Identity | None:
        return WHO if account_ref == WHO.account_ref else None

    async def latest_profile(self, user_id: UUID) -> StoredProfile | None:
        rows = [row.profile for row in self._desk.profiles.rows.values() if row.user_id == user_id]
        if not rows:
            return None
        row = max(rows, key=lambda one: one.version)
        return StoredProfile(row.version, row.grade, row.score, row.content, row.confirmed_at, row.expires_at)

    async def strategies(self, user_id: UUID, limit: int = 10) -> list[StoredStrategy]:
        if self._run is None or user_id != WHO.user_id:
            return []
        return [StoredStrategy(STRATEGY, 1, self._run.hash, self._spec.to_json(), self._run.set_at)]

    async def mandates(self, account_ref: str) -> list[StoredMandate]:
        return list(self._signed)

    async def save_plan(self, plan: Plan) -> str:
        with suppress(Taken):  # what was stored first counts
            await self._people.plan(plan, plan_hash(plan))
        return self._desk.plans.rows[plan.plan_id, plan.version].plan_hash

    async def plan(self, plan_id: UUID, version: int | None = None) -> Plan | None:
        rows = [row.plan for row in self._desk.plans.rows.values() if row.plan.plan_id == plan_id]
        rows = [plan for plan in rows if version in (None, plan.version)]
        return max(rows, key=lambda plan: plan.version, default=None)

    async def exit_rules(self, account_ref: str) -> list[RuleRow]:
        return [row for account, row in self._rules.rows if account == account_ref]

    async def note(self, user_id: UUID, entry: JournalEntry) -> None:
        self.journal.append(entry)
