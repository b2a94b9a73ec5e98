"""Strategies that trade: what was said of each, read by everybody, written by the face that a person speaks through.

Contract: rows never change; the newest of an account and strategy counts. The same word about the same hash again is
a no-op. A database that does not answer raises PortUnavailable.
"""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import DictRow

from domain.clock import KST
from domain.strategy.running import RunState, StrategyRun
from tools.store.desk_tables import Tables

_NEWEST = (
    "SELECT DISTINCT ON (account_ref, strategy_id) run_id, account_ref, user_id, strategy_id, version, hash, state,"
    " set_at FROM desk.strategy_runs"
)
_ORDER = " ORDER BY account_ref, strategy_id, run_id DESC"


class StrategyRuns(Tables):
    """Over a pool of dictionary rows."""

    async def of(self, account_ref: str) -> list[StrategyRun]:
        """The newest word about every strategy of one account."""
        rows = await self._all(_NEWEST + " WHERE account_ref = %(account)s" + _ORDER, {"account": account_ref})
        return [_run(row) for row in rows]

    async def everybodys(self) -> list[StrategyRun]:
        """The same for all accounts."""
        return [_run(row) for row in await self._all(_NEWEST + _ORDER, {})]

    async def put(
        self,
        account_ref: str,
        user_id: UUID,
        strategy_id: UUID,
        version: int,
        hash_: str,
        state: RunState,
        channel: str,
    ) -> None:
        known = next((run for run in await self.of(account_ref) if run.strategy_id == strategy_id), None)
        if known is not None and (known.hash, known.state) == (hash_, state):
            return
        await self._do(
            "INSERT INTO desk.strategy_runs (account_ref, user_id, strategy_id, version, hash, state, channel)"
            " VALUES (%(account)s, %(user)s, %(strategy)s, %(version)s, %(hash)s, %(state)s, %(channel)s)",
            {
                "account": account_ref,
                "user": user_id,
                "strategy": strategy_id,
                "version": version,
                "hash": hash_,
                "state": state.value,
                "channel": channel,
            },
        )


def _run(row: DictRow) -> StrategyRun:
    return StrategyRun(**{**row, "state": RunState(row["state"]), "set_at": row["set_at"].astimezone(KST)})
