"""The desk of a rehearsed day, in memory: what the graph writes, what a person's hand writes, what the guard reads.

Contract: `tools.ports.DeskPort`, the runner's `ApprovalLog`, the guard's `Rules` and the person's decisions, twins of
`tools.store` to the letter. What the OMS verifies (users, accounts, profiles, plans, questions, answers, offers,
signatures) are the very rows that it reads (`execution/oms/ledger/memory`), under the constraints of the tables; the
rest is kept here. Insert and read; nothing changes a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.clock import Clock
from domain.exits import ExitRule, RuleRow, RuleSource
from domain.mandate import bounds_hash
from domain.orders.plans import plan_hash
from domain.orders.types import Plan
from domain.reports import AnalystReport
from domain.strategy.running import RunState, StrategyRun
from execution.oms.errors import Taken
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.people import People
from tools.ports import (
    ApprovalDecision,
    ApprovalRequest,
    Identity,
    JournalEntry,
    StoredMandate,
    StoredProfile,
    StoredStrategy,
)
from tools.store.guard_rules import differs

Scope = tuple[RuleSource, str, str]


class Papers:
    """One desk for all persons of a day."""

    def __init__(self, database: Database, clock: Clock, people: Sequence[Identity]) -> None:
        self._clock = clock
        self._rows = database.tables.desk
        self._people = People(database)
        self._who = {who.account_ref: who for who in people}
        self._assessments: list[tuple[UUID, Mapping[str, Any]]] = []
        self._specs: dict[tuple[UUID, int], StoredStrategy] = {}
        self._rules: dict[str, list[RuleRow]] = {}
        self._runs: list[StrategyRun] = []
        self._reports: list[tuple[UUID, UUID | None, AnalystReport]] = []
        self.requests: dict[UUID, ApprovalRequest] = {}
        self.entries: list[tuple[UUID, JournalEntry]] = []

    async def moves_in(self, now: datetime) -> None:
        """Users and their accounts, the first of them the owner."""
        for number, who in enumerate(self._who.values()):
            await self._people.user(who.user_id, who.name, is_owner=number == 0)
            await self._people.account(who.account_ref, who.user_id, who.venue, now)

    # Profiles and strategies ----------------------------------------------------------------------------------------

    async def latest_profile(self, user_id: UUID) -> StoredProfile | None:
        rows = [row.profile for row in self._rows.profiles.rows.values() if row.user_id == user_id]
        row = max(rows, key=lambda one: one.version, default=None)
        if row is None:
            return None
        return StoredProfile(row.version, row.grade, row.score, row.content, row.confirmed_at, row.expires_at)

    async def assessments_since(self, user_id: UUID, since: datetime) -> list[Mapping[str, Any]]:
        return [row for who, row in self._assessments if who == user_id and row["at"] >= since]

    async def record_assessment(
        self, user_id: UUID, at: datetime, answers: Mapping[str, Any], score: int, grade: str
    ) -> None:
        self._assessments.append((user_id, {"at": at, "answers": answers, "score": score, "grade": grade}))

    async def save_profile(
        self,
        user_id: UUID,
        grade: str,
        score: int,
        content: Mapping[str, Any],
        confirmed_at: datetime,
        expires_at: datetime,
    ) -> StoredProfile:
        before = await self.latest_profile(user_id)
        version = 1 if before is None else before.version + 1
        await self._people.profile(user_id, version, grade, score, content, confirmed_at, expires_at)
        return StoredProfile(version, grade, score, content, confirmed_at, expires_at)

    async def strategies(self, user_id: UUID, limit: int = 10) -> list[StoredStrategy]:
        mine = [row for row in self._rows.strategies.rows.values() if row.user_id == user_id]
        newest = [self._specs[row.strategy_id, row.version] for row in mine]
        return list(reversed(newest))[:limit]

    async def save_strategy(
        self, user_id: UUID, strategy_id: UUID, hash_: str, spec: Mapping[str, Any], at: datetime
    ) -> StoredStrategy:
        version = 1 + sum(known == strategy_id for known, _ in self._specs)
        stored = StoredStrategy(strategy_id, version, hash_, spec, at)
        self._specs[strategy_id, version] = stored
        await self._people.strategy(strategy_id, version, user_id, hash_)
        return stored

    async def strategy_runs(self, account_ref: str) -> list[StrategyRun]:
        return list({run.strategy_id: run for run in self._runs if run.account_ref == account_ref}.values())

    async def set_strategy_run(self, who: Identity, strategy: StoredStrategy, state: RunState, channel: str) -> None:
        known = {run.strategy_id: run for run in self._runs if run.account_ref == who.account_ref}
        said = known.get(strategy.strategy_id)
        if said is None or (said.hash, said.state) != (strategy.hash, state):
            made = (strategy.strategy_id, strategy.version, strategy.hash, state, self._clock.now())
            self._runs.append(StrategyRun(len(self._runs) + 1, who.account_ref, who.user_id, *made))

    # Reports and the journal ----------------------------------------------------------------------------------------

    async def save_reports(self, user_id: UUID | None, reports: Mapping[UUID, AnalystReport]) -> None:
        self._reports += [(key, user_id, report) for key, report in reports.items()]

    async def latest_report(self, analyst: str, ticker: str | None) -> AnalystReport | None:
        found = (one for _, _, one in reversed(self._reports) if (one.analyst, one.ticker) == (analyst, ticker))
        return next(found, None)

    async def note(self, user_id: UUID, entry: JournalEntry) -> None:
        self.entries.append((user_id, entry))

    async def journal(self, user_id: UUID, kinds: Sequence[str] = (), limit: int = 10) -> list[JournalEntry]:
        found = [entry for who, entry in self.entries if who == user_id and (not kinds or entry.kind in kinds)]
        return list(reversed(found))[:limit]

    # Plans and questions --------------------------------------------------------------------------------------------

    async def save_plan(self, plan: Plan) -> str:
        with suppress(Taken):  # what was stored first counts
            await self._people.plan(plan, plan_hash(plan))
        return self._rows.plans.rows[plan.plan_id, plan.version].plan_hash

    async def plan(self, plan_id: UUID, version: int | None = None) -> Plan | None:
        rows = [row.plan for row in self._rows.plans.rows.values() if row.plan.plan_id == plan_id]
        return max((p for p in rows if version in (None, p.version)), key=lambda p: p.version, default=None)

    def all_plans(self) -> list[UUID]:
        """Every plan that was ever written."""
        return list(dict.fromkeys(row.plan.plan_id for row in self._rows.plans.rows.values()))

    async def ask_approval(self, request: ApprovalRequest) -> None:
        with suppress(Taken):
            await self._people.question(
                request.approval_id,
                request.plan_id,
                request.version,
                request.plan_hash,
                request.account_ref,
                request.user_id,
                request.expires_at,
            )
            self.requests[request.approval_id] = request

    async def approval_request(self, approval_id: UUID) -> ApprovalRequest | None:
        return self.requests.get(approval_id)

    async def approval_decision(self, approval_id: UUID) -> ApprovalDecision | None:
        row = self._rows.answers.rows.get(approval_id)
        if row is None:
            return None
        quantities = {int(leg): int(quantity) for leg, quantity in row.quantities.items()}
        return ApprovalDecision(approval_id, row.user_id, row.decision, quantities, row.unsuitable_ack, row.decided_at)

    async def pending_approvals(self, user_id: UUID, now: datetime) -> list[ApprovalRequest]:
        return [
            one
            for one in self.requests.values()
            if one.user_id == user_id and one.expires_at > now and self._is_open(one) and self._is_newest(one)
        ]

    async def undelivered_approvals(self, now: datetime) -> list[ApprovalRequest]:
        answers = self._rows.answers.rows
        approved = {key for key, row in answers.items() if row.decision == "approve"}
        return [one for one in self.requests.values() if one.approval_id in approved and one.expires_at > now]

    async def lapsed_approvals(self, since: datetime, now: datetime) -> list[ApprovalRequest]:
        return [one for one in self.requests.values() if since <= one.expires_at <= now and self._is_open(one)]

    def _is_open(self, request: ApprovalRequest) -> bool:
        return request.approval_id not in self._rows.answers.rows

    def _is_newest(self, request: ApprovalRequest) -> bool:
        return not any(
            row.plan.plan_id == request.plan_id and row.plan.version > request.version
            for row in self._rows.plans.rows.values()
        )

    async def identity_of(self, account_ref: str) -> Identity | None:
        return self._who.get(account_ref)

    # Mandates and exit rules ----------------------------------------------------------------------------------------

    async def offer_mandate(self, who: Identity, mandate: StoredMandate) -> None:
        with suppress(Taken):
            await self._people.offer(
                mandate.mandate_id,
                mandate.account_ref,
                who.user_id,
                mandate.kind,
                mandate.strategy_hash,
                mandate.bounds,
                bounds_hash(mandate.read()),
                self._clock.now(),
                mandate.expires_at,
            )

    async def mandates(self, account_ref: str) -> list[StoredMandate]:
        found = []
        for row in self._rows.offers.rows.values():
            if row.account_ref == account_ref:
                signed = self._rows.signatures.rows.get(row.mandate_id)
                revoked = self._rows.revocations.rows.get(row.mandate_id)
                found.append(
                    StoredMandate(
                        row.mandate_id,
                        row.account_ref,
                        row.kind,
                        row.strategy_hash,
                        row.bounds,
                        None if signed is None else signed.signed_at,
                        row.expires_at,
                        None if revoked is None else revoked.revoked_at,
                    )
                )
        return found[::-1]

    async def exit_rules(self, account_ref: str) -> list[RuleRow]:
        newest = {(row.source, row.ticker, row.sleeve): row for row in self._rules.get(account_ref, [])}
        return list(newest.values())

    async def everybodys(self) -> Mapping[str, list[RuleRow]]:
        """As the guard reads them."""
        return {account: await self.exit_rules(account) for account in self._rules}

    async def keep_exit_rule(self, who: Identity, ticker: str, rule: ExitRule | None, strategy_id: UUID) -> None:
        if differs(await self.exit_rules(who.account_ref), RuleSource.STRATEGY, ticker, "", rule):
            number = 1 + sum(len(rows) for rows in self._rules.values())
            named = None if rule is None else replace(rule, source=RuleSource.STRATEGY, rule_id=number)
            row = RuleRow(number, RuleSource.STRATEGY, ticker, "", named)
            self._rules.setdefault(who.account_ref, []).append(row)

    # What only a person's hand writes -------------------------------------------------------------------------------

    async def decide(self, who: Identity, approval_id: UUID, decision: str) -> None:
        request = self.requests[approval_id]
        assert request.user_id == who.user_id, f"expected the card of {who.name}"
        await self._people.answer(approval_id, who.user_id, request.plan_hash, decision, self._clock.now())

    async def sign(self, who: Identity, mandate: StoredMandate) -> None:
        await self._people.sign(mandate.mandate_id, who.user_id, bounds_hash(mandate.read()), self._clock.now())
