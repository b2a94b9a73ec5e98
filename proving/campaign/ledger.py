"""What the campaign reads: the exchange's journal as it grows, and the ledger's committed rows as plain values.

Contract: reads only. The journal is read from its file, past whole lines alone, as the exchange itself would after a
crash; the ledger through a login of the OMS's own role. A database that is down raises PortUnavailable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from domain.orders.types import TERMINAL
from execution.oms.credentials import unsealed
from simulation.exchange.journal import FILE_NAME
from tools.kis.environment import EnvironmentName
from tools.kis.sealed import FernetBox
from tools.settings import Settings
from tools.store.desk_tables import connection_of
from tools.store.secrets import derive, instance_secret

ENDED = frozenset(state.value for state in TERMINAL)
Pool = AsyncConnectionPool[AsyncConnection[DictRow]]


class JournalTail:
    """A journal that somebody else writes."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME
        self._offset = 0

    def new(self) -> Iterator[Mapping[str, Any]]:
        """Records since the last call. A line without its end is not one yet, and may never become one."""
        if not self._file.exists():
            return
        with self._file.open("rb") as handle:
            handle.seek(self._offset)
            for line in handle:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                yield json.loads(line)


class LedgerView:
    """`numbers` maps an account's handle to its number at the exchange, learnt as accounts come up."""

    def __init__(self, settings: Settings) -> None:
        self.numbers: dict[str, str] = {}
        self._box = FernetBox(derive(instance_secret(settings), "kis:box"))

    async def _rows(self, pool: Pool, query: LiteralString, values: Sequence[Any] = ()) -> list[DictRow]:
        async with connection_of(pool, "ledger") as connection:
            cursor = await connection.execute(query, values)
            return await cursor.fetchall()

    async def learn(self, pool: Pool) -> None:
        """The numbers of the accounts that the OMS has opened by now."""
        found = await self._rows(pool, "SELECT account_ref, sealed FROM ledger.credentials")
        for row in found:
            ref = row["account_ref"]
            if ref not in self.numbers:
                credential = unsealed(self._box, ref, bytes(row["sealed"]), EnvironmentName.SIM)
                self.numbers[ref] = credential.account.get_secret_value() + credential.product

    async def intents(self, pool: Pool) -> list[Mapping[str, Any]]:
        """Every intent, in the words of the oracle."""
        found = await self._rows(
            pool,
            "SELECT intent_id::text, account_ref, ticker, side, quantity, state, state_note, filled, filled_amount,"
            " amount_estimated, fee, tax FROM ledger.intents ORDER BY created_at",
        )
        return [
            {
                **row,
                "account": self._number(row["account_ref"]),
                "ended": row["state"] in ENDED,
            }
            for row in found
        ]

    async def sending(self, pool: Pool) -> list[str]:
        """Intents whose SENDING is committed and whose answer is not."""
        found = await self._rows(pool, "SELECT intent_id::text FROM ledger.intents WHERE state = 'SENDING'")
        return [str(row["intent_id"]) for row in found]

    async def backends(self, pool: Pool) -> list[int]:
        """Process ids of the server's own children: who asks, everybody else's, and those in the background."""
        return [int(row["pid"]) for row in await self._rows(pool, "SELECT pid FROM pg_stat_activity")]

    async def sent(self, pool: Pool) -> Mapping[str, list[float]]:
        """When each intent's SENDINGs were committed, seconds since the epoch."""
        found = await self._rows(
            pool,
            "SELECT entity_id, extract(epoch FROM at)::float8 AS at FROM ledger.transitions"
            " WHERE event = 'send_started' ORDER BY seq",
        )
        moments: dict[str, list[float]] = {}
        for row in found:
            moments.setdefault(row["entity_id"], []).append(row["at"])
        return moments

    async def left_to_persons(self, pool: Pool) -> list[Mapping[str, Any]]:
        """Each time an intent became MANUAL, and what was known then."""
        return list(
            await self._rows(
                pool,
                "SELECT entity_id, was, event, evidence FROM ledger.transitions WHERE becomes = 'MANUAL'"
                " AND was <> 'MANUAL' ORDER BY seq",
            )
        )

    async def holdings(self, pool: Pool) -> dict[tuple[str, str], int]:
        """(account, ticker) -> shares of the book, all origins together, zero left out."""
        found = await self._rows(
            pool,
            "SELECT account_ref, ticker, sum(basis_quantity - sold)::bigint AS shares FROM ledger.sleeves"
            " GROUP BY account_ref, ticker",
        )
        return {(self._number(row["account_ref"]), row["ticker"]): row["shares"] for row in found if row["shares"]}

    async def halts(self, pool: Pool) -> list[str]:
        """Scopes whose newest state is HALTED, with the reason: nobody here halts anything."""
        found = await self._rows(
            pool,
            "SELECT DISTINCT ON (scope, account_ref) scope, account_ref, state, reason FROM ledger.trading_states"
            " ORDER BY scope, account_ref, id DESC",
        )
        return [
            f"{row['scope']} {row['account_ref'] or ''}: {row['reason']}" for row in found if row["state"] == "HALTED"
        ]

    def _number(self, account_ref: str) -> str:
        return self.numbers.get(account_ref, account_ref)
