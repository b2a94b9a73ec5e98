"""The desk's tables for the graph's role: profiles, strategies, reports, plans, questions, offers, the journal.

Contract: `tools.ports.DeskPort` on psycopg as quartz_graph, which may insert and read and never update. The same row
again is a no-op where the id is a function of content (plan versions, questions, offers, reports). A database that does
not answer raises PortUnavailable; a broken constraint is a bug and stays psycopg's error.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.exits import ExitRule, RuleRow, RuleSource
from domain.mandate import bounds_hash
from domain.strategy.running import RunState, StrategyRun
from tools.ports import Identity, JournalEntry, StoredMandate, StoredStrategy
from tools.store.desk_papers import Papers
from tools.store.desk_questions import Questions
from tools.store.guard_rules import GuardRules, differs
from tools.store.strategy_runs import StrategyRuns


class Desk(Papers, Questions):
    """DeskPort over a pool of dictionary rows that logs in as quartz_graph."""

    async def offer_mandate(self, who: Identity, mandate: StoredMandate) -> None:
        await self._do(
            "INSERT INTO desk.mandate_offers (mandate_id, account_ref, user_id, kind, strategy_hash, bounds,"
            " bounds_hash, created_at, expires_at) VALUES (%(id)s, %(account)s, %(user)s, %(kind)s, %(strategy)s,"
            " %(bounds)s, %(hash)s, clock_timestamp(), %(expires)s) ON CONFLICT (mandate_id) DO NOTHING",
            {
                "id": mandate.mandate_id,
                "account": mandate.account_ref,
                "user": who.user_id,
                "kind": mandate.kind,
                "strategy": mandate.strategy_hash,
                "bounds": Jsonb(dict(mandate.bounds)),
                "hash": bounds_hash(mandate.read()),
                "expires": mandate.expires_at,
            },
        )

    async def mandates(self, account_ref: str) -> list[StoredMandate]:
        rows = await self._all(
            "SELECT o.mandate_id, o.account_ref, o.kind, o.strategy_hash, o.bounds, m.signed_at, o.expires_at,"
            " v.revoked_at FROM desk.mandate_offers o LEFT JOIN desk.mandates m USING (mandate_id)"
            " LEFT JOIN desk.mandate_revocations v USING (mandate_id) WHERE o.account_ref = %(account)s"
            " ORDER BY o.created_at DESC",
            {"account": account_ref},
        )
        return [StoredMandate(**row) for row in rows]

    async def exit_rules(self, account_ref: str) -> list[RuleRow]:
        return await GuardRules(self._pool).of(account_ref)

    async def keep_exit_rule(self, who: Identity, ticker: str, rule: ExitRule | None, strategy_id: UUID) -> None:
        rules = GuardRules(self._pool)
        if differs(await rules.of(who.account_ref), RuleSource.STRATEGY, ticker, "", rule):
            await rules.put(
                who.account_ref,
                who.user_id,
                rule,
                source=RuleSource.STRATEGY,
                ticker=ticker,
                strategy_id=strategy_id,
                channel="rebalance",
            )

    async def strategy_runs(self, account_ref: str) -> list[StrategyRun]:
        return await StrategyRuns(self._pool).of(account_ref)

    async def set_strategy_run(self, who: Identity, strategy: StoredStrategy, state: RunState, channel: str) -> None:
        await StrategyRuns(self._pool).put(
            who.account_ref, who.user_id, strategy.strategy_id, strategy.version, strategy.hash, state, channel
        )

    async def note(self, user_id: UUID, entry: JournalEntry) -> None:
        await self._do(
            "INSERT INTO desk.journal (user_id, at, kind, subject, summary, detail)"
            " VALUES (%(user)s, %(at)s, %(kind)s, %(subject)s, %(summary)s, %(detail)s)",
            {
                "user": user_id,
                "at": entry.at,
                "kind": entry.kind,
                "subject": entry.subject,
                "summary": entry.summary,
                "detail": Jsonb(dict(entry.detail)),
            },
        )

    async def journal(self, user_id: UUID, kinds: Sequence[str] = (), limit: int = 10) -> list[JournalEntry]:
        rows = await self._all(
            "SELECT at, kind, subject, summary, detail FROM desk.journal WHERE user_id = %(user)s"
            " AND (%(kinds)s::text[] = '{}' OR kind = ANY(%(kinds)s)) ORDER BY entry_id DESC LIMIT %(limit)s",
            {"user": user_id, "kinds": list(kinds), "limit": limit},
        )
        return [JournalEntry(**row) for row in rows]
