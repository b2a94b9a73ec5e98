"""The WebSocket approval key: asked for when a session opens, kept 24 hours, dropped when KIS says OPSP0011.

Old keys stay valid, so asking again never hurts anybody; the key is kept sealed all the same, because a restart in
the middle of the day should not cost a request. Source: POST /oauth2/Approval (the secret is called secretkey here).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from domain.clock import Clock
from tools.kis.budget import Budget, Priority
from tools.kis.credentials import Credential
from tools.kis.deadline import Seconds, awake_or_asleep
from tools.kis.errors import Unreachable
from tools.kis.oauth import ask
from tools.kis.replies import reply_code, reply_message
from tools.kis.sealed import FernetBox, SecretStore
from tools.kis.transport import Transport

LIFE = timedelta(hours=23, minutes=55)


def approval_name(credential: Credential) -> str:
    """Under which a store keeps the approval key of a key."""
    return f"kis-approval:{credential.environment}:{credential.fingerprint}"


class ApprovalKeeper:
    """Holds the one approval key of an app key. Used by the WebSocket session alone, one caller at a time."""

    def __init__(
        self,
        transport: Transport,
        credential: Credential,
        clock: Clock,
        store: SecretStore,
        box: FernetBox,
        budget: Budget,
        seconds: Seconds = awake_or_asleep,
    ) -> None:
        self._transport = transport
        self._seconds = seconds
        self._credential = credential
        self._clock = clock
        self._store = store
        self._box = box
        self._budget = budget
        self._name = approval_name(credential)
        self._key: str | None = None
        self._issued_at: datetime | None = None
        self._loaded = False

    def __repr__(self) -> str:
        return f"ApprovalKeeper({self._credential!r})"

    def forget(self) -> None:
        """KIS no longer knows the key; the next `current` asks for a new one."""
        self._key = None

    async def current(self) -> str:
        """A key younger than 23 h 55 min. Raises Unreachable when KIS gives none."""
        if not self._loaded:
            await self._load()
        now = self._clock.now()
        if self._key is not None and self._issued_at is not None and now - self._issued_at < LIFE:
            return self._key
        await self._budget.grant(Priority.SESSION)
        exchange = await ask(
            self._transport, self._credential, "/oauth2/Approval", field="secretkey", seconds=self._seconds
        )
        key = "" if exchange.body is None else str(exchange.body.get("approval_key") or "").strip()
        if exchange.status != 200 or not key:
            code = reply_code(exchange.body)
            raise Unreachable(
                f"expected a WebSocket approval key, was {exchange.detail} {code} {reply_message(exchange.body)}"[:200],
                code=code,
            )
        self._key, self._issued_at = key, self._clock.now()
        record = json.dumps({"key": key, "issued_at": self._issued_at.isoformat()}).encode()
        await self._store.put(self._name, self._box.seal(self._name, record))
        return key

    async def _load(self) -> None:
        sealed = await self._store.get(self._name)
        self._loaded = True
        plain = None if sealed is None else self._box.open(self._name, sealed)
        if plain is not None:
            record = json.loads(plain)
            self._key, self._issued_at = record["key"], datetime.fromisoformat(record["issued_at"])
