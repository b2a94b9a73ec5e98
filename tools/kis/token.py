"""The access token of one (environment, app key): issued once, shared by everybody, never asked for in a loop.

KIS issues at most one a minute (EGW00133), returns the *same* token within six hours and may declare it dead
early; asking again then yields the same dead one. So a failed issue sets `retry_at` and everybody who comes before
that gets `Unreachable` at once. Renewal is due at an age of 23 h 55 min or 5 minutes before expiry; an order needs
5 minutes of life. Expiry is taken from `access_token_token_expired`, which is KST without saying so.

Source: POST /oauth2/tokenP. The token leaves this module only through `current` and `require_for_order`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.clock import KST, Clock
from tools.kis.budget import Budget, Priority
from tools.kis.credentials import Credential
from tools.kis.deadline import Seconds, awake_or_asleep
from tools.kis.errors import Unreachable
from tools.kis.oauth import ask
from tools.kis.replies import TransportEvent, reply_code, reply_message
from tools.kis.sealed import FernetBox, SecretStore
from tools.kis.transport import Exchange, Transport

RENEW_AGE = timedelta(hours=23, minutes=55)
ORDER_LIFE = timedelta(minutes=5)
_REFUSED_WAIT = timedelta(seconds=61)
_MAX_WAIT = timedelta(minutes=15)


def token_name(credential: Credential) -> str:
    """Under which a store keeps the token of a key."""
    return f"kis-token:{credential.environment}:{credential.fingerprint}"


class TokenState(StrEnum):
    ABSENT = "absent"  # none yet
    VALID = "valid"
    DUE = "due"  # usable, to be renewed
    WAITING = "waiting"  # none usable, the issue limit or a failure makes us wait until retry_at
    UNREACHABLE = "unreachable"  # the gateway hands out a dead token or refuses the key


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """What may be shown of a token: everything but the token."""

    environment: str
    key: str  # fingerprint of the app key
    state: TokenState
    issued_at: datetime | None
    expires_at: datetime | None
    last_error: str
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class _Token:
    value: str
    issued_at: datetime
    expires_at: datetime

    def due(self, now: datetime) -> bool:
        return now >= min(self.issued_at + RENEW_AGE, self.expires_at - ORDER_LIFE)


class TokenKeeper:
    """Holds the one token. Safe for any number of concurrent callers in one event loop."""

    def __init__(
        self,
        transport: Transport,
        credential: Credential,
        clock: Clock,
        store: SecretStore,
        box: FernetBox,
        budget: Budget,
        issue_interval_s: float = 61.0,
        seconds: Seconds = awake_or_asleep,
    ) -> None:
        self._transport = transport
        self._seconds = seconds
        self._interval = timedelta(seconds=issue_interval_s)
        self._credential = credential
        self._clock = clock
        self._store = store
        self._box = box
        self._budget = budget
        self._name = token_name(credential)
        self._token: _Token | None = None
        self._dead: str | None = None  # a token the gateway has refused
        self._loaded = False
        self._attempted_at: datetime | None = None
        self._retry_at: datetime | None = None
        self._failures = 0
        self._last_error = ""
        self._refused = False
        self._retired = False
        self._flight: asyncio.Task[None] | None = None

    async def current(self) -> str:
        """A token for reads. Raises Unreachable when there is none to use."""
        return await self._usable(timedelta(0))

    async def require_for_order(self) -> str:
        """A token with at least 5 minutes of life. Raises Unreachable otherwise: no order starts without it."""
        return await self._usable(ORDER_LIFE)

    async def refresh_if_due(self) -> None:
        """For the owner's periodic tick, so that renewal does not wait for traffic. Raises nothing of the broker."""
        await self._load()
        if self._renewal_possible():
            await self._renew()

    def invalidate(self, token: str) -> None:
        """The gateway refused `token` (EGW00121/122/123). A token renewed meanwhile is left alone."""
        if self._token is not None and self._token.value == token:
            self._dead, self._token = token, None
            self._last_error = "the gateway refused the token before its expiry"

    async def retire(self) -> None:
        """Nothing is asked for or stored any more, and nobody gets a token; an issue under way is waited for."""
        self._retired = True
        if self._flight is not None:
            await asyncio.wait((self._flight,))
        self._token = self._dead = None

    def status(self) -> TokenStatus:
        token = self._token
        return TokenStatus(
            environment=str(self._credential.environment),
            key=self._credential.fingerprint,
            state=self._state(),
            issued_at=token.issued_at if token else None,
            expires_at=token.expires_at if token else None,
            last_error=self._last_error,
            retry_at=self._retry_at,
        )

    def _state(self) -> TokenState:
        now = self._clock.now()
        if self._token is not None and self._token.expires_at > now:
            return TokenState.DUE if self._token.due(now) else TokenState.VALID
        if self._refused:
            return TokenState.UNREACHABLE
        return TokenState.WAITING if self._retry_at is not None and self._retry_at > now else TokenState.ABSENT

    async def _usable(self, life: timedelta) -> str:
        await self._load()
        if self._in_flight() or self._renewal_possible():
            await self._renew()
        token = self._token
        if token is None or token.expires_at - self._clock.now() < max(life, timedelta(seconds=1)):
            raise Unreachable(
                f"expected a usable KIS token for {self._credential.environment}, was {self._state()}: "
                f"{self._last_error or 'none issued yet'}",
                retry_at=self._retry_at,
            )
        return token.value

    def _renewal_possible(self) -> bool:
        now = self._clock.now()
        if self._retry_at is not None and now < self._retry_at:
            return False
        return self._token is None or self._token.due(now)

    async def _renew(self) -> None:
        """One issue at a time; a cancelled caller does not cancel it for the others."""
        if self._retired:
            return
        if not self._in_flight():
            self._flight = asyncio.create_task(self._issue())
        assert self._flight is not None
        await asyncio.shield(self._flight)

    def _in_flight(self) -> bool:
        """An issue is under way: `retry_at` is set by then, so who comes late must join it and not read it as a no."""
        return self._flight is not None and not self._flight.done()

    async def _issue(self) -> None:
        await self._budget.grant(Priority.SESSION)
        now = self._clock.now()
        self._attempted_at = now
        self._retry_at = now + self._interval
        await self._save()  # before asking: a crash loop must not ask every time it starts
        exchange = await ask(
            self._transport, self._credential, "/oauth2/tokenP", field="appsecret", seconds=self._seconds
        )
        self._take(exchange)
        await self._save()

    def _take(self, exchange: Exchange) -> None:
        now = self._clock.now()
        body = exchange.body
        value = "" if body is None else str(body.get("access_token") or "")
        if exchange.status != 200 or body is None or not _sendable(value):
            self._failed(exchange)
            return
        expires_at = _expiry(body, now)
        if value == self._dead:
            self._refused = True
            self._fail("tokenP returned the same token that the gateway refuses", now)
            return
        known = self._token
        issued_at = known.issued_at if known is not None and known.value == value else now
        self._token = _Token(value, min(issued_at, expires_at - timedelta(hours=24)), expires_at)
        self._dead = None
        self._refused, self._failures, self._last_error = False, 0, ""

    def _failed(self, exchange: Exchange) -> None:
        now = self._clock.now()
        code = reply_code(exchange.body)
        if exchange.event in (TransportEvent.NOTHING_SENT, TransportEvent.DEADLINE):
            self._fail(f"tokenP not reached: {exchange.detail}", now)
            self._retry_at = now + min(_MAX_WAIT, timedelta(seconds=2**self._failures))  # nothing was issued
        elif code == "EGW00133":
            self._fail("EGW00133: one token a minute", now)
        elif code:
            self._refused = True
            self._fail(f"{code}: {reply_message(exchange.body)}"[:200], now)
        else:
            self._fail(f"tokenP gave no token: {exchange.detail}", now)

    def _fail(self, error: str, now: datetime) -> None:
        self._failures += 1
        self._last_error = error
        self._retry_at = now + min(_MAX_WAIT, _REFUSED_WAIT * 2 ** min(self._failures - 1, 8))

    async def _load(self) -> None:
        if self._loaded:
            return
        sealed = await self._store.get(self._name)
        if self._loaded:  # somebody else finished while we waited
            return
        self._loaded = True
        plain = None if sealed is None else self._box.open(self._name, sealed)
        if plain is None:
            return
        record = json.loads(plain)
        attempted = record.get("attempted_at")
        if attempted:
            self._attempted_at = datetime.fromisoformat(attempted)
            self._retry_at = self._attempted_at + self._interval
        self._dead = record.get("dead")
        if record.get("token"):
            token = _Token(
                record["token"],
                datetime.fromisoformat(record["issued_at"]),
                datetime.fromisoformat(record["expires_at"]),
            )
            self._token = token if token.expires_at > self._clock.now() else None

    async def _save(self) -> None:
        if self._retired:
            return
        token = self._token
        record = {
            "token": token.value if token else None,
            "issued_at": token.issued_at.isoformat() if token else None,
            "expires_at": token.expires_at.isoformat() if token else None,
            "attempted_at": self._attempted_at.isoformat() if self._attempted_at else None,
            "dead": self._dead,
        }
        await self._store.put(self._name, self._box.seal(self._name, json.dumps(record).encode()))


def _sendable(value: str) -> bool:
    """A header can carry it; an error about one that cannot would quote it."""
    return bool(value) and value.isascii() and value.isprintable() and " " not in value


def _expiry(body: Mapping[str, Any], now: datetime) -> datetime:
    """`access_token_token_expired` (KST), else now + `expires_in`, else no life at all."""
    try:
        return datetime.strptime(str(body["access_token_token_expired"]).strip(), "%Y-%m-%d %H:%M:%S").replace(
            tzinfo=KST
        )
    except (KeyError, ValueError):
        pass
    try:
        return now + timedelta(seconds=int(body["expires_in"]))
    except (KeyError, ValueError, TypeError, OverflowError):
        return now
