"""Accounts of the ledger, trading states and their history, credentials and sealed secrets, in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from execution.oms.ledger.postgres.session import Session
from execution.oms.ledger.rows import StateRow


class States:
    def __init__(self, session: Session, environment: str) -> None:
        self._db = session
        self._environment = environment

    async def accounts(self) -> list[str]:
        cursor = await self._db.execute(
            "SELECT account_ref FROM ledger.accounts WHERE environment = %s ORDER BY opened_at", (self._environment,)
        )
        return [str(row[0]) for row in await cursor.fetchall()]

    async def open_account(self, account_ref: str, at: datetime) -> bool:
        """True when it is new to the ledger."""
        cursor = await self._db.execute(
            "INSERT INTO ledger.accounts (account_ref, environment, opened_at)"
            " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (account_ref, self._environment, at),
        )
        return cursor.rowcount == 1

    async def add(
        self,
        scope: str,
        account_ref: str | None,
        state: str,
        reason: str,
        set_by: str,
        at: datetime,
        sleeve: str = "",
    ) -> None:
        await self._db.execute(
            "INSERT INTO ledger.trading_states (environment, scope, account_ref, state, reason, set_by, at, sleeve)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (self._environment, scope, account_ref, state, reason, set_by, at, sleeve),
        )

    async def latest(self) -> list[StateRow]:
        """The newest row of each scope."""
        cursor = await self._db.execute(
            "SELECT DISTINCT ON (scope, account_ref, sleeve) scope, account_ref, state, reason, set_by, at, sleeve"
            " FROM ledger.trading_states WHERE environment = %s ORDER BY scope, account_ref, sleeve, id DESC",
            (self._environment,),
        )
        return [StateRow(*row) for row in await cursor.fetchall()]

    async def credential(self, account_ref: str) -> bytes | None:
        cursor = await self._db.execute(
            "SELECT sealed FROM ledger.credentials WHERE account_ref = %s AND environment = %s",
            (account_ref, self._environment),
        )
        row = await cursor.fetchone()
        return None if row is None else bytes(row[0])

    async def keep_credential(
        self, account_ref: str, key_hash: str, number_hash: str, sealed: bytes, at: datetime
    ) -> bool:
        """False when the account has one already, or the key or number is somebody's: what was there stays."""
        cursor = await self._db.execute(
            "INSERT INTO ledger.credentials (account_ref, environment, key_hash, number_hash, sealed, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (account_ref, self._environment, key_hash, number_hash, sealed, at),
        )
        return cursor.rowcount == 1

    async def number_hash(self, account_ref: str) -> str | None:
        cursor = await self._db.execute(
            "SELECT number_hash FROM ledger.credentials WHERE account_ref = %s AND environment = %s",
            (account_ref, self._environment),
        )
        row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def replace_credential(
        self, account_ref: str, key_hash: str, number_hash: str, sealed: bytes, at: datetime
    ) -> None:
        """The account's credential from now on. Raises UniqueViolation when key or number is another account's."""
        await self._db.execute(
            "INSERT INTO ledger.credentials (account_ref, environment, key_hash, number_hash, sealed, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (account_ref) DO UPDATE SET key_hash = excluded.key_hash,"
            " number_hash = excluded.number_hash, sealed = excluded.sealed, created_at = excluded.created_at",
            (account_ref, self._environment, key_hash, number_hash, sealed, at),
        )

    async def secret(self, name: str) -> bytes | None:
        cursor = await self._db.execute("SELECT sealed FROM ledger.secrets WHERE name = %s", (name,))
        row = await cursor.fetchone()
        return None if row is None else bytes(row[0])

    async def put_secret(self, name: str, sealed: bytes, at: datetime) -> None:
        await self._db.execute(
            "INSERT INTO ledger.secrets (name, sealed, updated_at) VALUES (%s, %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at",
            (name, sealed, at),
        )
