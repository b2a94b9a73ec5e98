"""Accounts of the ledger, trading states and their history, credentials and sealed secrets, in memory."""

from __future__ import annotations

from datetime import datetime

from execution.oms.ledger.memory.rows import AccountRow, CredentialRow, SecretRow, TradingStateRow
from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.transaction import Transaction
from execution.oms.ledger.memory.values import utc
from execution.oms.ledger.rows import StateRow


class States:
    def __init__(self, transaction: Transaction, tables: Tables, environment: str) -> None:
        self._tx = transaction
        self._t = tables
        self._environment = environment

    async def accounts(self) -> list[str]:
        await self._tx.turn()
        found = [a for a in self._tx.all(self._t.accounts) if a.environment == self._environment]
        return [account.account_ref for account in sorted(found, key=lambda a: a.opened_at)]

    async def open_account(self, account_ref: str, at: datetime) -> bool:
        await self._tx.turn()
        row = AccountRow(account_ref, self._environment, 0, None, utc(at))
        return await self._tx.insert_if_free(self._t.accounts, row)

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
        await self._tx.turn()
        number = self._t.trading_states.next_number()
        row = TradingStateRow(number, self._environment, scope, account_ref, state, reason, set_by, utc(at), sleeve)
        await self._tx.put(self._t.trading_states, row)

    async def latest(self) -> list[StateRow]:
        await self._tx.turn()
        newest: dict[tuple[str, str | None, str], TradingStateRow] = {}
        for row in self._tx.all(self._t.trading_states):
            if row.environment == self._environment:
                key = (row.scope, row.account_ref, row.sleeve)
                was = newest.get(key)
                if was is None or was.id < row.id:
                    newest[key] = row
        in_order = sorted(
            newest.values(), key=lambda r: (r.scope, r.account_ref is None, r.account_ref or "", r.sleeve)
        )
        return [StateRow(r.scope, r.account_ref, r.state, r.reason, r.set_by, r.at, r.sleeve) for r in in_order]

    async def credential(self, account_ref: str) -> bytes | None:
        row = await self._credential(account_ref)
        return None if row is None else row.sealed

    async def keep_credential(
        self, account_ref: str, key_hash: str, number_hash: str, sealed: bytes, at: datetime
    ) -> bool:
        await self._tx.turn()
        row = CredentialRow(account_ref, self._environment, key_hash, number_hash, sealed)
        return await self._tx.insert_if_free(self._t.credentials, row)

    async def number_hash(self, account_ref: str) -> str | None:
        row = await self._credential(account_ref)
        return None if row is None else row.number_hash

    async def replace_credential(
        self, account_ref: str, key_hash: str, number_hash: str, sealed: bytes, at: datetime
    ) -> None:
        await self._tx.turn()
        known = await self._tx.lock_key(self._t.credentials, account_ref)
        environment = self._environment if known is None else known.environment
        await self._tx.put(self._t.credentials, CredentialRow(account_ref, environment, key_hash, number_hash, sealed))

    async def secret(self, name: str) -> bytes | None:
        await self._tx.turn()
        row = self._tx.get(self._t.secrets, name)
        return None if row is None else row.sealed

    async def put_secret(self, name: str, sealed: bytes, at: datetime) -> None:
        await self._tx.turn()
        await self._tx.put(self._t.secrets, SecretRow(name, sealed))

    async def _credential(self, account_ref: str) -> CredentialRow | None:
        await self._tx.turn()
        row = self._tx.get(self._t.credentials, account_ref)
        return None if row is None or row.environment != self._environment else row
