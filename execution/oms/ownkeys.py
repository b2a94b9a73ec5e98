"""Keys that people brought for their own KIS accounts: sealed in the ledger, found again, tried before they are kept.

Contract: one app key and one account number belong to one account of an environment, by the ledger's constraint on
their hashes. The hashes are keyed with the instance secret, because eight digits are quickly guessed. A trial asks KIS
for a token and the balance and keeps nothing; what it sealed (the token) is handed over with the credential, so that
the session does not ask for a second one within KIS's minute.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from enum import StrEnum

import structlog

from execution.oms.credentials import seal, unsealed
from execution.oms.ledger.port import Ledger, Tx
from tools.kis.approval import approval_name
from tools.kis.budget import Priority
from tools.kis.client import KisClient
from tools.kis.credentials import Credential
from tools.kis.environment import EnvironmentName
from tools.kis.errors import KisError, Rejected, Unreachable
from tools.kis.replies import KEY_CODES
from tools.kis.sealed import FernetBox, MemorySecrets, SecretStore
from tools.kis.token import token_name

log = structlog.get_logger("oms.ownkeys")
_TRIAL_S = 15.0
_GONE = "withdrawn:"  # in the place of a hash


class Tried(StrEnum):
    """How KIS took the keys."""

    GOOD = "good"
    BAD_PAIR = "bad_pair"  # app key or secret
    BAD_ACCOUNT = "bad_account"
    TOO_SOON = "too_soon"  # one token a minute
    SILENT = "silent"


class OwnKeys:
    """`client_for` makes a client of its own for a credential, on the store given."""

    def __init__(
        self,
        ledger: Ledger,
        box: FernetBox,
        hash_key: bytes,
        environment: EnvironmentName,
        client_for: Callable[[Credential, SecretStore], KisClient],
    ) -> None:
        self._ledger = ledger
        self._box = box
        self._hash_key = hash_key
        self.environment = environment
        self._client_for = client_for

    async def of(self, account_ref: str) -> Credential | None:
        """What the account's owner enrolled, None when nothing. Raises NotReady when it cannot be opened."""
        async with self._ledger.read() as tx:
            sealed = await tx.states.credential(account_ref)
        return unsealed(self._box, account_ref, sealed, self.environment) if sealed else None

    async def enrolled(self, tx: Tx, account_ref: str) -> bool:
        return bool(await tx.states.credential(account_ref))

    async def number_of(self, tx: Tx, account_ref: str) -> str | None:
        """The hash of the account number whose shares the book may hold; also of keys that were taken back since."""
        known = await tx.states.number_hash(account_ref)
        return None if known is None or known.startswith(_GONE) else known

    async def erase(self, tx: Tx, account_ref: str, credential: Credential | None, *, keep_number: bool) -> None:
        """In the caller's transaction: the sealed values, the token and the approval key are overwritten. `credential`
        None: it could not be opened, so nothing can open its token either. The hash of the number stays while the book
        holds shares, which belong to that number alone."""
        gone = f"{_GONE}{account_ref}"
        number = await self.number_of(tx, account_ref) if keep_number else None
        await tx.states.replace_credential(account_ref, gone, number or gone, b"", tx.now)
        if credential is not None:
            for name in (token_name(credential), approval_name(credential)):
                if await tx.states.secret(name) is not None:
                    await tx.states.put_secret(name, b"", tx.now)

    def number_hash(self, credential: Credential) -> str:
        return self._hash(credential.account.get_secret_value())

    async def keep(self, tx: Tx, account_ref: str, credential: Credential, tokens: MemorySecrets) -> None:
        """In the caller's transaction. Raises UniqueViolation when key or number is another account's."""
        key = self._hash(credential.appkey.get_secret_value())
        sealed = seal(self._box, account_ref, credential)
        await tx.states.replace_credential(account_ref, key, self.number_hash(credential), sealed, tx.now)
        for name, value in tokens.values.items():
            await tx.states.put_secret(name, value, tx.now)

    async def attempt(self, credential: Credential) -> tuple[Tried, MemorySecrets]:
        """Asks KIS once. Nothing is stored, whatever the answer."""
        store = MemorySecrets()
        client = self._client_for(credential, store)
        try:
            async with asyncio.timeout(_TRIAL_S):
                return await _tried(client), store
        except TimeoutError:
            return Tried.SILENT, store
        finally:
            await client.aclose()

    def _hash(self, value: str) -> str:
        return hmac.new(self._hash_key, value.encode(), hashlib.sha256).hexdigest()


async def _tried(client: KisClient) -> Tried:
    try:
        await client.tokens.current()
    except Unreachable:
        code = client.tokens.status().last_error.partition(":")[0]
        log.info("keys_got_no_token", key=client.credential.fingerprint, code=code[:12])
        if code in KEY_CODES:
            return Tried.BAD_PAIR
        return Tried.TOO_SOON if code == "EGW00133" else Tried.SILENT
    try:
        await client.account.balance(priority=Priority.RECONCILE)
    except KisError as error:
        log.info("keys_got_no_balance", key=client.credential.fingerprint, code=error.code)
        if isinstance(error, Rejected):
            return Tried.BAD_ACCOUNT
        return Tried.BAD_PAIR if error.code in KEY_CODES else Tried.SILENT
    return Tried.GOOD
