"""Exit rules in the database: read by everybody who shows or follows them, written by the one whose word they are.

Contract: a rule is a row and never changes; the newest row of a scope counts and a rule taken back is a row that says
so. The pool's own role decides what may be written: the web's a person's rules, the graph's a strategy's. A database
that does not answer raises PortUnavailable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from domain.clock import KST
from domain.exits import ExitRule, RuleRow, RuleSource
from tools.store.desk_tables import Tables

_NEWEST = (
    "SELECT DISTINCT ON (account_ref, source, ticker, sleeve) account_ref, rule_id, source, ticker, sleeve, withdrawn,"
    " stop_bps, take_bps, trailing_bps, sell_at, sessions, resting FROM desk.guard_rules"
)
_ORDER = " ORDER BY account_ref, source, ticker, sleeve, rule_id DESC"
_INSERT = (
    "INSERT INTO desk.guard_rules (account_ref, user_id, source, ticker, sleeve, withdrawn, stop_bps, take_bps,"
    " trailing_bps, sell_at, sessions, resting, strategy_id, channel) VALUES (%(account)s, %(user)s, %(source)s,"
    " %(ticker)s, %(sleeve)s, %(withdrawn)s, %(stop)s, %(take)s, %(trailing)s, %(sell_at)s, %(sessions)s, %(resting)s,"
    " %(strategy)s, %(channel)s)"
)


class GuardRules(Tables):
    """Over a pool of dictionary rows."""

    async def of(self, account_ref: str) -> list[RuleRow]:
        """The newest row of every scope of one account."""
        rows = await self._all(_NEWEST + " WHERE account_ref = %(account)s" + _ORDER, {"account": account_ref})
        return [_rule_row(row) for row in rows]

    async def everybodys(self) -> dict[str, list[RuleRow]]:
        """The same for all accounts, by account."""
        found: dict[str, list[RuleRow]] = {}
        for row in await self._all(_NEWEST + _ORDER, {}):
            found.setdefault(row["account_ref"], []).append(_rule_row(row))
        return found

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
        """The word of `source` on this scope from now on; None takes it back."""
        if source is RuleSource.DEFAULT:
            raise ValueError("expected a strategy's or a person's rule, was the default")
        await self._do(_INSERT, _values(account_ref, user_id, rule, source, ticker, sleeve, strategy_id, channel))


def differs(rows: Sequence[RuleRow], source: RuleSource, ticker: str, sleeve: str, rule: ExitRule | None) -> bool:
    """Would a row with this rule change what is in force for its scope?"""
    newest = max(
        (row for row in rows if (row.source, row.ticker, row.sleeve) == (source, ticker, sleeve)),
        key=lambda row: row.rule_id,
        default=None,
    )
    if newest is None or newest.rule is None or rule is None:
        return (newest.rule if newest is not None else None) is not rule
    return _parts(newest.rule) != _parts(rule)


def _parts(rule: ExitRule) -> tuple[object, ...]:
    return (rule.stop_bps, rule.take_bps, rule.trailing_bps, rule.sell_at, rule.sessions, rule.resting)


def _values(
    account_ref: str,
    user_id: UUID,
    rule: ExitRule | None,
    source: RuleSource,
    ticker: str,
    sleeve: str,
    strategy_id: UUID | None,
    channel: str,
) -> Mapping[str, Any]:
    kept = rule or ExitRule()
    return {
        "account": account_ref,
        "user": user_id,
        "source": source.value,
        "ticker": ticker,
        "sleeve": sleeve,
        "withdrawn": rule is None,
        "stop": kept.stop_bps,
        "take": kept.take_bps,
        "trailing": kept.trailing_bps,
        "sell_at": kept.sell_at,
        "sessions": kept.sessions,
        "resting": kept.resting,
        "strategy": strategy_id,
        "channel": channel,
    }


def _rule_row(row: DictRow) -> RuleRow:
    source = RuleSource(row["source"])
    rule = None
    if not row["withdrawn"]:
        rule = ExitRule(
            stop_bps=row["stop_bps"],
            take_bps=row["take_bps"],
            trailing_bps=row["trailing_bps"],
            sell_at=row["sell_at"].astimezone(KST) if row["sell_at"] is not None else None,
            sessions=row["sessions"],
            source=source,
            rule_id=row["rule_id"],
            resting=row["resting"],
        )
    return RuleRow(row["rule_id"], source, row["ticker"], row["sleeve"], rule)
